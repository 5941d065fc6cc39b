"""A pytest plugin that switches one protection off: pytest -p tests.protections.plugin"""

from __future__ import annotations

import os

import pytest

VARIABLE = "COOKIE_SESSIONS_TESTS_WITHOUT"

_patch = pytest.MonkeyPatch()


def pytest_configure() -> None:
    """Switch it off before any test module is imported."""
    name = os.environ.get(VARIABLE)
    if name:
        from tests.protections.switches import SWITCHES

        SWITCHES[name](_patch)


def pytest_unconfigure() -> None:
    """Have all be as it was."""
    _patch.undo()
