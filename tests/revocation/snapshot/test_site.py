"""A snapshot on a real web server of this machine, whatever that server does."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.revocation.snapshot import site as sites
from cookie_sessions.revocation.snapshot.source import source_from_url
from tests.revocation.snapshot.desk import PATIENCE, Desk, ask, entries, refuses

SECONDS = 0.5
"""How long a server that misbehaves is waited for; one that does not has as long as it wants."""


class Server:
    """Serves a folder, unless it is told to behave otherwise.

    Attributes:
        asked: the paths so far, with the status that each was answered with.
        behaviour: what it does with requests for the token.
    """

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, int]] = []
        self.behaviour = "good"
        self.stop = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self, folder)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/list/revocations.jwt"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()

    def answer(self, handler: BaseHTTPRequestHandler, folder: Path) -> None:
        name = handler.path.rpartition("/")[2]
        if name.endswith(".jwt") and self.behaviour != "good":
            self.asked.append((name, 0))
            self.misbehave(handler)
            return
        octets = (folder / name).read_bytes()
        tag = f'"{hash(octets)}"'
        status = 304 if handler.headers.get("If-None-Match") == tag else 200
        self.asked.append((name, status))
        handler.send_response(status)
        handler.send_header("ETag", tag)
        if status == 200:
            handler.send_header("Content-Length", str(len(octets)))
        handler.end_headers()
        if status == 200:
            handler.wfile.write(octets)

    def misbehave(self, handler: BaseHTTPRequestHandler) -> None:
        if self.behaviour == "error":
            handler.send_error(500)
            return
        if self.behaviour.startswith("to "):
            handler.send_response(302)
            handler.send_header("Location", self.behaviour.removeprefix("to "))
            handler.end_headers()
            return
        handler.send_response(204 if self.behaviour == "nothing" else 200)
        if self.behaviour == "announced":
            handler.send_header("Content-Length", str(10**12))
        if self.behaviour == "cut":
            handler.send_header("Content-Length", "5000")
        handler.end_headers()
        try:
            while self.behaviour in ("endless", "drips") and not self.stop.is_set():
                handler.wfile.write(b"a" * (1 if self.behaviour == "drips" else 65_536))
                if self.behaviour == "drips":
                    self.stop.wait(0.05)
            if self.behaviour == "silent":
                self.stop.wait(2 * PATIENCE)
            if self.behaviour == "cut":
                handler.wfile.write(b"a" * 100)
        except OSError:
            # Nobody reads any more.
            pass

    def end(self) -> None:
        self.stop.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("TOKEN_SECONDS", "TABLE_SECONDS", "_SILENCE"):
        monkeypatch.setattr(sites, name, 2 * PATIENCE)
    running = Server(desk.folder)
    yield running
    running.end()


@contextmanager
def in_time() -> Iterator[None]:
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < PATIENCE


def test_what_has_not_changed_is_not_fetched_again(desk: Desk, server: Server) -> None:
    first = desk.publish(entries(1), ttl=30)
    reader = desk.reader(server.url)
    assert refuses(reader, 1)
    desk.time += 31
    deadline = time.monotonic() + PATIENCE
    while len(server.asked) < 3 and time.monotonic() < deadline:
        assert refuses(reader, 1)
    assert server.asked == [("revocations.jwt", 200), (first.file, 200), ("revocations.jwt", 304)]
    assert desk.told() == ["snapshot_loaded"]


@pytest.mark.parametrize(
    "behaviour",
    [
        *("error", "cut", "endless", "drips", "silent", "nothing", "announced"),
        *("to http://127.0.0.1:1/", "to http://example.test/", "to file:///etc/passwd"),
        *("to /list/revocations.jwt", "to ftp://127.0.0.1/", "to https://127.0.0.1:1/"),
    ],
)
def test_a_server_that_misbehaves_costs_a_bounded_time_and_gives_nothing(
    desk: Desk, server: Server, behaviour: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.publish(entries(1))
    server.behaviour = behaviour
    reader = desk.reader(server.url)
    with monkeypatch.context() as patch:
        patch.setattr(sites, "TOKEN_SECONDS", SECONDS)
        with in_time(), pytest.raises(Unavailable):
            ask(reader, 1)
    assert desk.told()[0] in ("unreachable", "too_large", "malformed")
    server.behaviour = "good"
    desk.time += 5
    with in_time():
        assert refuses(reader, 1)


def test_a_server_that_is_not_there_is_unavailable(desk: Desk, server: Server) -> None:
    desk.publish(entries(1))
    server.end()
    with in_time(), pytest.raises(Unavailable):
        ask(desk.reader(server.url), 1)
    server.__init__(desk.folder)  # type: ignore[misc]


def test_a_server_that_speaks_no_tls_where_it_is_asked_for_is_unavailable(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    desk.publish(entries(1))
    with in_time(), pytest.raises(Unavailable):
        ask(desk.reader(server.url.replace("http:", "https:")), 1)
    assert server.asked == []
    assert refuses(desk.reader(server.url), 1)


@pytest.mark.parametrize(
    "place",
    [
        *("", "file:", "file://host/x", "http://example.test/x.jwt", "ftp://example.test/x.jwt"),
        *("https://user:secret@example.test/x.jwt", "https:///x.jwt", "https://example.test:x/"),
        "https://example.test/a b.jwt",
    ],
)
def test_places_that_are_not_safe_to_ask_are_refused_and_not_repeated(place: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        source_from_url(place)
    assert "secret" not in str(refused.value)


def test_a_query_is_never_shown() -> None:
    source = source_from_url("https://cdn.test/revocations.jwt?token=secret")
    assert "secret" not in f"{source!r}{source.name}"
