"""A ring names exactly one key by each id, and the order of a list never decides."""

from __future__ import annotations

import copy
import itertools
import math
import pickle

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.keys import Key, KeyRing
from tests.keys.secrecy import reveals

KEYS = [Key(bytes([number]) * 32, label=f"key {number}") for number in range(4)]


def _colliding() -> tuple[Key, Key]:
    other = Key(b"\x99" * 32)
    other.kid = KEYS[0].kid
    return KEYS[0], other


def test_the_primary_and_the_others_are_found_by_their_ids() -> None:
    ring = KeyRing(*KEYS)
    assert ring.primary is KEYS[0]
    assert [ring.get(key.kid) for key in KEYS] == KEYS
    assert list(ring) == KEYS
    assert len(ring) == 4
    assert ring.revoked == frozenset()


@pytest.mark.parametrize("kid", [b"", b"1234", b"12345", KEYS[0].kid[:3]])
def test_an_unknown_id_names_no_key(kid: bytes) -> None:
    assert KeyRing(*KEYS).get(kid) is None


def test_the_order_of_the_others_decides_nothing() -> None:
    rings = [KeyRing(KEYS[0], *others) for others in itertools.permutations(KEYS[1:])]
    for ring in rings:
        assert ring.primary == KEYS[0]
        assert {key.kid: ring.get(key.kid) for key in KEYS} == {key.kid: key for key in KEYS}


def test_equal_keys_are_one() -> None:
    ring = KeyRing(KEYS[0], Key(bytes(32)), KEYS[1], KEYS[1])
    assert len(ring) == 2
    assert ring.get(KEYS[0].kid) is KEYS[0]


def test_two_keys_of_one_id_are_refused() -> None:
    one, two = _colliding()
    for keys in ((one, two), (two, one), (KEYS[1], one, two)):
        with pytest.raises(ConfigurationError, match=r"same key id.*newly generated"):
            KeyRing(*keys)


def test_a_revoked_key_is_known_and_not_in_use() -> None:
    ring = KeyRing(KEYS[0], revoked=[KEYS[1].kid, KEYS[1].kid])
    assert ring.get(KEYS[1].kid) is None
    assert ring.revoked == frozenset({KEYS[1].kid})
    assert len(ring) == 1


def test_a_key_both_in_use_and_revoked_is_refused() -> None:
    for keys in ((KEYS[1],), (KEYS[0], KEYS[1])):
        with pytest.raises(ConfigurationError, match="both in use and revoked"):
            KeyRing(*keys, revoked=[KEYS[1].kid])


def test_a_ring_without_a_primary_opens_and_can_not_seal() -> None:
    ring = KeyRing(None, KEYS[1], revoked=[KEYS[0].kid])
    assert ring.get(KEYS[1].kid) is KEYS[1]
    assert (len(ring), list(ring)) == (1, [KEYS[1]])
    assert (ring.primary_kid, KeyRing(KEYS[1]).primary_kid) == (None, KEYS[1].kid)
    with pytest.raises(Unavailable, match=r"revoked.*keys add --now"):
        _ = ring.primary
    kids = [key.kid.hex() for key in KEYS]
    assert repr(ring) == f"<KeyRing open-only {kids[1]}, revoked {kids[0]}>"


def test_a_key_opens_for_ever_where_nothing_ends_it() -> None:
    ring = KeyRing(*KEYS, ends={KEYS[1].kid: 5.0})
    ends = [ring.opens_until(key.kid) for key in KEYS]
    assert ends == [math.inf, 5.0, math.inf, math.inf]
    assert KeyRing(KEYS[0]).opens_until(KEYS[0].kid) == math.inf


def test_its_repr_shows_ids_and_states_only() -> None:
    ring = KeyRing(KEYS[0], KEYS[1], revoked=[KEYS[2].kid])
    kids = [key.kid.hex() for key in KEYS]
    assert repr(ring) == f"<KeyRing primary {kids[0]}, open-only {kids[1]}, revoked {kids[2]}>"
    assert not any(reveals(f"{ring} {ring!r}", bytes([number]) * 32) for number in range(3))


def test_a_ring_is_never_pickled_or_copied() -> None:
    ring = KeyRing(*KEYS)
    for refused in (pickle.dumps, copy.copy, copy.deepcopy, KeyRing.__getstate__):
        with pytest.raises(UsageError, match="never pickled or copied"):
            refused(ring)
