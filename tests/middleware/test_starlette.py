"""Our middleware in the place of Starlette's own: a dict, kept as long as Starlette keeps it."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.applications import Starlette
from starlette.datastructures import Secret
from starlette.middleware import Middleware
from starlette.middleware.sessions import Session as StarlettesSession
from starlette.middleware.sessions import SessionMiddleware as StarlettesMiddleware
from starlette.requests import Request as StarletteRequest
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.middleware.starlette import (
    SessionMiddleware,
    StarletteCookie,
    StarletteSession,
    StarletteSessions,
)
from cookie_sessions.revocation import configured
from tests.flask.listed import Faulty
from tests.flask.world import names_of
from tests.middleware.conftest import Clock
from tests.middleware.connections import ask, cookie_of, respond
from tests.middleware.sites import SECRET, AsyncSite, Visitor

View = Callable[[Any], object]


def served(*views: View, **options: Any) -> Visitor:
    """A visitor of an application whose pages, by number, say what views make of a session."""
    sessions = StarletteSessions(SECRET, **options)

    def page(view: View) -> Callable[[StarletteRequest], Response]:
        return lambda request: PlainTextResponse(str(view(request.session)))

    app = Starlette(
        routes=[Route(f"/{number}", page(view)) for number, view in enumerate(views)],
        middleware=[Middleware(SessionMiddleware, sessions=sessions)],
    )
    return AsyncSite(app, sessions.events).visitor()


def lines(response: httpx.Response) -> list[str]:
    return response.headers.get_list("set-cookie")


def opened_with(values: dict[str, Any], **options: Any) -> tuple[StarletteSessions, str]:
    """Sessions, and the cookie of one that holds these values."""
    sessions = StarletteSessions(SECRET, **options)

    async def fill(session: Any, send: Any) -> None:
        session.update(values)
        await respond(send)

    return sessions, cookie_of(ask(fill, sessions=sessions)[0])


def in_request(values: dict[str, Any], act: Callable[[Any], object]) -> None:
    """Act on a session that a cookie brought with these values."""
    act_on(*opened_with(values), act)


def act_on(
    sessions: StarletteSessions, cookie: str, act: Callable[[Any], object], *, user_agent: str = ""
) -> None:
    """Act on the session that a cookie brings."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        act(scope["session"])

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    headers = [(b"cookie", cookie.encode()), (b"user-agent", user_agent.encode())]
    scope: dict[str, Any] = {"type": "http", "headers": headers}
    asyncio.run(SessionMiddleware(app, sessions=sessions)(scope, nothing, nothing))
    # As with Starlette's own, a handler that stands before it has the session as well.
    assert isinstance(scope["session"], StarletteSession)


def test_it_takes_what_starlettes_takes() -> None:
    theirs = inspect.signature(StarlettesMiddleware).parameters
    ours = inspect.signature(SessionMiddleware).parameters
    assert list(ours)[: len(theirs)] == list(theirs)
    for name in set(theirs) - {"app", "secret_key"}:
        assert ours[name].default == theirs[name].default, name


def test_a_session_has_what_starlettes_has() -> None:
    names = {name for name in vars(StarlettesSession) if not name.startswith("__")}
    assert {name for name in names if not hasattr(StarletteSession, name)} == set()


def test_nothing_of_a_dict_is_left_that_would_pass_the_session_by() -> None:
    left = {
        name for name, value in vars(dict).items() if getattr(StarletteSession, name, None) is value
    }
    # Constructors, no hash, and comparisons that no dict has.
    allowed = {
        "__hash__",
        "__new__",
        "__getattribute__",
        "__sizeof__",
        "__lt__",
        "__le__",
        "__gt__",
        "__ge__",
    }
    assert left - allowed == set()


@pytest.mark.parametrize(
    ("change", "modified"),
    [
        (lambda session: session.__setitem__("c", 1), True),
        (lambda session: session.__delitem__("a"), True),
        (lambda session: session.clear(), True),
        (lambda session: session.pop("a"), True),
        (lambda session: session.pop("missing", None), False),
        (lambda session: session.popitem(), True),
        (lambda session: session.setdefault("b", 2), True),
        (lambda session: session.setdefault("a", 2), False),
        (lambda session: session.update(c=3), True),
        (lambda session: session.mark_modified(), True),
        (lambda session: session.mark_accessed(), False),
        (lambda session: session["list"].append(1), True),
    ],
)
def test_changes_are_noticed_as_starlette_notices_them(
    change: Callable[[Any], object], *, modified: bool
) -> None:
    def act(session: Any) -> None:
        assert not session.accessed
        change(session)
        assert (session.accessed, session.modified) == (True, modified)

    in_request({"a": "1", "list": []}, act)


