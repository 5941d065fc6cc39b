"""Any octets at all in the Cookie header: an anonymous session, an event, never an error."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions.errors import Reason
from cookie_sessions.events import EventName
from tests.flask.conftest import Clock
from tests.flask.world import (
    app_with,
    counting_cryptography,
    events_of,
    get,
    names_of,
    ours,
    route,
    sealed,
    set_cookies,
)

REASONS = {f"rejected:{reason}" for reason in Reason}


def with_views(app: Flask) -> Flask:
    route(app, lambda: session.update(a="kept", _permanent=True), at="/write")
    route(app, lambda: (session.get("a"), len(session)))
    route(app, lambda: "untouched", at="/other")
    route(app, lambda: session.clear(), at="/leave")
    return app


APP = with_views(ours())
TOLD = events_of(APP)
GOOD = sealed(get(APP, "/write"))
OCTETS = base64.urlsafe_b64decode(GOOD + "=" * (-len(GOOD) % 4))
OTHERS = {
    "flask's": sealed(get(with_views(app_with(SecureCookieSessionInterface())), "/write")),
    "another key's": sealed(get(with_views(ours(SECRET_KEY="x" * 40)), "/write")),
    "another name's": sealed(
        get(with_views(ours(SESSION_COOKIE_NAME="other")), "/write"), name="other"
    ),
    "another audience's": sealed(get(with_views(ours(COOKIE_SESSIONS_AUDIENCE="other")), "/write")),
}

NASTY = {
    **OTHERS,
    "empty": "",
    "a blank": " ",
    "one letter": "A",
    "quoted": f'"{GOOD}"',
    "doubled": GOOD + GOOD,
    "padded": GOOD + "=",
    "padded twice": GOOD + "==",
    "with a percent sign": GOOD.replace(GOOD[50], f"%{ord(GOOD[50]):02X}", 1),
    "in the other alphabet": "+/" + GOOD[2:],
    "with a dot": GOOD[:20] + "." + GOOD[20:],
    "with a comma": GOOD + ",x",
    "with a blank inside": GOOD[:20] + " " + GOOD[20:],
    "with a null": GOOD + "\0",
    "a line end": GOOD + "\r\nSet-Cookie: a=b",
    "not ASCII": GOOD + "\xe9",
    "not ASCII at the head": "\xff" * 20 + GOOD,
    "UTF-8 of an umlaut": "\xc3\xbc",
    "a backslash": "\\" + GOOD,
    "split": f"~3.{GOOD}",
    "JSON": '{"a": 1}',
    "JWT": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    "pickle": "gASVCAAAAAAAAACMBGV2aWyULg==",
    "zeros": "A" * 200,
    "ones": "_" * 200,
    "version 2": base64.urlsafe_b64encode(b"\x02" + OCTETS[1:]).decode().rstrip("="),
    "version 0": base64.urlsafe_b64encode(b"\x00" + OCTETS[1:]).decode().rstrip("="),
    "unknown flags": base64.urlsafe_b64encode(b"\x01\x80" + OCTETS[2:]).decode().rstrip("="),
    "from the end of time": base64.urlsafe_b64encode(OCTETS[:6] + b"\xff" * 4 + OCTETS[10:])
    .decode()
    .rstrip("="),
    "just the header": GOOD[:14],
    "header and nonce": GOOD[:46],
    "32 KiB": "A" * 32_768,
    "more than 32 KiB": "A" * 32_769,
    "60 kB": GOOD + "A" * 60_000,
}
HEADERS = {
    "a megabyte": "session=" + "A" * 1_000_000,
    "a megabyte of pairs": "session=A;" * 100_000,
    "a megabyte of semicolons": ";" * 1_000_000,
    "no name": "=A;" * 10,
    "no value": "session",
    "no value in a row": "session;session;session",
    "other cookies": "a=b; c=d",
    "a longer name": f"session2={GOOD}; xsession={GOOD}",
    "another case": f"Session={GOOD}",
    "a name in quotes": f'"session"={GOOD}',
    "behind a comma": f"x=1,session={GOOD}",
    "behind a foreign blank": f"x=1; \xa0session={GOOD}; \x85session={GOOD}",
    "a vertical tab before it": f"\x0bsession={GOOD}",
    "a name and a null": f"session\0={GOOD}",
    "only blanks": " \t ",
    "equals signs": "session====",
}


def check_anonymous(cookie: str) -> list[str]:
    """Every page answers as to a visitor without a session; gives the events' names."""
    del TOLD[:]
    other = get(APP, "/other", cookie=cookie)
    assert (other.status_code, other.text, set_cookies(other)) == (200, "untouched", [])
    with counting_cryptography() as counter:
        response = get(APP, cookie=cookie)
    assert (response.status_code, response.text) == (200, "(None, 0)")
    assert counter.opens <= 4
    assert all("Max-Age=0" in line for line in set_cookies(response))
    told = names_of(TOLD)
    assert set(told) <= REASONS
    written = get(APP, "/write", cookie=cookie)
    assert get(APP, cookie=f"session={sealed(written)}").text == "('kept', 2)"
    assert get(APP, "/leave", cookie=cookie).status_code == 200
    return told


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_value_is_an_anonymous_session_with_a_reason(name: str) -> None:
    # Sealed a minute ago, its refresh is due on the page that does not use it too.
    assert len(set(check_anonymous(f"session={NASTY[name]}"))) == 1


