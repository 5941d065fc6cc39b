"""Who ends a session, and what that does to the cookies that were made before."""

from __future__ import annotations

from flask import request, session

from cookie_sessions.flask import CookieSessions
from tests.flask.listed import Browser, sealed_session, shop
from tests.flask.world import route


def signed_in(browser: Browser, user: str = "ann") -> Browser:
    browser.get(f"/sign-in/{user}")
    assert browser.get() == user
    return browser


def test_a_back_channel_logout_of_an_identity_provider_ends_the_users_sessions() -> None:
    app = shop()

    @app.post("/back-channel-logout")
    def back_channel() -> str:
        # The application has verified the logout token by then.
        CookieSessions.revoke_user(app, request.form["sub"])
        return ""

    laptop, phone = signed_in(Browser(app)), signed_in(Browser(app))
    bob = signed_in(Browser(app), "bob")
    provider = app.test_client(use_cookies=False)
    assert provider.post("/back-channel-logout", data={"sub": "ann"}).status_code == 200
    assert [browser.get() for browser in (laptop, phone, bob)] == ["nobody", "nobody", "bob"]
    assert signed_in(laptop).get() == "ann"


def test_an_older_cookie_of_a_session_is_as_good_as_the_newest_until_it_is_superseded() -> None:
    app = shop()
    route(app, lambda: session.setdefault("n", []).append(1), at="/more")
    route(app, lambda: len(session.get("n", [])), at="/count")
    owner = signed_in(Browser(app))
    thief = owner.copied(app)
    for _ in range(3):
        owner.get("/more")
    assert (owner.get("/count"), thief.get("/count"), thief.get()) == ("3", "0", "ann")
    owner.get("/supersede")
    assert (owner.get("/count"), owner.get(), thief.get()) == ("3", "ann", "nobody")


def test_an_application_ends_a_session_when_the_token_in_it_has_run_out() -> None:
    app = shop()
    now = [1_000.0]
    route(app, lambda: session.update(token="of the provider", until=2_000.0), at="/token")

    @app.before_request
    def end_with_the_token() -> None:
        if session.get("until", now[0]) < now[0]:
            sealed_session().destroy()

    owner = signed_in(Browser(app))
    owner.get("/token")
    thief = owner.copied(app)
    assert owner.get() == "ann"
    now[0] = 3_000.0
    assert owner.get() == "nobody"
    now[0] = 1_500.0
    assert thief.get() == "nobody"
