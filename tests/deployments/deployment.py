"""A chain of servers in front of the application, with the profile that the chain asks for."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.deployments.programs import PROGRAMS
from tests.deployments.server import ROOT, Server
from tests.held_port import held_port

BEHIND = "waitress"
"""The server behind a proxy that is looked at alone: its own limits are far away."""

DEPLOYMENTS: dict[str, list[str]] = {
    **{name: [name] for name in PROGRAMS},
    "nginx + gunicorn": ["nginx", "gunicorn"],
}
"""The names of profiles, outermost first."""


@contextlib.contextmanager
def deployed(chain: Sequence[str], folder: Path) -> Iterator[int]:
    """Start the chain, and stop it behind the block.

    Args:
        chain: keys of ``PROGRAMS``, outermost first.
        folder: for configuration, logs and the overflow store; it is theirs alone.

    Yields:
        The port of the outermost.
    """
    environment = {
        "DEPLOYMENT_PROFILE": " ".join(chain),
        "DEPLOYMENT_STORE": f"sqlite:{folder}/overflow.db",
        "DEPLOYMENT_KEY": secrets.token_hex(),
        "PYTHONPATH": str(ROOT),
    }
    links = [*chain, BEHIND] if PROGRAMS[chain[-1]].is_proxy else [*chain]
    with contextlib.ExitStack() as stack:
        servers: list[Server] = []
        behind = 0
        for link in reversed(links):
            port = held_port(stack)
            place = folder / link
            place.mkdir()
            command = PROGRAMS[link].command(place, port, behind)
            server = Server(command, port=port, log=place / "log", environment=environment)
            stack.callback(server.stop)
            servers.append(server)
            behind = port
        for server in servers:
            server.wait_until_it_listens()
        yield behind