@pytest.mark.parametrize("name", HEADERS)
def test_a_nasty_header_is_an_anonymous_session(name: str) -> None:
    check_anonymous(HEADERS[name])


def test_any_text_in_the_cookie_is_an_anonymous_session_with_a_reason() -> None:
    octets = st.binary(max_size=300).map(lambda value: value.decode("latin-1"))
    letters = st.text("AZaz09-_~.=", max_size=200)

    @settings(max_examples=150)
    @given(octets | letters | st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode()))
    def check(value: str) -> None:
        events = check_anonymous(f"session={value.replace(';', '.')}")
        assert len(events) == 1

    check()


@settings(max_examples=150)
@given(st.binary(max_size=400).map(lambda value: value.decode("latin-1")))
def test_any_octets_in_the_header_are_no_error(header: str) -> None:
    check_anonymous(header)
    check_anonymous(f"session=A;{header}")
    check_anonymous(f"{header};session=A")


@settings(max_examples=150)
@given(st.integers(0, len(OCTETS) - 1), st.integers(1, 255), st.binary(max_size=3))
def test_a_spoiled_cookie_is_refused(position: int, difference: int, behind: bytes) -> None:
    spoiled = bytearray(OCTETS)
    spoiled[position] ^= difference
    text = base64.urlsafe_b64encode(bytes(spoiled) + behind).decode().rstrip("=")
    # A time that was moved back lets an untouched request look at the cookie as well.
    assert len(set(check_anonymous(f"session={text}"))) == 1


def test_every_truncation_is_refused() -> None:
    for length in range(0, len(GOOD), 3):
        assert get(APP, cookie=f"session={GOOD[:length]}").text == "(None, 0)"


@settings(max_examples=50)
@given(st.binary(max_size=120).map(lambda value: value.decode("latin-1")))
def test_what_stands_beside_it_never_hides_a_good_cookie(junk: str) -> None:
    junk = junk.replace("session", "")
    for header in (f"{junk}; session={GOOD}", f"session={GOOD}; {junk}"):
        assert get(APP, cookie=header).text == "('kept', 2)"


def test_times_beyond_all_clocks_are_not_yet_valid_before_any_cryptography(clock: Clock) -> None:
    app = with_views(ours())
    value = sealed(get(app, "/write"))
    clock.forward(-301)
    told = events_of(app)
    with counting_cryptography() as counter:
        get(app, cookie=f"session={value}")
    assert (names_of(told), counter.opens) == ([f"rejected:{Reason.NOT_YET_VALID}"], 0)


def test_a_refused_cookie_is_one_log_record_without_its_value(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("DEBUG")
    get(APP, cookie=f"session={OTHERS['another key' + chr(39) + 's']}")
    (record,) = [one for one in caplog.records if one.name == "cookie_sessions"]
    facts: Any = record
    assert record.getMessage() == "rejected reason=unknown_kid"
    assert (facts.event, facts.reason) == (EventName.REJECTED, Reason.UNKNOWN_KID)
