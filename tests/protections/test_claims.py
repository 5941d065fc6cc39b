"""Every claim of SECURITY.md names a test that runs, and notices when its protection is off."""

from __future__ import annotations

import pytest

from tests.protections.__main__ import faults
from tests.protections.page import PAGE, claims
from tests.protections.switches import SWITCHES

pytestmark = pytest.mark.once


def test_every_row_is_read_and_names_a_protection() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert len(claims()) == text.count("| `tests/")
    assert {claim.protection for claim in claims()} == {*SWITCHES}


def test_every_test_that_is_named_runs_and_passes() -> None:
    assert faults(None) == []


@pytest.mark.parametrize("protection", SWITCHES)
def test_what_is_named_fails_without_its_protection(protection: str) -> None:
    assert faults(protection) == []
