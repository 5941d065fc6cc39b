"""Wherever a request uses its session first, it behaves as with Flask's own interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import (
    Flask,
    Response,
    make_response,
    render_template_string,
    request_started,
    session,
)
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter
from werkzeug.test import TestResponse

from tests.flask.world import INTERFACES, app_with, set_cookies

Use = Callable[[], str]
Seen = tuple[int, str, bool, str | None]


def count() -> str:
    session["visits"] = session.get("visits", 0) + 1
    return str(session["visits"])


def look() -> str:
    return str(session.get("visits"))


def ask() -> str:
    return str("visits" in session)


def measure() -> str:
    return f"{len(session)} {bool(session)}"


def forget() -> str:
    session.clear()
    return "forgotten"


def nothing() -> str:
    return "nothing"


USES: list[Use] = [count, look, ask, measure, forget, nothing]


def in_a_view(app: Flask, use: Use) -> None:
    app.add_url_rule("/it", view_func=lambda: use())


def in_a_template(app: Flask, use: Use) -> None:
    app.add_template_global(use, "use")
    app.add_url_rule("/it", view_func=lambda: render_template_string("<p>{{ use() }}</p>"))


def in_the_template_itself(app: Flask, use: Use) -> None:
    text = {
        look: "{{ session.visits }}",
        ask: "{{ 'visits' in session }}",
        measure: "{{ session|length }}",
        count: "{% set _ = session.update(visits=(session.visits or 0) + 1) %}{{ session.visits }}",
        forget: "{{ session.clear() }}",
        nothing: "nothing",
    }[use]
    app.add_url_rule("/it", view_func=lambda: render_template_string(text))


def before_the_view(app: Flask, use: Use) -> None:
    app.before_request(lambda: use())


def after_the_view(app: Flask, use: Use) -> None:
    def append(response: Response) -> Response:
        response.set_data(f"page {use()}")
        return response

    app.after_request(append)
    app.add_url_rule("/it", view_func=lambda: "page")


def in_a_404_page(app: Flask, use: Use) -> None:
    def page(_: Exception) -> ResponseReturnValue:
        return f"not here {use()}", 404

    app.register_error_handler(404, page)


def in_a_url_converter(app: Flask, use: Use) -> None:
    class Converter(BaseConverter):
        def to_python(self, value: str) -> str:
            return f"{value} {use()}"

    app.url_map.converters["ours"] = Converter
    app.add_url_rule("/<ours:text>", endpoint="converted", view_func=lambda text: text)


def in_a_500_page(app: Flask, use: Use) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    def page(_: Exception) -> ResponseReturnValue:
        return f"broken {use()}", 500

    app.add_url_rule("/it", view_func=fail)
    app.register_error_handler(500, page)


def in_the_handler_of_an_exception(app: Flask, use: Use) -> None:
    def fail() -> str:
        raise ZeroDivisionError

    app.add_url_rule("/it", view_func=fail)
    app.register_error_handler(ZeroDivisionError, lambda _: f"caught {use()}")


def in_a_signal(app: Flask, use: Use) -> None:
    app.extensions["receiver"] = receiver = lambda _, **__: use()
    request_started.connect(receiver, app)
    app.add_url_rule("/it", view_func=lambda: "page")


def in_a_test_of_the_context(app: Flask, use: Use) -> None:
    app.context_processor(lambda: {"used": use()})
    app.add_url_rule("/it", view_func=lambda: render_template_string("{{ used }}"))


PLACES = [
    in_a_view,
    in_a_template,
    in_the_template_itself,
    before_the_view,
    after_the_view,
    in_a_404_page,
    in_a_url_converter,
    in_a_500_page,
    in_the_handler_of_an_exception,
    in_a_signal,
    in_a_test_of_the_context,
]


def seen(response: TestResponse) -> Seen:
    return (
        response.status_code,
        response.get_data(as_text=True),
        bool(set_cookies(response)),
        response.headers.get("Vary"),
    )


def visit(which: str, place: Callable[[Flask, Use], None], use: Use) -> list[Seen]:
    """A visitor who has no session, comes again, has one, and comes twice more."""
    app = app_with(INTERFACES[which](), PROPAGATE_EXCEPTIONS=False)
    place(app, use)
    app.add_url_rule("/begin", view_func=begin)
    client = app.test_client()
    visits = [client.get("/it"), client.get("/it"), client.get("/begin")]
    return [seen(response) for response in [*visits, client.get("/it"), client.get("/it")]]


def begin() -> Response:
    session["visits"] = 10
    return make_response("begun")


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("place", PLACES)
def test_a_session_used_there_first_is_answered_as_with_flasks_interface(
    place: Callable[[Flask, Use], None], use: Use
) -> None:
    assert visit("ours", place, use) == visit("flask", place, use)


@pytest.mark.parametrize("which", INTERFACES)
def test_what_these_pages_show_is_what_the_session_holds(which: str) -> None:
    expected: list[Any] = [
        (200, "1", True, "Cookie"),
        (200, "2", True, "Cookie"),
        (200, "begun", True, "Cookie"),
        (200, "11", True, "Cookie"),
        (200, "12", True, "Cookie"),
    ]
    assert visit(which, in_a_view, count) == expected
