"""The load generator: a process of its own, connections that stay open, one request after another.

``python -m benchmarks.load_generator`` reads orders as lines of JSON and answers each with one.
Every connection is a client that sends its next request when it has the answer to the last one, so
the server always has as many requests as there are connections.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Final

from benchmarks.timing import Spread

HOST: Final = "127.0.0.1"
PATIENCE: Final = 60.0
"""Seconds beyond its own after which a load that no answer comes to is given up."""

_OCTETS: Final = 65_536
_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = b"content-length:"


@dataclass(frozen=True, slots=True)
class Order:
    """What to ask, and for how long.

    Attributes:
        port: of the server.
        path: of the page.
        cookies: the Cookie header of each connection; as many connections as there are cookies.
        seconds: for how long requests are counted, after a tenth of that which is not; for longer
            where the first answer takes longer.
    """

    port: int
    path: str
    cookies: Sequence[str]
    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one order.

    Attributes:
        requests: how many were answered.
        seconds: in how many seconds.
        p50: the median of the seconds from a request to its whole answer.
        p99: the same for the 99th percentile.
        busy: the part of the time in which the generator itself computed.
        failed: answers that were not 200.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    busy: float
    failed: int

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class _Client:
    """One connection: the request that it repeats, and what has come of the answer."""

    def __init__(self, order: Order, cookie: str) -> None:
        self.socket = socket.create_connection((HOST, order.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = f"GET {order.path} HTTP/1.1\r\nHost: {HOST}\r\n"
        head += f"Cookie: {cookie}\r\n" if cookie else ""
        self._request = (head + "\r\n").encode("ascii")
        self._answer = b""
        self.sent = 0.0

    def send(self) -> None:
        """Send the request."""
        self._answer = b""
        self.sent = time.perf_counter()
        self.socket.sendall(self._request)

    def receive(self) -> str:
        """The status of the answer once it is there as a whole; empty before.

        Raises:
            ConnectionError: the server has closed the connection.
        """
        octets = self.socket.recv(_OCTETS)
        if not octets:
            raise ConnectionError("The server closed a connection that was to stay open.")
        self._answer += octets
        head, found, body = self._answer.partition(_END_OF_HEAD)
        if not found or len(body) < _length(head):
            return ""
        return head[9:12].decode("ascii")


def generate(order: Order) -> Load:
    """Send requests for so long, and tell what came of them.

    Raises:
        OSError: the server does not take the connections, or closes them.
    """
    clients = [_Client(order, cookie) for cookie in order.cookies]
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        try:
            return _run(selector, clients, order.seconds)
        finally:
            for client in clients:
                client.socket.close()


def _run(selector: selectors.BaseSelector, clients: Sequence[_Client], seconds: float) -> Load:
    for client in clients:
        client.send()
    _pump(selector, until=time.perf_counter() + seconds / 10)
    start, used = time.perf_counter(), time.process_time()
    latencies, failed = _pump(selector, until=start + seconds, least=1)
    taken = time.perf_counter() - start
    ordered = sorted(latencies)
    return Load(
        requests=len(ordered),
        seconds=taken,
        p50=Spread.of(ordered).middle if ordered else 0.0,
        p99=ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] if ordered else 0.0,
        busy=(time.process_time() - used) / taken,
        failed=failed,
    )


def _pump(
    selector: selectors.BaseSelector, *, until: float, least: int = 0
) -> tuple[list[float], int]:
    latencies: list[float] = []
    failed = 0
    now = time.perf_counter()
    while (left := until - now) > 0 or (len(latencies) < least and left > -PATIENCE):
        for key, _ in selector.select(timeout=left if left > 0 else left + PATIENCE):
            client: _Client = key.data
            status = client.receive()
            if status:
                latencies.append(time.perf_counter() - client.sent)
                failed += status != "200"
                client.send()
        now = time.perf_counter()
    return latencies, failed


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        if line[: len(_LENGTH)].lower() == _LENGTH:
            return int(line[len(_LENGTH) :])
    return 0


def main() -> None:
    """Answer orders until there are none."""
    for line in sys.stdin:
        print(json.dumps(asdict(generate(Order(**json.loads(line))))), flush=True)


if __name__ == "__main__":
    main()
