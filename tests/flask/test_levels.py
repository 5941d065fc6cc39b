"""Timeouts of NIST's assurance levels, idle timeouts for every session, and remembered sessions."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.cookies import http_date
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.flask import CookieSessions
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, sealed_session
from tests.flask.world import counting_cryptography, ours, route

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
LEVELS = {"aal1": (30 * DAY, 30 * DAY), "aal2": (HOUR, 24 * HOUR), "aal3": (15 * MINUTE, 12 * HOUR)}


def timed(**config: Any) -> Flask:
    app = ours(**config)

    def sign_in() -> None:
        sealed_session().subject = "ann"
        session["a"] = 1

    def sign_in_for_long() -> None:
        sign_in()
        sealed_session().remember()

    route(app, sign_in, at="/sign-in")
    route(app, sign_in_for_long, at="/remember")
    route(app, lambda: sealed_session().remember(False), at="/forget")
    route(app, lambda: sealed_session().subject or "nobody", at="/")
    route(app, lambda: session.update(b=1), at="/write")
    route(app, lambda: session.clear(), at="/leave")
    route(app, lambda: "untouched", at="/other")
    return app


def signed_in(app: Flask, path: str = "/sign-in") -> Browser:
    browser = Browser(app)
    browser.get(path)
    return browser


def used_until(browser: Browser, clock: Clock, *, each: float, path: str = "/other") -> float:
    """For how many seconds a session lives that is used so often, at most 40 days."""
    began = clock.time
    while clock.time - began < 40 * DAY:
        clock.forward(each)
        browser.get(path)
        before = browser.cookie
        if before is None or browser.copied(browser._client.application).get() == "nobody":
            break
    return clock.time - began


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("permanent", [True, False])
def test_a_level_ends_an_idle_session_and_one_that_is_used_all_the_time(
    level: str, permanent: bool, clock: Clock
) -> None:
    idle, absolute = LEVELS[level]
    app = timed(COOKIE_SESSIONS_TIMEOUTS=level)
    route(app, lambda: session.update(_permanent=permanent), at="/permanent")
    browser = signed_in(app)
    browser.get("/permanent")
    clock.forward(idle)
    assert browser.get() == "ann"
    clock.forward(idle + 1)
    assert browser.get() == "nobody"
    browser = signed_in(app)
    browser.get("/permanent")
    step = idle * 0.6
    assert absolute <= used_until(browser, clock, each=step) <= absolute + step


@pytest.mark.parametrize("path", ["/other", "/"])
def test_the_end_moves_once_in_half_of_the_idle_timeout(path: str, clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_TIMEOUTS="aal2")
    browser = signed_in(app)
    first = browser.cookie
    for _ in range(5):
        clock.forward(HOUR / 2 / 6)
        browser.get(path)
    assert browser.cookie == first
    clock.forward(HOUR / 2 / 6)
    browser.get(path)
    assert browser.cookie != first


def test_whether_a_refresh_is_due_is_told_without_decrypting(clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_TIMEOUTS="aal2")
    browser = signed_in(app)
    clock.forward(HOUR / 2 - 1)
    with counting_cryptography() as counter:
        browser.get("/other")
    assert (counter.opens, counter.seals) == (0, 0)
    clock.forward(1)
    with counting_cryptography() as counter:
        browser.get("/other")
    assert (counter.opens, counter.seals) == (1, 1)


@pytest.mark.parametrize(("part", "due"), [(0.25, 900), (0.9, 3240)])
def test_the_part_of_the_idle_timeout_can_be_set(part: float, due: int, clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_TIMEOUTS="aal2", COOKIE_SESSIONS_REFRESH_AFTER=part)
    browser = signed_in(app)
    first = browser.cookie
    clock.forward(due - 1)
    browser.get()
    assert browser.cookie == first
    clock.forward(1)
    browser.get()
    assert browser.cookie != first


def test_flasks_setting_keeps_ends_where_they_are(clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_TIMEOUTS="aal2", SESSION_REFRESH_EACH_REQUEST=False)
    browser = signed_in(app)
    for _ in range(3):
        clock.forward(1190)
        assert browser.get() == "ann"
    clock.forward(40)
    assert browser.get() == "nobody"


def test_an_idle_timeout_is_that_of_every_session(clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_IDLE_TIMEOUT=100)
    browser = signed_in(app)
    for _ in range(20):
        clock.forward(90)
        browser.get("/other")
    assert browser.get() == "ann"
    clock.forward(101)
    assert browser.get() == "nobody"


def test_flasks_own_lifetime_shortens_a_level(clock: Clock) -> None:
    app = timed(COOKIE_SESSIONS_TIMEOUTS="aal2", PERMANENT_SESSION_LIFETIME=600)
    browser = signed_in(app)
    clock.forward(601)
    assert browser.get() == "nobody"


REMEMBERED = {"COOKIE_SESSIONS_REMEMBER_TIMEOUT": 90 * DAY, "PERMANENT_SESSION_LIFETIME": DAY}


def test_a_remembered_session_lives_on_unused_and_ends_whatever_happens(clock: Clock) -> None:
    app = timed(**REMEMBERED)
    remembered, other = signed_in(app, "/remember"), signed_in(app)
    clock.forward(89 * DAY)
    assert (remembered.get(), other.get()) == ("ann", "nobody")
    remembered.get("/write")
    clock.forward(DAY + 1)
    assert remembered.get() == "nobody"


def test_the_browser_is_told_to_keep_it_as_long(clock: Clock) -> None:
    app = timed(**REMEMBERED)
    answer = Browser(app).answer("/remember")
    (line,) = answer.headers.getlist("Set-Cookie")
    assert "Expires=Sat, 15 Jun 2030 17:46:40 GMT" in line or f"Max-Age={90 * DAY}" in line


def test_reading_a_remembered_session_writes_nothing(clock: Clock) -> None:
    app = timed(**REMEMBERED)
    browser = signed_in(app, "/remember")
    first = browser.cookie
    for path in ("/", "/other"):
        clock.forward(5 * DAY)
        browser.get(path)
        assert browser.cookie == first


def test_signing_out_and_taking_it_back_end_it(clock: Clock) -> None:
    app = timed(**REMEMBERED)
    forgetful, leaving, again = (signed_in(app, "/remember") for _ in range(3))
    forgetful.get("/forget")
    leaving.get("/leave")
    leaving.get("/write")
    again.get("/sign-in")
    clock.forward(DAY + 1)
    assert [each.get() for each in (forgetful, leaving, again)] == ["nobody"] * 3


def test_a_setting_shortens_what_was_remembered_and_never_lengthens_it(clock: Clock) -> None:
    long, short = timed(**REMEMBERED), timed(**{**REMEMBERED, next(iter(REMEMBERED)): 9 * DAY})
    none = timed(PERMANENT_SESSION_LIFETIME=DAY)
    browser = signed_in(long, "/remember")
    brief = signed_in(short, "/remember")
    clock.forward(8 * DAY)
    assert browser.copied(short).get() == "ann"
    assert browser.copied(none).get() == "nobody"
    clock.forward(DAY + 1)
    assert browser.copied(short).get() == "nobody"
    assert brief.copied(long).get() == "nobody"
    assert browser.get() == "ann"


def test_a_proof_goes_on_with_what_was_remembered(clock: Clock) -> None:
    app = timed(**REMEMBERED)
    route(app, lambda: sealed_session().mark_authenticated(), at="/prove")
    browser = signed_in(app, "/remember")
    clock.forward(60)
    clock.forward(80 * DAY)
    (line,) = browser.answer("/prove").headers.getlist("Set-Cookie")
    assert f"Expires={http_date(int(clock.time) + 90 * DAY)}" in line
    clock.forward(40 * DAY)
    assert browser.get() == "ann"


def test_what_was_remembered_is_not_the_next_users_who_only_proves(clock: Clock) -> None:
    app = timed(**REMEMBERED)

    def prove() -> None:
        session["user"] = "somebody"
        sealed_session().mark_authenticated()

    def prove_and_remember() -> None:
        prove()
        sealed_session().remember()

    def leave() -> None:
        session.clear()
        session["theme"] = "dark"

    route(app, prove, at="/prove")
    route(app, prove_and_remember, at="/prove-and-remember")
    route(app, leave, at="/leave-something")
    route(app, lambda: session.get("user", "nobody"), at="/user")
    browser = Browser(app)
    browser.get("/prove-and-remember")
    browser.get("/leave-something")
    browser.get("/prove")
    clock.forward(2 * DAY)
    assert browser.get("/user") == "nobody"


def test_a_proof_beside_a_sign_in_is_a_sign_in_and_permanence_is_the_applications(
    clock: Clock,
) -> None:
    app = timed(**REMEMBERED)

    def sign_in() -> None:
        sealed_session().subject = "ann"
        sealed_session().mark_authenticated()
        session.permanent = True

    route(app, sign_in, at="/sign-in-and-prove")
    browser = signed_in(app, "/remember")
    (line,) = browser.answer("/sign-in-and-prove").headers.getlist("Set-Cookie")
    assert "Expires=" in line
    clock.forward(DAY + 1)
    assert browser.get() == "nobody"


@pytest.mark.parametrize("user", ["ann", "bob"])
def test_who_signs_in_without_being_remembered_gets_no_cookie_of_the_one_before(
    user: str, clock: Clock
) -> None:
    app = timed(**REMEMBERED)

    def next_one() -> None:
        sealed_session().subject = user

    route(app, next_one, at="/next")
    browser = signed_in(app, "/remember")
    clock.forward(90 * DAY - 100)
    (line,) = browser.answer("/next").headers.getlist("Set-Cookie")
    assert "Expires" not in line


def test_what_has_lived_too_long_to_be_remembered_says_what_to_do(clock: Clock) -> None:
    app = timed(**{**REMEMBERED, "PERMANENT_SESSION_LIFETIME": 200 * DAY})
    route(app, lambda: session.update(cart=1, _permanent=True), at="/browse")
    route(app, lambda: sealed_session().remember(), at="/remember-only")
    browser = Browser(app)
    browser.get("/browse")
    clock.forward(91 * DAY)
    with pytest.raises(UsageError, match="mark_authenticated"):
        browser.get("/remember-only")
    browser.get("/remember")
    clock.forward(80 * DAY)
    assert browser.get() == "ann"


def test_where_none_is_remembered_asking_for_it_says_what_to_set() -> None:
    app = timed()
    with pytest.raises(UsageError, match="COOKIE_SESSIONS_REMEMBER_TIMEOUT"):
        Browser(app).get("/remember")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"TIMEOUTS": "aal4"}, "aal2"),
        ({"TIMEOUTS": None}, "flask"),
        ({"TIMEOUTS": "aal2", "IDLE_TIMEOUT": HOUR + 1}, "3600 seconds that AAL2"),
        ({"TIMEOUTS": "aal3", "ABSOLUTE_TIMEOUT": DAY}, "43200 seconds that AAL3"),
        ({"TIMEOUTS": "aal2", "REMEMBER_TIMEOUT": DAY}, "after 3600 seconds without activity"),
        ({"TIMEOUTS": "aal3", "REMEMBER_TIMEOUT": 9 * HOUR}, "after 900 seconds without activity"),
        ({"TIMEOUTS": "aal1", "REMEMBER_TIMEOUT": 31 * DAY}, "2592000 seconds that AAL1"),
        ({"ABSOLUTE_TIMEOUT": DAY, "REMEMBER_TIMEOUT": DAY}, "would shorten it"),
        ({"IDLE_TIMEOUT": DAY, "REMEMBER_TIMEOUT": HOUR}, "would shorten it"),
        ({"TIMEOUTS": "aal1", "REMEMBER_TIMEOUT": DAY}, "would shorten it"),
        ({"REFRESH_AFTER": 0}, "between 0 and 1"),
        ({"REFRESH_AFTER": 1}, "between 0 and 1"),
        ({"REFRESH_AFTER": True}, "between 0 and 1"),
        ({"REFRESH_AFTER": "0.5"}, "between 0 and 1"),
    ],
)
def test_settings_that_no_level_allows_stop_the_start(config: dict[str, Any], told: str) -> None:
    named = {f"COOKIE_SESSIONS_{name}": value for name, value in config.items()}
    with pytest.raises(ConfigurationError, match=told):
        CookieSessions.check(ours(**named))
