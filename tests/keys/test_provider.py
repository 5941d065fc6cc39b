"""A ring is read once, again in time, and never replaced by a worse one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.keys import (
    EnvironmentSource,
    FileSource,
    KeyProvider,
    KeySet,
    change,
    dump_jwk_set,
    new_jwk_set,
)
from cookie_sessions.keys.provider import LOOK_AGAIN_SECONDS, RELOAD_SECONDS, RETRY_SECONDS
from tests.keys import page
from tests.keys.held import START, Watch
from tests.keys.secrecy import recorded, shown

RELOAD = 1000


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch, reload_every=RELOAD)


def test_a_ring_is_read_at_its_first_use_and_only_then(watch: Watch) -> None:
    assert watch.provider.keys is None
    assert watch.source.reads == 0
    ring = watch.provider.ring()
    assert ring.primary == watch.keys.entries[0].key
    assert watch.provider.keys is not None
    assert watch.names == ["keys_loaded"]
    for _ in range(100):
        watch.forward(1)
        assert watch.provider.ring() is ring
    assert (watch.source.reads, watch.source.stamps, watch.names) == (1, 1, [])


def test_a_fresh_ring_is_had_without_a_lock_and_without_the_source(watch: Watch) -> None:
    ring = watch.provider.ring()
    watch.source.gate.clear()
    with watch.provider._lock:
        assert watch.provider.ring() is ring
    assert watch.source.reads == 1


def test_the_source_is_asked_again_in_time_and_not_by_all_processes_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moments: set[int] = set()
    for _ in range(30):
        watch = Watch(monkeypatch, reload_every=RELOAD)
        watch.provider.ring()
        while watch.source.reads == 1:
            watch.forward(1)
            watch.provider.ring()
        moments.add(int(watch.now - START))
    assert min(moments) > RELOAD * 0.9
    assert max(moments) <= RELOAD
    assert len(moments) > 10


def test_what_changed_is_in_force_once_it_was_read(watch: Watch) -> None:
    before = watch.provider.ring()
    added = change.add(watch.keys, now=int(watch.now))
    watch.source.hold(added)
    assert watch.provider.ring() is before
    watch.forward(RELOAD)
    assert len(watch.provider.ring()) == 2
    watch.provider.reload()
    watch.provider.ring()
    first, second = (event.details for event in watch.told)
    assert first["generation"] == watch.keys.generation
    assert second == {"generation": added.generation, "keys": 2}


def test_a_state_changes_in_its_second_without_the_source(watch: Watch) -> None:
    watch.source.hold(change.add(watch.keys, now=int(START), seals_from=int(START) + 100))
    first = watch.provider.ring().primary
    watch.forward(99.9)
    assert watch.provider.ring().primary is first
    watch.forward(0.1)
    assert watch.provider.ring().primary is not first
    assert watch.source.reads == 1


def test_an_unknown_key_has_a_changed_source_read_at_once(watch: Watch) -> None:
    before = watch.provider.ring()
    assert not watch.provider.look_again()
    assert watch.source.reads == 1
    watch.source.hold(change.add(watch.keys, now=int(watch.now)))
    assert watch.provider.look_again()
    assert watch.provider.ring() is not before
    assert (watch.source.reads, watch.now) == (2, START)


def test_a_ring_that_was_never_read_is_another_one_once_it_is(watch: Watch) -> None:
    assert watch.provider.keys is None
    assert watch.provider.look_again()
    assert watch.provider.keys is not None
    assert not watch.provider.look_again()


def test_invented_keys_ask_a_source_that_can_not_say_at_most_every_five_seconds(
    watch: Watch,
) -> None:
    assert page.section("How a process follows the ring").count(f" {LOOK_AGAIN_SECONDS} seconds")
    watch.source.says = False
    watch.provider.ring()
    for _ in range(1000):
        watch.forward(0.1)
        watch.provider.look_again()
    assert 100 / LOOK_AGAIN_SECONDS - 2 <= watch.source.reads - 1 <= 100 / LOOK_AGAIN_SECONDS
    # They have not used anything up: a real key is found as soon after the last look as ever.
    watch.source.hold(change.add(watch.keys, now=int(watch.now)))
    watch.forward(LOOK_AGAIN_SECONDS)
    assert watch.provider.look_again()


@pytest.mark.parametrize("text", [b"", b"{", b'{"keys": []}', b"\xff", b"[]"])
def test_a_flood_of_invented_keys_has_a_broken_file_read_once(watch: Watch, text: bytes) -> None:
    ring = watch.provider.ring()
    watch.source.text = text
    for _ in range(1000):
        watch.provider.look_again()
    assert watch.provider.ring().primary is ring.primary
    assert watch.source.reads == 2
    assert watch.names == ["keys_loaded", "keys_unreadable"]


def test_a_source_that_fails_leaves_the_last_good_ring_and_is_asked_again(watch: Watch) -> None:
    ring = watch.provider.ring()
    watch.source.fault = Unavailable("out for lunch")
    watch.forward(RELOAD)
    assert watch.provider.ring() is not None
    assert watch.provider.ring().primary is ring.primary
    assert watch.source.reads == 2
    (_, unreadable) = watch.told
    assert unreadable.name == EventName.KEYS_UNREADABLE
    assert unreadable.details == {"fault": "out for lunch", "age": RELOAD}
    watch.source.fault = None
    watch.source.hold(change.add(watch.keys, now=int(watch.now)))
    watch.forward(RETRY_SECONDS)
    assert len(watch.provider.ring()) == 2


def test_a_ring_whose_source_fails_for_more_than_a_day_is_told_of_as_stale(watch: Watch) -> None:
    watch.provider.ring()
    watch.source.fault = Unavailable("out for lunch")
    watch.forward(86_400)
    watch.provider.ring()
    assert watch.names == ["keys_loaded", "keys_unreadable"]
    watch.forward(RETRY_SECONDS)
    watch.provider.ring()
    assert [(event.name, event.details.get("age")) for event in watch.told] == [
        (EventName.KEYS_UNREADABLE, 86_430),
        (EventName.KEYS_STALE, 86_430),
    ]


def test_a_ring_older_than_its_greatest_age_is_unavailable_at_each_use_until_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = Watch(monkeypatch, reload_every=RELOAD, max_age=500)
    watch.provider.ring()
    watch.source.fault = Unavailable("out for lunch")
    while watch.now < START + 499:
        watch.forward(1)
        watch.provider.ring()
    for _ in range(200):
        watch.forward(1)
        with pytest.raises(Unavailable, match="test:held has failed for too long"):
            watch.provider.ring()
    assert watch.source.reads < 20
    watch.source.fault = None
    watch.forward(RETRY_SECONDS)
    assert watch.provider.ring().primary == watch.keys.entries[0].key


def test_a_clock_that_is_set_back_has_the_source_asked_anew(watch: Watch) -> None:
    watch.provider.ring()
    watch.forward(-86_400)
    watch.provider.ring()
    watch.provider.ring()
    assert watch.source.reads == 2
    watch.forward(-86_400)
    watch.source.fault = Unavailable("out for lunch")
    watch.provider.ring()
    assert watch.told[-1].details["age"] == 0
    watch.source.fault = None
    watch.forward(RETRY_SECONDS)
    watch.provider.ring()
    assert watch.source.reads == 4


def test_a_link_that_is_swapped_as_kubernetes_does_it_is_followed(
    tmp_path: Path, watch: Watch
) -> None:
    def publish(keys: KeySet, version: str) -> None:
        (tmp_path / version).mkdir()
        file = tmp_path / version / "keys.json"
        file.touch(mode=0o600)
        file.write_text(dump_jwk_set(keys))
        (tmp_path / "..data_tmp").symlink_to(version)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")

    publish(watch.keys, "..one")
    (tmp_path / "keys.json").symlink_to("..data/keys.json")
    provider = KeyProvider(FileSource(tmp_path / "keys.json"))
    assert len(provider.ring()) == 1
    publish(change.add(watch.keys, now=int(START)), "..two")
    assert provider.look_again()
    assert len(provider.ring()) == 2
    assert not provider.look_again()


def test_a_file_that_vanishes_leaves_its_ring_in_force(tmp_path: Path, watch: Watch) -> None:
    path = tmp_path / "ring.json"
    path.touch(mode=0o600)
    provider = KeyProvider(FileSource(path))
    for wrong in ("is not JSON", "is not JSON"):
        with pytest.raises(ConfigurationError, match=wrong):
            provider.ring()
    path.write_text(dump_jwk_set(watch.keys))
    ring = provider.ring()
    path.unlink()
    watch.forward(RELOAD_SECONDS)
    assert provider.ring().primary is ring.primary


def test_an_error_inside_a_source_is_told_by_its_kind_only(watch: Watch) -> None:
    watch.source.fault = ValueError("the material")
    with pytest.raises(ConfigurationError, match="test:held failed with ValueError") as caught:
        watch.provider.ring()
    assert "the material" not in shown(caught.value)
    watch.source.fault = None
    watch.provider.ring()
    watch.source.fault = ValueError("the material")
    watch.forward(RELOAD)
    watch.provider.ring()
    assert watch.told[-1].name == EventName.KEYS_UNREADABLE
    assert "the material" not in str(watch.told)


def test_what_a_source_read_is_in_no_frame_of_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = json.loads(new_jwk_set())["keys"][0]
    text = json.dumps({"keys": [entry, {**entry, "kid": "another primary"}]})
    path = tmp_path / "ring.json"
    path.touch(mode=0o600)
    path.write_text(text)
    monkeypatch.setenv("BAD_RING", text)
    for source in (FileSource(path), EnvironmentSource("BAD_RING")):
        with pytest.raises(ConfigurationError, match="have the key id") as caught:
            KeyProvider(source).ring()
        assert entry["k"] not in recorded(caught.value) + shown(caught.value)


def test_its_repr_names_the_source_and_shows_no_key(watch: Watch) -> None:
    watch.provider.ring()
    assert repr(watch.provider) == "<KeyProvider test:held>"
