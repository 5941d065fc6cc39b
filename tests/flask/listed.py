"""Applications with a revocation list, their visitors, and thieves who copy cookies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.session import FlaskSession
from cookie_sessions.revocation import configured
from cookie_sessions.stores import MemoryStore
from tests.flask.world import ours, route

NAME = "session"


def sealed_session() -> FlaskSession:
    """The session behind Flask's proxy."""
    held: FlaskSession = session._get_current_object()  # type: ignore[attr-defined]
    return held


def shop(**config: Any) -> Flask:
    """An application with a list in memory, where visitors sign in, look, change and go."""
    app = ours(**{"COOKIE_SESSIONS_REVOCATIONS": "memory:", **config})
    CookieSessions(app)

    def sign_in(user: str) -> Callable[[], str]:
        def view() -> str:
            session.permanent = True
            session["_user_id"] = user
            return sealed_session().sid

        return view

    for user in ("ann", "bob"):
        route(app, sign_in(user), at=f"/sign-in/{user}")
    route(app, lambda: session.get("_user_id", "nobody"), at="/")
    route(app, lambda: session.setdefault("seen", []).append(1), at="/change")
    route(app, lambda: sealed_session().destroy(), at="/destroy")
    route(app, lambda: session.clear(), at="/clear")
    route(app, lambda: session.pop("_user_id"), at="/pop")
    route(app, lambda: sealed_session().regenerate(), at="/regenerate")
    route(app, lambda: sealed_session().supersede(), at="/supersede")
    route(app, lambda: sealed_session().revoke_others(), at="/others")
    route(app, lambda: sealed_session().sid, at="/sid")
    return app


class Browser:
    """A visitor's jar of one cookie.

    Args:
        app: what it visits.
    """

    def __init__(self, app: Flask) -> None:
        self._client: FlaskClient = app.test_client()

    @property
    def cookie(self) -> str | None:
        """The value of its session cookie."""
        found = self._client.get_cookie(NAME)
        return None if found is None else found.value

    @cookie.setter
    def cookie(self, value: str | None) -> None:
        self._client.delete_cookie(NAME)
        if value is not None:
            self._client.set_cookie(NAME, value)

    def get(self, path: str = "/") -> str:
        return str(self.answer(path).text)

    def answer(self, path: str = "/") -> Any:
        return self._client.get(path, buffered=True)

    def copied(self, app: Flask) -> Browser:
        """The browser of a thief who has copied the cookie."""
        other = Browser(app)
        other.cookie = self.cookie
        return other


class Faulty:
    """A store that can be made to fail, and counts what it is asked.

    Attributes:
        asked: the calls of it so far, by method.
        down: whether it answers nothing.
        full: whether it answers, and keeps nothing.
        wrong: whether it is set up so that it can't be used.
        answers: how many calls it still answers before it is down; None: all.
    """

    name = "faulty:"
    evicts = False
    scans = True
    shared = False

    def __init__(self) -> None:
        self._inner = MemoryStore()
        self.max_octets = self._inner.max_octets
        self.asked: list[str] = []
        self.down = self.full = self.wrong = False
        self.answers: int | None = None

    def get(self, name: str) -> bytes | None:
        return self._ask("get").get(name)

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        return self._ask("get_many").get_many(names)

    def put(self, name: str, value: bytes, *, ends: float) -> None:
        self._ask("put").put(name, value, ends=ends)

    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        self._ask("put_many").put_many(values, ends=ends)

    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        return self._ask("add").add(name, value, ends=ends)

    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        return self._ask("replace").replace(name, value, expected=expected, ends=ends)

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        return self._ask("extend").extend(names, ends=ends)

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        self._ask("shorten").shorten(names, ends=ends)

    def delete(self, names: Iterable[str]) -> None:
        self._ask("delete").delete(names)

    def scan(self, prefix: str) -> Iterator[list[str]]:
        return self._ask("scan").scan(prefix)

    def sweep(self) -> int:
        return self._ask("sweep").sweep()

    def close(self) -> None:
        self._inner.close()

    def _ask(self, what: str) -> MemoryStore:
        self.asked.append(what)
        if self.answers is not None:
            self.down = self.down or not self.answers
            self.answers = max(self.answers - 1, 0)
        if self.down or (self.full and what not in ("get", "get_many", "scan")):
            raise Unavailable("The store faulty: does not answer.")
        if self.wrong:
            raise ConfigurationError("The store faulty: is in a folder that does not exist.")
        return self._inner


def faulty_shop(**config: Any) -> tuple[Flask, Faulty]:
    """The shop over a store that can be made to fail; it works to begin with."""
    return faulty_app(shop(**config))


def faulty_app(app: Flask) -> tuple[Flask, Faulty]:
    """An application that has read no settings yet, with a store that can be made to fail."""
    store = Faulty()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configured, "store_from_url", lambda *_, **__: store)
        CookieSessions.check(app)
    return app, store
