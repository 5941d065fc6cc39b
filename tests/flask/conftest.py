"""What the tests at Flask's edge share."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.sessions import SessionInterface

from cookie_sessions.events import Event
from tests.flask.outage import Outage
from tests.flask.two_sites import source_app, target_app
from tests.flask.world import INTERFACES, events_of


class Clock:
    """The time that the package reads, in seconds since the epoch."""

    def __init__(self) -> None:
        self.time = 1_900_000_000.0

    def __call__(self) -> float:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still until it is moved."""
    clock = Clock()
    monkeypatch.setattr("cookie_sessions.clock.now", clock)
    return clock


@pytest.fixture
def outage(tmp_path: Path, clock: Clock) -> Outage:
    """A key file that will vanish."""
    return Outage(tmp_path / "keys.json", clock)


@pytest.fixture(params=INTERFACES)
def interface(request: pytest.FixtureRequest) -> SessionInterface:
    """Flask's own interface, then ours: what the test says holds for both."""
    made: SessionInterface = INTERFACES[request.param]()
    return made


@pytest.fixture
def source() -> Flask:
    """The site that hands users over."""
    return source_app()


@pytest.fixture
def target() -> Flask:
    """The site that takes them in."""
    return target_app()


@pytest.fixture
def told(target: Flask) -> list[Event]:
    """What happens at the site that takes them in."""
    return events_of(target)
