"""What comes back where no Redis listens, or one whose answers have another form."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.redis import RedisStore

from .calls import assert_no_secret, every_call, met


@contextmanager
def answering(answer: bytes) -> Iterator[RedisStore]:
    """A store whose server answers all that it is asked with these octets."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            try:
                while self.request.recv(65_536):
                    self.request.sendall(answer)
            except OSError:
                pass

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        store = RedisStore(f"redis://127.0.0.1:{server.server_address[1]}")
        try:
            yield store
        finally:
            store.close()
            server.shutdown()


@pytest.mark.once
@pytest.mark.parametrize(
    "answer",
    [
        b":secret\r\n",
        b"$secret\r\n",
        b"*secret\r\n",
        b"-\xff\xfe\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ],
)
def test_a_server_that_speaks_otherwise_is_unavailable(answer: bytes) -> None:
    with answering(answer) as store:
        for call in (
            *every_call(store, "a", "b"),
            lambda: met(store, ""),
            store.maxmemory_policy,
            store.persistence,
        ):
            with pytest.raises(Unavailable, match=r"^The store redis://.*\.$") as told:
                call()
            assert "secret" not in str(told.value)
            assert_no_secret(told.value)


@pytest.mark.once
@pytest.mark.parametrize("answer", [b":5\r\n", b"*1\r\n:1\r\n", b"*2\r\n:0\r\n:1\r\n"])
def test_an_answer_of_another_type_is_unavailable(answer: bytes) -> None:
    with answering(answer) as store:
        calls: tuple[Any, ...] = (
            lambda: store.get("a"),
            lambda: met(store, ""),
            store.maxmemory_policy,
            store.persistence,
        )
        for call in calls:
            with pytest.raises(Unavailable, match="makes no sense"):
                call()
