"""Keys that can't be had: the visitor gets a 503, and nothing else happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, got_request_exception, session
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import ServiceUnavailable

from cookie_sessions.keys.provider import FIRST_REST_SECONDS
from tests.flask.conftest import Clock
from tests.flask.outage import MAX_AGE, TOLD, Outage, check_503, read, unreachable
from tests.flask.test_first_use import PLACES, in_the_template_itself
from tests.flask.world import (
    counting_cryptography,
    events_of,
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
    outage: Outage, place: Place, use: Callable[[], str]
) -> None:
    app, told = outage.app_cut_off()
    place(app, use)
    check_503(get(app, "/it", cookie=outage.cookie))
    assert names_of(told).count("unavailable") == 1


@pytest.mark.parametrize("asynchronous", [False, True])
def test_a_500_page_that_uses_the_session_first_leaves_nothing_behind(
    outage: Outage, asynchronous: bool
) -> None:
    app, told = outage.app_cut_off()
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
    check_503(get(app, cookie=outage.cookie))
    assert seen == [None]
    assert names_of(told) == [*TOLD, "write_ignored"]


@pytest.mark.parametrize("code", [503, 500])
def test_error_pages_of_the_503_itself_read_an_empty_session(outage: Outage, code: int) -> None:
    app, told = outage.app_cut_off()
    seen: list[Any] = []

    def page(_: Exception) -> ResponseReturnValue:
        seen.append((session.get("a"), len(session), session.permanent))
        return "come back later", code, {"Retry-After": "5"}

    route(app, read)
    app.register_error_handler(503, page)
    response = get(app, cookie=outage.cookie)
    check_503(response)
    assert seen == [(None, 0, False)]
    assert names_of(told) == TOLD
    assert (response.text == "come back later") is (code == 503)


def test_an_after_request_function_and_a_500_page_that_use_it_both_get_by(outage: Outage) -> None:
    app, told = outage.app_cut_off()

    def note(response: Response) -> Response:
        response.headers["X-Seen"] = str(session.get("a"))
        return response

    def page(_: Exception) -> ResponseReturnValue:
        return f"broken {session.get('a')}", 500

    route(app, lambda: "page")
    app.after_request(note)
    app.register_error_handler(500, page)
    check_503(get(app, cookie=outage.cookie))
    assert names_of(told) == TOLD


def test_a_listener_to_exceptions_may_use_the_session(outage: Outage) -> None:
    app, _ = outage.app_cut_off()

    def listen(_: object, **__: object) -> None:
        session.get("a")

    route(app, read)
    with got_request_exception.connected_to(listen, app):
        check_503(get(app, cookie=outage.cookie))


@pytest.mark.parametrize("in_a_stream", [False, True])
def test_a_first_use_after_the_response_reads_an_empty_session(
    outage: Outage, in_a_stream: bool
) -> None:
    app, told = outage.app_cut_off()
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
    response = get(app, cookie=outage.cookie)
    assert (response.status_code, response.text) == (200, "page")
    assert seen == [(None, {})]
    assert names_of(told) == TOLD


def test_requests_that_do_not_use_the_session_go_on(outage: Outage) -> None:
    app, told = outage.app_cut_off()
    route(app, lambda: "page")
    response = get(app, cookie=outage.cookie)
    assert (response.status_code, set_cookies(response)) == (200, [])
    assert names_of(told) == []


def test_an_untouched_session_that_is_due_is_simply_not_refreshed(
    outage: Outage, clock: Clock
) -> None:
    cookie = outage.cookie
    clock.forward(1000)
    app, told = outage.app_cut_off()
    route(app, lambda: "page")
    response = get(app, cookie=cookie)
    assert (response.status_code, response.text, set_cookies(response)) == (200, "page", [])
    assert response.headers["Vary"] == "Cookie"
    assert names_of(told) == TOLD


def test_a_visitor_without_a_cookie_reads_an_empty_session(outage: Outage) -> None:
    app, told = outage.app_cut_off()
    route(app, read)
    assert get(app).text == "None"
    assert names_of(told) == []


def test_keys_that_are_back_are_used_again(outage: Outage) -> None:
    app, _ = outage.app_cut_off()
    route(app, read)
    for _ in range(3):
        check_503(get(app, cookie=outage.cookie))
    outage.end()
    assert get(app, cookie=outage.cookie).text == "[1]"


def test_keys_of_a_sound_source_are_read_again_before_they_are_too_old(
    outage: Outage, clock: Clock
) -> None:
    app = outage.app()
    told = events_of(app)
    route(app, read)
    for _ in range(20):
        clock.forward(MAX_AGE / 4)
        assert get(app, cookie=outage.cookie).text == "[1]"
    assert names_of(told) == []


def test_keys_whose_source_fails_are_used_until_they_are_too_old_and_no_longer(
    outage: Outage, clock: Clock
) -> None:
    app, _ = outage.app_cut_off(MAX_AGE - 0.5)
    route(app, read)
    assert get(app, cookie=outage.cookie).text == "[1]"
    # The source was asked just now and is left alone for a second.
    clock.forward(0.5)
    check_503(get(app, cookie=outage.cookie))


def test_keys_that_could_never_be_had_are_asked_for_again_by_the_next_request_after_a_rest(
    outage: Outage, clock: Clock
) -> None:
    answers = [unreachable] * 2 + [lambda: outage.keys]
    app = ours(COOKIE_SESSIONS_KEYS=lambda: answers.pop(0)(), PROPAGATE_EXCEPTIONS=False)
    told = events_of(app)
    route(app, read)
    for _ in range(2):
        check_503(get(app, cookie=outage.cookie))
    # Once at the start, once for each request.
    assert names_of(told) == ["unavailable"] * 3
    assert len(answers) == 2
    clock.forward(FIRST_REST_SECONDS[0])
    check_503(get(app, cookie=outage.cookie))
    assert len(answers) == 1
    clock.forward(FIRST_REST_SECONDS[1])
    assert get(app, cookie=outage.cookie).text == "[1]"
    assert names_of(told)[4:] == ["keys_loaded"]


def test_an_application_starts_without_its_keys_for_pages_that_need_none() -> None:
    app = ours(COOKIE_SESSIONS_KEYS=unreachable)
    told = events_of(app)
    route(app, lambda: "page")
    for _ in range(2):
        assert get(app).text == "page"
    assert names_of(told) == ["unavailable"]


def test_an_exception_of_the_view_that_catches_the_503_still_saves_nothing(outage: Outage) -> None:
    app, told = outage.app_cut_off()

    def view() -> str:
        try:
            return read()
        except Exception:  # noqa: BLE001 - it is what careless code does.
            session["a"] = 5
            session["b"] = 6
            return "went on"

    app.add_url_rule("/", view_func=view)
    cookie = outage.cookie
    with counting_cryptography() as counter:
        response = get(app, cookie=cookie)
    assert (response.text, set_cookies(response), counter.seals) == ("went on", [], 0)
    assert names_of(told) == [*TOLD, "write_ignored"]


def test_new_ids_and_ends_are_ignored_too(outage: Outage) -> None:
    app, told = outage.app_cut_off()

    def page(_: Exception) -> ResponseReturnValue:
        held: Any = session
        held.regenerate()
        held.destroy()
        return "later", 503, {"Retry-After": "5"}

    route(app, read)
    app.register_error_handler(503, page)
    check_503(get(app, cookie=outage.cookie))
    assert names_of(told) == [*TOLD, "write_ignored"]


def test_a_page_made_without_the_session_is_kept_by_no_shared_cache(outage: Outage) -> None:
    app, _ = outage.app_cut_off()

    def anonymous() -> str:
        try:
            return str(session.get("a"))
        except ServiceUnavailable:
            return "hello, anonymous"

    route(app, anonymous)
    response = get(app, cookie=outage.cookie)
    assert (response.status_code, response.text) == (200, "hello, anonymous")
    assert response.headers["Vary"] == "Cookie"
    assert response.headers["Cache-Control"] == "private"


def test_an_exception_told_outside_a_request_is_none_of_ours(outage: Outage) -> None:
    app, _ = outage.app_cut_off()
    with app.app_context():
        got_request_exception.send(app, exception=RuntimeError())
