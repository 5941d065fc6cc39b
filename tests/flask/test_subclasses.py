"""Applications that override parts of Flask's interface, and sessions that are not ours."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, request, session
from flask.sessions import (
    NullSession,
    SecureCookieSessionInterface,
    SessionInterface,
    SessionMixin,
)

from cookie_sessions.flask import CookieSessionInterface, CookieSessions, FlaskSession
from tests.flask.world import app_with, get, ours, route, sealed, set_cookies


class Overrides(SessionInterface):
    """What an application may override; mixed into both interfaces."""

    def get_cookie_name(self, app: Flask) -> str:
        return f"sid-{request.args.get('tenant', 'none')}"

    def get_cookie_domain(self, app: Flask) -> str | None:
        return f"{request.args.get('tenant', 'none')}.example.com"

    def get_cookie_path(self, app: Flask) -> str:
        return f"/{request.args.get('tenant', 'none')}"

    def get_cookie_httponly(self, app: Flask) -> bool:
        return False

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.args.get("tenant") == "b"

    def get_cookie_samesite(self, app: Flask) -> str | None:
        return "Strict" if request.args.get("tenant") == "b" else None

    def get_cookie_partitioned(self, app: Flask) -> bool:
        return request.args.get("tenant") == "b"

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        return datetime(2040, 1, 2, 3, 4, 5, tzinfo=UTC)


class FlaskOverridden(Overrides, SecureCookieSessionInterface):
    pass


class OursOverridden(Overrides, CookieSessionInterface):
    pass


def test_overridden_getters_are_asked_on_each_save() -> None:
    shown: list[list[str]] = []
    for make in (FlaskOverridden, OursOverridden):
        app = app_with(make())
        route(app, lambda: session.update(a=1))
        lines = [get(app, f"/?tenant={tenant}").headers["Set-Cookie"] for tenant in "abab"]
        shown.append([line.partition(";")[2] for line in lines])
        assert [line.partition("=")[0] for line in lines] == ["sid-a", "sid-b"] * 2
    assert shown[1] == shown[0]
    assert "Expires=Mon, 02 Jan 2040 03:04:05 GMT" in shown[1][0]


class NotForApi(SessionInterface):
    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return request.path != "/api" and super().should_set_cookie(app, session)


class FlaskNotForApi(NotForApi, SecureCookieSessionInterface):
    pass


class OursNotForApi(NotForApi, CookieSessionInterface):
    pass


class Always(SessionInterface):
    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return True


class FlaskAlways(Always, SecureCookieSessionInterface):
    pass


class OursAlways(Always, CookieSessionInterface):
    pass


@pytest.mark.parametrize("make", [FlaskNotForApi, OursNotForApi])
def test_should_set_cookie_has_the_last_word(make: type[SessionInterface]) -> None:
    app = app_with(make())
    route(app, lambda: session.update(a=1))
    route(app, lambda: session.update(a=2, _permanent=True), at="/api")
    client = app.test_client()
    assert set_cookies(client.get("/api")) == []
    assert len(set_cookies(client.get("/"))) == 1
    assert set_cookies(client.get("/api")) == []


@pytest.mark.parametrize("make", [FlaskAlways, OursAlways])
def test_should_set_cookie_may_refresh_what_was_only_read(make: type[SessionInterface]) -> None:
    app = app_with(make())
    route(app, lambda: session.update(a=1))
    route(app, lambda: session.get("a"), at="/read")
    client = app.test_client()
    client.get("/")
    assert len(set_cookies(client.get("/read"))) == 1
    assert client.get("/read").text == "1"


def test_a_session_class_of_the_applications_own_is_used() -> None:
    class Basket(FlaskSession):
        @property
        def size(self) -> int:
            return len(self.get("basket", []))

    class BasketInterface(CookieSessionInterface):
        session_class = Basket

    app = app_with(BasketInterface())
    held: Any = session
    route(app, lambda: session.update(basket=[1, 2]))
    route(app, lambda: held.size, at="/size")
    client = app.test_client()
    client.get("/")
    assert client.get("/size").text == "2"


def test_the_extension_may_name_another_interface() -> None:
    class Extension(CookieSessions):
        interface_class = OursNotForApi

    app = Flask(__name__)
    Extension(app)
    assert isinstance(app.session_interface, OursNotForApi)


class Managed(dict[str, Any], SessionMixin):
    """As Flask-SocketIO makes one of the user's session and passes it back to be saved."""


