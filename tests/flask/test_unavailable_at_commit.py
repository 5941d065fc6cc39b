"""Keys that go away before the session is sealed: a 503 instead, or the page as it is."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, make_response, session

from tests.flask.outage import TOLD, Outage, check_503, read
from tests.flask.world import events_of, get, names_of, set_cookies


def answered_with_a_cookie() -> Response:
    session["a"] = 1
    response = make_response("signed in")
    response.set_cookie("theme", "dark")
    response.headers["Location"] = "/secret"
    response.cache_control.public = True
    return response


def test_a_write_that_can_not_be_sealed_turns_the_response_into_a_503(outage: Outage) -> None:
    app, told = outage.app_cut_off()
    app.add_url_rule("/", view_func=answered_with_a_cookie)
    response = get(app)
    check_503(response)
    assert "signed in" not in response.text
    assert "Location" not in response.headers
    assert response.headers["Cache-Control"] == "no-store"
    assert names_of(told) == TOLD


def test_the_same_where_the_session_was_opened_before_the_keys_went_away(outage: Outage) -> None:
    app = outage.app()
    told = events_of(app)

    def view() -> str:
        session["a"].append(2)
        outage.begin()
        return "changed"

    app.add_url_rule("/", view_func=view)
    check_503(get(app, cookie=outage.cookie))
    assert names_of(told) == TOLD


def test_a_refresh_that_can_not_be_sealed_lets_the_response_pass(outage: Outage) -> None:
    app = outage.app()

    def view() -> str:
        text = read()
        outage.begin()
        return text

    app.add_url_rule("/", view_func=view)
    response = get(app, cookie=outage.cookie)
    assert (response.status_code, response.text, set_cookies(response)) == (200, "[1]", [])


def test_a_stream_or_file_that_is_not_sent_is_closed(outage: Outage) -> None:
    app, _ = outage.app_cut_off()
    closed: list[str] = []
    streams: list[Iterator[str]] = []

    def stream() -> Iterator[str]:
        try:
            yield "part"
            yield "part"
        finally:
            closed.append("stream")

    def view() -> Response:
        session["a"] = 1
        parts = stream()
        next(parts)
        # Kept, so that it is closed by being told so and not by being forgotten.
        streams.append(parts)
        return Response(parts)

    app.add_url_rule("/", view_func=view)
    check_503(get(app))
    assert closed == ["stream"]
