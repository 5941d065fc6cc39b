"""A connection on which one exchange takes no longer than it may."""

from __future__ import annotations

import socket

from cookie_sessions.stores.time_out import Countdown


class HurriedSocket:
    """What pymemcache needs of a socket, with one time-out for an exchange.

    An exchange is what is sent and all that is received until something is sent again. The first
    one has what the making of the connection has left.

    Args:
        host: a name or an address. Each address of a name is tried.
        port: the TCP port.
        seconds: the time-out.

    Raises:
        OSError: no address could be connected to in time.
    """

    def __init__(self, host: str, port: int, seconds: float) -> None:
        self._countdown = Countdown(seconds)
        self._countdown.begin()
        self._begun = True
        self._sock = self._connected(host, port)

    def sendall(self, octets: bytes) -> None:
        """Begin an exchange."""
        if not self._begun:
            self._countdown.begin()
        self._begun = False
        self._sock.settimeout(self._countdown.left())
        self._sock.sendall(octets)

    def recv(self, most: int) -> bytes:
        """Receive some octets, or none where the other side has closed."""
        self._sock.settimeout(self._countdown.left())
        return self._sock.recv(most)

    def is_at_rest(self) -> bool:
        """Whether the other side has neither closed nor sent anything that is unread."""
        return is_at_rest(self._sock)

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def _connected(self, host: str, port: int) -> socket.socket:
        failure = OSError()
        for family, kind, protocol, _, address in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(self._countdown.for_connecting())
                sock.connect(address)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure


def is_at_rest(sock: socket.socket) -> bool:
    """Whether the other side has neither closed nor sent anything that is unread."""
    before = sock.gettimeout()
    try:
        sock.settimeout(0)
        sock.recv(1)
    except BlockingIOError:
        sock.settimeout(before)
        return True
    except OSError:
        return False
    return False
