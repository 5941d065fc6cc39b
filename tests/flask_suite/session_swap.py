"""A pytest plugin that puts our session interface into Flask, for the tests of Flask and others.

It changes nothing else of Flask's behaviour: it counts the cookies of ours that were set, because
a suite that never writes a session proves nothing, and notes the tests that choose an interface
of their own and so say nothing about ours.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

import pytest
from flask import Flask, Response
from flask.sessions import SessionMixin
from werkzeug.datastructures import ImmutableDict

from cookie_sessions import envelope
from cookie_sessions.errors import Rejected
from cookie_sessions.flask import CookieSessionInterface

FEWEST_COOKIES = int(os.environ["SESSION_SWAP_COOKIES"])
CSRF = bool(os.environ["SESSION_SWAP_CSRF"])
APART = set(os.environ["SESSION_SWAP_APART"].split())

cookies_by_test: Counter[str] = Counter()
overriding_tests: dict[str, str] = {}

_patch = pytest.MonkeyPatch()


def _current_test() -> str:
    return os.environ.get("PYTEST_CURRENT_TEST", "at import").rpartition(" (")[0]


def _is_ours(header: str, name: str) -> bool:
    pair, _, _ = header.partition(";")
    found, _, value = pair.partition("=")
    if found != name:
        return False
    try:
        envelope.parse(value)
    except Rejected:
        return False
    return True


def _count_cookies() -> None:
    save = CookieSessionInterface.save_session

    def save_and_count(
        self: CookieSessionInterface, app: Flask, session: SessionMixin, response: Response
    ) -> None:
        before = len(response.headers.getlist("Set-Cookie"))
        save(self, app, session, response)
        name = self.get_cookie_name(app)
        new = response.headers.getlist("Set-Cookie")[before:]
        cookies_by_test[_current_test()] += sum(_is_ours(header, name) for header in new)

    _patch.setattr(CookieSessionInterface, "save_session", save_and_count)


def _note_overrides() -> None:
    def set_and_note(self: Flask, name: str, value: Any) -> None:
        if name == "session_interface":
            overriding_tests[_current_test()] = type(value).__name__
        object.__setattr__(self, name, value)

    def note_subclass(cls: type[Flask]) -> None:
        if "session_interface" in vars(cls):
            overriding_tests[_current_test()] = type(cls.session_interface).__name__

    _patch.setattr(Flask, "__setattr__", set_and_note)
    _patch.setattr(Flask, "__init_subclass__", classmethod(note_subclass))


_count_cookies()
_note_overrides()
Flask.session_interface = CookieSessionInterface()
if CSRF:
    Flask.default_config = ImmutableDict({**Flask.default_config, "COOKIE_SESSIONS_CSRF": True})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the tests that can't hold, each of which must be there."""
    left_out = [item for item in items if item.nodeid in APART]
    assert len(left_out) == len(APART)
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if hardly any of our cookies was set, or if Flask lost our interface."""
    swapped = isinstance(Flask.session_interface, CookieSessionInterface)
    if cookies_by_test.total() < FEWEST_COOKIES or not swapped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of our cookies, and the tests that used another interface."""
    terminalreporter.section("cookie_sessions in these tests")
    terminalreporter.line(
        f"{cookies_by_test.total()} of our cookies were set (at least {FEWEST_COOKIES} must be), "
        f"by {sum(map(bool, cookies_by_test.values()))} tests."
    )
    terminalreporter.line(f"{len(overriding_tests)} tests set a session interface themselves:")
    for test, name in sorted(overriding_tests.items()):
        terminalreporter.line(f"  {test}: {name}")
