"""Looks at what one in so many sessions writes, and passes counts of phrases on to the sample."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions import clock, crypto
from cookie_sessions.codec import Codec, Dictionary, Wire
from cookie_sessions.dictionaries.phrases import phrases_in
from cookie_sessions.dictionaries.pieces import is_plain, is_secret, pieces_of
from cookie_sessions.dictionaries.sample import KEY_SIGN, Measured, Sample
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName, Events
from cookie_sessions.keys import KeyRing

if TYPE_CHECKING:
    from cookie_sessions.session import Session

PURPOSE: Final = "sample"
"""Names the subkey of the primary key under which phrases and people are counted: it is in no file,
and what was counted for fewer than k is worth nothing any more once the key is gone."""

MAX_COUNTED: Final = 1_000
"""Phrases that one write may count."""

SET_ASIDE: Final = 4
"""One in so many of the sessions that are looked at is never counted: on those is measured what a
dictionary saves, so none is measured on a session that it was made of."""

_MAX_SEGMENT: Final = 8_192
_PAUSE_SECONDS: Final = 60.0
_CHANCES: Final = 1 << 32


class Sampler:
    """Counts what sessions hold; whatever fails, the visitor does not notice.

    Args:
        path: the file of the sample.
        rate: the part of all sessions that is looked at, above 0 and at most 1.
        least: k, how many people must share what is kept as text.
        secret_names: names below which nothing is looked at, at any depth.
        codec: the one that packs the values.
        ring: gives the key ring in force.
        subject_of: says whose a session is, or None.
        events: told when sampling fails.
    """

    def __init__(
        self,
        path: str,
        *,
        rate: float,
        least: int,
        secret_names: frozenset[str],
        codec: Codec,
        ring: Callable[[], KeyRing],
        subject_of: Callable[[Session], bytes | None],
        events: Events,
    ) -> None:
        self._sample = Sample(path, least=least)
        self._chosen_below = rate * _CHANCES
        self._secret_names = secret_names
        self._codec = codec
        self._ring = ring
        self._subject_of = subject_of
        self._events = events
        self._idle_until = 0.0
        self._candidates: dict[bytes, Dictionary] = {}

    def note(self, session: Session, wires: Mapping[Any, Wire]) -> None:
        """Count what a session holds, or measure on it, if it is one of those that are looked at.

        It is one of them for all its life or never. Those of nobody are not, for many of them may
        be one person.

        Args:
            session: the session, which was written just now.
            wires: its values as they stand in the payload.
        """
        drawn = int.from_bytes(session._own_claims.sid[:4], "big")
        if drawn >= self._chosen_below:
            return
        now = clock.now()
        if now < self._idle_until:
            return
        try:
            subject = self._subject_of(session)
            if subject is None:
                return
            with self._sample.held():
                candidates = self._dictionaries(self._sample.look())
                if drawn % SET_ASIDE:
                    self._count(wires, subject=subject, now=now)
                elif candidates:
                    self._measure(wires, candidates)
        except Exception as error:  # noqa: BLE001 - a broken sample must not break the visitor.
            # A sample may miss a session. What the error says may tell values: only its kind is.
            self._idle_until = now + _PAUSE_SECONDS
            self._events.emit(EventName.SAMPLING_FAILED, fault=type(error).__name__)

    def start(self) -> None:
        """Make the file, or look whether it is one of ours.

        Raises:
            ConfigurationError: it can't be used; says what to do.
        """
        try:
            self._sample.begin()
        except (sqlite3.Error, OSError) as error:
            kind = type(error).__name__
            raise ConfigurationError(
                f"{self._sample.path}: the sample of COOKIE_SESSIONS_SAMPLE can't be used "
                f"({kind}). Create its folder, let this process write there, or name another file."
            ) from None

    def _count(self, wires: Mapping[Any, Wire], *, subject: bytes, now: float) -> None:
        known = self._sample.known
        counted: Counter[bytes] = Counter()
        for key, _, segment in self._segments(wires):
            if key:
                counted[key] += 1
            counted.update(phrases_in(pieces_of(segment, secret_names=self._secret_names), known))
        secret = crypto.derive(self._ring().primary.export_material(), PURPOSE)
        # Those that are known are the cheap ones to count, so they come first.
        few = sorted(counted, key=lambda phrase: phrase not in known)[:MAX_COUNTED]
        self._sample.count(
            {phrase: counted[phrase] for phrase in few}, key=secret, subject=subject, now=now
        )

    def _measure(self, wires: Mapping[Any, Wire], candidates: Mapping[bytes, Dictionary]) -> None:
        self._sample.measure(
            [
                Measured(
                    name,
                    key.removeprefix(KEY_SIGN) if key in self._sample.known else b"",
                    len(wire) if type(wire) is bytes else len(segment),
                    _octets_with(dictionary, segment),
                )
                for key, wire, segment in self._segments(wires)
                for name, dictionary in candidates.items()
            ]
        )

    def _segments(self, wires: Mapping[Any, Wire]) -> Iterator[tuple[bytes, Wire, bytes]]:
        """What stands for each key, its value as it stands in the payload, and uncompressed."""
        for name, wire in wires.items():
            if type(name) is not str or is_secret(name.encode("utf-8", "replace")):
                continue
            segment = self._codec.segment(name, wire)
            if segment is not None and len(segment) <= _MAX_SEGMENT:
                octets = name.encode("utf-8", "replace")
                yield KEY_SIGN + octets if is_plain(octets) else b"", wire, segment

    def _dictionaries(self, found: dict[bytes, bytes]) -> dict[bytes, Dictionary]:
        if found.keys() != self._candidates.keys():
            self._candidates = {
                name: Dictionary(0, octets, name=name) for name, octets in found.items()
            }
        return self._candidates


def _octets_with(dictionary: Dictionary, segment: bytes) -> int:
    return min(len(segment), len(dictionary.sign) + len(dictionary.compress(segment)))
