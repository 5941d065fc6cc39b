"""WebSockets: the handshake has the session, and saves it where it can."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.errors import ReauthenticationRequired
from cookie_sessions.middleware import Sessions
from tests.flask.world import names_of
from tests.middleware.connections import STALE, ask, cookie_of, cut_off, values
from tests.middleware.sites import SECRET

DENIALS: dict[str, Any] = {"extensions": {"websocket.http.response": {}}}


async def accept(session: Any, send: Any) -> None:
    session["a"] = session.get("a", 0) + 1
    await send({"type": "websocket.accept", "headers": [(b"x-own", b"1")]})
    await send({"type": "websocket.send", "text": str(session["a"])})


async def refuse(session: Any, send: Any) -> None:
    session["a"] = 1
    await send({"type": "websocket.close", "code": 1008})
    session["b"] = 1


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
    assert "test_websockets.py" in str(told[1].details["place"])


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
