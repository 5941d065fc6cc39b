"""A chromedriver: the program that Chromium takes WebDriver's commands from, over HTTP."""

from __future__ import annotations

import json
import re
import shutil
import time
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from .engine import PATIENCE, BrowserError
from .group import Group

_PORT = re.compile(r"started successfully on port (\d+)")
_TAKEN = "Address already in use"
_ATTEMPTS = 5


class Driver:
    """One running chromedriver with at most one session, on a port that it chose itself.

    Args:
        log: the file that takes its output.

    Raises:
        BrowserError: it does not start.
    """

    def __init__(self, log: Path) -> None:
        self._session = ""
        # It takes a port that is free for IPv6, which need not be free for IPv4.
        for attempt in range(_ATTEMPTS, 0, -1):
            try:
                self._group, self._port = _started(log)
                break
            except BrowserError as error:
                if attempt == 1 or _TAKEN not in str(error):
                    raise

    def open_session(self, capabilities: dict[str, Any]) -> None:
        """Start the browser.

        Args:
            capabilities: those that it must have, by the names of WebDriver.
        """
        wanted = {"capabilities": {"alwaysMatch": capabilities}}
        answer = self._exchange("POST", "/session", wanted)
        self._session = f"/session/{answer['sessionId']}"

    def send(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Send one command to the session, and return its value.

        Raises:
            BrowserError: the answer is an error, or there is none.
        """
        return self._exchange(method, f"{self._session}/{path}", body)

    def stop(self) -> None:
        """Close the browser, then the driver, and wait until both have gone."""
        try:
            if self._session:
                self._exchange("DELETE", self._session)
        finally:
            self._session = ""
            self._group.end(ask=True, patience=PATIENCE)

    def _exchange(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        text = json.dumps(body or {}) if method == "POST" else None
        # A connection for each command: one that was broken off, as by Ctrl-C, spoils no other.
        try:
            with closing(HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE)) as connection:
                connection.request(method, path, text, {"Content-Type": "application/json"})
                value = json.loads(connection.getresponse().read())["value"]
        except (OSError, HTTPException, ValueError) as failure:
            raise BrowserError(f"chromedriver does not answer: {failure}") from failure
        if isinstance(value, dict) and "error" in value:
            raise BrowserError(f"{value['error']}: {value['message']}")
        return value


def _started(log: Path) -> tuple[Group, int]:
    group = Group([shutil.which("chromedriver") or "chromedriver", "--port=0"], log=log)
    try:
        deadline = time.monotonic() + PATIENCE
        while group.alive and time.monotonic() < deadline:
            if found := _PORT.search(group.printed()):
                return group, int(found[1])
            time.sleep(0.02)
        raise BrowserError(f"chromedriver did not start: {group.printed()}")
    except BaseException:
        group.end(ask=True, patience=PATIENCE)
        raise
