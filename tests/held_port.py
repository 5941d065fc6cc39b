"""A port that stays a server's own while the server is away."""

from __future__ import annotations

import os
import socket
import sys
import weakref

HOST = "127.0.0.1"
CLUSTER_BUS = 10_000
"""How far above its port a Redis of a cluster talks with the others."""


def held_port(owner: object, *, with_cluster_bus: bool = False) -> int:
    """A port that the system gives to nobody else as long as there is its owner.

    It is bound and not listened on: connections are refused, and a server that sets SO_REUSEADDR,
    as servers do, can listen there. A port that was only free a moment ago could be another
    program's by the time that the server starts, or starts again. Only Linux lets a server in
    beside the holder; elsewhere the port is only free.

    Args:
        owner: what lets go of the port with its own end.
        with_cluster_bus: whether the port's fellow above, which a cluster talks on, is held too.
    """
    while True:
        with socket.socket() as bound:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            bound.bind((HOST, 0))
            port: int = bound.getsockname()[1]
            if with_cluster_bus and not _held(owner, port + CLUSTER_BUS):
                continue
            _keep(owner, bound)
            return port


def _held(owner: object, port: int) -> bool:
    """Hold one particular port, if nobody else uses it."""
    if port > 65_535:
        return False
    with socket.socket() as bound:
        try:
            # Without SO_REUSEADDR at first, so that it is not shared with another that is held.
            bound.bind((HOST, port))
        except OSError:
            return False
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _keep(owner, bound)
        return True


def _keep(owner: object, bound: socket.socket) -> None:
    if sys.platform == "linux":
        weakref.finalize(owner, os.close, bound.detach())
