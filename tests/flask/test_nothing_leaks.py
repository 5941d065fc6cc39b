"""No key, cookie value or data of a session stands in a log, an event, an error or a repr."""

from __future__ import annotations

import io
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, Response, session
from flask.typing import ResponseReturnValue

from cookie_sessions.errors import Rejected
from cookie_sessions.events import Event
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import FunctionSource, KeyProvider
from tests.flask.conftest import Clock
from tests.flask.outage import unreachable
from tests.flask.world import get, ours, route, sealed, set_cookies
from tests.keys.secrecy import recorded

CANARY = "canary-of-the-data"
SECRET_CANARY = "canary-of-the-secret-key"


class Unprintable:
    def __repr__(self) -> str:
        return CANARY


def app_of_all_trades(**config: Any) -> Flask:
    """An application whose pages do everything that has ever gone wrong with a session."""
    app = ours(SECRET_KEY=SECRET_CANARY, PROPAGATE_EXCEPTIONS=False, **config)

    def late() -> Response:
        held: Any = session
        found = held._get_current_object()

        def parts() -> Iterator[str]:
            found["late"] = CANARY
            yield "page"

        return Response(parts())

    def shown() -> str:
        session.get("data")
        held: Any = session
        found = held._get_current_object()
        claims = found._own_claims
        return repr([found, found._origin, found._content, claims])

    def error_page(_: Exception) -> ResponseReturnValue:
        return repr(session), 500

    route(app, lambda: session.update(data=CANARY, nested=[{"x": CANARY}]), at="/write")
    route(app, lambda: session.update(data=CANARY, _permanent=True), at="/keep")
    route(app, lambda: session.update(data={"x": [CANARY, {"y": Unprintable()}]}), at="/bad")
    route(app, lambda: session.update(data=CANARY * 2, big=bytes(5000).hex() + noise()), at="/big")
    route(app, lambda: session.get("data") and "read", at="/read")
    route(app, lambda: len(session), at="/count")
    route(app, lambda: session.clear(), at="/clear")
    app.add_url_rule("/late", view_func=late)
    app.add_url_rule("/shown", view_func=shown)
    route(app, lambda: session["data"] / 2, at="/fail")
    app.register_error_handler(500, error_page)
    return app


def noise() -> str:
    return "".join(chr(0x4E00 + (n * n * n * 31) % 20_011) for n in range(4000))


