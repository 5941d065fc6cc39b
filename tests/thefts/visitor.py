"""Visitors who go on clicking while the store of the list comes and goes."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import NamedTuple

from tests.thefts.browser import Answer, Browser
from tests.thefts.site import sign_in

THINKS = 0.04
"""Seconds between an answer and the next request."""


class Seen(NamedTuple):
    """One answer.

    Attributes:
        visitor: whose.
        answer: what came back.
        until: the sealed end of the session that was sent, where the page tells it.
    """

    visitor: str
    answer: Answer
    until: int | None

    @property
    def refused(self) -> bool:
        return self.answer.status == HTTPStatus.SERVICE_UNAVAILABLE


class Visitor:
    """Signs in once, and knows what the session must hold from then on.

    Args:
        port: where the application is.
        name: the user's.

    Attributes:
        seen: every answer.
        wrong: what should not have been.
    """

    def __init__(self, port: int, name: str) -> None:
        self.seen: list[Seen] = []
        self.wrong: list[str] = []
        self._name = name
        self._browser = Browser(port, lasting=True)
        self._notes = 0
        sign_in(self._browser, name)

    @property
    def has_moved(self) -> bool:
        """Whether the sealed end of the session has moved."""
        return len({seen.until for seen in self.seen if seen.until is not None}) > 1

    def roam(self, leaving: threading.Event) -> None:
        """Read and write in turn until told to leave, and look once more."""
        try:
            while not leaving.is_set():
                self._look()
                leaving.wait(THINKS)
                self._write()
                leaving.wait(THINKS)
            self._look()
        except BaseException as error:  # noqa: BLE001 - told by whoever waits for the thread.
            self.wrong.append(f"{self._name}: {error!r}")
        finally:
            self._browser.close()

    def _look(self) -> None:
        self._note(self._browser.get("/claims"))

    def _write(self) -> None:
        answer = self._browser.post("/note")
        if answer.status == HTTPStatus.OK:
            self._notes += 1
            self._expect("session" in answer.sets, "a change was not kept")
        self._note(answer)

    def _note(self, answer: Answer) -> None:
        seen = Seen(self._name, answer, answer.body.get("until"))
        self.seen.append(seen)
        if seen.refused:
            self._expect(answer.retry_after is not None, "a 503 without Retry-After")
            self._expect(not answer.sets, "a 503 with a cookie")
            return
        self._expect(answer.status == HTTPStatus.OK, f"an answer of {answer.status}")
        held = {name: answer.body.get(name) for name in ("user", "notes")}
        self._expect(held == {"user": self._name, "notes": self._notes}, f"held {held}")

    def _expect(self, true: bool, otherwise: str) -> None:
        if not true:
            self.wrong.append(f"{self._name}: {otherwise}")
