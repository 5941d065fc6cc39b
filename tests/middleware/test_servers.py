"""The middleware under real servers: gunicorn for WSGI, uvicorn for ASGI and its WebSockets."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.gunicorn_server import HOST, PATIENCE, ROOT, GunicornServer
from tests.middleware.served import SECRET_VARIABLE

SECRET = "a secret key for real servers, long enough"


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a gunicorn with a WSGI application."""
    server = GunicornServer(
        "tests.middleware.served:wsgi",
        options=["--workers=1", "--threads=4"],
        environment={SECRET_VARIABLE: SECRET},
        log=tmp_path_factory.mktemp("gunicorn") / "log",
    )
    try:
        server.wait_until_it_answers("/")
        yield server.port
    finally:
        server.stop()


@contextmanager
def uvicorn_at_work(log: Path) -> Iterator[int]:
    """The port of a uvicorn with an ASGI application."""
    with socket.create_server((HOST, 0)) as listener, log.open("ab") as output:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "uvicorn", "tests.middleware.served:asgi"),
                *(f"--fd={listener.fileno()}", "--log-level=warning"),
            ],
            env={**os.environ, "PYTHONPATH": str(ROOT), SECRET_VARIABLE: SECRET},
            cwd=ROOT,
            stdout=output,
            stderr=output,
            pass_fds=[listener.fileno()],
        )
    try:
        connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
        connection.request("GET", "/")
        assert connection.getresponse().status == http.HTTPStatus.OK
        connection.close()
        yield port
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)


@pytest.fixture(scope="module")
def uvicorn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a uvicorn with an ASGI application."""
    with uvicorn_at_work(tmp_path_factory.mktemp("uvicorn") / "log") as port:
        yield port


def websocket_of(port: int, path: str, **headers: str) -> ClientConnection:
    return connect(f"ws://{HOST}:{port}{path}", additional_headers=headers, open_timeout=PATIENCE)


def client_of(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://{HOST}:{port}", timeout=PATIENCE)


def check_site(port: int) -> None:
    """What holds under any server."""
    with client_of(port) as client:
        assert client.get("/types").status_code == 200
        assert client.get("/types-read").text == "[]"
        assert client.get("/stream").text == "first second"
        before = client.cookies["session"]
        assert client.get("/huge").status_code == 500
        assert client.get("/pay").status_code == 401
        assert client.cookies["session"] == before
        assert client.get("/two").headers.get_list("set-cookie")
        assert {*client.cookies} == {"session", "session.1"}
        assert client.get("/clear").status_code == 200
        assert not {*client.cookies}


def test_gunicorn_serves_sessions_through_the_middleware(gunicorn: int) -> None:
    check_site(gunicorn)


def test_uvicorn_serves_sessions_through_the_middleware(uvicorn: int) -> None:
    check_site(uvicorn)


def test_a_session_goes_from_one_server_to_the_other(gunicorn: int, uvicorn: int) -> None:
    with client_of(gunicorn) as first, client_of(uvicorn) as second:
        first.get("/sign-in")
        second.cookies.set("session", first.cookies["session"], domain=HOST)
        assert second.get("/name").text == "Ann"


def test_a_websocket_has_the_session_and_its_handshake_saves_what_changed(uvicorn: int) -> None:
    with client_of(uvicorn) as client:
        client.get("/sign-in")
        cookie = f"session={client.cookies['session']}"
    with websocket_of(uvicorn, "/socket", Cookie=cookie) as one:
        assert one.recv() == "Ann, visit 1"
        assert one.response is not None
        line = one.response.headers["Set-Cookie"]
    with websocket_of(uvicorn, "/socket", Cookie=line.partition(";")[0]) as two:
        assert two.recv() == "Ann, visit 2"


def test_a_websocket_of_somebody_who_must_prove_who_they_are_gets_a_401(uvicorn: int) -> None:
    from websockets.exceptions import InvalidStatus

    with pytest.raises(InvalidStatus) as caught:
        websocket_of(uvicorn, "/vault")
    response = caught.value.response
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("session error=")
