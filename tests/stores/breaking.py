"""A connection to a server that breaks in the middle of a question."""

from __future__ import annotations

import socket
import threading
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class Breaking:
    """Passes on what is said, but closes the connection at the first mention of each word.

    Args:
        port: the server's.
        words: what breaks the connection, each once; it does not reach the server.

    Attributes:
        port: where to connect to instead.
        broken: the words that have broken a connection, in that order.
    """

    def __init__(self, port: int, words: tuple[bytes, ...]) -> None:
        self._server = port
        self._words = list(words)
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.broken: list[bytes] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # A closed listener does not wake up who waits for it; one that is shut down does.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((HOST, self._server))
            for pair in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket, listens: bool) -> None:
        try:
            while octets := source.recv(65_536):
                word = next((word for word in self._words if word in octets), None)
                if listens and word is not None:
                    self._words.remove(word)
                    self.broken.append(word)
                    break
                target.sendall(octets)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            if not listens:
                end.close()
