"""A browser's jar, and the copy of one."""

from __future__ import annotations

import base64
import http.client
import json
import time
from typing import Any, NamedTuple

from tests.gunicorn_server import HOST, PATIENCE
from tests.thefts.application import WORKER


class Answer(NamedTuple):
    """What came back.

    Attributes:
        status: of HTTP.
        body: its JSON; empty where it was none.
        worker: the process that answered.
        sets: the names of the cookies that it set or deleted.
        retry_after: what the header of that name says, or None.
        sent: when the request was sent, by the monotonic clock.
        came: when the answer was whole.
    """

    status: int
    body: dict[str, Any]
    worker: int
    sets: frozenset[str]
    retry_after: str | None
    sent: float
    came: float

    @property
    def user(self) -> str | None:
        """Who was signed in."""
        user: str | None = self.body["user"]
        return user

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.came - self.sent


class Browser:
    """Sends what its jar holds, and keeps what comes.

    Args:
        port: where the application is.
        cookies: what the jar holds at first.
        keeps: whether it keeps what comes; a thief rather keeps what was stolen.
        lasting: whether its connection stays open, so that one worker answers as long as it lives.
    """

    def __init__(
        self,
        port: int,
        cookies: dict[str, str] | None = None,
        *,
        keeps: bool = True,
        lasting: bool = False,
    ) -> None:
        self.cookies = dict(cookies or {})
        self._port = port
        self._keeps = keeps
        self._lasting = lasting
        self._connection: http.client.HTTPConnection | None = None

    def copied(self, *, without: str = "", keeps: bool = False) -> Browser:
        """A thief's browser with what is in the jar now.

        Args:
            without: the name of a cookie that was not stolen.
            keeps: whether it keeps what comes, instead of always sending what was stolen.
        """
        stolen = {name: value for name, value in self.cookies.items() if name != without}
        return Browser(self._port, stolen, keeps=keeps)

    @property
    def kid(self) -> str:
        """The id of the key that sealed the session's cookie."""
        return base64.urlsafe_b64decode(self.cookies["session"][:8])[2:6].hex()

    def get(self, path: str) -> Answer:
        return self._send("GET", path)

    def post(self, path: str) -> Answer:
        return self._send("POST", path)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, method: str, path: str) -> Answer:
        if self._connection is None:
            self._connection = http.client.HTTPConnection(HOST, self._port, timeout=PATIENCE)
        jar = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = time.monotonic()
        self._connection.request(method, path, headers={"Cookie": jar} if jar else {})
        response = self._connection.getresponse()
        octets = response.read()
        came = time.monotonic()
        if not self._lasting:
            self.close()
        lines = response.headers.get_all("Set-Cookie") or []
        is_json = response.headers.get_content_type() == "application/json"
        answer = Answer(
            status=response.status,
            body=json.loads(octets) if is_json else {},
            worker=int(response.headers.get(WORKER, 0)),
            sets=frozenset(line.partition("=")[0] for line in lines),
            retry_after=response.headers.get("Retry-After"),
            sent=sent,
            came=came,
        )
        if self._keeps:
            self._keep(lines)
        return answer

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            pair, _, attributes = line.partition(";")
            name, _, value = pair.partition("=")
            if "Max-Age=0" in attributes:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
