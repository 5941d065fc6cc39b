"""Who must act is the class of an error; what a client may cause is a closed list."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import (
    ConfigurationError,
    CookieSessionsError,
    Reason,
    Rejected,
    SessionTooLarge,
    Unavailable,
    UsageError,
)

REASONS = {
    *("malformed", "missing_chunk", "mixed_chunks", "too_large", "unknown_version"),
    *("unknown_kid", "key_retired", "key_revoked", "bad_seal", "undecodable"),
    *("expired_idle", "expired_absolute", "not_yet_valid", "revoked", "ambiguous"),
    *("binding_mismatch", "proof_required"),
}


def test_the_reasons_are_exactly_these() -> None:
    assert {str(reason) for reason in Reason} == REASONS


@pytest.mark.parametrize("kind", [ConfigurationError, UsageError, Rejected, Unavailable])
def test_every_error_is_one_of_ours_and_of_one_kind(kind: type[CookieSessionsError]) -> None:
    assert kind.__bases__ == (CookieSessionsError,)
    assert issubclass(SessionTooLarge, UsageError)


@pytest.mark.parametrize("reason", Reason)
def test_a_refusal_says_its_reason_and_nothing_else(reason: Reason) -> None:
    rejected = Rejected(reason)
    assert rejected.reason is reason
    assert rejected.args == (reason.value,)


@given(st.lists(st.tuples(st.text(max_size=30), st.integers(0, 9999)), max_size=5))
def test_a_session_too_large_shows_each_key_with_its_octets(rows: list[tuple[str, int]]) -> None:
    error = SessionTooLarge(octets=5000, limit=4096, by_key=rows)
    assert (error.octets, error.limit, error.by_key) == (5000, 4096, rows)
    text = str(error)
    assert "5000 octets" in text
    assert "4096" in text
    for name, size in rows:
        assert f"{name:<11}" in text
        assert f"{size:>7}" in text
    assert text.count("\n") >= len(rows) + 1
