"""The anatomy of `flask.session` is that of the cookie that the browser holds afterwards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface

from cookie_sessions import UsageError, clock
from cookie_sessions.anatomy import Anatomy
from cookie_sessions.flask import CookieSessions

from .world import app_with, counting_cryptography, get, ours, route, sealed, set_cookies

EXPIRES = len("; Expires=Thu, 01 Jan 1970 00:00:00 GMT")


class World:
    """One application that looks at its session in each view."""

    def __init__(self, **config: Any) -> None:
        self.app = ours(**config)
        self.seen: list[Anatomy] = []
        route(self.app, self.look)
        route(self.app, self.store, at="/store")
        route(self.app, self.append, at="/append")

    def look(self) -> None:
        self.seen.append(CookieSessions.anatomy(self.app, session))

    def store(self) -> None:
        session.update(cart=["linzer"], n=1, _permanent=bool(self.app.config.get("STAY")))
        self.look()

    def append(self) -> None:
        session["cart"].append("shortbread")
        self.look()


def weight(line: str) -> int:
    return len(line) if "; Expires=" in line else len(line) + EXPIRES


@pytest.mark.parametrize("stay", [True, False])
@pytest.mark.parametrize("path", ["/store", "/append"])
def test_it_weighs_the_cookie_that_the_response_sets(stay: bool, path: str) -> None:
    world = World(STAY=stay)
    answer = get(world.app, "/store")
    if path != "/store":
        answer = get(world.app, path, cookie=f"session={sealed(answer)}")
    (line,) = set_cookies(answer)
    assert world.seen[-1].total == weight(line)
    assert world.seen[-1].permanent is stay


def test_it_weighs_the_cookie_that_came_where_none_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1_750_000_000)
    world = World(COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=90 * 86_400)
    text = sealed(get(world.app, "/store"))
    monkeypatch.setattr(clock, "now", lambda: 1_750_000_000 + 2_000_000)
    assert set_cookies(get(world.app, cookie=f"session={text}")) == []
    assert world.seen[-1].text == len(text)
    assert world.seen[-1].until == world.seen[0].until
    assert world.seen[-1].sealed_at == world.seen[-1].begun == 1_750_000_000
    assert world.seen[-1].absolute_end == 1_750_000_000 + 90 * 86_400


def test_it_weighs_the_refresh_of_a_permanent_session(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: 1_750_000_000)
    world = World(STAY=True)
    text = sealed(get(world.app, "/store"))
    # By now the distance to the end takes an octet more than it did at the beginning.
    monkeypatch.setattr(clock, "now", lambda: 1_750_000_000 + 2_000_000)
    refreshed = get(world.app, cookie=f"session={text}")
    assert world.seen[-1].text == len(sealed(refreshed))
    assert world.seen[-1].until == world.seen[0].until + 2_000_000
    assert world.seen[-1].sealed_at == 1_750_000_000


def test_it_weighs_the_former_key_of_a_session_that_is_sealed_anew() -> None:
    world = World(STAY=True)
    text = sealed(get(world.app, "/store"))
    world.app.config["SECRET_KEY_FALLBACKS"] = [world.app.config["SECRET_KEY"]]
    world.app.config["SECRET_KEY"] = "another secret key that is long enough"
    anew = get(world.app, cookie=f"session={text}")
    assert world.seen[-1].text == len(sealed(anew)) > len(text)


def test_it_weighs_a_cookie_that_moves_to_another_name() -> None:
    text = sealed(get(World().app, "/store"))
    moved = World(
        SESSION_COOKIE_NAME="shop", COOKIE_SESSIONS_PREVIOUS_NAMES={"session": "2100-01-01"}
    )
    # Sealed anew under a new key as well, it carries the former key's id.
    moved.app.config["SECRET_KEY_FALLBACKS"] = [moved.app.config["SECRET_KEY"]]
    moved.app.config["SECRET_KEY"] = "another secret key that is long enough"
    line = set_cookies(get(moved.app, cookie=f"session={text}"))[0]
    assert line.startswith("shop=")
    assert moved.seen[-1].total == weight(line)
    assert moved.seen[-1].text > len(text)


def test_looking_at_a_session_neither_changes_nor_seals_it() -> None:
    world = World()
    text = sealed(get(world.app, "/store"))
    with counting_cryptography() as counter:
        answer = get(world.app, cookie=f"session={text}")
    assert (counter.opens, counter.seals) == (1, 0)
    assert set_cookies(answer) == []
    assert answer.headers["Vary"] == "Cookie"
    assert set_cookies(get(world.app)) == []
    assert world.seen[-1].values == ()
    assert world.seen[-1].new


def test_the_hardened_attributes_are_counted() -> None:
    app = Flask(__name__)
    app.secret_key = "the secret key of these tests: long enough"
    bare = Flask(__name__)
    bare.secret_key = app.secret_key
    CookieSessions(app)
    CookieSessions(bare, harden=False)
    attributes = []
    for one in (app, bare):
        with one.test_request_context():
            attributes.append(CookieSessions.anatomy(one, session).attributes)
    assert attributes[0] - attributes[1] == len("; SameSite=Lax")


def test_a_session_of_another_interface_is_refused_with_the_remedy() -> None:
    app = app_with(SecureCookieSessionInterface())
    with (
        app.test_request_context(),
        pytest.raises(UsageError, match=r"Put CookieSessions\(app\) where"),
    ):
        CookieSessions.anatomy(app, session)


def test_it_weighs_a_session_that_is_taken_over_from_flasks_own_cookie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = app_with(SecureCookieSessionInterface())
    route(old, lambda: session.update(cart=["linzer"], _permanent=True))
    signed = sealed(get(old))
    now = clock.now()
    until = datetime.fromtimestamp(now + 5 * 86_400, UTC)
    world = World(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=until)
    text = sealed(get(world.app, cookie=f"session={signed}"))
    assert world.seen[-1].text == len(text)
    assert {value.name for value in world.seen[-1].values} == {"_permanent", "cart"}
    # Once the window has closed, the claims no longer name the cookie that was taken over.
    monkeypatch.setattr(clock, "now", lambda: now + 6 * 86_400)
    later = sealed(get(world.app, cookie=f"session={text}"))
    assert world.seen[-1].text == len(later) < len(text)
