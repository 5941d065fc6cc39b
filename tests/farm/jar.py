"""One visitor's cookie jar: what its session must hold, and what became of it."""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from dataclasses import dataclass, field

from tests.farm.connection import Connection


@dataclass
class Tally:
    """What many requests came to.

    Attributes:
        requests: how many were answered.
        retries: how many had to be sent again.
        lost: how many sessions were gone, or not what had been written.
        failures: how many answers were 5xx.
        workers: how many requests each process answered.
        kids: under which key each jar was sealed in the end.
        resealed: how often a jar came back under a key that it had not been sealed under before.
        returned: how often a jar came back under an earlier key than it went out.
    """

    requests: int = 0
    retries: int = 0
    lost: int = 0
    failures: int = 0
    workers: Counter[str] = field(default_factory=Counter)
    kids: Counter[str] = field(default_factory=Counter)
    resealed: int = 0
    returned: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            requests=self.requests + other.requests,
            retries=self.retries + other.retries,
            lost=self.lost + other.lost,
            failures=self.failures + other.failures,
            workers=self.workers + other.workers,
            kids=self.kids + other.kids,
            resealed=self.resealed + other.resealed,
            returned=self.returned + other.returned,
        )


class Jar:
    """A visitor who signs in once, goes on writing, and knows what the session must hold.

    Args:
        number: the visitor's; those with even numbers stay signed in when the browser is closed.
        tally: where it counts.
    """

    def __init__(self, number: int, tally: Tally) -> None:
        self._name = f"visitor{number}"
        self._stays = number % 2 == 0
        self._random = random.Random(number)
        self._tally = tally
        self._cookie: str | None = None
        self._kid = ""
        self._kids: set[str] = set()
        self._count = 0

    @property
    def kid(self) -> str:
        """The id of the key that sealed the cookie, in hexadecimal."""
        if self._cookie is None:
            return ""
        head = base64.urlsafe_b64decode(self._cookie[:8])
        return head[2:6].hex()

    def go_on(self, connection: Connection) -> None:
        """Make one request: at first to sign in, then any."""
        if self._cookie is None:
            self._sign_in(connection)
            return
        method, path = self._random.choices(
            [("POST", "/count"), ("GET", "/session"), ("GET", "/untouched")], weights=[5, 4, 1]
        )[0]
        self._ask(connection, method, path)

    def write(self, connection: Connection) -> None:
        """Make one request that writes."""
        self._ask(connection, "POST", "/count")

    def _sign_in(self, connection: Connection) -> None:
        self._count = 0
        stays = "&stays" if self._stays else ""
        self._ask(connection, "POST", f"/sign-in?name={self._name}{stays}")

    def _ask(self, connection: Connection, method: str, path: str) -> None:
        answer = connection.send(method, path, cookie=self._cookie)
        self._tally.requests += 1
        self._tally.workers[answer.worker] += 1
        if answer.status >= 500:
            self._tally.failures += 1
            return
        assert answer.status == 200, answer.status
        self._store(answer.cookies)
        if self.kid != self._kid:
            self._tally.resealed += bool(self._kids) and self.kid not in self._kids
            self._tally.returned += self.kid in self._kids
            self._kids.add(self.kid)
            self._kid = self.kid
        if path == "/untouched":
            return
        self._count += path == "/count"
        state = json.loads(answer.body)
        if state != {"name": self._name, "count": self._count}:
            assert state["name"] in {None, self._name}, "somebody else's session"
            self._tally.lost += 1
            self._cookie = None

    def _store(self, lines: list[str]) -> None:
        assert len(lines) <= 1, "more than one cookie at once"
        for line in lines:
            pair, *attributes = line.split("; ")
            name, _, value = pair.partition("=")
            assert name == "session"
            assert any(text.startswith("Expires") for text in attributes) is self._stays
            self._cookie = value or None
