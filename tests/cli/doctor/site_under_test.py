"""A real application with an open probe, and the chain of real servers before it."""

from __future__ import annotations

import contextlib
import os
import secrets
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flask import Flask

from cookie_sessions.flask import CookieSessions
from tests.conftest import missing
from tests.deployments.client import HOST
from tests.deployments.programs import FACTORY, PROGRAMS
from tests.deployments.server import ROOT, Server
from tests.held_port import held_port

OURS = f"{__name__}:create_app"
_PREFIX = "COOKIE_SESSIONS_"


def create_app() -> Flask:
    """The application, with those of our settings that the environment has."""
    app = Flask("probed")
    app.config.update(
        SECRET_KEY=secrets.token_hex(),
        SESSION_COOKIE_SECURE=os.environ.get("SECURE") == "1",
        **{name: value for name, value in os.environ.items() if name.startswith(_PREFIX)},
    )
    CookieSessions(app)
    app.add_url_rule("/", view_func=lambda: "home")
    return app


@contextlib.contextmanager
def deployed(chain: Sequence[str], folder: Path, settings: Mapping[str, str]) -> Iterator[int]:
    """Start servers, outermost first, and stop them behind the block.

    Yields:
        The port of the outermost.
    """
    for link in chain:
        if PROGRAMS[link].version() is None:
            missing(PROGRAMS[link].name, PROGRAMS[link].install)
    with contextlib.ExitStack() as stack:
        behind = 0
        for link in reversed(chain):
            port = held_port(stack)
            place = folder / link
            place.mkdir()
            command = [
                part.replace(FACTORY, OURS) for part in PROGRAMS[link].command(place, port, behind)
            ]
            environment = {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/runner'}", **settings}
            server = Server(command, port=port, log=place / "log", environment=environment)
            stack.callback(server.stop)
            server.wait_until_it_listens()
            behind = port
        # The doctor waits for a few seconds, and workers may load the application only now.
        urllib.request.urlopen(f"http://{HOST}:{behind}/", timeout=120).close()
        yield behind
