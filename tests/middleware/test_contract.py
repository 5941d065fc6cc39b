"""What a session does under every adapter: Flask, Quart, Starlette, FastAPI, bare WSGI and ASGI."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest

from cookie_sessions.keys import new_jwk_set
from tests.flask.world import counting_cryptography, names_of
from tests.middleware.conftest import Clock
from tests.middleware.pages import noise
from tests.middleware.sites import Site

Make = Callable[..., Site]

GARBAGE = (
    *("", "x", "=", "AQ", "A" * 4000, "a.b", "*2.AQ", "%00", '"quoted"', "\x7f"),
    *("AQ" + "A" * 90, "AQ" + "_" * 200, "eyJhIjoxfQ.aaaa.bbbb", ".eJx", "null", "3~" + "A" * 50),
)


def lines(response: httpx.Response) -> list[str]:
    return response.headers.get_list("set-cookie")


def fields(response: httpx.Response, name: str) -> set[str]:
    return {part.strip().lower() for part in response.headers.get(name, "").split(",") if part}


def test_values_of_every_kind_come_back_as_they_were(make: Make) -> None:
    visitor = make().visitor()
    visitor.text("/types")
    assert visitor.text("/types-read") == "[]"


def test_a_request_that_does_not_use_its_session_sets_nothing_and_opens_nothing(make: Make) -> None:
    visitor = make().visitor()
    visitor.text("/write")
    with counting_cryptography() as counted:
        response = visitor.get("/")
    assert (counted.opens, counted.seals) == (0, 0)
    assert lines(response) == []
    assert "vary" not in response.headers
    assert "cache-control" not in response.headers


def test_a_session_that_was_only_read_is_not_written(make: Make) -> None:
    visitor = make().visitor()
    visitor.text("/write")
    response = visitor.get("/read")
    assert (response.text, lines(response)) == ("1", [])
    assert fields(response, "vary") == {"cookie"}


def test_a_change_inside_a_value_is_seen(make: Make) -> None:
    visitor = make().visitor()
    for _ in range(3):
        visitor.text("/append")
    assert visitor.text("/list") == "[1, 1, 1]"


def test_a_large_session_takes_two_cookies_and_gives_one_back(make: Make) -> None:
    visitor = make(COOKIE_SESSIONS_PROFILE="no-proxy").visitor()
    response = visitor.get("/two")
    assert {line.partition("=")[0] for line in lines(response)} == {"session", "session.1"}
    assert visitor.text("/noise") == str(len(noise(4_500)))
    response = visitor.get("/one")
    assert "session.1" in "".join(lines(response))
    assert {*visitor.cookies} == {"session"}
    assert visitor.text("/noise") == "5"


@pytest.mark.parametrize("path", ["/huge", "/odd"])
def test_what_can_not_be_kept_is_an_error_and_leaves_the_session_as_it_was(
    make: Make, path: str
) -> None:
    visitor = make().visitor()
    visitor.text("/write")
    before = visitor.cookie
    response = visitor.get(path)
    assert (response.status_code, lines(response)) == (500, [])
    assert visitor.cookie == before
    assert visitor.text("/read") == "1"


def test_a_session_that_was_emptied_is_deleted(make: Make) -> None:
    visitor = make().visitor()
    visitor.text("/write")
    (line,) = lines(visitor.get("/clear"))
    assert line.startswith("session=;")
    assert not {*visitor.cookies}


def test_a_new_id_keeps_the_values(make: Make) -> None:
    visitor = make().visitor()
    first = visitor.text("/sign-in")
    visitor.text("/regenerate")
    assert visitor.text("/sid") != first
    assert visitor.text("/name") == "Ann"


def test_a_copy_of_a_session_that_was_ended_is_refused(make: Make, tmp_path: Path) -> None:
    site = make(COOKIE_SESSIONS_REVOCATIONS=f"sqlite:{tmp_path / 'ended.db'}")
    visitor = site.visitor()
    visitor.text("/sign-in")
    thief = site.visitor().takes(visitor.cookie)
    assert thief.text("/name") == "Ann"
    visitor.text("/destroy")
    assert thief.text("/name") == "nobody"
    assert "rejected:revoked" in names_of(site.told)


def test_the_other_sessions_of_a_user_end_at_a_word(make: Make, tmp_path: Path) -> None:
    site = make(COOKIE_SESSIONS_REVOCATIONS=f"sqlite:{tmp_path / 'ended.db'}")
    here, there = site.visitor(), site.visitor()
    here.text("/sign-in")
    there.text("/sign-in")
    here.text("/others")
    assert (here.text("/name"), there.text("/name")) == ("Ann", "nobody")


def test_the_end_of_a_permanent_session_moves_with_requests_that_do_not_use_it(
    make: Make, clock: Clock
) -> None:
    visitor = make(PERMANENT_SESSION_LIFETIME=1000).visitor()
    visitor.text("/keep")
    assert lines(visitor.get("/")) == []
    for _ in range(3):
        clock.forward(900)
        response = visitor.get("/")
        assert len(lines(response)) == 1
        assert fields(response, "vary") == {"cookie"}
        assert fields(response, "cache-control") == {"private"}
    assert visitor.text("/read") == "1"
    clock.forward(900)
    assert lines(visitor.get("/public")) == []


def test_the_end_stays_where_settings_say_that_requests_do_not_move_it(
    make: Make, clock: Clock
) -> None:
    site = make(PERMANENT_SESSION_LIFETIME=1000, SESSION_REFRESH_EACH_REQUEST=False)
    visitor = site.visitor()
    visitor.text("/keep")
    clock.forward(900)
    for path, opens in (("/", 0), ("/read", 1)):
        with counting_cryptography() as counted:
            response = visitor.get(path)
        assert (lines(response), counted.opens) == ([], opens)
        assert fields(response, "vary") == {"cookie"}
    clock.forward(101)
    assert visitor.text("/read") == "nothing"


def test_a_browser_keeps_the_cookie_of_a_permanent_session_alone(make: Make) -> None:
    visitor = make(PERMANENT_SESSION_LIFETIME=1000).visitor()
    (line,) = lines(visitor.get("/write"))
    assert "expires" not in line.lower()
    assert "max-age" not in line.lower()
    (line,) = lines(visitor.get("/keep"))
    (text,) = re.findall("expires=([^;]*)", line, re.IGNORECASE)
    ahead = parsedate_to_datetime(text) - datetime.now(UTC)
    assert 900 < ahead.total_seconds() <= 1000


def test_a_user_who_leaves_has_the_browser_clear_what_it_keeps(make: Make) -> None:
    visitor = make(COOKIE_SESSIONS_CLEAR_SITE_DATA=["cache", "cookies"]).visitor()
    assert "clear-site-data" not in visitor.get("/sign-in").headers
    response = visitor.get("/destroy")
    assert response.headers["clear-site-data"] == '"cache", "cookies"'
    visitor.get("/sign-in")
    # What is stored behind the end is a new session, whose cookie must stay.
    response = visitor.get("/leave")
    assert response.headers["clear-site-data"] == '"cache"'
    assert visitor.text("/read") == "1"


def test_an_idle_session_ends(make: Make, clock: Clock) -> None:
    site = make(COOKIE_SESSIONS_IDLE_TIMEOUT=100)
    visitor = site.visitor()
    visitor.text("/write")
    clock.forward(90)
    assert visitor.text("/read") == "1"
    clock.forward(90)
    assert visitor.text("/read") == "1"
    clock.forward(101)
    assert visitor.text("/read") == "nothing"
    assert "rejected:expired_idle" in names_of(site.told)


def test_an_old_session_ends_however_it_is_used(make: Make, clock: Clock) -> None:
    visitor = make(COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=100).visitor()
    visitor.text("/write")
    for _ in range(2):
        clock.forward(50)
        visitor.text("/append")
    clock.forward(1)
    assert visitor.text("/read") == "nothing"


def test_garbage_is_a_new_session_and_never_an_error(make: Make) -> None:
    site = make()
    for text in GARBAGE:
        header = {"Cookie": f"session={text}; session.1={text}"}
        response = site.visitor().get("/read", **header)
        assert (response.status_code, response.text) == (200, "nothing"), text


def test_a_cookie_that_was_altered_anywhere_is_a_new_session_and_never_an_error(make: Make) -> None:
    site = make()
    visitor = site.visitor()
    visitor.text("/types")
    whole = visitor.cookie
    chosen = random.Random(7)
    alphabet = string.ascii_letters + string.digits + "-_.=*~"
    for _ in range(60):
        place, length = chosen.randrange(len(whole)), chosen.randrange(4)
        letters = "".join(chosen.choices(alphabet, k=length))
        altered = whole[:place] + letters + whole[place + max(1, length) :]
        if altered != whole:
            response = visitor.get("/read", Cookie=f"session={altered}")
            assert (response.status_code, response.text) == (200, "nothing")


def test_cookies_of_two_sessions_are_none_and_two_of_one_are_one(make: Make) -> None:
    site = make()
    one, other = site.visitor(), site.visitor()
    one.text("/write")
    other.text("/write")
    third = site.visitor()
    for first, second, expected in (
        (one.cookie, one.cookie, "1"),
        (one.cookie, other.cookie, "nothing"),
        (one.cookie, "garbage", "1"),
    ):
        assert third.text("/read", Cookie=f"session={first}; session={second}") == expected


def test_without_its_keys_a_session_is_answered_503_and_stays_in_the_browser(
    make: Make, clock: Clock, tmp_path: Path
) -> None:
    ring = tmp_path / "keys.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    site = make(COOKIE_SESSIONS_KEYS=f"file:{ring}", COOKIE_SESSIONS_KEYS_MAX_AGE=2)
    visitor = site.visitor()
    visitor.text("/write")
    ring.rename(tmp_path / "away.json")
    clock.forward(3)
    for path in ("/read", "/write"):
        response = visitor.get(path)
        assert (response.status_code, lines(response)) == (503, [])
        assert response.headers["retry-after"] == "5"
        assert fields(response, "cache-control") <= {"no-store", "private"}
        assert fields(response, "cache-control")
    # A page that has no use for a session has none for keys.
    assert visitor.text("/") == "untouched"
    fresh = site.visitor().get("/write")
    assert (fresh.status_code, lines(fresh)) == (503, [])
    (tmp_path / "away.json").rename(ring)
    clock.forward(60)
    assert visitor.text("/read") == "1"


def test_responses_that_set_a_session_stay_out_of_shared_caches(make: Make) -> None:
    response = make().visitor().get("/write")
    assert fields(response, "vary") == {"cookie"}
    assert fields(response, "cache-control") == {"private"}
    (line,) = lines(response)
    assert {"httponly", "path=/", "samesite=lax"} <= {
        part.strip().lower() for part in line.split(";")
    }


def test_a_client_may_carry_its_session_in_a_header(make: Make) -> None:
    client = make(COOKIE_SESSIONS_HEADER=True).visitor()
    first = client.get("/write", Authorization="Session")
    token = first.headers["session-token"]
    assert (lines(first), fields(first, "cache-control")) == ([], {"no-store"})
    read = client.get("/read", Authorization=f"Session {token}")
    assert (read.text, fields(read, "vary")) == ("1", {"authorization"})
    ended = client.get("/clear", Authorization=f"Session {token}")
    assert ended.headers["session-token"] == ""
    assert client.text("/read") == "nothing"


def test_a_change_after_the_response_has_begun_is_told_of(make: Make) -> None:
    site = make()
    visitor = site.visitor()
    visitor.text("/write")
    response = visitor.get("/stream")
    assert (response.text, lines(response)) == ("first second", [])
    lost = [event for event in site.told if event.name == "write_lost"]
    assert len(lost) == 1
    assert "pages.py" in str(lost[0].details["place"])


def test_a_copied_cookie_in_another_browser_does_not_pass(make: Make) -> None:
    site = make(COOKIE_SESSIONS_BINDING={"user_agent": 100})
    visitor = site.visitor()
    chrome = "Mozilla/5.0 (Windows NT 10.0) Chrome/120.0 Safari/537.36"
    visitor.text("/sign-in", user_agent=chrome)
    assert visitor.text("/name", user_agent=chrome) == "Ann"
    assert visitor.text("/name", user_agent="curl/8.5.0") == "nobody"
    assert "anomaly" in names_of(site.told)


def test_a_proof_that_is_missing_or_old_is_answered_401(make: Make, clock: Clock) -> None:
    visitor = make().visitor()
    visitor.text("/write")
    response = visitor.get("/pay")
    assert response.status_code == 401
    assert response.headers["www-authenticate"].lower().startswith("session error=")
    visitor.text("/confirm")
    assert visitor.get("/pay").status_code == 200
    clock.forward(301)
    assert visitor.get("/pay").status_code == 401


def test_a_ring_that_turns_while_the_application_runs_keeps_its_sessions(
    make: Make, clock: Clock, tmp_path: Path
) -> None:
    ring = tmp_path / "keys.json"
    ring.touch(mode=0o600)
    first = new_jwk_set()
    ring.write_text(first)
    site = make(COOKIE_SESSIONS_KEYS=f"file:{ring}")
    visitor = site.visitor()
    visitor.text("/append")
    ring.write_text(new_jwk_set())
    # Without the key that sealed it, nothing of the session is left.
    clock.forward(301)
    assert visitor.text("/list") == "None"
    ring.write_text(first)
    clock.forward(301)
    assert visitor.text("/list") == "[1]"
    assert names_of(site.told).count("keys_loaded") >= 2


def test_an_application_with_another_audience_opens_none_of_its_sessions(make: Make) -> None:
    visitor = make(COOKIE_SESSIONS_AUDIENCE="shop").visitor()
    visitor.text("/write")
    other = make(COOKIE_SESSIONS_AUDIENCE="blog").visitor().takes(visitor.cookie)
    assert other.text("/read") == "nothing"
    same = make(COOKIE_SESSIONS_AUDIENCE="shop").visitor().takes(visitor.cookie)
    assert same.text("/read") == "1"


def test_sessions_of_visitors_who_come_at_once_never_mix(make: Make) -> None:
    site = make()
    visitors = [site.visitor() for _ in range(20)]
    ids = [visitor.text("/sign-in") for visitor in visitors]
    answers = site.at_once([(visitor, "/sid") for visitor in visitors] * 3)
    assert [answer.text for answer in answers] == ids * 3


def test_values_may_stand_in_a_store(make: Make, tmp_path: Path) -> None:
    site = make(COOKIE_SESSIONS_OVERFLOW=f"sqlite:{tmp_path / 'values.db'}")
    visitor = site.visitor()
    visitor.text("/huge")
    assert len(visitor.cookie) < 1_000
    assert visitor.text("/noise") == "60000"
    visitor.text("/clear")
    assert not {*visitor.cookies}


def test_a_prefixed_cookie_is_spelt_as_browsers_ask(make: Make) -> None:
    (line,) = lines(make(COOKIE_SESSIONS_COOKIE_PREFIX="host").visitor().get("/write"))
    assert line.startswith("__Host-session=")
    assert {"secure", "path=/"} <= {part.strip().lower() for part in line.split(";")}
    assert "domain" not in line.lower()
