"""Applications whose sessions are as large as one asks, and what a jar holds of them."""

from __future__ import annotations

from random import Random
from typing import Any

from flask import Flask, session
from flask.testing import FlaskClient

from cookie_sessions.cookies import chunk_names
from cookie_sessions.flask import FlaskSession
from tests.flask.world import ours, route

WIDE = "granian"
"""A profile without a limit that eight cookies reach."""

FULL = 2_700
"""Octets of noise that nearly fill a cookie."""


def noise(octets: int, seed: int = 1) -> bytes:
    return Random(seed).randbytes(octets)


def app_of(**config: Any) -> Flask:
    app = ours(**{"COOKIE_SESSIONS_PROFILE": WIDE, **config})

    def write(octets: int) -> str:
        session["noise"] = noise(octets)
        return ""

    def ours_now() -> FlaskSession:
        held: Any = session
        found: FlaskSession = held._get_current_object()
        return found

    app.add_url_rule("/write/<int:octets>", view_func=write)
    route(app, lambda: len(session.get("noise", b"")), at="/length")
    route(app, lambda: session.get("noise") == noise(len(session["noise"])), at="/whole")
    route(app, lambda: session.clear(), at="/leave")
    route(app, lambda: ours_now().regenerate(), at="/regenerate")
    route(app, lambda: ours_now().destroy(), at="/destroy")
    route(app, lambda: session.setdefault("n", []).append(1), at="/more")
    route(app, lambda: ours_now().sid, at="/sid")
    return app


def names_in(client: FlaskClient) -> list[str]:
    """The names of our cookies in a client's jar."""
    jar = client._cookies
    assert jar is not None
    return sorted(cookie.decoded_key for cookie in jar.values())


def header_of(client: FlaskClient) -> str:
    jar = client._cookies
    assert jar is not None
    pairs = {cookie.decoded_key: cookie.decoded_value for cookie in jar.values()}
    return "; ".join(f"{name}={pairs[name]}" for name in sorted(pairs))


def names(count: int, name: str = "session") -> list[str]:
    return [name, *chunk_names(name)][:count]


def crowd(octets: int) -> str:
    """Cookies of other applications of the host."""
    return "; ".join(f"other{at}={'x' * 993}" for at in range(octets // 1000))
