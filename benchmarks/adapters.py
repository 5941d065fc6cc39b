"""``python -m benchmarks.adapters``: what the adapters of functions do to cookies.

The adapters are in the dependency group ``test``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import serverless_wsgi
from a2wsgi import WSGIMiddleware
from apig_wsgi import make_lambda_handler
from flask import Flask, session
from mangum import Mangum

from benchmarks.tables import table, times
from benchmarks.timing import Spread, ratios, rounds
from cookie_sessions.flask import CookieSessions
from cookie_sessions.gateway import (
    EventShape,
    Finding,
    Handler,
    MakeHandler,
    examine,
    guarded,
    readable,
    synthetic,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HEAD: Final = ("adapter", "event", "Set-Cookie lines kept", "Cookie lines", "behind `guarded()`")
_ROUNDS: Final = 25
_SECONDS: Final = 0.01


def with_apig_wsgi(application: WSGIApplication) -> Handler:
    """The adapter apig-wsgi."""
    return make_lambda_handler(application)


def with_serverless_wsgi(application: WSGIApplication) -> Handler:
    """The adapter serverless-wsgi."""

    def handler(event: Any, context: Any) -> Any:
        return serverless_wsgi.handle_request(application, event, context)

    return handler


def with_mangum(application: WSGIApplication) -> Handler:
    """The adapter mangum, which takes ASGI applications, with a2wsgi between."""
    untyped: Any = application
    asgi: Any = WSGIMiddleware(untyped)
    return Mangum(asgi)


ADAPTERS: Final[Mapping[str, MakeHandler]] = {
    "apig-wsgi": with_apig_wsgi,
    "serverless-wsgi": with_serverless_wsgi,
    "mangum": with_mangum,
}
_PACKAGES: Final = (*ADAPTERS, "a2wsgi")


def adapters_table() -> str:
    """The table of docs/serverless-adapters.md: every adapter with every shape of event."""
    rows = [
        _row(name, examine(make, shape), examine(make, shape, change=readable))
        for name, make in ADAPTERS.items()
        for shape in EventShape
    ]
    return table(HEAD, rows)


def cost() -> str:
    """How long the test of an adapter takes, in requests that read a session: medians."""
    rows: list[tuple[str, str]] = []
    for name, make in ADAPTERS.items():
        calls = _calls(make)
        seconds = rounds(calls, count=_ROUNDS, seconds=_SECONDS)
        ratio = Spread.of(ratios(seconds["test"], seconds["request"]))
        rows.append((name, times(ratio)))
    return table(("adapter", "times a request"), rows)


def _row(name: str, alone: Finding, behind: Finding) -> tuple[str, ...]:
    return name, f"`{alone.shape}`", _out(alone), _in(alone), f"{_out(behind)}; {_in(behind)}"


def _out(finding: Finding) -> str:
    if finding.are_joined:
        return "joined by commas"
    return "all" if finding.keeps_all else f"{finding.kept} of a response"


def _in(finding: Finding) -> str:
    joint = f"joined by `{finding.joint}`" if finding.joint else "one only"
    if finding.takes_all:
        return joint
    return f"**{joint}**: {finding.arrive} of 3 cookies read"


def _calls(make: MakeHandler) -> dict[str, Callable[[], object]]:
    app = Flask("adapters")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)
    app.add_url_rule("/", "read", lambda: str(session.get("name")))
    handler = guarded(make, app)
    event = synthetic(EventShape.REST, cookies=["a=1"])
    return {
        "test": lambda: handler.self_test([EventShape.REST]),
        "request": lambda: handler(event),
    }


def main() -> None:
    """Print the versions, the table, and what the guard's test costs."""
    # mangum wants a loop that is there already.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        print(", ".join(f"{name} {version(name)}" for name in _PACKAGES))
        print(f"\n{adapters_table()}\n\n{cost()}")
    finally:
        asyncio.set_event_loop(None)
        loop.close()


if __name__ == "__main__":
    main()