class Everything(logging.Handler):
    """Keeps every record as a formatter would print it, its arguments and exception included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(f"{self.format(record)} {record.__dict__}\n")
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            self.text.write("".join(traceback.format_exception(error, chain=True)))
            self.text.write(f"{error!r} {error.args!r} {vars(error)!r}\n")


@pytest.fixture
def everything() -> Iterator[Everything]:
    handler = Everything()
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


PATHS = ["/read", "/count", "/write", "/keep", "/bad", "/big", "/late", "/shown", "/fail", "/clear"]


def test_a_run_of_everything_gives_nothing_away(clock: Clock, everything: Everything) -> None:
    apps = [
        app_of_all_trades(),
        app_of_all_trades(COOKIE_SESSIONS_STRICT=True, COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=50),
        app_of_all_trades(COOKIE_SESSIONS_AUDIENCE="canary"),
    ]
    told: list[Event] = []
    for app in apps:
        CookieSessions.events(app).subscribe(told.append)
    values: set[str] = set()
    bodies: list[str] = []
    good = [sealed(get(apps[0], path)) for path in ("/write", "/keep")]
    values.update(good)
    cookies = [
        f"session={good[0]}",
        f"session={good[1]}",
        f"session={good[0]}; session={good[1]}",
        f"session={good[0]}!",
        f"session={good[0][:-3]}AAA",
        "session=canary-of-a-cookie",
        "",
    ]
    for seconds in (0, 100, 86_400 * 40, -86_400 * 80):
        clock.forward(seconds)
        for app in apps:
            for cookie in cookies:
                for path in PATHS:
                    try:
                        response = get(app, path, cookie=cookie)
                    except Exception as error:  # noqa: BLE001 - it is looked at, whatever it is.
                        everything.text.write("".join(traceback.format_exception(error)))
                        continue
                    bodies.append(response.text)
                    lines = [line.partition(";")[0] for line in set_cookies(response)]
                    values.update(line.partition("=")[2] for line in lines)
    AppState.of(apps[0]).provider = KeyProvider(FunctionSource(unreachable))
    bodies += [get(apps[0], path, cookie=cookies[0]).text for path in PATHS]
    values.discard("")
    text = everything.text.getvalue()
    assert {"rejected", "write_lost", "oversize", "created", "unavailable"} <= {
        one.name for one in told
    }
    for output in (text, repr(told), "".join(map(str, told)), "".join(bodies)):
        assert CANARY not in output
        assert SECRET_CANARY not in output
        assert "canary-of-a-cookie" not in output
        assert [value for value in values if value[:20] in output] == []
    assert "big" in text


def test_neither_an_application_nor_its_parts_show_a_key() -> None:
    app = app_of_all_trades()
    get(app, "/write")
    state = AppState.of(app)
    parts: list[object] = [state, state.manager, state.ring(), state.ring().primary]
    parts += [state.manager.settings, app.session_interface, list(state.ring())]
    assert SECRET_CANARY not in "".join(map(repr, parts))


def test_a_session_in_an_exception_shows_its_names_only() -> None:
    app = app_of_all_trades()
    seen: list[str] = []

    def page(error: Any) -> ResponseReturnValue:
        seen.append("".join(traceback.format_exception(error.original_exception)))
        held: Any = session
        frame = error.original_exception.__traceback__
        while frame is not None:
            seen.append(repr({k: v for k, v in frame.tb_frame.f_locals.items() if k == "held"}))
            frame = frame.tb_next
        return repr(held._get_current_object()), 500

    def view() -> str:
        held: Any = session
        held["data"] = CANARY
        return str(held["data"] / 2)

    app.add_url_rule("/divide", view_func=view)
    app.register_error_handler(500, page)
    response = get(app, "/divide")
    assert response.text == "<FlaskSession with the keys ['data']>"
    assert CANARY not in "".join(seen)


def raised_by(app: Flask, path: str, cookie: str | None = None) -> BaseException:
    app.config["PROPAGATE_EXCEPTIONS"] = True
    try:
        get(app, path, cookie=cookie)
    except Exception as error:  # noqa: BLE001 - it is looked at, whatever it is.
        return error
    raise AssertionError(f"{path} raised nothing")


@pytest.mark.parametrize("path", ["/missing", "/take", "/odd", "/bad", "/worse", "/big", "/twice"])
def test_no_frame_of_the_package_holds_data_or_a_cookie_when_an_error_leaves_it(path: str) -> None:
    value = sealed(get(app_of_all_trades(), "/write"))
    app = app_of_all_trades()
    route(app, lambda: session["missing"], at="/missing")
    route(app, lambda: session.pop("missing"), at="/take")
    route(app, lambda: session[[]], at="/odd")  # type: ignore[index]
    route(app, lambda: session["nested"].append(Unprintable()), at="/worse")
    twice: Any = {float("nan"): 1, float("nan"): 2}
    route(app, lambda: session.update(twice), at="/twice")
    error = raised_by(app, path, f"session={value}")
    text = recorded(error)
    assert CANARY not in text
    assert value[60:90] not in text
    assert error.__context__ is None


def test_no_frame_of_the_package_holds_a_secret_key_that_can_not_be_used() -> None:
    for config in ({"SECRET_KEY_FALLBACKS": SECRET_CANARY}, {"SECRET_KEY_FALLBACKS": [["x"]]}):
        error = raised_by(app_of_all_trades(**config), "/write")
        assert "fallback" in str(error)
        assert SECRET_CANARY not in recorded(error)


def test_a_refusal_carries_its_reason_and_nothing_of_the_cookie() -> None:
    app = app_of_all_trades()
    value = sealed(get(app, "/write"))
    manager = AppState.of(app).manager
    with pytest.raises(Rejected) as caught:
        manager.open_text(value[:-4] + "AAAA", name="session")
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value.args)
    assert value[:20] not in text
