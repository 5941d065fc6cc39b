"""A session in the Authorization header: the same session, another way, and never both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, session
from werkzeug.test import TestResponse

from cookie_sessions.errors import UsageError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from tests.flask.conftest import Clock
from tests.flask.large import noise
from tests.flask.listed import Browser, faulty_shop, shop
from tests.flask.signed import WINDOW, signed
from tests.flask.world import counting_cryptography, events_of, names_of, route, sealed, set_cookies

TOKEN = "Session-Token"


def api(**config: Any) -> Flask:
    """The shop, whose clients may carry their sessions in a header."""
    return extended(shop(**{"COOKIE_SESSIONS_HEADER": True, **config}))


def extended(app: Flask) -> Flask:
    route(app, lambda: "untouched", at="/static")
    route(app, lambda: session.update(public=1), at="/anonymous")
    app.add_url_rule("/large/<int:size>", view_func=lambda size: keep(size))
    route(app, lambda: len(session.get("noise", b"")), at="/length")
    return app


def keep(size: int) -> str:
    session["noise"] = noise(size)
    return ""


class Client:
    """A client that is no browser: it keeps what the header says, as the page tells it to.

    Args:
        app: what it asks.
        token: its session; empty to begin with.
    """

    def __init__(self, app: Flask, token: str = "") -> None:
        self._app = app
        self.token = token
        self.last: TestResponse | None = None

    def ask(self, path: str = "/", *, cookie: str | None = None) -> TestResponse:
        environ = {"HTTP_AUTHORIZATION": f"Session {self.token}".rstrip()}
        if cookie is not None:
            environ["HTTP_COOKIE"] = cookie
        client = self._app.test_client(use_cookies=False)
        answer = client.get(path, environ_overrides=environ, buffered=True)
        assert set_cookies(answer) == [], "a cookie was set"
        given = answer.headers.getlist(TOKEN)
        assert len(given) <= 1
        if given:
            assert answer.headers.getlist("Cache-Control") == ["no-store"]
            assert "Authorization" in answer.headers["Vary"]
            self.token = given[0]
        self.last = answer
        return answer

    def get(self, path: str = "/") -> str:
        return str(self.ask(path).text)

    def copied(self) -> Client:
        """A thief's client, with the token of this one."""
        return Client(self._app, self.token)


def signed_in(app: Flask, user: str = "ann") -> Client:
    client = Client(app)
    client.get(f"/sign-in/{user}")
    assert client.token
    return client


def test_a_client_begins_with_the_scheme_alone_and_gets_its_session_back() -> None:
    client = Client(api())
    answer = client.ask("/sign-in/ann")
    assert answer.headers[TOKEN] == client.token
    assert client.get() == "ann"
    assert client.get("/change") == "None"
    assert client.get() == "ann"


@pytest.mark.parametrize("scheme", ["Session", "session", "SESSION"])
def test_the_scheme_is_compared_without_regard_to_case(scheme: str) -> None:
    app = api()
    token = signed_in(app).token
    answer = app.test_client().get("/", headers={"Authorization": f"{scheme}  {token}\t"})
    assert answer.text == "ann"


def test_what_changes_nothing_gives_no_token_and_a_request_that_touches_nothing_costs_nothing(
    clock: Clock,
) -> None:
    app = api()
    client = signed_in(app)
    clock.forward(1)
    assert TOKEN not in client.ask("/static").headers
    with counting_cryptography() as counter:
        assert "Vary" in client.ask("/static").headers
        assert (counter.opens, counter.seals) == (0, 0)


def test_a_refresh_is_due_by_the_clear_head_alone(clock: Clock) -> None:
    app = api()
    client = signed_in(app)
    first = client.token
    clock.forward(30)
    assert TOKEN not in client.ask("/static").headers
    clock.forward(15 * 86_400)
    assert client.get("/static") == "untouched"
    assert client.token not in ("", first)
    assert client.get() == "ann"


def test_a_request_with_it_ignores_our_cookies_and_leaves_them_alone() -> None:
    app = api()
    browser = Browser(app)
    browser.get("/sign-in/bob")
    cookie = f"session={browser.cookie}"
    anonymous = Client(app)
    assert anonymous.ask("/", cookie=cookie).text == "nobody"
    client = signed_in(app)
    for path in ("/", "/change", "/destroy", "/"):
        client.ask(path, cookie=cookie)
    assert client.get() == "nobody"
    assert browser.get() == "bob"


@pytest.mark.parametrize("other", ["Bearer abc", "Basic YTpi", "Sessions x", "", "Digest Session"])
def test_headers_of_other_schemes_leave_cookies_in_force(other: str) -> None:
    app = api()
    browser = Browser(app)
    browser.get("/sign-in/ann")
    headers = {"Authorization": other, "Cookie": f"session={browser.cookie}"}
    answer = app.test_client(use_cookies=False).get("/change", headers=headers)
    assert sealed(answer)
    assert TOKEN not in answer.headers


