"""What a deployment lets through: our own octets raise, and those of others never do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Response, make_response, session

from cookie_sessions.cookies import LIMIT, PROFILES
from cookie_sessions.errors import SessionTooLarge
from tests.flask.large import FULL, app_of, crowd, names, noise
from tests.flask.world import events_of, get, names_of, route, set_cookies
from tests.keys.secrecy import recorded, shown

CANARY = "canary-of-the-data"


def test_the_cookies_of_others_are_an_event_and_no_error() -> None:
    app = app_of(COOKIE_SESSIONS_PROFILE="no-proxy")
    told = events_of(app)
    assert set_cookies(get(app, "/write/1500", cookie=crowd(1000)))
    assert names_of(told) == ["created"]
    for octets in (1000, 8000, 30_000):
        del told[:]
        response = get(app, f"/write/{2 * FULL + 300}", cookie=crowd(octets))
        assert len(set_cookies(response)) == 2
        assert names_of(told) == ["crowded", "created"]


def test_a_visitors_own_cookies_are_not_those_of_others() -> None:
    app = app_of(COOKIE_SESSIONS_PROFILE="no-proxy")
    client = app.test_client()
    told = events_of(app)
    for octets in (2 * FULL, 2 * FULL + 100, FULL, 2 * FULL):
        assert client.get(f"/write/{octets}").status_code == 200
    assert names_of(told) == ["created"]


def planted(count: int) -> str:
    """Cookies of our own names that a sibling subdomain has set, of no session."""
    return "; ".join(f"{name}=planted{at}" for at in range(2) for name in names(count))


@pytest.mark.parametrize("profile", ["portable", "nginx", "lighttpd"])
@pytest.mark.parametrize("path", ["/write/2700", "/leave", "/destroy"])
def test_cookies_that_a_sibling_plants_never_make_a_response_too_large(
    profile: str, path: str
) -> None:
    app = app_of(
        COOKIE_SESSIONS_PROFILE=profile,
        SESSION_COOKIE_DOMAIN="a-rather-long-name-of-a-domain.example.com",
        COOKIE_SESSIONS_FORMER_SCOPES=[(None, "/shop"), ("example.com", "/")],
    )
    told = events_of(app)
    route(app, lambda: session.update(noise=noise(2650)), at="/fits")
    (line,) = set_cookies(get(app, "/fits"))
    cookie = f"{line.partition(';')[0]}; {planted(8)}"
    response = get(app, path.replace("2700", "2650"), cookie=cookie)
    assert response.status_code == 200
    lines = set_cookies(response)
    heads = [line for line in lines if line.startswith("session=")]
    assert heads
    octets = sum(len(f"{name}: {value}\r\n") for name, value in response.headers)
    limit = PROFILES[profile].response or 1 << 20
    assert octets <= limit
    left_out = {"portable": True, "nginx": True, "lighttpd": False}[profile]
    if path.startswith("/write"):
        assert names_of(told)[-1] == ("crowded" if left_out else "created")
        assert any("~" not in line and len(line) > 3000 for line in heads)
    else:
        # The head goes at every scope before any chunk does.
        assert len(heads) == 5


def test_the_headers_of_a_page_count_in_its_response() -> None:
    app = app_of(COOKIE_SESSIONS_PROFILE="portable")

    def view(own: int) -> Response:
        session["noise"] = noise(2500)
        response = make_response("")
        response.headers["Content-Security-Policy"] = "x" * own
        return response

    app.add_url_rule("/page/<int:own>", view_func=view)
    response = get(app, "/page/0")
    octets = sum(len(f"{name}: {value}\r\n") for name, value in response.headers)
    octets += len("HTTP/1.1 200 OK\r\n\r\n") - len("Cache-Control: private\r\n")
    assert set_cookies(get(app, f"/page/{3900 - octets}"))
    with pytest.raises(SessionTooLarge, match="page's own") as caught:
        get(app, f"/page/{3900 - octets + 1}")
    assert (caught.value.octets, caught.value.limit) == (3901, 3900)


def test_a_long_link_is_no_error_where_the_request_is_limited() -> None:
    app = app_of(COOKIE_SESSIONS_PROFILE="uwsgi")
    for headers in ({}, {"Referer": "https://localhost/" + "x" * 3000}):
        response = get(app, f"/write/2000?{'x' * 3000}", headers=headers)
        assert len(set_cookies(response)) == 1
    with pytest.raises(SessionTooLarge):
        get(app, "/write/2000", headers={"User-Agent": "x" * 2000})


def test_a_session_over_the_budget_names_the_remedies() -> None:
    lifting = ("proxy_buffer_size", "nginx-16k", "no-proxy", "COOKIE_SESSIONS_PROFILE")
    for octets, words in ((2 * FULL, lifting), (9 * FULL, ())):
        with pytest.raises(SessionTooLarge) as caught:
            get(app_of(COOKIE_SESSIONS_PROFILE="portable"), f"/write/{octets}")
        for word in (*words, "COOKIE_SESSIONS_OVERFLOW"):
            assert word in str(caught.value)


def test_a_session_too_large_for_flasks_own_form_is_not_told_of_stores_and_splitting() -> None:
    app = app_of(
        COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=datetime.now(UTC) + timedelta(days=1),
        COOKIE_SESSIONS_WRITE="flask",
    )
    with pytest.raises(SessionTooLarge, match="one cookie only") as caught:
        get(app, f"/write/{2 * FULL}")
    assert "OVERFLOW" not in str(caught.value)


def test_a_session_over_the_budget_gives_nothing_of_itself_away() -> None:
    app = app_of(COOKIE_SESSIONS_PROFILE="portable", COOKIE_SESSIONS_OVERFLOW="memory:")
    app.config["COOKIE_SESSIONS_HOT"] = ["noise"]
    route(app, lambda: session.update(noise=[CANARY, noise(5000)], far=CANARY), at="/canary")
    with pytest.raises(SessionTooLarge) as caught:
        get(app, "/canary")
    assert caught.value.__context__ is None
    for text in (shown(caught.value), recorded(caught.value)):
        assert CANARY not in text
        assert repr(noise(5000))[2:30] not in text


def test_a_cookie_no_browser_keeps_is_never_set_whatever_its_attributes() -> None:
    for length in (100, 3000, 3900, 4000):
        app = app_of(PROPAGATE_EXCEPTIONS=False, SESSION_COOKIE_PATH="/" + "p" * length)
        for octets in (1, 100, FULL, 3 * FULL, 8 * FULL):
            response = get(app, f"/write/{octets}")
            lines = set_cookies(response)
            assert bool(lines) is (response.status_code == 200)
            assert max([len(line) for line in lines], default=0) <= LIMIT
            if lines:
                cookie = "; ".join(line.partition(";")[0] for line in lines)
                assert get(app, "/length", cookie=cookie).text == str(octets)
