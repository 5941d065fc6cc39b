"""Applications whose keys can't be had, and what their visitors must get."""

from __future__ import annotations

from typing import Any

from flask import Flask, session

from cookie_sessions.errors import Unavailable
from cookie_sessions.events import Event
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import KeyProvider, KeyRing, from_secret_keys
from tests.flask.world import SECRET, events_of, get, ours, route, sealed, set_cookies


class Source:
    """A source of keys that can be out of reach."""

    name = "a source that can be out of reach"

    def __init__(self) -> None:
        self.reachable = False

    def load(self) -> KeyRing:
        if self.reachable:
            return from_secret_keys(SECRET)
        raise Unavailable("The source of keys does not answer.")


def cut_off(app: Flask) -> Source:
    """Take an application's keys away, from now on."""
    source = Source()
    AppState.of(app).provider = KeyProvider(source)
    return source


def cookie_of_another_instance(**config: Any) -> str:
    app = ours(**config)
    route(app, lambda: session.update(a=[1], _permanent=True))
    return f"session={sealed(get(app))}"


def app_cut_off(**config: Any) -> tuple[Flask, list[Event]]:
    app = ours(PROPAGATE_EXCEPTIONS=False, **config)
    cut_off(app)
    return app, events_of(app)


def check_503(response: Any) -> None:
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert set_cookies(response) == []


def read() -> str:
    return str(session.get("a"))