def test_without_the_setting_the_header_is_nobodys() -> None:
    app = api(COOKIE_SESSIONS_HEADER=False)
    token = signed_in(api()).token
    answer = app.test_client().get("/sign-in/ann", headers={"Authorization": f"Session {token}"})
    assert set_cookies(answer)
    assert TOKEN not in answer.headers
    assert answer.headers["Vary"] == "Cookie"


def test_a_cookie_never_opens_as_a_header_nor_a_header_as_a_cookie() -> None:
    app = api()
    told = events_of(app)
    browser, client = Browser(app), signed_in(app)
    browser.get("/sign-in/ann")
    token, cookie = client.token, browser.cookie
    assert Client(app, str(cookie)).get() == "nobody"
    browser.cookie = token
    assert browser.get() == "nobody"
    assert names_of(told)[-2:] == ["rejected:bad_seal", "rejected:bad_seal"]


def test_flasks_own_signed_cookie_is_nothing_in_a_header(clock: Clock) -> None:
    app = api(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW)
    text = signed({"_user_id": "ann"})
    browser = Browser(app)
    browser.cookie = text
    assert browser.get() == "ann"
    told = events_of(app)
    assert Client(app, text).get() == "nobody"
    assert names_of(told) == ["rejected:malformed"]


def test_sessions_of_another_cookie_name_or_audience_do_not_open() -> None:
    token = signed_in(api()).token
    for config in ({"SESSION_COOKIE_NAME": "admin"}, {"COOKIE_SESSIONS_AUDIENCE": "admin"}):
        other = api(**config)
        told = events_of(other)
        assert Client(other, token).get() == "nobody"
        assert names_of(told) == ["rejected:bad_seal"]


def test_a_change_of_the_cookies_name_signs_no_client_out() -> None:
    token = signed_in(api(COOKIE_SESSIONS_REVOCATIONS=None)).token
    names = {"older": "2099-01-01", "session": "2099-01-01"}
    moved = api(
        SESSION_COOKIE_NAME="new",
        COOKIE_SESSIONS_PREVIOUS_NAMES=names,
        COOKIE_SESSIONS_REVOCATIONS=None,
    )
    client = Client(moved, token)
    assert client.get() == "ann"
    assert client.token != token
    settled = api(SESSION_COOKIE_NAME="new", COOKIE_SESSIONS_REVOCATIONS=None)
    assert Client(settled, client.token).get() == "ann"


REFUSED: list[tuple[str, Callable[[str], str], str]] = [
    ("garbage", lambda token: "!", "malformed"),
    ("two", lambda token: f"{token}, {token}", "malformed"),
    ("altered", lambda token: token[:60] + "BA"[token[60] == "B"] + token[61:], "bad_seal"),
    ("padded", lambda token: token + "=", "malformed"),
    ("split", lambda token: "~2" + token, "missing_chunk"),
    ("long", lambda token: "A" * 40_000, "too_large"),
    ("latin", lambda token: token[:-1] + "\xe9", "malformed"),
    ("named", lambda token: "session.1=" + token, "malformed"),
]


@pytest.mark.parametrize(("break_", "reason"), [each[1:] for each in REFUSED])
def test_what_is_refused_is_an_anonymous_session_and_an_event(
    break_: Callable[[str], str], reason: str
) -> None:
    app = api()
    broken = break_(signed_in(app).token)
    told = events_of(app)
    client = Client(app, broken)
    assert client.get() == "nobody"
    assert names_of(told) == [f"rejected:{reason}"]
    gone = reason == "bad_seal"
    assert client.token == ("" if gone else broken)
    assert client.get("/sign-in/bob")
    assert client.get() == "bob"


def test_one_that_has_expired_is_given_up(clock: Clock) -> None:
    client = signed_in(api())
    clock.forward(40 * 86_400)
    answer = client.ask()
    assert (answer.text, answer.headers[TOKEN]) == ("nobody", "")


@pytest.mark.parametrize("way", ["/destroy", "/clear"])
def test_a_session_that_ends_gives_an_empty_header_and_every_copy_is_refused(way: str) -> None:
    client = signed_in(api())
    thief = client.copied()
    assert client.ask(way).headers[TOKEN] == ""
    assert (client.get(), thief.get()) == ("nobody", "nobody")


def test_regenerate_gives_another_id_and_the_old_one_ends_after_its_grace(clock: Clock) -> None:
    client = signed_in(api())
    old, sid = client.copied(), client.get("/sid")
    client.get("/regenerate")
    assert client.get("/sid") != sid
    assert old.get() == "ann"
    clock.forward(60)
    assert (client.get(), old.get()) == ("ann", "nobody")


def test_all_sessions_of_a_user_end_by_whatever_way_they_travel() -> None:
    app = api()
    client, browser = signed_in(app), Browser(app)
    browser.get("/sign-in/ann")
    CookieSessions.revoke_user(app, "ann")
    assert (client.get(), browser.get()) == ("nobody", "nobody")


