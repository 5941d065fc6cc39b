"""Keys that can't be had: the visitor gets a 503, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, got_request_exception, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from tests.flask.conftest import Clock
from tests.flask.outage import (
    app_cut_off,
    check_503,
    cookie_of_another_instance,
    cut_off,
    read,
)
from tests.flask.test_first_use import PLACES, in_the_template_itself
from tests.flask.world import (
    counting_cryptography,
    get,
    names_of,
    ours,
    route,
    set_cookies,
)

Place = Callable[[Flask, Callable[[], str]], None]


def write() -> str:
    session["a"] = 2
    return str(session.get("a"))


def read_and_write_everything() -> str:
    found = [session.get("a"), len(session), bool(session), dict(session), "a" in session]
    session.update(a=1, b=2)
    session.clear()
    session.pop("a", None)
    session.permanent = True
    session.modified = True
    return str([*found, dict(session)])


@pytest.mark.parametrize("use", [read, write, read_and_write_everything])
@pytest.mark.parametrize("place", [one for one in PLACES if one is not in_the_template_itself])
def test_wherever_the_session_is_used_first_the_visitor_gets_a_503(
    place: Place, use: Callable[[], str]
) -> None:
    app, told = app_cut_off()
    place(app, use)
    check_503(get(app, "/it", cookie=cookie_of_another_instance()))
    assert names_of(told).count("unavailable") == 1


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_500_page_that_uses_the_session_first_leaves_nothing_behind(asynchronous: bool) -> None:
    app, told = app_cut_off()
    seen: list[Any] = []

    def page(_: Exception) -> ResponseReturnValue:
        seen.append(session.get("a"))
        session["a"] = 1
        session["b"] = 2
        return "broken", 500

    async def page_later(error: Exception) -> ResponseReturnValue:
        return page(error)

    route(app, lambda: 1 / 0)
    app.register_error_handler(500, page_later if asynchronous else page)
    check_503(get(app, cookie=cookie_of_another_instance()))
    assert seen == [None]
    assert names_of(told) == ["unavailable", "write_ignored"]


@pytest.mark.parametrize("code", [503, 500])
def test_error_pages_of_the_503_itself_read_an_empty_session(code: int) -> None:
    app, told = app_cut_off()
    seen: list[Any] = []

    def page(_: Exception) -> ResponseReturnValue:
        seen.append((session.get("a"), len(session), session.permanent))
        return "come back later", code, {"Retry-After": "5"}

    route(app, read)
    app.register_error_handler(503, page)
    response = get(app, cookie=cookie_of_another_instance())
    check_503(response)
    assert seen == [(None, 0, False)]
    assert names_of(told) == ["unavailable"]
    assert (response.text == "come back later") is (code == 503)


def test_an_after_request_function_and_a_500_page_that_use_it_both_get_by() -> None:
    app, told = app_cut_off()

    def note(response: Response) -> Response:
        response.headers["X-Seen"] = str(session.get("a"))
        return response

    def page(_: Exception) -> ResponseReturnValue:
        return f"broken {session.get('a')}", 500

    route(app, lambda: "page")
    app.after_request(note)
    app.register_error_handler(500, page)
    check_503(get(app, cookie=cookie_of_another_instance()))
    assert names_of(told) == ["unavailable"]


def test_a_listener_to_exceptions_may_use_the_session() -> None:
    app, _ = app_cut_off()

    def listen(_: object, **__: object) -> None:
        session.get("a")

    route(app, read)
    with got_request_exception.connected_to(listen, app):
        check_503(get(app, cookie=cookie_of_another_instance()))


@pytest.mark.parametrize("in_a_stream", [False, True])
def test_a_first_use_after_the_response_reads_an_empty_session(in_a_stream: bool) -> None:
    app, told = app_cut_off()
    seen: list[Any] = []

    def use(_: object = None) -> None:
        seen.append((session.get("a"), dict(session)))

    def stream() -> Iterator[str]:
        use()
        yield "page"

    if in_a_stream:
        from flask import stream_with_context

        app.add_url_rule("/", view_func=lambda: Response(stream_with_context(stream())))
    else:
        route(app, lambda: "page")
        app.teardown_request(use)
    response = get(app, cookie=cookie_of_another_instance())
    assert (response.status_code, response.text) == (200, "page")
    assert seen == [(None, {})]
    assert names_of(told) == ["unavailable"]


def test_requests_that_do_not_use_the_session_go_on() -> None:
    app, told = app_cut_off()
    route(app, lambda: "page")
    response = get(app, cookie=cookie_of_another_instance())
    assert (response.status_code, set_cookies(response)) == (200, [])
    assert names_of(told) == []


def test_an_untouched_session_that_is_due_is_simply_not_refreshed(clock: Clock) -> None:
    cookie = cookie_of_another_instance()
    clock.forward(1000)
    app, told = app_cut_off()
    route(app, lambda: "page")
    response = get(app, cookie=cookie)
    assert (response.status_code, response.text, set_cookies(response)) == (200, "page", [])
    assert response.headers["Vary"] == "Cookie"
    assert names_of(told) == ["unavailable"]


def test_a_visitor_without_a_cookie_reads_an_empty_session() -> None:
    app, told = app_cut_off()
    route(app, read)
    assert get(app).text == "None"
    assert names_of(told) == []


def test_the_keys_are_asked_for_again_at_the_next_request() -> None:
    app = ours(PROPAGATE_EXCEPTIONS=False)
    source = cut_off(app)
    route(app, read)
    cookie = cookie_of_another_instance()
    check_503(get(app, cookie=cookie))
    source.reachable = True
    assert get(app, cookie=cookie).text == "[1]"


def test_an_exception_of_the_view_that_catches_the_503_still_saves_nothing() -> None:
    app, told = app_cut_off()

    def view() -> str:
        try:
            return read()
        except Exception:  # noqa: BLE001 - it is what careless code does.
            session["a"] = 5
            session["b"] = 6
            return "went on"

    app.add_url_rule("/", view_func=view)
    cookie = cookie_of_another_instance()
    with counting_cryptography() as counter:
        response = get(app, cookie=cookie)
    assert (response.text, set_cookies(response), counter.seals) == ("went on", [], 0)
    assert names_of(told) == ["unavailable", "write_ignored"]


def test_new_ids_and_ends_are_ignored_too() -> None:
    app, told = app_cut_off()

    def page(_: Exception) -> ResponseReturnValue:
        held: Any = session
        held.regenerate()
        held.destroy()
        return "later", 503, {"Retry-After": "5"}

    route(app, read)
    app.register_error_handler(503, page)
    check_503(get(app, cookie=cookie_of_another_instance()))
    assert names_of(told) == ["unavailable", "write_ignored"]


def test_a_page_made_without_the_session_is_kept_by_no_shared_cache() -> None:
    app, _ = app_cut_off()

    def anonymous() -> str:
        try:
            return str(session.get("a"))
        except ServiceUnavailable:
            return "hello, anonymous"

    route(app, anonymous)
    response = get(app, cookie=cookie_of_another_instance())
    assert (response.status_code, response.text) == (200, "hello, anonymous")
    assert response.headers["Vary"] == "Cookie"
    assert response.headers["Cache-Control"] == "private"


def test_an_exception_told_outside_a_request_is_none_of_ours() -> None:
    app, _ = app_cut_off()
    with app.app_context():
        got_request_exception.send(app, exception=RuntimeError())
