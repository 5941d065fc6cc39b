"""What operators do to keys: each change by itself, from one set to the next."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import UsageError
from cookie_sessions.keys import Key, KeySet, Mark, change

NOW = 1_900_000_000
LONGEST = 10_000
WINDOW = 500


def begun(**options: int | None) -> KeySet:
    given: dict[str, int | None] = {"longest_session": LONGEST, "propagation": WINDOW, **options}
    return change.begin(now=NOW, **given)  # type: ignore[arg-type]


def states(keys: KeySet, now: float) -> list[str]:
    found = keys.resolve(now).states
    return [str(found[entry.kid]) for entry in keys.entries]


def test_a_new_ring_has_one_key_that_seals_at_once() -> None:
    keys = change.begin(now=NOW, label="first", rotate_every=77)
    (entry,) = keys.entries
    assert (entry.label, entry.created, entry.seals_from) == ("first", NOW, NOW)
    assert (keys.propagation, keys.longest_session, keys.rotate_every) == (3600, None, 77)
    assert states(keys, NOW) == ["primary"]
    assert change.begin(now=NOW).entries[0].kid != entry.kid


def test_an_added_key_seals_after_the_window_or_from_the_moment_that_is_named() -> None:
    keys = change.add(begun(), now=NOW + 10)
    assert keys.entries[1].seals_from == NOW + 10 + WINDOW
    assert keys.entries[1].created == NOW + 10
    assert states(keys, NOW + 10) == ["primary", "pending"]
    at_once = change.add(begun(), now=NOW + 10, seals_from=NOW + 10)
    assert states(at_once, NOW + 10) == ["open-only", "primary"]


def test_keys_that_are_added_in_one_second_begin_a_second_apart() -> None:
    keys = begun()
    for _ in range(3):
        keys = change.add(keys, now=NOW)
    begins = [entry.seals_from for entry in keys.entries]
    assert begins == [NOW, NOW + WINDOW, NOW + WINDOW + 1, NOW + WINDOW + 2]


def test_a_label_is_given_once() -> None:
    keys = change.add(begun(), now=NOW, label="spring")
    with pytest.raises(UsageError, match="a key with the label 'spring'"):
        change.add(keys, now=NOW, label="spring")


def test_an_id_that_is_taken_is_drawn_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = begun()
    (entry,) = keys.entries
    assert entry.key is not None
    drawn = iter([entry.key.export_material(), b"\x07" * 32])
    monkeypatch.setattr("os.urandom", lambda _: next(drawn))
    assert change.add(keys, now=NOW).entries[1].key == Key(b"\x07" * 32)


def test_a_scheduled_rotation_adds_a_key_so_that_it_begins_when_the_last_is_due() -> None:
    keys = begun(rotate_every=5_000)
    for before in (NOW, NOW + 5_000 - WINDOW - 1):
        assert change.rotate(keys, now=before) is keys
    due = NOW + 5_000 - WINDOW
    rotated = change.rotate(keys, now=due)
    assert [entry.seals_from for entry in rotated.entries] == [NOW, NOW + 5_000]
    assert change.rotate(rotated, now=due + 1) is rotated
    by_hand = begun()
    assert change.rotate(by_hand, now=NOW + 10**9) is by_hand


def test_a_scheduled_rotation_destroys_what_is_retired_and_keeps_what_is_revoked() -> None:
    keys = change.add(begun(), now=NOW)
    keys = change.add(keys, now=NOW + 20)
    first, second, third = keys.entries
    keys = change.revoke(keys, second.kid)
    closed = NOW + 20 + WINDOW + LONGEST + SKEW
    assert change.rotate(keys, now=closed - 1) is keys
    rotated = change.rotate(keys, now=closed)
    assert rotated.get(first.kid) is None
    assert rotated.get(second.kid) == keys.get(second.kid)
    assert rotated.get(third.kid) == third


def test_a_promoted_key_seals_at_once_whatever_was_said_of_it() -> None:
    keys = change.add(change.add(begun(), now=NOW), now=NOW, seals_from=NOW + 10**6)
    first, second, pending = keys.entries
    now = NOW + 3 * LONGEST
    keys = keys.with_entry(dataclasses.replace(second, mark=Mark.OPEN_ONLY))
    keys = change.retire(keys, first.kid, now=NOW + 100)
    for kid in (pending.kid, second.kid, first.kid):
        retired = change.retire(keys, kid, now=now)
        promoted = change.promote(retired, kid, now=now)
        assert promoted == change.promote(keys, kid, now=now)
        assert promoted.resolve(now).primary == promoted.get(kid)


def test_an_end_to_come_outlives_a_promotion() -> None:
    keys = change.add(begun(), now=NOW)
    ending = dataclasses.replace(keys.entries[1], opens_until=NOW + 9_000)
    keys = change.promote(keys.with_entry(ending), ending.kid, now=NOW + 10)
    assert keys.entries[1].opens_until == NOW + 9_000


def test_keys_that_are_promoted_in_one_second_take_over_one_after_the_other() -> None:
    keys = begun()
    for _ in range(3):
        keys = change.add(keys, now=NOW)
    for entry in keys.entries[1:]:
        keys = change.promote(keys, entry.kid, now=NOW)
    assert [entry.seals_from for entry in keys.entries] == [NOW, NOW + 1, NOW + 2, NOW + 3]


def test_a_retired_key_opens_nothing_beyond_the_allowance() -> None:
    keys = change.add(begun(), now=NOW)
    now = NOW + WINDOW + 7
    keys = change.retire(keys, keys.entries[0].kid, now=now)
    assert states(keys, now + SKEW - 1) == ["open-only", "primary"]
    assert states(keys, now + SKEW) == ["retired", "primary"]


def test_a_key_that_is_not_there_is_revoked_by_its_id_alone() -> None:
    keys = begun()
    after = change.revoke_absent(keys, b"none")
    assert after.ring(NOW).revoked == {b"none"}
    assert after.resolve(NOW).primary == keys.entries[0]
    assert change.revoke_absent(after, b"none") is after
    with pytest.raises(UsageError, match=f"has the key {keys.entries[0].kid.hex()}"):
        change.revoke_absent(keys, keys.entries[0].kid)


def test_a_revoked_key_is_out_at_once_and_for_good() -> None:
    keys = change.add(begun(), now=NOW)
    (first, second) = keys.entries
    keys = change.revoke(keys, first.kid)
    assert states(keys, NOW) == ["revoked", "primary"]
    for again in (change.promote, change.retire):
        with pytest.raises(UsageError, match="revoked key never comes back"):
            again(keys, first.kid, now=NOW)
    destroyed = change.destroy(keys, first.kid)
    assert destroyed.get(first.kid) == dataclasses.replace(keys.entries[0], key=None)
    assert change.destroy(keys, second.kid).get(second.kid) is None


@pytest.mark.parametrize(
    "refused",
    [
        lambda keys: change.promote(keys, b"none", now=NOW),
        lambda keys: change.retire(keys, b"none", now=NOW),
        lambda keys: change.revoke(keys, b"none"),
        lambda keys: change.destroy(keys, b"none"),
    ],
)
def test_a_key_that_is_not_there_is_named_beside_those_that_are(
    refused: Callable[[KeySet], KeySet],
) -> None:
    keys = begun()
    with pytest.raises(UsageError, match=f"no key 6e6f6e65. Known are {keys.entries[0].kid.hex()}"):
        refused(keys)


def test_a_change_leaves_the_set_that_it_was_given_as_it_was() -> None:
    keys = change.add(begun(), now=NOW)
    before = keys.entries
    for changed in (
        change.promote(keys, before[1].kid, now=NOW),
        change.retire(keys, before[0].kid, now=NOW),
        change.revoke(keys, before[0].kid),
        change.destroy(keys, before[0].kid),
    ):
        assert changed.entries != keys.entries == before
