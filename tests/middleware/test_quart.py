"""What Quart's interface has beside the contract: WebSockets, and error handlers of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

from quart import Quart, session, websocket
from quart.sessions import SecureCookieSession, SecureCookieSessionInterface

from cookie_sessions.errors import Unavailable
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.quart import (
    CookieSessionInterface,
    CookieSessions,
    QuartSession,
)
from tests.flask.world import names_of
from tests.middleware.connections import cut_off
from tests.middleware.sites import SECRET

ROOT = Path(__file__).resolve().parents[2]


def app_with(sessions: Sessions | None = None) -> Quart:
    app = Quart("quart")
    app.secret_key = SECRET
    CookieSessions(app, sessions)

    @app.get("/write")
    async def write() -> str:
        session["a"] = 1
        return type(session._get_current_object()).__name__  # type: ignore[attr-defined]

    @app.websocket("/socket")
    async def socket() -> None:
        await websocket.send(str(session.get("a")))
        session["b"] = 1

    return app


def test_a_websocket_reads_the_session_and_tells_of_what_it_wrote() -> None:
    sessions = Sessions({"SECRET_KEY": SECRET})
    told: list[Any] = []
    sessions.events.subscribe(told.append)

    async def visit() -> Any:
        client = app_with(sessions).test_client()
        await client.get("/write")
        async with client.websocket("/socket") as connection:
            return await connection.receive()

    assert asyncio.run(visit()) == "1"
    assert names_of(told)[-1] == "write_lost"


def test_a_session_that_can_not_be_sealed_is_answered_503_without_a_cookie() -> None:
    async def visit() -> Any:
        response = await app_with(cut_off()).test_client().get("/write")
        return response.status_code, response.headers, await response.get_data()

    status, headers, body = asyncio.run(visit())
    assert (status, headers["Retry-After"], headers["Cache-Control"]) == (503, "5", "no-store")
    assert "Set-Cookie" not in headers
    assert b"not available" in body


def test_an_application_may_answer_itself_where_keys_can_not_be_had() -> None:
    app = Quart("quart")
    CookieSessions(app, cut_off())

    @app.errorhandler(Unavailable)
    async def sorry(_error: Unavailable) -> tuple[str, int]:
        return "sorry", 503

    @app.get("/")
    async def page() -> str:
        return str(session.get("a"))

    async def visit() -> Any:
        client = app.test_client()
        response = await client.get("/", headers={"Cookie": f"session=AQ{'A' * 90}"})
        return await response.get_data()

    assert asyncio.run(visit()) == b"sorry"


def test_a_session_of_another_interface_is_left_to_it() -> None:
    app = app_with()
    own = app.session_interface
    assert isinstance(own, CookieSessionInterface)

    class Mixed(CookieSessionInterface):
        """Keeps the sessions of one page as Quart itself does."""

        async def open_session(self, app: Quart, request: Any) -> Any:
            if request.path != "/theirs":
                return await own.open_session(app, request)
            return await SecureCookieSessionInterface().open_session(app, request)

    mixed: Any = Mixed(Sessions({"SECRET_KEY": SECRET}))
    app.session_interface = mixed

    @app.get("/theirs")
    async def theirs() -> str:
        held: Any = session
        held["a"] = 1
        return type(held._get_current_object()).__name__

    async def visit() -> Any:
        client = app.test_client()
        answers = [await client.get(path) for path in ("/theirs", "/write")]
        return [(await each.get_data(), "Set-Cookie" in each.headers) for each in answers]

    assert asyncio.run(visit()) == [
        (SecureCookieSession.__name__.encode(), False),
        (QuartSession.__name__.encode(), True),
    ]


def test_without_quart_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['quart'] = None; import cookie_sessions.middleware.quart"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 1
    assert "pip install 'cookie-sessions[quart]'" in done.stderr.splitlines()[-1]


def test_what_the_view_holds_is_a_session_of_ours() -> None:
    async def visit() -> Any:
        return await (await app_with().test_client().get("/write")).get_data()

    assert asyncio.run(visit()).decode() == QuartSession.__name__