@pytest.mark.parametrize("permanent", [True, False])
def test_a_foreign_session_is_saved(interface: SessionInterface, permanent: bool) -> None:
    app = app_with(interface)
    route(app, lambda: dict(session))
    with app.test_request_context():
        session["a"] = [1]
        session.permanent = permanent
        foreign = Managed(session)
        foreign["b"] = 2
        response = app.response_class()
        interface.save_session(app, foreign, response)
    line = response.headers["Set-Cookie"]
    cookie = line.partition(";")[0]
    assert ("Expires=" in line) is permanent
    assert eval(get(app, cookie=cookie).text) == {"a": [1], "_permanent": permanent, "b": 2}  # noqa: S307


def test_a_foreign_session_that_was_emptied_deletes_the_cookie(interface: SessionInterface) -> None:
    app = app_with(interface)
    with app.test_request_context():
        response = app.response_class()
        interface.save_session(app, Managed(), response)
    assert response.headers["Set-Cookie"].startswith("session=;")


def test_a_foreign_session_that_did_not_change_is_not_written(interface: SessionInterface) -> None:
    app = app_with(interface)
    foreign = Managed(a=1)
    foreign.modified = False
    with app.test_request_context():
        response = app.response_class()
        interface.save_session(app, foreign, response)
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize("modified", [True, False])
@pytest.mark.parametrize("accessed", [True, False])
def test_a_foreign_session_says_itself_whether_it_was_used(
    interface: SessionInterface, accessed: bool, modified: bool
) -> None:
    app = app_with(interface)
    foreign = Managed(a=1)
    foreign.accessed = accessed
    foreign.modified = modified
    with app.test_request_context():
        response = app.response_class()
        interface.save_session(app, foreign, response)
    assert response.headers.get("Vary") == ("Cookie" if accessed or modified else None)


@pytest.mark.parametrize("make", [SecureCookieSessionInterface, CookieSessionInterface])
def test_an_expiration_time_without_a_zone_is_in_utc(
    monkeypatch: pytest.MonkeyPatch, make: type[SessionInterface]
) -> None:
    def naive(*_: object) -> datetime:
        return datetime(2040, 1, 2, 3, 4, 5)  # noqa: DTZ001 - that is what is tested.

    interface = make()
    monkeypatch.setattr(interface, "get_expiration_time", naive)
    app = app_with(interface)
    route(app, lambda: session.update(a=1))
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "XST-5")
        time.tzset()
        (line,) = set_cookies(get(app))
    time.tzset()
    assert "Expires=Mon, 02 Jan 2040 03:04:05 GMT" in line


def test_a_null_session_is_taken_without_a_key(interface: SessionInterface) -> None:
    app = app_with(interface, SECRET_KEY=None)
    with app.test_request_context():
        response = app.response_class()
        interface.save_session(app, NullSession(), response)
    assert "Set-Cookie" not in response.headers


def test_saving_one_session_into_two_responses_writes_it_once() -> None:
    app = ours()
    held: Any = session
    with app.test_request_context():
        session["a"] = 1
        found = held._get_current_object()
        responses = [app.response_class(), app.response_class()]
        for response in responses:
            app.session_interface.save_session(app, found, response)
    assert ["Set-Cookie" in response.headers for response in responses] == [True, False]


def test_a_session_saved_outside_of_any_request_is_written() -> None:
    app = ours()
    route(app, lambda: session.get("a"))
    with app.test_request_context():
        session["a"] = 1
        held: Any = session
        found = held._get_current_object()
    response = app.response_class()
    app.session_interface.save_session(app, found, response)
    cookie = response.headers["Set-Cookie"].partition(";")[0]
    assert get(app, cookie=cookie).text == "1"


def test_one_application_in_another_s_request_has_its_own_session() -> None:
    inner, outer = ours(SESSION_COOKIE_NAME="inner"), ours(SESSION_COOKIE_NAME="outer")
    route(inner, lambda: session.update(who="inner"))

    def view() -> str:
        session["who"] = "outer"
        value = sealed(get(inner), "inner")
        return f"{session['who']} {bool(value)}"

    route(outer, view)
    assert get(outer).text == "outer True"
