"""Rings that go bad under a running process: what is damaged, past its end, or all revoked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import KeyProvider, KeySet, change, dump_jwk_set
from tests.keys.held import START, Watch


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch, reload_every=1000)


def damaged(keys: KeySet, number: int, **members: object) -> bytes:
    """The ring file of some keys, one entry of it changed; a member of None is taken out."""
    document: dict[str, Any] = json.loads(dump_jwk_set(keys))
    entry = document["keys"][number] | members
    document["keys"][number] = {name: value for name, value in entry.items() if value is not None}
    return json.dumps(document).encode()


def test_a_damaged_entry_keeps_the_key_from_before_until_it_is_mended(watch: Watch) -> None:
    watch.keys = change.add(watch.keys, now=int(START) - 4000, label="winter")
    watch.source.hold(watch.keys)
    winter = watch.keys.entries[1]
    watch.provider.ring()
    added = change.add(watch.keys, now=int(START), label="spring")
    watch.source.text = damaged(added, 1, k="AAAA")
    assert watch.provider.look_again()
    ring = watch.provider.ring()
    assert ring.primary == winter.key
    assert len(ring) == 3
    fault = next(event.details["fault"] for event in watch.told if event.name == "key_damaged")
    assert str(fault).startswith("test:held: entry 1 ('winter') has 3 octets of key instead of 32.")
    watch.provider.reload()
    watch.provider.ring()
    assert watch.names == ["keys_loaded", "key_damaged", "keys_loaded"]
    watch.source.hold(change.destroy(added, winter.kid))
    assert watch.provider.look_again()
    assert watch.provider.ring().get(winter.kid) is None


@pytest.mark.parametrize(
    "members",
    [
        {"key_id": "no digits", "k": None, "state": "revoked"},
        {"k": "AAAA", "state": "revoked"},
        {"state": "revokd"},
        {"k": "AAAA", "key_id": "00000000"},
    ],
)
def test_a_damaged_revocation_keeps_the_whole_ring_from_before(
    watch: Watch, members: dict[str, object]
) -> None:
    watch.keys = change.add(watch.keys, now=int(START))
    watch.keys = change.revoke(watch.keys, watch.keys.entries[1].kid)
    watch.source.hold(watch.keys)
    watch.provider.ring()
    watch.source.text = damaged(change.add(watch.keys, now=int(START)), 1, **members)
    watch.provider.look_again()
    assert watch.provider.ring().revoked == {watch.keys.entries[1].kid}
    assert len(watch.provider.ring()) == 1
    assert watch.names == ["keys_loaded", "keys_unreadable"]


def test_a_last_key_past_its_end_goes_on_and_is_told_of(watch: Watch) -> None:
    (only,) = watch.keys.entries
    watch.source.hold(change.retire(watch.keys, only.kid, now=int(START)))
    ring = watch.provider.ring()
    watch.forward(299)
    assert watch.provider.ring() is ring
    assert watch.names == ["keys_loaded"]
    watch.forward(1)
    assert watch.provider.ring().primary == only.key
    assert watch.names == ["keys_overdue"]
    with pytest.raises(ConfigurationError, match=r"none of the 1 keys may seal now.*past its end"):
        KeyProvider(watch.source).ring()


def test_when_every_key_is_revoked_none_opens_and_none_seals(watch: Watch) -> None:
    (only,) = watch.keys.entries
    watch.provider.ring()
    watch.source.hold(change.revoke(watch.keys, only.kid))
    assert watch.provider.look_again()
    ring = watch.provider.ring()
    assert (len(ring), ring.revoked) == (0, frozenset({only.kid}))
    with pytest.raises(Unavailable, match="cookie-sessions keys add --now"):
        _ = ring.primary


def test_a_ring_that_forgets_a_revocation_does_not_let_the_key_in_again(watch: Watch) -> None:
    leaked = watch.keys.entries[0]
    backup = change.add(watch.keys, now=int(START), seals_from=int(START) - 10)
    watch.keys = change.revoke(backup, leaked.kid)
    watch.source.hold(watch.keys)
    watch.provider.ring()
    watch.source.hold(backup)
    assert watch.provider.look_again()
    ring = watch.provider.ring()
    assert ring.revoked == {leaked.kid}
    assert ring.get(leaked.kid) is None
    assert ring.primary == backup.entries[1].key
    assert [event.details.get("kid") for event in watch.told] == [None, leaked.kid.hex(), None]
    assert watch.names == ["keys_loaded", "keys_revocation_lost", "keys_loaded"]
    watch.source.hold(change.destroy(backup, leaked.kid))
    assert watch.provider.look_again()
    assert watch.provider.ring().revoked == {leaked.kid}