def test_compiled_code_sees_what_the_session_holds() -> None:
    def act(session: Any) -> None:
        # As the property ``request.session`` does.
        session.mark_accessed()
        assert json.dumps(session) == '{"a": 1, "b": {"c": [1]}}'
        session["d"] = 2
        del session["a"]
        session["b"]["c"].append(2)
        assert json.dumps(session, separators=(",", ":")) == '{"b":{"c":[1,2]},"d":2}'
        # What takes a dict apart as a dict.
        assert dict(dict.items(session)) == {"b": {"c": [1, 2]}, "d": 2} == session
        assert session == {"b": {"c": [1, 2]}, "d": 2}
        assert session != {}
        assert {**session} == session | {} == {} | session
        session.clear()
        assert (json.dumps(session), dict.__len__(session)) == ("{}", 0)

    in_request({"a": 1, "b": {"c": [1]}}, act)


def test_where_nobody_says_that_a_session_is_asked_for_a_copy_shows_what_it_holds() -> None:
    def act(session: Any) -> None:
        # As before Starlette 1.0.
        assert json.dumps(session) == "{}"
        assert json.dumps(dict(session)) == '{"a": 1}'
        assert json.dumps(session) == '{"a": 1}'

    in_request({"a": 1}, act)


def test_a_session_of_another_owner_shows_no_secret_of_the_one_before() -> None:
    def act(session: Any) -> None:
        session.subject = "ann"
        assert json.dumps(session) == '{"cart": 1}'
        assert dict(dict.items(session)) == {"cart": 1}

    in_request({"csrf_token": "known", "cart": 1}, act)


