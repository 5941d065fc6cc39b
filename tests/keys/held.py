"""A key source in the test's hand, a clock beside it, and what a provider tells of them."""

from __future__ import annotations

import threading

import pytest

from cookie_sessions.events import Event, Events
from cookie_sessions.keys import KeyProvider, KeySet, change, dump_jwk_set

START = 1_900_000_000.0


class HeldSource:
    """Gives the text that it is told to give, or fails as it is told.

    Attributes:
        text: what it holds.
        fault: what it raises instead, or None.
        says: whether it can tell cheaply that it changed.
        reads: how often it was read.
        stamps: how often it was asked whether it changed.
        gate: reading waits for it.
    """

    name = "test:held"

    def __init__(self, keys: KeySet, *, says: bool = True) -> None:
        self.text = dump_jwk_set(keys).encode()
        self.fault: Exception | None = None
        self.says = says
        self.reads = 0
        self.stamps = 0
        self.gate = threading.Event()
        self.gate.set()

    def hold(self, keys: KeySet) -> None:
        """Hold other keys from now on."""
        self.text = dump_jwk_set(keys).encode()

    def stamp(self) -> object:
        self.stamps += 1
        return hash(self.text) if self.says else None

    def read(self) -> bytes:
        # First, as who sees the reading counted may hold another text.
        text = self.text
        self.reads += 1
        assert self.gate.wait(60)
        if self.fault is not None:
            raise self.fault
        return text


class Watch:
    """A provider over a source in the test's hand, under a clock that the test moves.

    Attributes:
        now: the time that the package reads, in seconds since the epoch.
        keys: what the source held at first: one key that seals.
        source: the source.
        provider: the provider.
        told: the events so far.
    """

    def __init__(self, patch: pytest.MonkeyPatch, /, **options: float | None) -> None:
        self.now = START
        patch.setattr("cookie_sessions.clock.now", lambda: self.now)
        self.keys = change.begin(now=int(START) - 864_000, longest_session=10_000)
        self.source = HeldSource(self.keys)
        self.told: list[Event] = []
        events = Events()
        events.subscribe(self.told.append)
        self.provider = KeyProvider(self.source, events=events, **options)  # type: ignore[arg-type]

    @property
    def names(self) -> list[str]:
        """The names of the events since it was asked last."""
        names = [str(event.name) for event in self.told]
        self.told.clear()
        return names

    def forward(self, seconds: float) -> None:
        """Move the clock."""
        self.now += seconds
