"""Sessions of real applications behind real adapters, as a browser before the gateway sees them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, session
from werkzeug.test import Client

from benchmarks.adapters import ADAPTERS
from cookie_sessions import clock
from cookie_sessions.adapters import SET_COOKIE_LINES
from cookie_sessions.errors import SessionTooLarge
from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import EventShape, guarded, synthetic
from tests.gateway.function import CUTTING, PAIRS, TWO_COOKIES, WHOLE, Visit, at, shop

each = pytest.mark.parametrize(("adapter", "shape"), PAIRS)
where_all_lines_survive = pytest.mark.parametrize(("adapter", "shape"), WHOLE)
where_one_line_survives = pytest.mark.parametrize(("adapter", "shape"), CUTTING)


@where_all_lines_survive
def test_a_session_of_two_cookies_comes_back_whole_and_goes_when_it_ends(
    adapter: str, shape: EventShape
) -> None:
    visit = Visit(shape, shop(), adapter)
    assert visit.get("/grow") == f"200 {TWO_COOKIES}"
    assert visit.get("/read") == f"200 {TWO_COOKIES}"
    assert visit.jar.keys() == {"session", "session.1"}
    assert visit.get("/shrink") == "200 5"
    assert visit.jar.keys() == {"session"}
    visit.get("/grow")
    visit.get("/leave")
    assert not visit.jar
    visit.get("/both")
    assert visit.jar.keys() == {"session", "theme"}
    assert visit.told() == []


@each
def test_a_session_of_one_cookie_comes_back_whatever_the_adapter_does(
    adapter: str, shape: EventShape
) -> None:
    visit = Visit(shape, shop(), adapter)
    visit.get("/shrink")
    visit.told()
    assert visit.get("/read") == "200 5"
    visit.get("/leave")
    assert not visit.jar
    assert visit.told() == []


@where_one_line_survives
def test_a_session_that_is_cut_is_told_of_each_time(adapter: str, shape: EventShape) -> None:
    visit = Visit(shape, shop(), adapter)
    visit.get("/grow")
    assert visit.told() == [("set", 2, 1), ("set", 2, 1)], "once by the test, once by the session"
    assert len(visit.jar) == 1
    visit.get("/grow")
    assert visit.told() == [("set", 2, 1)]


@where_one_line_survives
def test_without_a_guard_a_known_adapter_is_recognised(adapter: str, shape: EventShape) -> None:
    visit = Visit(shape, shop(), adapter, guard=False)
    visit.get("/grow")
    assert visit.told() == [("set", 2, 1)]


@where_one_line_survives
@pytest.mark.parametrize("by", ["the guard", "the settings", "the settings alone"])
def test_where_it_is_strict_a_session_that_would_be_cut_is_refused(
    adapter: str, shape: EventShape, by: str, caplog: pytest.LogCaptureFixture
) -> None:
    app = shop(COOKIE_SESSIONS_STRICT=by != "the guard", PROPAGATE_EXCEPTIONS=True)
    visit = Visit(shape, app, adapter, strict=by == "the guard", guard=by != "the settings alone")
    visit.get("/shrink")
    kept = dict(visit.jar)
    visit.told()
    with caplog.at_level(logging.CRITICAL), pytest.raises(SessionTooLarge) as refused:
        visit.get("/grow")
    assert visit.jar == kept
    assert visit.told() == [("set", 2, 1)]
    text = str(refused.value)
    assert "2 Set-Cookie lines where 1 are allowed, because the adapter" in text
    assert "turn on multi-value headers" in text
    assert "COOKIE_SESSIONS_OVERFLOW" in text
    assert visit.get("/read") == "200 5"


@where_one_line_survives
@pytest.mark.parametrize("strict", [True, False])
def test_with_an_overflow_store_one_cookie_is_enough(
    adapter: str, shape: EventShape, strict: bool
) -> None:
    visit = Visit(shape, shop(COOKIE_SESSIONS_OVERFLOW="memory:"), adapter, strict=strict)
    visit.get("/grow")
    assert visit.told() == [("set", 2, 1)], "by the test alone"
    assert visit.jar.keys() == {"session"}
    assert visit.get("/read") == f"200 {TWO_COOKIES}"
    assert visit.told() == []


@where_one_line_survives
def test_beside_a_cookie_of_the_application_the_session_survives(
    adapter: str, shape: EventShape
) -> None:
    visit = Visit(shape, shop(), adapter, strict=True)
    visit.get("/shrink")
    visit.told()
    visit.get("/both")
    assert visit.jar.keys() == {"session"}
    assert visit.told() == [("set", 2, 1)]


def test_a_new_session_beside_a_cookie_of_the_application_is_told_of() -> None:
    visit = Visit(EventShape.ALB_SINGLE, shop(), "apig-wsgi", strict=True)
    visit.get("/both")
    assert visit.jar.keys() == {"session"}
    assert visit.told() == [("set", 2, 1), ("set", 2, 1)]


@where_one_line_survives
def test_signing_out_drops_the_head_though_its_chunk_has_no_line(
    adapter: str, shape: EventShape
) -> None:
    app = shop()
    whole = Visit(shape, app, "mangum")
    whole.get("/grow")
    cut = Visit(shape, app, adapter)
    cut.jar = dict(whole.jar)
    assert cut.get("/read") == f"200 {TWO_COOKIES}"
    cut.told()
    cut.get("/leave")
    assert cut.jar.keys() == {"session.1"}
    assert cut.told() == [], "a chunk without its head says nothing"
    assert cut.get("/read") == "200 0"


def test_a_session_that_shrinks_is_set_though_the_chunk_left_behind_has_no_line() -> None:
    app = shop()
    whole = Visit(EventShape.ALB_SINGLE, app, "mangum")
    whole.get("/grow")
    cut = Visit(EventShape.ALB_SINGLE, app, "apig-wsgi")
    cut.jar = dict(whole.jar)
    cut.get("/shrink")
    assert cut.get("/read") == "200 5"


def test_a_former_name_that_has_no_line_to_be_deleted_is_told_of() -> None:
    before = Visit(EventShape.ALB_SINGLE, shop(SESSION_COOKIE_NAME="old"), "apig-wsgi")
    before.get("/shrink")
    app = shop(COOKIE_SESSIONS_PREVIOUS_NAMES={"old": "2099-01-01"})
    visit = Visit(EventShape.ALB_SINGLE, app, "apig-wsgi")
    visit.jar = dict(before.jar)
    visit.get("/read")
    visit.told()
    visit.get("/shrink")
    assert visit.jar.keys() == {"old", "session"}
    visit.told()
    visit.get("/leave")
    assert visit.jar.keys() == {"old"}
    assert visit.told() == [("set", 2, 1)]
    visit.get("/leave")
    assert not visit.jar, "the second time its line goes to what came"


def test_in_flasks_own_form_the_session_survives_too() -> None:
    until = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=30)
    app = shop(
        COOKIE_SESSIONS_WRITE="flask",
        COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=f"{until:%Y-%m-%d}",
    )
    visit = Visit(EventShape.ALB_SINGLE, app, "apig-wsgi")
    visit.get("/both")
    assert visit.jar.keys() == {"session"}
    assert visit.told() == [("set", 2, 1), ("set", 2, 1)]


def test_an_adapter_that_takes_all_cookies_away_is_told_of_and_refused() -> None:
    def deaf(application: Any) -> Any:
        handler = ADAPTERS["apig-wsgi"](application)
        return lambda event, context: {
            name: value
            for name, value in handler(event, context).items()
            if name in ("statusCode", "body")
        }

    visit = Visit(EventShape.REST, shop(), deaf)
    visit.get("/shrink")
    assert not visit.jar
    assert visit.told() == [("set", 2, 0), ("set", 1, 0)]
    refusing = Visit(EventShape.REST, shop(PROPAGATE_EXCEPTIONS=True), deaf, strict=True)
    with pytest.raises(SessionTooLarge, match="1 Set-Cookie lines where 0"):
        refusing.get("/shrink")


def test_a_cookie_header_on_two_lines_and_in_any_case_is_read() -> None:
    app = shop()
    visit = Visit(EventShape.ALB_MULTI, app, "apig-wsgi")
    visit.get("/grow")
    head, chunk = (f"{name}={value}" for name, value in visit.jar.items())
    event = at(synthetic(EventShape.ALB_MULTI), "/read")
    event["multiValueHeaders"] |= {"Cookie": [head], "COOKIE": [chunk]}
    assert visit.handler(event, None)["body"] == str(TWO_COOKIES)


def test_cookies_that_a_comma_joins_are_not_taken_apart() -> None:
    visit = Visit(EventShape.ALB_SINGLE, shop(), "mangum")
    visit.get("/grow")
    event = at(synthetic(EventShape.ALB_SINGLE), "/read")
    event["headers"]["cookie"] = ",".join(f"{name}={value}" for name, value in visit.jar.items())
    assert visit.handler(event, None)["body"] == "0"


@each
def test_what_is_no_request_is_answered_400_and_never_reaches_the_application(
    adapter: str, shape: EventShape
) -> None:
    app = shop()
    app.before_request(lambda: pytest.fail("the application was called"))
    handler = guarded(ADAPTERS[adapter], app)
    broken: list[Any] = [
        *(None, [], "event", {}, {"source": "aws.events"}, {"Records": [{"cf": {}}]}),
        synthetic(shape) | {"headers": 5, "multiValueHeaders": 5},
        synthetic(shape) | {"isBase64Encoded": True, "body": "A"},
        at(synthetic(shape), "\ud800"),
    ]
    for event in broken:
        answer = handler(event, None)
        assert answer["statusCode"] == 400
        assert answer["headers"]["content-type"].startswith("text/plain")
        assert "event" in answer["body"]


def test_what_the_application_raises_goes_on() -> None:
    visit = Visit(EventShape.REST, shop(PROPAGATE_EXCEPTIONS=True), "apig-wsgi")
    with pytest.raises(RuntimeError, match="the application's own"):
        visit.get("/fail")


def test_an_adapter_that_fails_is_logged_by_the_kind_of_its_error_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def failing(_application: Any) -> Any:
        def handler(event: Any, _context: Any) -> Any:
            raise KeyError(event["headers"])

        return handler

    handler = guarded(failing, shop())
    answer = handler(synthetic(EventShape.REST, cookies=["session=canary"]), None)
    assert answer["statusCode"] == 400
    assert "The adapter failed with KeyError before the application." in caplog.messages
    assert "canary" not in caplog.text


def test_an_adapter_that_reads_the_context_is_tested_with_that_of_the_invocation() -> None:
    def reading(application: Any) -> Any:
        handler = ADAPTERS["apig-wsgi"](application)
        return lambda event, context: handler(event, context.upper())

    visit = Visit(EventShape.ALB_SINGLE, shop(), reading)
    visit.handler(at(synthetic(EventShape.ALB_SINGLE), "/grow"), "context")
    assert visit.told() == [("set", 2, 1), ("set", 2, 1)], "once by the test, once by the session"


def test_an_adapter_that_can_not_be_tested_is_recognised_all_the_same() -> None:
    def untestable(application: Any) -> Any:
        handler = ADAPTERS["apig-wsgi"](application)

        def handle(event: Any, context: Any) -> Any:
            if event["path"] == "/":
                raise KeyError("path")
            return handler(event, context)

        return handle

    visit = Visit(EventShape.ALB_SINGLE, shop(), untestable)
    visit.get("/grow")
    assert visit.told() == [("set", 2, 0), ("sent", 3, 0), ("set", 2, 1)]
    app = shop(PROPAGATE_EXCEPTIONS=True)
    refusing = Visit(EventShape.ALB_SINGLE, app, untestable, strict=True)
    with pytest.raises(SessionTooLarge, match="2 Set-Cookie lines where 1"):
        refusing.get("/grow")


def test_the_test_of_the_adapter_is_made_once_a_shape_and_never_reaches_the_application() -> None:
    made: list[object] = []

    def counting(application: Any) -> Any:
        made.append(application)
        return ADAPTERS["apig-wsgi"](application)

    app = Flask("counted")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)
    app.add_url_rule("/", "index", lambda: str(session.setdefault("seen", "yes")))
    handler = guarded(counting, app)
    assert len(made) == 1
    for shape in (EventShape.REST, EventShape.HTTP, EventShape.REST):
        assert handler(synthetic(shape), None)["body"] == "yes"
    assert len(made) == 3


def test_what_the_adapter_asks_the_application_by_itself_is_answered_without_a_word() -> None:
    asked: list[Any] = []

    def warming(application: Any) -> Any:
        asked.append(application)
        return ADAPTERS["apig-wsgi"](application)

    app = shop()
    guarded(warming, app)
    response = Client(asked[0]).get("/grow")
    assert (response.status_code, len(response.headers.getlist("Set-Cookie"))) == (200, 2)
    assert SET_COOKIE_LINES not in response.request.environ


def test_a_further_session_beside_the_main_one_is_told_of() -> None:
    app = shop()
    admin = CookieSessions.named(app, "admin", idle_timeout=600)

    @app.get("/admin")
    def grant() -> str:
        session["seen"] = "yes"
        admin.session["granted"] = True
        return "granted"

    visit = Visit(EventShape.ALB_SINGLE, app, "apig-wsgi", strict=True)
    assert visit.get("/admin") == "200 granted"
    assert visit.jar.keys() == {"session"}
    assert visit.told() == [("set", 2, 1), ("set", 2, 1)]
