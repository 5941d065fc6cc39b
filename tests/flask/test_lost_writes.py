"""A write after the response was made is lost, as in Flask; here somebody is told."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, flash, session, stream_with_context

from cookie_sessions.errors import UsageError
from cookie_sessions.flask import FlaskSession
from tests.flask.world import events_of, get, names_of, ours, set_cookies

ROOT = Path(__file__).resolve().parents[2]


def current() -> FlaskSession:
    held: Any = session
    found: FlaskSession = held._get_current_object()
    return found


def stream_in_context(app: Flask) -> None:
    def parts() -> Iterator[str]:
        yield "a"
        session["late"] = 1
        yield "b"

    app.add_url_rule("/", view_func=lambda: Response(stream_with_context(parts())))


def stream_without_context(app: Flask) -> None:
    def view() -> Response:
        held = current()

        def parts() -> Iterator[str]:
            yield "a"
            held.update(late=1, later=2)
            yield "b"

        return Response(parts())

    app.add_url_rule("/", view_func=view)


def teardown(app: Flask) -> None:
    def late(_: object) -> None:
        session["late"] = 1

    app.teardown_request(late)
    app.add_url_rule("/", view_func=lambda: "ab")


def flashing(app: Flask) -> None:
    def parts() -> Iterator[str]:
        yield "a"
        flash("late")
        yield "b"

    app.add_url_rule("/", view_func=lambda: Response(stream_with_context(parts())))


def closing(app: Flask) -> None:
    def view() -> Response:
        held = current()
        response = Response("ab")
        response.call_on_close(lambda: held.setdefault("late", 1))
        return response

    app.add_url_rule("/", view_func=view)


def said_to_be_modified(app: Flask) -> None:
    def view() -> Response:
        held = current()

        def parts() -> Iterator[str]:
            yield "ab"
            held.modified = True

        return Response(parts())

    app.add_url_rule("/", view_func=view)


PLACES = [
    *(stream_in_context, stream_without_context, teardown, flashing, closing),
    said_to_be_modified,
]


@pytest.mark.parametrize("place", PLACES)
def test_an_event_and_one_log_record_name_the_place(
    place: Any, caplog: pytest.LogCaptureFixture
) -> None:
    app = ours()
    place(app)
    told = events_of(app)
    with caplog.at_level(logging.DEBUG, "cookie_sessions"):
        response = get(app)
    assert (response.text, set_cookies(response)) == ("ab", [])
    assert names_of(told) == ["write_lost"]
    assert "test_lost_writes.py:" in str(told[0].details["place"])
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "test_lost_writes.py:" in record.getMessage()


@pytest.mark.parametrize("place", [stream_in_context, stream_without_context])
def test_where_strictness_is_asked_for_it_is_an_error(place: Any) -> None:
    app = ours(COOKIE_SESSIONS_STRICT=True)
    place(app)
    with pytest.raises(UsageError, match=r"changed at .*test_lost_writes.py:\d+ after"):
        get(app)


def test_a_loop_of_lost_writes_is_told_once() -> None:
    app = ours()

    def view() -> Response:
        held = current()

        def parts() -> Iterator[str]:
            for number in range(50):
                held["progress"] = number
                yield "."

        return Response(parts())

    app.add_url_rule("/", view_func=view)
    told = events_of(app)
    assert get(app).text == "." * 50
    assert names_of(told) == ["write_lost"]


def test_a_write_while_the_process_ends_is_told_though_no_line_of_the_application_made_it() -> None:
    program = """
import atexit
from flask import session
from tests.flask.test_lost_writes import current
from tests.flask.world import ours
from cookie_sessions.flask import CookieSessions

app = ours()
with app.test_request_context():
    session["a"] = 1
    app.process_response(app.make_response(""))
    atexit.register(current().clear)
CookieSessions.events(app).subscribe(lambda event: print(event.name, dict(event.details)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "write_lost {'place': 'an unknown place'}\n"


@pytest.mark.parametrize("strict", [False, True])
def test_reading_late_is_no_write(strict: bool) -> None:
    app = ours(COOKIE_SESSIONS_STRICT=strict)

    def view() -> Response:
        session["a"] = [1]
        held = current()
        return Response(str(held.get(key)) for key in ["a", "b"])

    app.add_url_rule("/", view_func=view)
    told = events_of(app)
    response = get(app)
    assert (response.text, len(set_cookies(response))) == ("[1]None", 1)
    assert names_of(told) == ["created"]
