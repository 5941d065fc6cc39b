"""The token of the probe, and what a setting keeps of it."""

from __future__ import annotations

import pytest

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.probe import LONGEST_SECONDS, Grant, end_of, new_token

NOW = 1_900_000_000.5


def test_a_grant_admits_its_own_token_until_its_end() -> None:
    token, grant = new_token(now=NOW, seconds=60)
    assert end_of(token) == grant.ends == int(NOW) + 60
    assert grant.admits(token, now=NOW)
    assert grant.admits(token, now=grant.ends - 0.1)
    assert not grant.admits(token, now=grant.ends)


def test_no_other_token_is_admitted() -> None:
    token, grant = new_token(now=NOW)
    end, _, secret = token.partition(".")
    others = [new_token(now=NOW)[0], "", secret, token[:-1], f"{token}x", f"{token}\xff"]
    others += [f"{int(end) + 1}.{secret}", token.swapcase(), grant.to_text(), grant.digest]
    assert [other for other in others if grant.admits(other, now=NOW)] == []


def test_a_setting_is_read_back_and_holds_no_token() -> None:
    token, grant = new_token(now=NOW)
    assert Grant.from_text(grant.to_text(), now=NOW) == grant
    assert token.partition(".")[2] not in f"{grant.to_text()} {grant!r}"


def test_a_setting_that_has_ended_is_read_and_admits_nobody() -> None:
    token, grant = new_token(now=NOW)
    later = NOW + 10 * LONGEST_SECONDS
    assert not Grant.from_text(grant.to_text(), now=later).admits(token, now=later)


def test_a_setting_that_ends_more_than_an_hour_ahead_is_refused() -> None:
    _, grant = new_token(now=NOW)
    text = grant.to_text()
    assert Grant.from_text(text, now=NOW - SKEW) == grant
    with pytest.raises(ConfigurationError, match="more than an hour"):
        Grant.from_text(text, now=NOW - SKEW - 1)


def test_the_token_itself_is_refused_as_a_setting_and_not_repeated() -> None:
    token, _ = new_token(now=NOW)
    with pytest.raises(ConfigurationError, match="the token itself") as caught:
        Grant.from_text(token, now=NOW)
    assert token[11:] not in str(caught.value)


@pytest.mark.parametrize("text", ["", "on", "True", "1900000000." + "g" * 64, "1." + "0" * 64])
def test_anything_else_is_refused_as_a_setting(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--new-token"):
        Grant.from_text(text, now=NOW)


@pytest.mark.parametrize("seconds", [0, -1, LONGEST_SECONDS + 1])
def test_no_token_is_made_that_lasts_longer_than_an_hour(seconds: int) -> None:
    with pytest.raises(ValueError, match="at most an hour"):
        new_token(now=NOW, seconds=seconds)


def test_two_tokens_are_never_the_same() -> None:
    assert len({new_token(now=NOW)[0] for _ in range(100)}) == 100
