"""A port where nobody answers: what is sent there is dropped, as by a firewall."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

MORE_THAN_IT_TAKES = 8


@contextmanager
def blackhole() -> Iterator[int]:
    """A port of all addresses of this machine, with a queue so full that Linux drops newcomers."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("0.0.0.0", 0))  # noqa: S104 - there is nothing to be had there.
        listener.listen(0)
        port: int = listener.getsockname()[1]
        for _ in range(MORE_THAN_IT_TAKES):
            one = stack.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
        yield port
