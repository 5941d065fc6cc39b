"""A key that the ring does not have is waited for where another thread is reading it just now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.events import Event, EventName, Events
from cookie_sessions.keys import KeyProvider, KeyRing, KeySet, change, dump_jwk_set
from tests.plain import Site, key

PATIENCE = 60.0


class SlowSource:
    """A source that answers when it is let.

    Attributes:
        keys: what it holds.
        reads: how often it was asked.
        seconds: how long it takes.
        asked: set while somebody waits for its answer.
        answers: set while it answers at once.
        version: what differs when it changed; None where it can't say.
        fails: whether it holds nothing that could be read.
    """

    name = "test:slow"

    def __init__(self, keys: KeySet) -> None:
        self.keys = keys
        self.reads = 0
        self.seconds = 0.0
        self.asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()
        self.version: object = None
        self.fails = False

    def stamp(self) -> object:
        return self.version

    def read(self) -> bytes:
        self.reads += 1
        time.sleep(self.seconds)
        self.asked.set()
        assert self.answers.wait(PATIENCE)
        if self.fails:
            raise Unavailable("out for lunch")
        return dump_jwk_set(self.keys).encode()


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


@pytest.fixture
def source(site: Site) -> SlowSource:
    return SlowSource(change.begin(now=int(site.now), propagation=0))


def provide(site: Site, source: SlowSource, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have a site take its keys from a source.

    Returns:
        The text of a cookie under a key that the source holds from now on, and the site does not.
    """
    provider = KeyProvider(source)
    monkeypatch.setattr(site.manager, "ring", provider.ring)
    monkeypatch.setattr(site.manager, "look_again", provider.look_again)
    provider.ring()
    site.now += 3600
    source.keys = change.add(source.keys, now=int(site.now))
    site.keys = source.keys.ring(site.now)
    with monkeypatch.context() as patched:
        patched.setattr(site.manager, "ring", lambda: site.keys)
        return site.store(a=1)


def begin(work: Callable[[], object]) -> threading.Thread:
    """A thread that works."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_who_misses_a_key_waits_for_the_thread_that_is_reading(
    site: Site, source: SlowSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = provide(site, source, monkeypatch)
    source.asked.clear()
    source.answers.clear()
    reading = begin(site.manager.ring)
    assert source.asked.wait(PATIENCE)
    opened: list[dict[Any, Any]] = []
    missing = begin(lambda: opened.append(dict(site.arrive(text))))
    # Long enough for the second thread to find that the key is missing.
    missing.join(0.2)
    source.answers.set()
    reading.join(PATIENCE)
    missing.join(PATIENCE)
    assert opened == [{"a": 1}]
    assert site.reasons == []
    assert source.reads == 2


def test_many_who_miss_a_key_at_once_ask_the_source_once(
    site: Site, source: SlowSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = provide(site, source, monkeypatch)
    source.seconds = 0.05
    opened: list[dict[Any, Any]] = []
    for thread in [begin(lambda: opened.append(dict(site.arrive(text)))) for _ in range(8)]:
        thread.join(PATIENCE)
    assert opened == [{"a": 1}] * 8
    assert source.reads == 2


def test_a_ring_that_changed_since_the_cookie_was_tried_is_tried(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = KeyRing(key(1)), KeyRing(key(2), key(1))
    site.keys = new
    text = site.store(a=1)
    site.keys = old

    def look_again() -> bool:
        # Another thread has read the source after this one tried the old ring: nothing is new.
        site.keys = new
        return False

    monkeypatch.setattr(site.manager, "look_again", look_again)
    assert dict(site.arrive(text)) == {"a": 1}
    assert site.reasons == []


def test_a_key_that_nobody_has_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.keys = KeyRing(key(2))
    text = site.store(a=1)
    site.keys = KeyRing(key(1))
    monkeypatch.setattr(site.manager, "look_again", lambda: False)
    assert dict(site.arrive(text)) == {}
    assert site.reasons == ["unknown_kid"]


def test_ids_that_somebody_invents_have_a_source_that_fails_read_once(
    site: Site, source: SlowSource
) -> None:
    names: list[EventName] = []
    events = Events()
    events.subscribe(lambda event: names.append(event.name))
    provider = KeyProvider(source, events=events)
    source.version = 1
    provider.ring()
    source.version, source.fails = 2, True
    for _ in range(5):
        provider.look_again()
        site.now += 1
    assert source.reads == 2
    assert names == [EventName.KEYS_LOADED, EventName.KEYS_UNREADABLE]


def test_a_source_that_is_slow_to_fail_is_left_alone_from_when_it_failed(
    site: Site, source: SlowSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = KeyProvider(source)
    provider.ring()
    site.now += 60
    source.fails = True
    read = source.read

    def read_slowly() -> bytes:
        site.now += 6
        return read()

    monkeypatch.setattr(source, "read", read_slowly)
    asked_before = site.now - 1
    provider.look_again()
    provider.look_again()
    assert source.reads == 2
    # A thread that looked at the clock before, and gets its turn only now, does not ask either.
    provider._renewed(asked_before)
    assert source.reads == 2
    site.now += 5
    provider.look_again()
    assert source.reads == 3


def test_a_source_that_never_answers_does_not_stop_those_who_miss_a_key(
    source: SlowSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cookie_sessions.keys.provider.LOOK_AGAIN_SECONDS", 0.05)
    provider = KeyProvider(source)
    ring = provider.ring()
    provider.reload()
    source.asked.clear()
    source.answers.clear()
    reading = begin(provider.ring)
    assert source.asked.wait(PATIENCE)
    assert provider.look_again() is False
    assert provider.ring() is ring
    source.answers.set()
    reading.join(PATIENCE)


@pytest.mark.parametrize("fails", [False, True])
def test_who_is_told_of_keys_may_use_them_andlook_again(
    site: Site, source: SlowSource, *, fails: bool
) -> None:
    names: list[EventName] = []
    events = Events()
    provider = KeyProvider(source, events=events)
    provider.ring()

    def use(event: Event) -> None:
        names.append(event.name)
        provider.ring()
        provider.look_again()

    events.subscribe(use)
    site.now += 60
    source.fails = fails
    source.keys = change.add(source.keys, now=int(site.now))
    thread = begin(provider.look_again)
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert names == [EventName.KEYS_UNREADABLE if fails else EventName.KEYS_LOADED]
