"""What ASGI asks of whoever stands between a server and an application."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.crypto import Aead
from cookie_sessions.errors import (
    ConfigurationError,
    ReauthenticationRequired,
    Unavailable,
    UsageError,
)
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware
from cookie_sessions.middleware.exchange import Exchange
from tests.flask.listed import Faulty
from tests.flask.world import names_of
from tests.middleware.sites import SECRET
from tests.middleware.test_wsgi import cut_off
from tests.stores.blackhole import blackhole

Act = Callable[[Any, Any], Awaitable[None]]
STALE = f"session=AQ{'A' * 90}"
DENIALS: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}


def ask(
    act: Act,
    *,
    sessions: Sessions | None = None,
    kind: str = "http",
    cookie: str = "",
    **scope: Any,
) -> list[dict[str, Any]]:
    """Have an application act on one connection, and give what it sent."""
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await act(scope["session"], send)

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError

    headers = [(b"cookie", line.encode()) for line in cookie.split("\n") if line]
    whole: dict[str, Any] = {"type": kind, "path": "/", "headers": headers, **scope}
    middleware = SessionMiddleware(app, sessions or Sessions({"SECRET_KEY": SECRET}))
    asyncio.run(middleware(whole, receive, send))
    assert "session" not in whole
    return sent


def values(message: dict[str, Any], name: bytes) -> list[bytes]:
    return [value for each, value in message["headers"] if each == name]


def cookie_of(message: dict[str, Any]) -> str:
    (line,) = values(message, b"set-cookie")
    return line.decode().partition(";")[0]


async def respond(send: Any, *, status: int = 200) -> None:
    await send({"type": "http.response.start", "status": status})
    await send({"type": "http.response.body", "body": b"page"})


async def write(session: Any, send: Any) -> None:
    session["a"] = session.get("a", 0) + 1
    await respond(send)


async def accept(session: Any, send: Any) -> None:
    session["a"] = session.get("a", 0) + 1
    await send({"type": "websocket.accept", "headers": [(b"x-own", b"1")]})
    await send({"type": "websocket.send", "text": str(session["a"])})


async def refuse(session: Any, send: Any) -> None:
    session["a"] = 1
    await send({"type": "websocket.close", "code": 1008})
    session["b"] = 1


async def read(session: Any, send: Any) -> None:
    session.get("a")
    await respond(send)


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


def test_a_handshake_saves_the_session_beside_what_it_says_itself() -> None:
    first, said = ask(accept, kind="websocket")
    assert values(first, b"x-own") == [b"1"]
    assert said["text"] == "1"
    _, said = ask(accept, kind="websocket", cookie=cookie_of(first))
    assert said["text"] == "2"


def test_a_handshake_that_is_denied_by_a_response_saves_the_session() -> None:
    async def deny(session: Any, send: Any) -> None:
        session["a"] = 1
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    start, body = ask(deny, kind="websocket", **DENIALS)
    assert (start["status"], body["body"]) == (403, b"no")
    assert cookie_of(start)


def test_a_handshake_that_is_refused_without_a_response_loses_what_was_written() -> None:
    sessions = Sessions({"SECRET_KEY": SECRET})
    told: list[Any] = []
    sessions.events.subscribe(told.append)
    (close,) = ask(refuse, sessions=sessions, kind="websocket")
    assert close == {"type": "websocket.close", "code": 1008}
    assert names_of(told) == ["write_lost", "write_lost"]
    assert "WebSocket" in str(told[0].details["place"])
    assert "test_asgi.py" in str(told[1].details["place"])


def test_a_handshake_whose_keys_can_not_be_had_is_denied() -> None:
    for cookie in (STALE, ""):
        start, body = ask(accept, sessions=cut_off(), kind="websocket", cookie=cookie, **DENIALS)
        assert (start["type"], start["status"]) == ("websocket.http.response.start", 503)
        assert body["type"] == "websocket.http.response.body"
        (close,) = ask(accept, sessions=cut_off(), kind="websocket", cookie=cookie)
        assert (close["type"], close["code"]) == ("websocket.close", 1013)


def test_a_handshake_of_somebody_who_must_prove_who_they_are_is_denied() -> None:
    async def act(session: Any, send: Any) -> None:
        raise ReauthenticationRequired(max_age=60)

    start, _ = ask(act, kind="websocket", **DENIALS)
    assert start["status"] == 401
    assert values(start, b"www-authenticate")
    (close,) = ask(act, kind="websocket")
    assert close["code"] == 1008


def test_after_a_handshake_was_accepted_errors_are_the_servers() -> None:
    async def act(session: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        raise ReauthenticationRequired(max_age=60)

    with pytest.raises(ReauthenticationRequired):
        ask(act, kind="websocket")


class Threads:
    """Whether the real cryptography was called in the event loop's thread, or in another."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        seal, open_ = Aead.seal, Aead.open

        def watched_seal(aead: Aead, plaintext: bytes, aad: bytes) -> bytes:
            self._note("seal")
            return seal(aead, plaintext, aad)

        def watched_open(aead: Aead, octets: bytes, aad: bytes) -> bytes:
            self._note("open")
            return open_(aead, octets, aad)

        monkeypatch.setattr(Aead, "seal", watched_seal)
        monkeypatch.setattr(Aead, "open", watched_open)

    def _note(self, what: str) -> None:
        in_loop = threading.current_thread() is threading.main_thread()
        self.seen.append(f"{what} in {'the loop' if in_loop else 'a thread'}")


