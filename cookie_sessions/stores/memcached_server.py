"""One Memcached server, and the connections that this process has to it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol, cast

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.idleness import IDLE_SECONDS
from cookie_sessions.stores.memcached_socket import HurriedSocket, is_at_rest

try:
    from pymemcache.client.base import Client
    from pymemcache.exceptions import (
        MemcacheClientError,
        MemcacheError,
        MemcacheServerError,
        MemcacheUnexpectedCloseError,
    )
except ImportError as error:
    raise ConfigurationError(
        f"A store of Memcached needs the package pymemcache, which can't be imported ({error}). "
        'Type: pip install "cookie-sessions[memcached]"'
    ) from error

CONNECT_SECONDS: Final = 1.0
"""How long the making of a connection may take, for each address that the host's name has."""

ANSWER_SECONDS: Final = 2.0
"""How long a server may be silent."""

_FULL: Final = b"out of memory storing object"
_LARGE: Final = b"object too large for cache"
_PASSWORD: Final = b"unauthenticated"


class ServerFailed(Exception):
    """A server did not do what it was asked. The text says why, and holds nothing of an item."""


class Connection(Protocol):
    """What is used here of pymemcache's client."""

    def get(self, key: str) -> bytes | None:
        """The octets of an item."""
        ...

    def gets(self, key: str) -> tuple[bytes | None, bytes]:
        """An item and its mark, which changes with every write."""
        ...

    def get_many(self, keys: list[str]) -> dict[str, bytes]:
        """Those items that are there."""
        ...

    def gets_many(self, keys: list[str]) -> dict[str, tuple[bytes, bytes]]:
        """The same with their marks."""
        ...

    def add(self, key: str, value: bytes, *, expire: int) -> bool:
        """Whether the item was new, and is kept now."""
        ...

    def cas(self, key: str, value: bytes, cas: bytes, *, expire: int) -> bool | None:
        """Whether the mark was still the same; None where the item is gone."""
        ...

    def set_many(self, values: dict[str, bytes], *, expire: int) -> list[str]:
        """Those keys that were not set."""
        ...

    def delete_many(self, keys: list[str]) -> bool:
        """Always True."""
        ...


class MemcachedServer:
    """A server, asked on as many connections as threads ask at once; a fork begins with none.

    Args:
        host: its name or address.
        port: its TCP port.
        timeout: seconds for an exchange and, where there is none yet, the making of a connection;
            None for :data:`CONNECT_SECONDS` and :data:`ANSWER_SECONDS`.
    """

    def __init__(self, host: str, port: int, *, timeout: float | None = None) -> None:
        self._host = host
        self._port = port
        self._timeout = timeout
        self._process = os.getpid()
        # A list's append and pop need no lock, which a fork could copy while it is held.
        self._idle: list[tuple[Client, float]] = []

    @property
    def address(self) -> str:
        """Host and port, as in a URL."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self._port}"

    def __repr__(self) -> str:
        return f"<MemcachedServer {self.address}>"

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A client for one thread, for as long as the block lasts.

        A block that ends in an error may have left half an answer behind, so its connection ends
        with it.

        Raises:
            ServerFailed: the server can't be reached, is silent, refuses or answers nonsense.
        """
        client = None
        try:
            client = self._taken() or self._made()
            yield cast(Connection, client)
        except (OSError, MemcacheError, ValueError, LookupError) as error:
            failure = ServerFailed(f"{_what(error)} ({self.address}){_remedy(error)}")
        except BaseException:
            if client is not None:
                client.close()
            raise
        else:
            self._idle.append((client, clock.now()))
            return
        if client is not None:
            client.close()
        raise failure

    def close(self) -> None:
        """End the idle connections. Those in use end with the process or when they grow old."""
        while self._idle:
            self._idle.pop()[0].close()

    def _taken(self) -> Client | None:
        """The idle connection that was used last, if the server still holds its other end."""
        if self._process != os.getpid():
            # Closing ends this process's hold on them. The parent's stay open.
            inherited, self._idle = self._idle, []
            self._process = os.getpid()
            for client, _ in inherited:
                client.close()
        while True:
            try:
                client, since = self._idle.pop()
            except IndexError:
                return None
            if 0 <= clock.now() - since < IDLE_SECONDS and _is_open(client.sock):
                return client
            client.close()

    def _made(self) -> Client:
        client = Client((self._host, self._port), default_noreply=False)
        client.sock = cast(socket.socket, self._connected())
        return client

    def _connected(self) -> socket.socket | HurriedSocket:
        if self._timeout is not None:
            return HurriedSocket(self._host, self._port, self._timeout)
        # The package's own way to connect tries only the first address of a name, so that
        # "localhost" fails where the server listens on 127.0.0.1 and the name begins with ::1.
        made = socket.create_connection((self._host, self._port), CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.settimeout(ANSWER_SECONDS)
        return made


def _is_open(sock: socket.socket | HurriedSocket | None) -> bool:
    """Whether an idle connection is at rest: not ended by the server, and nothing unread in it.

    Without the look a server's restart would be an error of each connection that it ended, as a
    write can't be repeated blindly.
    """
    if sock is None:
        return False
    return sock.is_at_rest() if isinstance(sock, HurriedSocket) else is_at_rest(sock)


def _what(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "got no answer in time from its server"
        case socket.gaierror():
            return "found no address for the name of its server"
        case MemcacheUnexpectedCloseError():
            return "lost its connection to the server"
        case OSError():
            cause = os.strerror(error.errno) if error.errno else "the cause is not known"
            return f"could not talk to its server: {cause}"
        case MemcacheServerError() if _FULL in error.args:
            return "is full"
        case MemcacheServerError():
            return "was refused by its server"
        case MemcacheClientError() if _PASSWORD in error.args:
            return "was asked for a password by its server"
        case _:
            return "got an answer that makes no sense from its server"


def _remedy(error: Exception) -> str:
    match error:
        case MemcacheServerError() if _FULL in error.args:
            return ". Give the server more memory (-m), or start it without -M"
        case MemcacheServerError() if _LARGE in error.args:
            return ": the item is larger than it allows. Start it with -I 1m or more"
        case MemcacheClientError() if _PASSWORD in error.args:
            return ". Passwords are not supported: start it without -Y, in a network of its own"
        case _:
            return ". See that it runs, and that this machine reaches it"
