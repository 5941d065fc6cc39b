"""What the probe answers, apart from any framework.

It touches no session and no key. It says how much of its own cookies arrived, never what else did,
and sets as many octets of cookies as it was asked for, within bounds.
"""

from __future__ import annotations

import itertools
import json
import re
import threading
from collections.abc import Mapping
from typing import Final, NamedTuple

from cookie_sessions.cookies import octets_of
from cookie_sessions.probe.grant import Grant
from cookie_sessions.probe.wire import MAX_LINE, MAX_LINES, MAX_OCTETS, NAME, set_cookie_values

MAX_ANSWERS: Final = 500
"""After so many a process answers no more, whatever the token says. One run takes some 200."""

_LEAST_LINE: Final = 128
_RUN: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_QUERY: Final = re.compile(r"set=([0-9]{1,5})&lines=([0-9]{1,2})", re.ASCII)
_OURS: Final = re.compile(rf"{NAME}[0-9]{{1,2}}=v+", re.ASCII)
_JOINTS: Final = (";", "; ", ",", ", ")
_BODY_OCTETS: Final = 512


class Application(NamedTuple):
    """What the application says of its own settings; nothing of it is a secret.

    Attributes:
        profile: the name of the profile that its sessions keep to.
        secure: whether its session's cookie is for HTTPS alone.
        join_by_commas: whether it takes Cookie lines that were joined by commas.
    """

    profile: str
    secure: bool
    join_by_commas: bool


class Reply(NamedTuple):
    """An answer with status 200.

    Attributes:
        headers: all of them.
        body: JSON.
    """

    headers: list[tuple[str, str]]
    body: bytes


class Endpoint:
    """Answers the one run that came first with the right token, until its time is up.

    "First" is within one process: workers share nothing, so each of them takes the first run that
    it meets, and a second run with a stolen token may find a worker that has not met one. What it
    gets is bounded in the same way and says nothing of any visitor.

    Args:
        grant: whom it answers.
        application: what to say of the application.
    """

    def __init__(self, grant: Grant, application: Application | None) -> None:
        self._grant = grant
        self._application = application
        self._run: str | None = None
        self._left = MAX_ANSWERS
        self._lock = threading.Lock()

    def answer(self, *, token: str, run: str, query: str, cookie: str, now: float) -> Reply | None:
        """Answer a request, or say nothing.

        Args:
            token: from its header.
            run: from its header.
            query: behind the path: ``set=OCTETS&lines=COUNT``, or ``end`` to end the run here.
            cookie: all its Cookie lines, as the server has joined them.
            now: seconds since the epoch.

        Returns:
            The reply; None where the probe is to look like a page that does not exist.
        """
        if not self._grant.admits(token, now=now) or not _RUN.fullmatch(run):
            return None
        wanted = _wanted(query)
        if wanted is None and query != "end":
            return None
        with self._lock:
            if (self._run or run) != run or not self._left:
                return None
            self._run = run
            self._left = 0 if wanted is None else self._left - 1
        lines = set_cookie_values(*wanted) if wanted and wanted[0] else []
        return self._reply(lines, cookie, now=now)

    def _reply(self, lines: list[str], cookie: str, *, now: float) -> Reply:
        found = list(_OURS.finditer(cookie))
        joints = {cookie[left.end() : right.start()] for left, right in itertools.pairwise(found)}
        headers = [
            ("Content-Type", "application/json"),
            ("Content-Length", str(_BODY_OCTETS)),
            ("Cache-Control", "no-store"),
        ]
        told: Mapping[str, object] = {
            "cookies": len(found),
            "octets": sum(len(each[0]) for each in found),
            "joints": sorted(joint if joint in _JOINTS else "other" for joint in joints),
            "overhead": len("HTTP/1.1 200 OK\r\n\r\n") + octets_of(headers),
            "clock": int(now),
            "application": None if self._application is None else self._application._asdict(),
        }
        # Always as long, so that the headers are too.
        body = json.dumps(told).ljust(_BODY_OCTETS).encode("ascii")
        return Reply([*headers, *(("Set-Cookie", line) for line in lines)], body)


def _wanted(query: str) -> tuple[int, int] | None:
    found = _QUERY.fullmatch(query)
    if found is None:
        return None
    octets, lines = int(found[1]), int(found[2])
    if octets > MAX_OCTETS or not 1 <= lines <= MAX_LINES:
        return None
    if octets and not _LEAST_LINE <= octets // lines <= MAX_LINE:
        return None
    return octets, lines
