"""The event loop never waits for a store or for keys, and costs no thread where it need not."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.crypto import Aead
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.asgi import SessionMiddleware
from cookie_sessions.middleware.exchange import Exchange
from cookie_sessions.stores.redis import RedisStore
from tests.flask.listed import Faulty
from tests.flask.world import names_of
from tests.gunicorn_server import PATIENCE
from tests.middleware.connections import ask, cookie_of, read, respond, write
from tests.middleware.sites import SECRET
from tests.stores.blackhole import blackhole


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


def test_a_loop_goes_on_while_a_store_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop_turned = threading.Event()
    went_on: list[bool] = []
    put_many = RedisStore.put_many

    def asked(store: RedisStore, *arguments: Any, **named: Any) -> None:
        loop_turned.clear()
        try:
            put_many(store, *arguments, **named)
        finally:
            # A loop that waits for this question never turns meanwhile.
            went_on.append(loop_turned.wait(PATIENCE))

    async def large(session: Any, send: Any) -> None:
        session["noise"] = [str(number) * 9 for number in range(9_000)]
        await respond(send)

    async def both(sessions: Sessions) -> list[int]:
        statuses: list[int] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await large(scope["session"], send)

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        async def receive() -> Any:
            raise AssertionError

        scope = {"type": "http", "path": "/", "headers": []}
        connection = SessionMiddleware(app, sessions)(scope, receive, send)
        asking = asyncio.ensure_future(connection)
        while not asking.done():
            await asyncio.sleep(0.005)
            loop_turned.set()
        await asking
        return statuses

    monkeypatch.setattr(RedisStore, "put_many", asked)
    with blackhole() as port:
        url = f"redis://127.0.0.1:{port}/0"
        sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_OVERFLOW": url})
        assert asyncio.run(both(sessions))[0] == 503
    assert went_on == [True]
