"""Waiting for a server ends in time, and what comes late is dropped."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Iterator

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys.sources import deadline
from cookie_sessions.keys.sources.deadline import Deadline
from tests.keys.secrecy import recorded, shown


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    monkeypatch.setattr(deadline, "SECONDS", 0.1)
    event = threading.Event()
    yield event
    event.set()


def test_a_call_in_time_gives_its_result() -> None:
    assert Deadline("x").run(lambda: b"ring") == b"ring"


def test_no_more_than_three_calls_are_late_and_then_calls_go_on(
    held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Deadline("vault:a/b#c")

    def wait() -> bytes:
        held.wait(60)
        return b"late"

    for _ in range(3):
        with pytest.raises(Unavailable, match=r"^vault:a/b#c: there was no answer"):
            one.run(wait)
    with pytest.raises(Unavailable, match="earlier calls have not been answered yet"):
        one.run(lambda: b"ring")
    held.set()
    for call in one._late:
        call.join(60)
    monkeypatch.setattr(deadline, "SECONDS", 60.0)
    assert one.run(lambda: b"ring") == b"ring"


def test_an_error_leaves_its_frames_and_causes_behind() -> None:
    def unexpected() -> bytes:
        ring = b"material"
        raise ValueError(ring)

    def expected() -> bytes:
        try:
            return unexpected()
        except ValueError as error:
            raise Unavailable("Try again.") from error

    with pytest.raises(ConfigurationError, match="failed with ValueError") as caught:
        Deadline("x").run(unexpected)
    assert "material" not in shown(caught.value) + recorded(caught.value)
    with pytest.raises(Unavailable, match="Try again") as again:
        Deadline("x").run(expected)
    assert "material" not in shown(again.value) + recorded(again.value)
    for error in (caught.value, again.value):
        names = {frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)}
        assert not names & {"expected", "unexpected"}
