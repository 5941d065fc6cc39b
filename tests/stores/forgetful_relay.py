"""Between a client and a server: a way that forgets connections without a word, as firewalls do."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HOST = "127.0.0.1"
_OCTETS = 65_536


class ForgetfulRelay:
    """Passes octets on both ways.

    Args:
        port: the server's.

    Attributes:
        port: where it listens.
        made: how many connections came in.
    """

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self.made = 0
        self._generation = 0
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def forget(self) -> None:
        """From now on nothing that comes on the present connections is passed on or answered."""
        self._generation += 1

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                self.made += 1
                far = socket.create_connection((HOST, self._server))
                self._sockets += [near, far]
                for one, other in ((near, far), (far, near)):
                    work = (one, other, self._generation)
                    threading.Thread(target=self._pass_on, args=work, daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, generation: int) -> None:
        with suppress(OSError):
            while octets := one.recv(_OCTETS):
                if generation == self._generation:
                    other.sendall(octets)
            if generation == self._generation:
                other.shutdown(socket.SHUT_WR)


@contextmanager
def forgetful_relay(port: int) -> Iterator[ForgetfulRelay]:
    """Have a way to a server of this machine that forgets when it is told."""
    relay = ForgetfulRelay(port)
    try:
        yield relay
    finally:
        relay.close()
