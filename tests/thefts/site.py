"""The application under several workers, those who use it, and those who watch over it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

from cookie_sessions.keys import change, dump_jwk_set
from tests.gunicorn_server import PATIENCE, ROOT, GunicornServer
from tests.thefts.application import LIFETIME, SETTINGS
from tests.thefts.browser import Answer, Browser

WORKERS = 3
STALENESS = 0.3
"""Seconds for which a worker may go by what it read last."""

LEEWAY = 0.1
"""Seconds between a revocation that is done and the answer that says so."""

REQUESTS = 20
"""How many requests must be refused, spread over all workers."""

_MOST_REQUESTS = 5000


class Site:
    """An application with a list of ended sessions, and its key ring.

    Args:
        folder: an empty folder for its files.
        store: the URL of the list's store.
        door: "plain" or "login".
        options: of gunicorn's command line, in place of three workers with nine threads each.
        settings: further ones of the application.
    """

    def __init__(
        self,
        folder: Path,
        *,
        store: str,
        door: str,
        options: tuple[str, ...] = (f"--workers={WORKERS}", "--threads=9"),
        settings: dict[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.users = 0
        self._keys = change.begin(now=int(time.time()), propagation=0, longest_session=LIFETIME)
        self._write_keys()
        ours = {
            "COOKIE_SESSIONS_REVOCATIONS": store,
            "COOKIE_SESSIONS_REVOCATIONS_STALENESS": STALENESS,
            # On a machine that has other things to do the list still answers in time.
            "COOKIE_SESSIONS_REVOCATIONS_TIMEOUT": PATIENCE,
        }
        self._environment = {
            "THEFTS_FOLDER": str(folder),
            "THEFTS_DOOR": door,
            SETTINGS: json.dumps(ours | (settings or {})),
        }
        self._server = GunicornServer(
            "tests.thefts.application:create_app()",
            options=["--worker-class=gthread", "--preload", *options],
            environment=self._environment,
            log=folder / "gunicorn.log",
        )
        self.port = self._server.port

    def start(self) -> None:
        """Return when it answers."""
        self._server.wait_until_it_answers("/")

    def stop(self) -> None:
        """End it, and wait until it has gone."""
        self._server.stop()

    @property
    def log(self) -> str:
        """What the workers have said."""
        return (self.folder / "gunicorn.log").read_text(encoding="utf-8")

    def new_user(self, *, prefix: str = "") -> str:
        """The name of a user that nobody else has."""
        self.users += 1
        return f"{prefix}user{self.users}"

    def signed_in(self, name: str, *, remember: bool = False) -> Browser:
        """A browser in which a user has just signed in."""
        browser = Browser(self.port)
        sign_in(browser, name, remember=remember)
        return browser

    def administrator(self, *arguments: str) -> float:
        """Have another process end sessions.

        Returns:
            When that was done, by the monotonic clock.
        """
        subprocess.run(
            [sys.executable, "-m", "tests.thefts.administrator", *arguments],
            env={**os.environ, **self._environment},
            cwd=ROOT,
            check=True,
            timeout=PATIENCE,
        )
        return time.monotonic()

    def rotate_keys(self) -> None:
        """Have another key seal from now on; the former one still opens."""
        self._keys = change.add(self._keys, now=int(time.time()))
        self._write_keys()

    def everywhere(self, browser: Browser, path: str = "/page") -> list[Answer]:
        """The answers to as many requests as all workers take to have answered one, 20 at least."""
        answers: list[Answer] = []
        workers: set[int] = set()
        while len(answers) < REQUESTS or len(workers) < WORKERS:
            assert len(answers) < _MOST_REQUESTS, "a worker never answers"
            answers.append(browser.get(path))
            workers.add(answers[-1].worker)
        return answers

    def assert_accepted(self, browser: Browser, name: str) -> None:
        """Every worker lets the browser in, and remembers from now on that it has."""
        assert {answer.user for answer in self.everywhere(browser)} == {name}

    def assert_refused(self, browser: Browser, *, ended: Answer | float) -> None:
        """Nobody lets the browser in: not the worker that ended it from its answer on, and no
        worker once the staleness has passed.

        Args:
            browser: whose session was ended.
            ended: the answer after which it had been, or when it was by another process.
        """
        own = ended.worker if isinstance(ended, Answer) else None
        last = (ended.came if isinstance(ended, Answer) else ended) + STALENESS + LEEWAY
        while (answer := browser.get("/page")).sent < last:
            if answer.worker == own:
                assert answer.user is None, "the worker that ended the session still accepts it"
        assert {answer.user for answer in self.everywhere(browser)} == {None}

    def slowly(
        self, browsers: Mapping[str, Browser], meanwhile: Callable[[], Answer]
    ) -> tuple[Answer, list[Answer]]:
        """Make requests that take longer than something else.

        Args:
            browsers: who makes one, by what the request does in the end.
            meanwhile: what happens while all of them run, with their sessions open.

        Returns:
            What came of ``meanwhile``, and the late answers.
        """
        go = self.folder / "go"
        go.unlink(missing_ok=True)
        waiting = [self.folder / f"waiting to {how}" for how in browsers]
        for file in waiting:
            file.unlink(missing_ok=True)
        with ThreadPoolExecutor(len(browsers)) as pool:
            late = [
                pool.submit(browser.post, f"/slow/{quote(how)}")
                for how, browser in browsers.items()
            ]
            try:
                until(lambda: all(file.exists() for file in waiting))
                answer = meanwhile()
            finally:
                go.touch()
            return answer, [future.result() for future in late]

    def _write_keys(self) -> None:
        fresh = self.folder / "keys.tmp"
        fresh.touch(mode=0o600)
        fresh.write_text(dump_jwk_set(self._keys), encoding="utf-8")
        fresh.replace(self.folder / "keys.json")


def sign_in(browser: Browser, name: str, *, remember: bool = False) -> Answer:
    """Sign in, which must succeed."""
    answer = browser.post(f"/sign-in?name={name}{'&remember' if remember else ''}")
    assert answer.status == 200
    assert "session" in browser.cookies
    return answer


def until(there: Callable[[], bool]) -> None:
    """Return when ``there`` is true."""
    deadline = time.monotonic() + PATIENCE
    while not there():
        assert time.monotonic() < deadline
        time.sleep(0.005)