def test_a_session_that_can_not_be_ended_is_empty_for_compiled_code_as_well(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Faulty()
    monkeypatch.setattr(configured, "store_from_url", lambda *_, **__: store)
    config = {"COOKIE_SESSIONS_REVOCATIONS": "faulty:"}

    def leave(session: Any) -> None:
        assert session["a"] == 1
        store.full = True
        with pytest.raises(Unavailable):
            session.destroy(revoke=True)
        assert (json.dumps(session), dict.__len__(session)) == ("{}", 0)
        session["b"] = 2
        assert (json.dumps(session), dict.__len__(session)) == ("{}", 0)

    act_on(*opened_with({"a": 1}, config=config), leave)


def test_a_session_of_another_client_is_empty_for_compiled_code_as_well() -> None:
    held: list[Any] = []

    def hook(_anomaly: object) -> str:
        held[0]["noted"] = 1
        return "reject"

    def look(session: Any) -> None:
        held.append(session)
        assert session.get("a") is None
        assert (json.dumps(session), dict.__len__(session)) == ("{}", 0)

    config = {"COOKIE_SESSIONS_BINDING": {"user_agent": 60}}
    sessions, cookie = opened_with({"a": 1}, config=config, on_anomaly=[hook])
    act_on(sessions, cookie, look, user_agent="curl/8.5.0")
    assert held


def test_a_session_is_not_compared_before_it_is_opened() -> None:
    in_request({"a": 1}, lambda session: session == {"a": 1} or pytest.fail("unopened"))
    in_request({"a": 1}, lambda session: session != {} or pytest.fail("unopened"))


def test_a_session_can_not_be_pickled() -> None:
    def act(session: Any) -> None:
        with pytest.raises(UsageError, match="pickled"):
            session.__reduce_ex__(2)

    in_request({"a": 1}, act)


def test_json_responses_and_models_of_fastapi_show_the_session() -> None:
    app = FastAPI()
    app.add_middleware(SessionMiddleware, secret_key=SECRET)

    @app.get("/write")
    def write(request: Request) -> dict[str, Any]:
        request.session["a"] = [1]
        return request.session

    @app.get("/read")
    async def read(request: Request) -> Response:
        return JSONResponse({"session": request.session})

    visitor = AsyncSite(app, StarletteSessions(SECRET).events).visitor()
    assert visitor.get("/write").json() == {"a": [1]}
    assert visitor.get("/read").json() == {"session": {"a": [1]}}


def test_a_session_ends_max_age_after_its_last_change(clock: Clock) -> None:
    visitor = served(
        lambda session: session.update(a=1), lambda session: session.get("a"), max_age=100
    )
    (line,) = lines(visitor.get("/0"))
    assert re.fullmatch(r"session=[\w-]+; path=/; Max-Age=100; httponly; samesite=lax", line)
    cookie = visitor.cookie
    clock.forward(100)
    response = visitor.takes(cookie).get("/1")
    assert (response.text, lines(response)) == ("1", [])
    clock.forward(1)
    assert visitor.takes(cookie).text("/1") == "None"


def test_reading_moves_the_end_where_settings_say_so(clock: Clock) -> None:
    visitor = served(
        lambda session: session.update(a=1),
        lambda session: session.get("a"),
        max_age=100,
        config={"SESSION_REFRESH_EACH_REQUEST": True},
    )
    visitor.get("/0")
    for _ in range(4):
        clock.forward(60)
        response = visitor.get("/1")
        assert (response.text, len(lines(response))) == ("1", 1)


def test_without_a_max_age_the_browser_forgets_and_the_seal_has_an_end(clock: Clock) -> None:
    visitor = served(
        lambda session: session.update(a=1),
        lambda session: session.get("a"),
        max_age=None,
        config={"PERMANENT_SESSION_LIFETIME": 50},
    )
    (line,) = lines(visitor.get("/0"))
    attributes = line.lower().partition(";")[2]  # Any letters may stand in the value.
    assert [name for name in ("age", "expires") if name in attributes] == []
    clock.forward(51)
    assert visitor.text("/1") == "None"


def test_times_of_ours_count_before_max_age(clock: Clock) -> None:
    visitor = served(
        lambda session: session.update(a=1), config={"COOKIE_SESSIONS_IDLE_TIMEOUT": 600}
    )
    (line,) = lines(visitor.get("/0"))
    # 1,900,000,600 seconds since the epoch.
    assert "; expires=Sun, 17 Mar 2030 17:56:40 GMT;" in line


@pytest.mark.parametrize("each_request", [True, False])
def test_a_lifetime_in_the_settings_counts_before_max_age(
    clock: Clock, *, each_request: bool
) -> None:
    visitor = served(
        lambda session: session.update(a=1),
        lambda session: session.get("a"),
        config={
            "PERMANENT_SESSION_LIFETIME": timedelta(seconds=60),
            "SESSION_REFRESH_EACH_REQUEST": each_request,
        },
    )
    (line,) = lines(visitor.get("/0"))
    # 60 seconds behind 1,900,000,000 since the epoch.
    end = "expires=Sun, 17 Mar 2030 17:47:40 GMT" if each_request else "Max-Age=60"
    assert f"; {end};" in line
    cookie = visitor.cookie
    clock.forward(61)
    assert visitor.takes(cookie).text("/1") == "None"


def test_what_is_none_in_the_settings_takes_no_argument_away() -> None:
    sessions = StarletteSessions(
        SECRET,
        max_age=100,
        https_only=True,
        config=dict.fromkeys(("SECRET_KEY", "SESSION_COOKIE_SECURE", "PERMANENT_SESSION_LIFETIME")),
    )
    assert sessions.configuration.cookie.secure
    assert sessions.configuration.lifetime == 100


def test_a_cookie_is_deleted_where_it_stands() -> None:
    visitor = served(
        lambda session: session.update(a=1),
        lambda session: session.clear(),
        path="/",
        domain=".shop.test",
        same_site="none",
        https_only=False,
    )
    visitor.get("/0")
    (line,) = lines(visitor.get("/1"))
    assert line == (
        "session=; path=/; Max-Age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; "
        "samesite=none; domain=.shop.test"
    )
    assert not {*visitor.cookies}


def test_a_cookie_of_each_top_level_site_is_secure_and_one_without_samesite_says_nothing() -> None:
    visitor = served(
        lambda session: session.update(a=1), same_site="none", https_only=True, partitioned=True
    )
    (line,) = lines(visitor.get("/0"))
    assert line.endswith("; httponly; samesite=none; secure; partitioned")
    cookie = StarletteSessions(SECRET).configuration.cookie
    assert isinstance(cookie, StarletteCookie)
    assert "samesite=lax" in cookie.render("AQ")
    assert "samesite" not in replace(cookie, samesite=None).render("AQ")


def test_starlettes_secret_is_a_key_and_settings_come_before_arguments() -> None:
    one = StarletteSessions(Secret(SECRET))
    assert one.manager.ring().primary.kid == StarletteSessions(SECRET).manager.ring().primary.kid
    other = StarletteSessions(SECRET, "name", config={"SESSION_COOKIE_NAME": "sid"})
    assert other.configuration.cookie.name == "sid"
    with pytest.raises(ConfigurationError, match="no key"):
        StarletteSessions()


def test_events_are_told_where_the_sessions_were_made_before() -> None:
    told: list[Any] = []
    sessions = StarletteSessions(SECRET)
    sessions.events.subscribe(told.append)

    async def act(session: Any, send: Any) -> None:
        session["a"] = object()
        await respond(send)

    with pytest.raises(UsageError):
        ask(act, sessions=sessions)
    assert names_of(told) == []

    async def large(session: Any, send: Any) -> None:
        session["a"] = [str(number) * 9 for number in range(9_000)]
        await respond(send)

    with pytest.raises(UsageError):
        ask(large, sessions=sessions)
    assert names_of(told) == ["oversize"]
