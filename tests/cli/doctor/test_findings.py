"""Which profiles fit a deployment, and what is said of its settings."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.cli.doctor.findings import crowded, find
from cookie_sessions.cli.doctor.fitting import fitting, shortcomings
from cookie_sessions.cli.doctor.measurement import Limit, Measured
from cookie_sessions.cli.doctor.others import others_in
from cookie_sessions.cli.doctor.site import DROPPED
from cookie_sessions.cookies import PROFILES, profile_of


def passed(octets: int, *, most: int = 65_536) -> Limit:
    return Limit(octets, None, None) if octets >= most else Limit(octets, octets + 1, 431)


def deployment(
    *,
    line: int = 65_536,
    request: int = 65_536,
    response: int = 65_536,
    joints: tuple[str, ...] = ("; ",),
    **application: Any,
) -> Measured:
    return Measured(
        cookie_line=passed(line),
        cookie_lines=passed(line),
        request=passed(request),
        set_cookies=passed(response),
        set_cookie=passed(min(response, 16_384), most=16_384),
        overhead=100,
        own=300,
        joints=joints,
        application=application,
    )


def names(measured: Measured) -> list[str]:
    return [profile.name for profile in fitting(measured)]


def test_without_a_limit_every_profile_fits() -> None:
    assert set(names(deployment())) == set(PROFILES)


def test_one_octet_decides_whether_a_profile_fits() -> None:
    gunicorn = PROFILES["gunicorn"]
    assert shortcomings(gunicorn, deployment(line=8_180)) == []
    (told,) = shortcomings(gunicorn, deployment(line=8_179))
    assert told == "one Cookie line: 8,179 passed, it admits 8,180"


def test_the_response_counts_as_the_application_counts_it() -> None:
    least = 3_900 - 100 - len("Set-Cookie: \r\n")
    assert shortcomings(PROFILES["nginx"], deployment(response=least)) == []
    (told,) = shortcomings(PROFILES["nginx"], deployment(response=least - 1))
    assert told == "all headers of a response: 3,899 passed, it admits 3,900"


def test_a_profile_without_a_limit_of_responses_needs_room_for_its_longest_session() -> None:
    (told, single) = shortcomings(PROFILES["gunicorn"], deployment(response=3_944))
    assert told.startswith("all Set-Cookie lines: 3,944 passed")
    assert single == "one Set-Cookie line: 3,944 passed, it admits 4,096"


def test_a_limit_of_whole_requests_is_met_beside_the_doctors_own_headers() -> None:
    lighttpd = PROFILES["lighttpd"]
    assert shortcomings(lighttpd, deployment(line=8_192 - 300 - 266, request=8_192)) == []
    assert len(shortcomings(lighttpd, deployment(line=8_192 - 300 - 267, request=8_192))) == 1
    assert len(shortcomings(lighttpd, deployment(line=8_000, request=8_191))) == 1


def test_those_that_fit_come_with_the_most_room_first() -> None:
    found = names(deployment(line=16_384, request=65_536))
    assert found[0] in {"uvicorn", "aws-alb", "vercel"}
    assert found[-1] == "uwsgi"


def test_a_deployment_that_not_even_the_default_fits_is_warned_of() -> None:
    found = find(deployment(line=3_500, request=3_800, profile="portable"), is_encrypted=False)
    assert found.profiles == ("uwsgi",)
    (warning,) = found.warnings
    assert "'portable' does not fit" in warning
    assert "Set COOKIE_SESSIONS_PROFILE to 'uwsgi'" in warning
    (none,) = find(deployment(line=100, request=100), is_encrypted=False).warnings
    assert "raise the limits" in none


def test_the_profile_of_the_application_is_compared_also_where_it_is_a_chain() -> None:
    measured = deployment(line=8_181, profile="nginx+gunicorn")
    assert find(measured, is_encrypted=False).configured == profile_of(["nginx", "gunicorn"]).name
    assert find(measured, is_encrypted=False).warnings == ()
    (warning,) = find(deployment(line=8_181, profile="apache"), is_encrypted=False).warnings
    assert "profile 'apache' does not fit here: one Cookie line: 8,181" in warning


@pytest.mark.parametrize("profile", ["of a later version", 5, None])
def test_a_profile_that_is_not_known_here_is_not_compared(profile: object) -> None:
    assert find(deployment(profile=profile), is_encrypted=False).configured is None


@pytest.mark.parametrize(
    ("is_encrypted", "secure", "said"),
    [
        (True, False, "Set SESSION_COOKIE_SECURE to True"),
        (False, True, "browsers keep no session here"),
        (True, True, None),
        (False, False, None),
        (True, None, None),
    ],
)
def test_a_cookie_that_does_not_suit_the_address_is_warned_of(
    is_encrypted: bool, secure: bool | None, said: str | None
) -> None:
    found = find(deployment(secure=secure), is_encrypted=is_encrypted)
    assert [said in warning for warning in found.warnings if said] == ([True] if said else [])
    assert len(found.warnings) == (said is not None)


@pytest.mark.parametrize(
    ("joints", "join_by_commas", "notes", "warnings"),
    [
        (("; ",), False, 0, 0),
        ((";",), False, 0, 0),
        ((",",), False, 1, 0),
        ((", ",), True, 0, 0),
        (("; ",), True, 0, 1),
        ((), False, 1, 0),
    ],
)
def test_how_lines_are_joined_is_compared_with_the_setting(
    joints: tuple[str, ...], join_by_commas: bool, notes: int, warnings: int
) -> None:
    measured = deployment(joints=joints, join_by_commas=join_by_commas)
    found = find(measured, is_encrypted=False)
    assert (len(found.notes), len(found.warnings)) == (notes, warnings)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (None, ""),
        (-60, ""),
        (61, "note: The application's clock is 61 seconds ahead of this machine's."),
        (-300, "note: The application's clock is 300 seconds behind this machine's."),
        (301, "warning: The application's clock is 301 seconds ahead of this machine's, and"),
        (-7_200, "warning: The application's clock is 7,200 seconds behind this machine's, and"),
    ],
)
def test_clocks_that_differ_are_told_and_by_more_than_is_allowed_for_warned_of(
    ahead: int | None, told: str
) -> None:
    found = find(deployment()._replace(ahead=ahead), is_encrypted=True)
    texts = [f"note: {each}" for each in found.notes]
    texts += [f"warning: {each}" for each in found.warnings]
    clocks = [each for each in texts if "clock" in each]
    assert len(clocks) == bool(told)
    assert all(each.startswith(told) for each in clocks)


def test_a_front_that_takes_cookies_away_instead_of_refusing_is_told_of() -> None:
    measured = deployment()
    told = "Above 4,096 octets the Cookie header is taken away"
    for refusal in (DROPPED, 431):
        limit = Limit(4_096, 4_097, refusal)
        notes = " ".join(find(measured._replace(cookie_line=limit), is_encrypted=False).notes)
        assert (told in notes) == (refusal == DROPPED)


def test_the_cookies_of_a_browser_are_counted_by_name_and_never_shown() -> None:
    others = others_in('Cookie: a=canary; session="can ary" ; canary\x1b; b\x1b[2J=é')
    assert others.cookies == (("session", 19), ("a", 10), ("b?[2J", 10), ("(no name)", 9))
    assert others.octets == len('a=canary; session="can ary" ; canary\x1b; b\x1b[2J=é'.encode())
    assert others_in("") == (0, ())


def test_a_browser_whose_cookies_exceed_the_profile_is_warned_of() -> None:
    portable = PROFILES["portable"]
    assert crowded(others_in("n=".ljust(portable.cookie_line, "v")), portable) is None
    told = crowded(others_in("n=".ljust(portable.cookie_line + 1, "v")), portable)
    assert told is not None
    assert "take 7,425 octets" in told
