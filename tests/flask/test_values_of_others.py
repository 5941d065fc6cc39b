"""Values that one instance of an application knows and another does not yet."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SessionInterface

from cookie_sessions import RegisteredType
from cookie_sessions.flask import CookieSessions
from tests.flask.world import app_with, events_of, get, names_of, ours, route, sealed, set_cookies


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __repr__(self) -> str:
        return f"Money {self.cents}"


MONEY = RegisteredType("money", Money, to_value=lambda money: money.cents, from_value=Money)


def app_of(**config: Any) -> Flask:
    app = ours(**config)
    route(app, lambda: session.update(price=Money(5), note="x", _permanent=False), at="/fill")
    route(app, lambda: session.update(price=Money(7)), at="/only")
    route(app, lambda: (session.get("price"), session.get("note")))
    route(app, lambda: session.update(note="y"), at="/note")
    route(app, lambda: session.pop("note", None), at="/drop")
    route(app, lambda: session.update({}), at="/nothing")
    route(app, lambda: session.clear(), at="/clear")
    route(app, lambda: session.update(price=1), at="/replace")
    route(app, lambda: ("price" in session, len(session), list(session)), at="/look")
    return app


@pytest.fixture
def knowing() -> Flask:
    return app_of(COOKIE_SESSIONS_TYPES=[MONEY])


@pytest.fixture
def unknowing() -> Flask:
    return app_of()


def cookie(app: Flask, path: str, before: str | None = None) -> str:
    return f"session={sealed(get(app, path, cookie=before))}"


def test_a_type_of_the_applications_own_comes_back(knowing: Flask) -> None:
    assert get(knowing, cookie=cookie(knowing, "/fill")).text == "(Money 5, 'x')"


def test_an_instance_that_does_not_know_it_reads_it_as_absent_and_says_so(
    knowing: Flask, unknowing: Flask
) -> None:
    told = events_of(unknowing)
    filled = cookie(knowing, "/fill")
    assert get(unknowing, cookie=filled).text == "(None, 'x')"
    assert names_of(told) == ["value_undecodable:undecodable"]
    assert get(unknowing, "/look", cookie=filled).text == "(False, 2, ['note', '_permanent'])"


@pytest.mark.parametrize("read_before", [False, True])
def test_its_writes_carry_the_value_forward_untouched(
    knowing: Flask, unknowing: Flask, read_before: bool
) -> None:
    if read_before:
        unknowing.before_request(lambda: session.get("price"))
    changed = cookie(unknowing, "/note", cookie(knowing, "/fill"))
    assert get(knowing, cookie=changed).text == "(Money 5, 'y')"


@pytest.mark.parametrize("path", ["/nothing", "/drop"])
def test_a_session_of_nothing_else_is_not_taken_for_an_empty_one(
    knowing: Flask, unknowing: Flask, path: str
) -> None:
    unknowing.before_request(lambda: str(session.get("price")) and None)
    response = get(unknowing, path, cookie=cookie(knowing, "/only"))
    assert [line for line in set_cookies(response) if "Max-Age=0" in line] == []


def test_clearing_and_replacing_do_away_with_it(knowing: Flask, unknowing: Flask) -> None:
    filled = cookie(knowing, "/fill")
    assert "Max-Age=0" in set_cookies(get(unknowing, "/clear", cookie=filled))[0]
    replaced = cookie(unknowing, "/replace", filled)
    assert get(knowing, cookie=replaced).text == "(1, 'x')"


def test_text_that_asks_the_session_while_it_is_packed_is_kept(interface: SessionInterface) -> None:
    class Translated:
        # As Flask-Babel's lazy strings: the language is looked up when the text is needed.
        def __html__(self) -> str:
            return {"de": "Gespeichert", "en": "Saved"}[session["preferences"]["language"]]

    app = app_with(interface)
    route(app, lambda: session.update(preferences={"language": "de"}), at="/prefer")
    route(app, lambda: session.update(note=Translated()), at="/note")
    route(app, lambda: (session["note"], session["preferences"]))
    client = app.test_client()
    client.get("/prefer")
    client.get("/note")
    assert client.get("/").text == "(Markup('Gespeichert'), {'language': 'de'})"


def test_those_who_listened_before_the_extension_came_go_on_listening() -> None:
    app = app_of()
    told = events_of(app)
    CookieSessions(app)
    get(app, "/note")
    assert names_of(told) == ["created"]
