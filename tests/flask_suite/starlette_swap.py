"""A pytest plugin that puts our middleware into Starlette, for Starlette's own tests of sessions.

It changes nothing else of Starlette's behaviour, and counts the cookies of ours that were set: a
suite that never writes a session proves nothing. One test is about Starlette's own class of
sessions, which stays what it is; tests/middleware/test_starlette.py says the same of ours.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from starlette.middleware import sessions

from cookie_sessions import envelope
from cookie_sessions.errors import Rejected
from cookie_sessions.middleware.exchange import Exchange
from cookie_sessions.middleware.headers import Headers
from cookie_sessions.middleware.starlette import SessionMiddleware

FEWEST_COOKIES = int(os.environ["SESSION_SWAP_COOKIES"])

cookies_by_test: Counter[str] = Counter()


def _is_ours(line: str) -> bool:
    try:
        envelope.parse(line.partition(";")[0].partition("=")[2])
    except Rejected:
        return False
    return True


def _count_cookies() -> None:
    conclude = Exchange.conclude

    def conclude_and_count(self: Exchange, status: str, headers: Headers) -> bool:
        may_go = conclude(self, status, headers)
        test = os.environ.get("PYTEST_CURRENT_TEST", "at import").rpartition(" (")[0]
        lines = [value for name, value in headers if name == "Set-Cookie"]
        cookies_by_test[test] += sum(map(_is_ours, lines))
        return may_go

    Exchange.conclude = conclude_and_count  # type: ignore[method-assign]


_count_cookies()
sessions.SessionMiddleware = SessionMiddleware  # type: ignore[assignment, misc]


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run if hardly any of our cookies was set, or if Starlette lost our middleware."""
    swapped = vars(sessions)["SessionMiddleware"] is SessionMiddleware
    if cookies_by_test.total() < FEWEST_COOKIES or not swapped:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the number of our cookies."""
    terminalreporter.section("cookie_sessions in these tests")
    terminalreporter.line(
        f"{cookies_by_test.total()} of our cookies were set (at least {FEWEST_COOKIES} must be), "
        f"by {sum(map(bool, cookies_by_test.values()))} tests."
    )