def test_where_nothing_may_have_to_wait_sessions_are_opened_and_sealed_in_the_loop(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ring = tmp_path / "keys.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    for config in (
        {"SECRET_KEY": SECRET},
        {"COOKIE_SESSIONS_KEYS": f"file:{ring}", "COOKIE_SESSIONS_REVOCATIONS": "memory:"},
    ):
        sessions = Sessions(config)
        with monkeypatch.context() as patch:
            threads = Threads(patch)
            start, _ = ask(write, sessions=sessions)
            ask(write, sessions=sessions, cookie=cookie_of(start))
        assert threads.seen == ["seal in the loop", "open in the loop", "seal in the loop"]


@pytest.mark.parametrize("name", ["REVOCATIONS", "OVERFLOW", "KEYS"])
def test_where_a_server_may_be_asked_sessions_are_opened_and_sealed_in_a_thread(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ring = new_jwk_set()
    value: Any = (lambda: ring) if name == "KEYS" else f"sqlite:{tmp_path / 'store.db'}"
    sessions = Sessions({"SECRET_KEY": SECRET, f"COOKIE_SESSIONS_{name}": value})
    threads = Threads(monkeypatch)
    start, _ = ask(write, sessions=sessions)
    cookie = cookie_of(start)
    threads.seen.clear()
    ask(write, sessions=sessions, cookie=cookie)
    assert threads.seen == ["open in a thread", "seal in a thread"]

    async def untouched(session: Any, send: Any) -> None:
        await respond(send)

    early: list[object] = []
    open_early = Exchange.open_early

    def watched(exchange: Exchange) -> None:
        early.append(exchange)
        open_early(exchange)

    monkeypatch.setattr(Exchange, "open_early", watched)
    # It was opened early, and yet nobody has used it.
    start, _ = ask(untouched, sessions=sessions, cookie=cookie)
    assert "headers" not in start
    threads.seen.clear()
    ask(untouched, sessions=sessions, cookie="other=1")
    assert threads.seen == []
    # A request that brought nothing costs no thread.
    assert len(early) == 1


def test_a_ring_that_has_to_be_read_again_is_read_in_a_thread(
    clock: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ring = tmp_path / "keys.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    sessions = Sessions({"COOKIE_SESSIONS_KEYS": f"file:{ring}"})
    cookie = cookie_of(ask(write, sessions=sessions)[0])
    clock.forward(301)
    threads = Threads(monkeypatch)
    ask(read, sessions=sessions, cookie=cookie)
    clock.forward(1)
    ask(read, sessions=sessions, cookie=cookie)
    assert threads.seen == ["open in a thread", "open in the loop"]


def test_values_in_a_store_are_there_before_the_application_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sessions = Sessions(
        {
            "SECRET_KEY": SECRET,
            "COOKIE_SESSIONS_OVERFLOW": f"sqlite:{tmp_path / 'store.db'}",
            "COOKIE_SESSIONS_COLD": ["far"],
        }
    )

    async def fill(session: Any, send: Any) -> None:
        session["far"] = [1, 2]
        await respond(send)

    cookie = cookie_of(ask(fill, sessions=sessions)[0])
    assert sessions.manager.overflow is not None
    asked: list[bool] = []
    fetch = sessions.manager.overflow.fetch

    def watched(*arguments: Any) -> Any:
        asked.append(threading.current_thread() is threading.main_thread())
        return fetch(*arguments)

    monkeypatch.setattr(sessions.manager.overflow, "fetch", watched)
    seen: list[Any] = []

    async def look(session: Any, send: Any) -> None:
        seen.append((session["far"], dict(session)))
        await respond(send)

    ask(look, sessions=sessions, cookie=cookie)
    assert seen == [([1, 2], {"far": [1, 2]})]
    assert asked == [False]


def test_values_that_can_not_be_had_matter_to_those_alone_who_ask_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = Faulty()
    monkeypatch.setattr("cookie_sessions.stores.url.store_from_url", lambda *_, **__: store)
    config = {"COOKIE_SESSIONS_OVERFLOW": "faulty:", "COOKIE_SESSIONS_COLD": ["far"]}
    sessions = Sessions({"SECRET_KEY": SECRET, **config})
    told: list[Any] = []
    sessions.events.subscribe(told.append)

    async def fill(session: Any, send: Any) -> None:
        session.update(near=1, far=2)
        await respond(send)

    async def look_near(session: Any, send: Any) -> None:
        assert session["near"] == 1
        await respond(send)

    async def look_far(session: Any, send: Any) -> None:
        assert session["far"] == 2
        await respond(send)

    cookie = cookie_of(ask(fill, sessions=sessions)[0])
    # Another process, which has the value in no cache.
    sessions = Sessions({"SECRET_KEY": SECRET, **config})
    sessions.events.subscribe(told.append)
    store.down = True
    assert ask(look_near, sessions=sessions, cookie=cookie)[0].get("status") == 200
    asked = len(store.asked)
    assert ask(look_far, sessions=sessions, cookie=cookie)[0].get("status") == 503
    # Once, early, and not a second time in the event loop.
    assert len(store.asked) == asked + 1
    assert "unavailable" in names_of(told)
    store.down = False
    assert ask(look_far, sessions=sessions, cookie=cookie)[0].get("status") == 200


def test_a_loop_goes_on_while_a_store_does_not_answer() -> None:
    with blackhole() as port:
        url = f"redis://127.0.0.1:{port}/0"
        sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_OVERFLOW": url})

        async def large(session: Any, send: Any) -> None:
            session["noise"] = [str(number) * 9 for number in range(9_000)]
            await respond(send)

        async def both() -> tuple[float, int]:
            ticks = 0
            longest = 0.0

            async def tick() -> None:
                nonlocal ticks, longest
                last = time.monotonic()
                while not asking.done():
                    await asyncio.sleep(0.005)
                    now = time.monotonic()
                    longest, last, ticks = max(longest, now - last), now, ticks + 1

            statuses: list[int] = []

            async def app(scope: Any, receive: Any, send: Any) -> None:
                await large(scope["session"], send)

            async def send(message: Any) -> None:
                statuses.append(message.get("status", 0))

            async def receive() -> Any:
                raise AssertionError

            scope = {"type": "http", "path": "/", "headers": []}
            connection = SessionMiddleware(app, sessions)(scope, receive, send)
            began = time.monotonic()
            asking = asyncio.ensure_future(connection)
            await tick()
            await asking
            assert statuses[0] == 503
            return longest / (time.monotonic() - began), ticks

        part, ticks = asyncio.run(both())
        # It waited for the store for a good while, and nothing else did.
        assert ticks > 10
        assert part < 0.5


def test_lines_joined_by_commas_are_no_matter_here() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError

    with pytest.raises(ConfigurationError, match="JOIN_BY_COMMAS is for servers"):
        SessionMiddleware(app, {"SECRET_KEY": SECRET, "COOKIE_SESSIONS_JOIN_BY_COMMAS": True})
