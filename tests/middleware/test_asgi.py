"""What ASGI asks of whoever stands between a server and an application."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from cookie_sessions.errors import (
    ConfigurationError,
    SessionTooLarge,
    Unavailable,
    UsageError,
)
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware
from tests.flask.world import names_of
from tests.middleware.conftest import Clock
from tests.middleware.connections import (
    STALE,
    ask,
    cookie_of,
    cut_off,
    read,
    respond,
    values,
    write,
)
from tests.middleware.pages import noise
from tests.middleware.sites import SECRET


def test_other_kinds_of_connection_pass_untouched() -> None:
    seen: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.extend([scope, receive, send])

    async def never() -> Any:
        raise AssertionError

    async def nowhere(message: Any) -> None:
        raise AssertionError

    scope: dict[str, Any] = {"type": "lifespan"}
    asyncio.run(SessionMiddleware(app, {"SECRET_KEY": SECRET})(scope, never, nowhere))
    assert [id(one) for one in seen] == [id(scope), id(never), id(nowhere)]
    assert scope == {"type": "lifespan"}


def test_cookie_lines_that_http2_has_split_are_one_header() -> None:
    sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_PROFILE": "no-proxy"})

    async def large(session: Any, send: Any) -> None:
        session["noise"] = [str(number) * 7 for number in range(1_500)]
        await respond(send)

    lines = [
        line.decode().partition(";")[0]
        for line in values(ask(large, sessions=sessions)[0], b"set-cookie")
    ]
    assert len(lines) > 1
    seen: list[int] = []

    async def look(session: Any, send: Any) -> None:
        seen.append(len(session["noise"]))
        await respond(send)

    ask(look, sessions=sessions, cookie="\n".join(["x=1", *lines]))
    assert seen == [1_500]


def test_octets_that_are_no_text_are_a_new_session() -> None:
    seen: list[Any] = []

    async def look(session: Any, send: Any) -> None:
        seen.append(session.get("a"))
        await respond(send)

    octets = bytes(range(0x80, 0x100))
    ask(look, headers=[(b"cookie", b"session=" + octets), (b"cookie", octets + b"=" + octets)])
    assert seen == [None]


def test_a_response_without_headers_gets_ours_in_lower_case() -> None:
    start, body = ask(write)
    assert {name for name, _ in start["headers"]} == {b"set-cookie", b"vary", b"cache-control"}
    assert body == {"type": "http.response.body", "body": b"page"}


def test_what_can_not_be_kept_is_raised_out_of_send_and_an_error_page_sets_nothing() -> None:
    async def act(session: Any, send: Any) -> None:
        session["a"] = object()
        with pytest.raises(UsageError, match="session"):
            await respond(send)
        session["b"] = 1
        await respond(send, status=500)

    sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_STRICT": True})
    told: list[Any] = []
    sessions.events.subscribe(told.append)
    start, _ = ask(act, sessions=sessions)
    assert start["status"] == 500
    assert start["headers"] == [(b"vary", b"Cookie")]
    # What the error page wrote is told of, and no second error.
    assert names_of(told) == ["write_lost"]


@pytest.mark.parametrize(
    ("header", "fits"),
    [
        ((b"accept-language", b"x" * 3_000), False),
        ((b"authorization", b"Bearer " + b"x" * 3_000), False),
        ((b"authorization", b"Session " + b"x" * 3_000), True),
        ((b"cookie", b"other=" + b"x" * 3_000), True),
        ((b"referer", b"http://shop.test/" + b"x" * 3_000), True),
    ],
)
def test_what_every_request_of_a_visitor_carries_takes_room_from_their_session(
    header: tuple[bytes, bytes], *, fits: bool
) -> None:
    sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_PROFILE": "lighttpd"})

    async def large(session: Any, send: Any) -> None:
        session["noise"] = noise(5_500)
        await respond(send)

    if fits:
        start, _ = ask(large, sessions=sessions, headers=[header])
        assert len(values(start, b"set-cookie")) == 2
    else:
        with pytest.raises(SessionTooLarge, match="whose headers are longer"):
            ask(large, sessions=sessions, headers=[header])


def test_pages_that_use_no_session_go_on_while_the_ring_is_wrong(clock: Clock) -> None:
    answers: list[str] = []

    def ring() -> str:
        if not answers:
            raise TimeoutError
        return answers[-1]

    sessions = Sessions({"COOKIE_SESSIONS_KEYS": ring})
    answers.append("no ring")
    clock.forward(60)

    async def untouched(session: Any, send: Any) -> None:
        await respond(send)

    start, _ = ask(untouched, sessions=sessions, cookie=STALE)
    assert start["status"] == 200
    with pytest.raises(ConfigurationError, match="JSON"):
        ask(read, sessions=sessions, cookie=STALE)


def test_a_refresh_whose_keys_can_not_be_had_is_told_once_and_breaks_no_page(clock: Clock) -> None:
    ring = new_jwk_set()

    async def keep(session: Any, send: Any) -> None:
        session.permanent = True
        await respond(send)

    async def untouched(session: Any, send: Any) -> None:
        await respond(send)

    cookie = cookie_of(ask(keep, sessions=Sessions({"COOKIE_SESSIONS_KEYS": lambda: ring}))[0])
    sessions = cut_off()
    told: list[Any] = []
    sessions.events.subscribe(told.append)
    clock.forward(86_400)
    start, _ = ask(untouched, sessions=sessions, cookie=cookie)
    assert start["status"] == 200
    assert values(start, b"set-cookie") == []
    assert names_of(told).count("unavailable") == 1


def test_keys_that_can_not_be_had_are_answered_503() -> None:
    for act, cookie in ((read, STALE), (write, STALE), (write, "")):
        start, body = ask(act, sessions=cut_off(), cookie=cookie)
        assert start["status"] == 503
        assert values(start, b"retry-after") == [b"5"]
        assert values(start, b"set-cookie") == []
        assert body["more_body"] is False


def test_a_page_that_was_made_for_want_of_a_session_is_a_503() -> None:
    async def act(session: Any, send: Any) -> None:
        try:
            session.get("a")
        except Exception:  # noqa: BLE001 - as a framework does.
            await respond(send, status=500)

    start, body = ask(act, sessions=cut_off(), cookie=STALE)
    assert (start["status"], b"not available" in body["body"]) == (503, True)


def test_an_error_behind_the_start_of_a_response_is_the_servers() -> None:
    async def act(session: Any, send: Any) -> None:
        await respond(send)
        session.get("a")

    with pytest.raises(Unavailable):
        ask(act, sessions=cut_off(), cookie=STALE)


def test_a_page_that_was_made_without_its_session_is_nobody_elses() -> None:
    async def act(session: Any, send: Any) -> None:
        with pytest.raises(Unavailable):
            session.get("a")
        await respond(send)

    start, _ = ask(act, sessions=cut_off(), cookie=STALE)
    assert start["status"] == 200
    assert values(start, b"cache-control") == [b"private"]
    assert values(start, b"vary") == [b"Cookie"]


def test_lines_joined_by_commas_are_no_matter_here() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="JOIN_BY_COMMAS is for servers"):
        SessionMiddleware(app, {"SECRET_KEY": SECRET, "COOKIE_SESSIONS_JOIN_BY_COMMAS": True})