def test_while_the_list_is_down_nobody_is_signed_out_silently() -> None:
    app, store = faulty_shop(
        COOKIE_SESSIONS_HEADER=True,
        COOKIE_SESSIONS_REVOCATIONS_STALENESS=0,
        PROPAGATE_EXCEPTIONS=False,
    )
    client = signed_in(app)
    token = client.token
    store.down = True
    answer = client.ask()
    assert (answer.status_code, client.token) == (503, token)


def test_one_header_takes_what_the_profile_lets_through() -> None:
    app = api(COOKIE_SESSIONS_PROFILE="gunicorn")
    client = Client(app)
    client.get("/large/5900")
    assert client.get("/length") == "5900"
    assert 7_000 < len(client.token) <= 8_180 - 15
    with pytest.raises(UsageError, match="whose Authorization header is longer"):
        client.get("/large/6300")


def test_the_token_that_came_takes_no_room_from_the_one_that_goes() -> None:
    client = Client(api(COOKIE_SESSIONS_PROFILE="lighttpd"))
    client.get("/large/5600")
    assert len(client.token) > 7_000
    client.get("/change")
    assert client.get("/length") == "5600"
    with pytest.raises(UsageError, match="refuses the next request"):
        client.get("/large/6000")


def test_what_a_client_sends_with_every_request_takes_room_from_its_session() -> None:
    app = api(COOKIE_SESSIONS_PROFILE="lighttpd")
    given = {"Authorization": "Session"}
    client = app.test_client(use_cookies=False)
    assert client.get("/large/4000", headers=given).headers[TOKEN]
    with pytest.raises(UsageError, match="refuses the next request, whose headers are longer"):
        client.get("/large/4000", headers={**given, "Accept-Language": "x" * 3_000})


def test_a_wide_profile_takes_what_is_read_and_no_more() -> None:
    client = Client(api(COOKIE_SESSIONS_PROFILE="granian"))
    client.get("/large/24000")
    assert client.get("/length") == "24000"
    with pytest.raises(UsageError, match="no longer text is read"):
        client.get("/large/25000")


def test_the_whole_response_counts_as_for_cookies() -> None:
    client = Client(api(COOKIE_SESSIONS_PROFILE="nginx"))
    with pytest.raises(UsageError, match="502"):
        client.get("/large/3000")


def test_what_does_not_fit_goes_to_the_store() -> None:
    client = Client(api(COOKIE_SESSIONS_OVERFLOW="memory:"))
    client.get("/large/20000")
    assert 0 < len(client.token) < 1_000
    assert client.get("/length") == "20000"


def test_a_page_made_from_a_cookie_says_that_a_header_would_have_made_another() -> None:
    app = api()
    answer = app.test_client().get("/sign-in/ann")
    assert answer.headers["Vary"] == "Cookie, Authorization"
    assert answer.headers["Cache-Control"] == "private"


def test_a_client_sees_what_is_public_of_the_application_replaced_by_no_store() -> None:
    app = api()

    @app.after_request
    def publish(response: Any) -> Any:
        response.headers["Cache-Control"] = "public, max-age=60"
        return response

    client = signed_in(app)
    assert client.ask("/change").headers["Cache-Control"] == "no-store"


def test_nothing_of_the_session_stands_in_the_events() -> None:
    app = api()
    told = events_of(app)
    client = signed_in(app)
    client.get("/regenerate")
    Client(app, client.token[:-4] + "AAAA").get()
    assert client.token[:20] not in repr(told)


def test_whether_it_came_by_a_header_is_known_before_it_is_opened() -> None:
    app = api()
    seen: list[bool] = []

    @app.before_request
    def look() -> None:
        held: Any = session._get_current_object()  # type: ignore[attr-defined]
        seen.append(CookieSessions.came_by_header(session))
        assert not held._is_open

    Client(app).ask("/static")
    app.test_client().get("/static")
    assert seen == [True, False]
    assert AppState.of(app).manager.settings.header


def test_a_client_needs_no_token_and_gets_no_further_session(clock: Clock) -> None:
    app = api(COOKIE_SESSIONS_CSRF=True)
    sudo = CookieSessions.named(app, "sudo", idle_timeout=600)

    def transfer() -> str:
        if sudo.session.get("confirmed"):
            return "confirmed"
        sudo.session["confirmed"] = True
        return f"sent by {session.get('_user_id')}"

    app.add_url_rule("/transfer", view_func=transfer, methods=["POST"])
    route(app, lambda: sudo.session.get("confirmed"), at="/look")
    client = signed_in(app)
    told = events_of(app)
    headers = {"Authorization": f"Session {client.token}", "Origin": "https://other.example"}
    response = app.test_client(use_cookies=False).post("/transfer", headers=headers)
    assert response.text == "sent by ann"
    assert response.headers.getlist("Set-Cookie") == []
    # What was written to the further session is lost, and that is told.
    assert names_of(told) == ["write_ignored"]
    assert app.test_client(use_cookies=False).post("/transfer").status_code == 403
    told.clear()
    answer = app.test_client(use_cookies=False).get("/look", headers=headers)
    assert (answer.text, names_of(told)) == ("None", [])
