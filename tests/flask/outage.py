"""Applications whose keys can't be had any more, and what their visitors must get."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, session

from cookie_sessions.events import Event
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import new_jwk_set
from tests.flask.world import events_of, get, ours, route, sealed, set_cookies

if TYPE_CHECKING:
    from tests.flask.conftest import Clock

MAX_AGE = 2
TOLD = ["keys_unreadable", "unavailable"]
"""What is told of a request that wants keys once they are gone for good."""


class Outage:
    """A key file that vanishes, and is missing for longer than its keys may be used.

    Args:
        path: where the file is made.
        clock: the time that the applications read.

    Attributes:
        keys: what the file holds.
        cookie: a permanent session of another instance, sealed before the outage.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._away = path.with_suffix(".away")
        self._clock = clock
        path.touch(mode=0o600)
        path.write_text(new_jwk_set())
        self.keys = path.read_bytes()
        other = self.app()
        route(other, lambda: session.update(a=[1], _permanent=True))
        self.cookie = f"session={sealed(get(other))}"

    def app(self) -> Flask:
        """An application that has read its keys, and may use them for two seconds."""
        app = ours(
            PROPAGATE_EXCEPTIONS=False,
            COOKIE_SESSIONS_KEYS=f"file:{self._path}",
            COOKIE_SESSIONS_KEYS_MAX_AGE=MAX_AGE,
        )
        AppState.of(app).manager.ring()
        return app

    def begin(self, seconds: float = MAX_AGE) -> None:
        """Take the file away for so long that the keys that were read are too old."""
        self._path.rename(self._away)
        self._clock.forward(seconds)

    def end(self) -> None:
        """Put the file back, and let the time pass for which a source that failed is left alone."""
        self._away.rename(self._path)
        self._clock.forward(1)

    def app_cut_off(self, seconds: float = MAX_AGE) -> tuple[Flask, list[Event]]:
        """An application whose keys are gone, and what happens to its sessions from now on."""
        app = self.app()
        self.begin(seconds)
        return app, events_of(app)


def unreachable() -> bytes:
    """A function for COOKIE_SESSIONS_KEYS whose server does not answer."""
    raise TimeoutError


def check_503(response: Any) -> None:
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert set_cookies(response) == []


def read() -> str:
    return str(session.get("a"))
