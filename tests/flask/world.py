"""Small applications for these tests: one interface beside the other, on real requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface, SessionInterface
from werkzeug.test import TestResponse

from cookie_sessions.crypto import Aead
from cookie_sessions.events import Event
from cookie_sessions.flask import CookieSessionInterface, CookieSessions

SECRET = "the secret key of these tests: long enough"
INTERFACES: dict[str, Callable[[], SessionInterface]] = {
    "flask": SecureCookieSessionInterface,
    "ours": CookieSessionInterface,
}


def app_with(interface: SessionInterface, **config: Any) -> Flask:
    """An application with this interface; what its views raise comes out unless told otherwise."""
    app = Flask(__name__)
    app.session_interface = interface
    app.config.update({"SECRET_KEY": SECRET, "PROPAGATE_EXCEPTIONS": True, **config})
    return app


def ours(**config: Any) -> Flask:
    """An application with our interface, bare."""
    return app_with(CookieSessionInterface(), **config)


def route(app: Flask, view: Callable[[], Any], *, at: str = "/") -> None:
    """Add a view that takes nothing, whatever it returns."""
    app.add_url_rule(at, endpoint=at, view_func=lambda: str(view()))


def set_cookies(response: TestResponse) -> list[str]:
    """The Set-Cookie lines of a response."""
    return response.headers.getlist("Set-Cookie")


def sealed(response: TestResponse, name: str = "session") -> str:
    """The value of the one session cookie that a response sets."""
    values = [line.partition(";")[0] for line in set_cookies(response)]
    (pair,) = [value for value in values if value.startswith(f"{name}=") and value != f"{name}="]
    return pair.partition("=")[2]


def get(app: Flask, path: str = "/", *, cookie: str | None = None, **kwargs: Any) -> TestResponse:
    """One request without a jar, with exactly this Cookie header; its body read."""
    environ = {} if cookie is None else {"HTTP_COOKIE": cookie}
    client = app.test_client(use_cookies=False)
    return client.get(path, environ_overrides=environ, buffered=True, **kwargs)


def events_of(app: Flask) -> list[Event]:
    """A list that grows by what happens to the application's sessions."""
    told: list[Event] = []
    CookieSessions.events(app).subscribe(told.append)
    return told


def names_of(events: list[Event]) -> list[str]:
    """The names of events, with the reasons behind those that have one."""
    return [f"{one.name}:{one.reason}" if one.reason else str(one.name) for one in events]


class Counter:
    """How often octets were sealed and opened."""

    def __init__(self) -> None:
        self.seals = 0
        self.opens = 0


@contextmanager
def counting_cryptography() -> Iterator[Counter]:
    """Count the calls of the real cryptography."""
    counter = Counter()
    seal, open_ = Aead.seal, Aead.open

    def counted_seal(self: Aead, plaintext: bytes, aad: bytes) -> bytes:
        counter.seals += 1
        return seal(self, plaintext, aad)

    def counted_open(self: Aead, octets: bytes, aad: bytes) -> bytes:
        counter.opens += 1
        return open_(self, octets, aad)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Aead, "seal", counted_seal)
        patch.setattr(Aead, "open", counted_open)
        yield counter
