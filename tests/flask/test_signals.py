"""Events as signals: sent with the application, to those who are connected, and to nobody else."""

from __future__ import annotations

import gc
import subprocess
import sys
import time
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from blinker import Signal
from flask import Flask, session

from cookie_sessions.events import FREQUENT, Event, EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.signals import SIGNALS, session_event, signal_of
from cookie_sessions.flask.state import AppState
from tests.flask.conftest import Clock
from tests.flask.world import get, ours, route, sealed

Receiver = Callable[..., None]


def shop() -> Flask:
    app = ours()

    def sign_in() -> None:
        session.permanent = True
        session["user"] = "Ada"

    route(app, sign_in, at="/in")
    route(app, lambda: session.get("user"))
    return app


@pytest.fixture
def connect() -> Iterator[Callable[[Signal, Receiver], None]]:
    """Connect a receiver to a signal until the test ends."""
    made: list[tuple[Signal, Receiver]] = []

    def connected(signal: Signal, receiver: Receiver) -> None:
        signal.connect(receiver)
        made.append((signal, receiver))

    yield connected
    for signal, receiver in made:
        signal.disconnect(receiver)


def test_every_event_has_a_signal_that_is_found_by_its_name() -> None:
    assert set(SIGNALS) == set(EventName)
    for name in EventName:
        assert signal_of(name) is signal_of(str(name)) is SIGNALS[name]
    with pytest.raises(ValueError, match="nothing_of_ours"):
        signal_of("nothing_of_ours")


def test_a_receiver_gets_the_application_and_the_event() -> None:
    app, other = shop(), shop()
    heard: list[tuple[Flask, Event]] = []

    def receive(sender: Flask, event: Event) -> None:
        heard.append((sender, event))

    with signal_of(EventName.REJECTED).connected_to(receive, sender=app):
        get(app, cookie="session=broken")
        get(other, cookie="session=broken")
    get(app, cookie="session=broken")
    ((sender, event),) = heard
    assert sender is app
    assert (event.name, event.reason) == (EventName.REJECTED, "malformed")


def test_one_signal_brings_all_but_what_happens_in_most_requests(
    connect: Callable[[Signal, Receiver], None],
) -> None:
    app = shop()
    heard: list[str] = []
    opened: list[Event] = []
    connect(session_event, lambda sender, event: heard.append(event.name))
    connect(SIGNALS[EventName.OPENED], lambda sender, event: opened.append(event))
    cookie = sealed(get(app, "/in"))
    get(app, cookie=f"session={cookie}")
    get(app, cookie="session=broken")
    assert heard == ["created", "rejected"]
    assert [event.name for event in opened] == ["opened"]


@pytest.mark.parametrize("name", EventName)
def test_nothing_is_sent_or_measured_where_nobody_is_connected(
    name: EventName, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shop()
    events = AppState.of(app).events
    monkeypatch.setattr("cookie_sessions.events.Events._is_logged", lambda self, name: False)
    monkeypatch.setattr(events, "_logger", None)
    for signal in (session_event, SIGNALS[name]):
        assert not signal.receivers
        monkeypatch.setattr(signal, "send", lambda *args, **kwargs: pytest.fail("sent"))
    assert not events.wants(name)
    events.emit(name)
    monkeypatch.undo()
    with SIGNALS[name].connected_to(lambda sender, event: None, sender=app):
        assert events.wants(name)
    with session_event.connected_to(lambda sender, event: None, sender=app):
        assert events.wants(name) or name in FREQUENT


def test_a_receiver_that_fails_breaks_no_request(caplog: pytest.LogCaptureFixture) -> None:
    app = shop()

    def broken(sender: Flask, event: Event) -> None:
        raise RuntimeError("secret details")

    with signal_of(EventName.CREATED).connected_to(broken, sender=app):
        assert get(app, "/in").status_code == 200
    assert "of events failed with RuntimeError." in caplog.text
    assert "secret" not in caplog.text


def test_a_refresh_is_told_with_what_it_took(clock: Clock) -> None:
    app = shop()
    cookie = sealed(get(app, "/in"))
    heard: list[Event] = []
    clock.forward(86_400 * 20)
    begun = time.perf_counter()
    with SIGNALS[EventName.REFRESHED].connected_to(
        lambda sender, event: heard.append(event), sender=app
    ):
        refreshed = get(app, cookie=f"session={cookie}")
    took = time.perf_counter() - begun
    (line,) = refreshed.headers.getlist("Set-Cookie")
    (event,) = heard
    details: dict[str, Any] = dict(event.details)
    # Browsers count the name, the value and the attributes, and not what stands between them.
    assert 0 < details["octets"] <= len(line)
    assert details["chunks"] == 1
    assert details["kid"] == AppState.of(app).ring().primary.kid.hex()
    assert 0 < details["seconds"] < took


def test_an_application_that_is_gone_is_not_kept_by_its_signals() -> None:
    app = shop()
    CookieSessions(app)
    get(app, "/in")
    gone = weakref.ref(app)
    del app
    gc.collect()
    assert gone() is None


def test_signals_reach_applications_made_before_and_after_and_load_only_where_they_are_used() -> (
    None
):
    program = """
import sys
from flask import Flask, session
from cookie_sessions.flask import CookieSessions
def made():
    app = Flask("app")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)
    app.add_url_rule("/", "index", lambda: str(session.setdefault("seen", "yes")))
    return app
before = made()
before.test_client().get("/")
assert "cookie_sessions.flask.signals" not in sys.modules
assert "cookie_sessions.observing" not in sys.modules
from cookie_sessions.flask.signals import signal_of
after = made()
def told(sender, event):
    print(sender is before, sender is after, event.name)
signal_of("created").connect(told)
before.test_client().get("/")
after.test_client().get("/")
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["True False created", "False True created"]
