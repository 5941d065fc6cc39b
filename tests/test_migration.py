"""What is taken over from Flask's cookies, and when; their form is another room's business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cookie_sessions.clock import SKEW
from cookie_sessions.codec import Codec
from cookie_sessions.content import Content
from cookie_sessions.envelope import MAX_TEXT_OCTETS, REFRESHABLE, Head
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.migration import Migration, Signed, check_form

AT = 1_900_000_000
KID = b"\xfa\xce\xb0\x0c"
TEXT = "e30.cT9_AA.c2lnbmF0dXJl"
HEAD = Head(REFRESHABLE, b"", AT)


class Form:
    """Reads the values that it was given from every text."""

    def __init__(self, values: Mapping[str, Any] | None = None) -> None:
        self.values = values or {}

    def read(self, text: str) -> Signed:
        return Signed(self.values, AT, KID)

    def peek(self, text: str) -> Head | None:
        return HEAD if text == TEXT else None

    def write(self, values: Mapping[Any, Any], *, signed_at: int) -> str:
        return f"{dict(values)} at {signed_at}"


def opened(values: Mapping[str, Any], *, now: float = AT, **window: Any) -> Content:
    migration = Migration(Form(values), until=AT + 1000, **window)
    return migration.open(TEXT, codec=Codec(), idle=60, revoked=(), now=now)


def test_nothing_is_written_in_flasks_form_unless_it_is_said() -> None:
    migration = Migration(Form(), until=AT)
    assert not migration.writes_signed(AT - 1)
    assert Migration(Form(), until=AT, writes=True).writes_signed(AT - 1)
    assert not Migration(Form(), until=AT, writes=True).writes_signed(AT)


def test_what_would_not_be_read_again_may_not_be_signed() -> None:
    assert Migration(Form(), until=AT).may_sign(AT - 1)
    assert not Migration(Form(), until=AT).may_sign(AT)
    assert not Migration(Form(), until=AT, written_before=AT).may_sign(AT - 1)


def test_the_form_reads_heads_and_writes_texts() -> None:
    migration = Migration(Form(), until=AT)
    assert migration.peek(TEXT) == HEAD
    assert migration.peek("another") is None
    assert migration.write({"a": 1}, signed_at=AT) == "{'a': 1} at 1900000000"


def test_a_permanent_session_is_refreshable_and_another_is_not() -> None:
    assert opened({"_permanent": True}).head == Head(REFRESHABLE, KID, AT)
    for values in ({}, {"_permanent": False}, {"user": "alice"}):
        assert opened(values).head == Head(0, KID, AT)


def test_the_end_is_the_signed_time_and_the_idle_time() -> None:
    content = opened({"user": "alice"})
    assert (content.claims.iat, content.claims.until) == (AT, AT + 60)
    assert content.claims.auth_time is None
    assert content.imported


@pytest.mark.parametrize(
    ("now", "written_before", "reason"),
    [
        (AT - SKEW - 1, None, Reason.NOT_YET_VALID),
        (AT, AT - SKEW - 1, Reason.KEY_RETIRED),
    ],
)
def test_a_time_to_come_and_a_time_after_the_cut_off_are_refused(
    now: float, written_before: float | None, reason: Reason
) -> None:
    with pytest.raises(Rejected) as caught:
        opened({}, now=now, written_before=written_before)
    assert caught.value.reason is reason


def test_five_minutes_are_allowed_for_clocks_that_differ() -> None:
    assert opened({}, now=AT - SKEW).imported
    assert opened({}, written_before=AT - SKEW).imported


def test_values_whose_names_say_secret_are_not_compressed() -> None:
    codec, value = Codec(), "same " * 40
    content = opened({"csrf_token": value, "note": value})
    packed = codec.pack(value)
    assert content.wires == {
        "csrf_token": codec.to_wire("csrf_token", value, packed),
        "note": codec.to_wire("note", value, packed),
    }
    assert content.wires["csrf_token"] != content.wires["note"]


def test_a_value_that_has_no_place_in_a_session_is_undecodable_and_not_named() -> None:
    with pytest.raises(Rejected) as caught:
        opened({"user": "alice", "thing": object()})
    assert caught.value.reason is Reason.UNDECODABLE
    assert caught.value.__context__ is None


def test_the_repr_of_what_was_signed_shows_none_of_it() -> None:
    assert repr(Signed({"user": "alice"}, AT, KID)) == "<Signed session of 1 values>"


def test_a_text_at_the_bound_may_have_the_form_and_a_longer_one_never() -> None:
    longest = "a" * (MAX_TEXT_OCTETS - 4) + ".b.c"
    check_form(longest)
    for text, reason in ((f"a{longest}", Reason.TOO_LARGE), ("a.b", Reason.MALFORMED)):
        with pytest.raises(Rejected) as caught:
            check_form(text)
        assert caught.value.reason is reason
