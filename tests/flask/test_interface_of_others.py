"""Our interface beside another's session, and applications whose interface is another."""

from __future__ import annotations

from typing import Any

from flask import session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from cookie_sessions.flask import CookieSessionInterface, CookieSessions
from tests.flask.world import SECRET, get, ours, route, sealed


def test_another_session_is_asked_about_as_flask_does() -> None:
    app = ours()
    interface: Any = CookieSessionInterface()
    permanent = SecureCookieSession({"_permanent": True})
    assert not interface.should_set_cookie(app, SecureCookieSession())
    assert interface.should_set_cookie(app, permanent)


def test_a_further_session_beside_another_main_one_is_empty() -> None:
    app = ours(SECRET_KEY=SECRET)
    sudo = CookieSessions.named(app, "sudo", idle_timeout=60)
    app.session_interface = SecureCookieSessionInterface()
    route(app, lambda: [dict(session), dict(sudo.session)])
    assert get(app).text == "[{}, {}]"


def test_a_configuration_is_checked_where_another_interface_stands() -> None:
    app = ours()
    CookieSessions(app)
    app.session_interface = SecureCookieSessionInterface()
    CookieSessions.check(app)
    assert sealed(get(_writing(app))).startswith("eyJ")


def _writing(app: Any) -> Any:
    route(app, lambda: session.update(a=1))
    return app
