"""A write after the response was made is lost, as in Flask; here somebody is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, flash, session, stream_with_context

from cookie_sessions.errors import UsageError
from cookie_sessions.flask import FlaskSession
from tests.flask.world import events_of, get, names_of, ours, set_cookies


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
