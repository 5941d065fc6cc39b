"""A Flask application with a ring, the cookies that it sets, and the command on them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from click.testing import CliRunner, Result
from flask import Flask, session

from cookie_sessions.cli.commands import program
from cookie_sessions.codec import RegisteredType
from cookie_sessions.flask import CookieSessions
from tests.cli.world import World

SUBJECT = "alice@example.com"
TOKEN = "t0ken-that-nobody-should-see"
ESCAPES = "\x1b[31mred\x1b]0;title\x07\x9b2J\x7f\u202egnihton"
REASON = ("--reason", "ticket 4711")


class Money:
    """A type of the application."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __repr__(self) -> str:
        return f"<Money {self.cents}>"


TYPES = [RegisteredType("money", Money, lambda money: money.cents, Money)]


def fill_plainly() -> None:
    """What a session of a shop may hold."""
    session.permanent = True
    session["cart"] = [{"article": f"A-{n}", "count": n} for n in range(20)]
    session["csrf_token"] = TOKEN
    session["theme"] = "dark"


def fill_oddly() -> None:
    """What a terminal, a text encoding or another process can't show as it is."""
    session.subject = SUBJECT  # type: ignore[attr-defined]
    session["name"] = ESCAPES
    session["\udc80" + ESCAPES] = 1
    session[(1, 2)] = uuid.UUID(int=5)  # type: ignore[index]
    session["price"] = {"total": [Money(500)]}
    session["csrf_token"] = TOKEN


def fill_three_cookies() -> None:
    """What one cookie has no room for."""
    import hashlib

    session["theme"] = "dark"
    session["blob"] = b"".join(hashlib.sha256(bytes((n,))).digest() for n in range(250))


class Shop:
    """The application.

    Args:
        world: has its ring, and the clock.
        settings: ours and Flask's, beside the ring.
    """

    def __init__(self, world: World, **settings: Any) -> None:
        self.world = world
        self.app = Flask("inspected")
        self.app.config.update(
            COOKIE_SESSIONS_KEYS=world.url,
            COOKIE_SESSIONS_TYPES=TYPES,
            COOKIE_SESSIONS_PROFILE="waitress",
        )
        self.app.config.update(settings)
        CookieSessions(self.app)
        self.fill: Callable[[], None] = fill_plainly

        @self.app.get("/")
        def index() -> str:
            self.fill()
            return ""

    def lines(self, fill: Callable[[], None] = fill_plainly) -> list[str]:
        """The values of the Set-Cookie headers of a response to somebody new, the head's first."""
        self.fill = fill
        lines = self.app.test_client().get("/").headers.getlist("Set-Cookie")
        assert lines
        return sorted(lines, key=lambda line: line.partition("=")[0])

    def header(self, fill: Callable[[], None] = fill_plainly) -> str:
        """The Cookie header that a browser sends afterwards."""
        return "; ".join(line.partition(";")[0] for line in self.lines(fill))


def inspect(*line: str, text: str | bytes | None = None, **options: Any) -> Result:
    """The command, whatever becomes of it but a traceback.

    Args:
        line: its arguments; ``-`` is added where there is a text.
        text: what stands on stdin.
        options: those of Click's runner.
    """
    arguments = ["inspect", *line, *(["-"] if text is not None else [])]
    options.setdefault("input", text)
    result = CliRunner().invoke(program, arguments, **options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def facts(*line: str, text: str | bytes | None = None, status: int = 0) -> Any:
    """What the command says with --json."""
    result = inspect(*line, "--json", text=text)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def har(*exchanges: Mapping[str, Any], **log: Any) -> str:
    """A HAR file, written by hand after HTTP Archive 1.2.

    Args:
        exchanges: its entries, as :func:`exchange` makes them.
        log: further members of its log.
    """
    creator = {"name": "the tests", "version": "1"}
    return json.dumps({"log": {"version": "1.2", "creator": creator, "entries": exchanges, **log}})


def exchange(
    url: str = "https://shop.example/cart?token=in-the-query",
    *,
    cookies: tuple[str, ...] = (),
    set_cookies: tuple[str, ...] = (),
) -> dict[str, Any]:
    """One entry: headers as they were sent, and nothing in the lists of cookies."""
    host = urlsplit(url).netloc
    return {
        "startedDateTime": "2030-01-01T00:00:00.000Z",
        "time": 1,
        "request": {
            "method": "GET",
            "url": url,
            "httpVersion": "http/2.0",
            "headers": [
                {"name": ":authority", "value": host},
                *({"name": "cookie", "value": value} for value in cookies),
            ],
            "cookies": [],
            "queryString": [],
            "headersSize": -1,
            "bodySize": 0,
        },
        "response": {
            "status": 200,
            "statusText": "",
            "httpVersion": "http/2.0",
            "headers": [{"name": "set-cookie", "value": value} for value in set_cookies],
            "cookies": [],
            "content": {"size": 0, "mimeType": "text/html"},
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": 0,
        },
        "cache": {},
        "timings": {"send": 0, "wait": 1, "receive": 0},
    }
