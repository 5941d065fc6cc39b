"""The table of docs/sizes.md has every deployment, and no profile admits more than it says."""

from __future__ import annotations

import pytest

from cookie_sessions.cookies import PROFILES, profile_of
from tests.deployments.deployment import DEPLOYMENTS
from tests.deployments.server import ROOT
from tests.deployments.table import HEAD

PAGE = ROOT / "docs/sizes.md"
COMMAND = "python -m tests.deployments"
BESIDE = 400
"""Octets of a measured request beside its Cookie values, at most."""


def rows() -> dict[str, list[str]]:
    """The cells of the page's table, by the name of the deployment."""
    table = PAGE.read_text(encoding="utf-8").partition(f"{HEAD}\n")[2].partition("\n\n")[0]
    lines = [line.strip("| ").split(" | ") for line in table.splitlines()]
    return {cells[0]: cells for cells in lines}


def most(cell: str) -> float:
    """The octets that passed; without end where all did that anybody asked for."""
    return float("inf") if cell.startswith(">") else int(cell.split(" ")[0].replace(",", ""))


def test_the_page_has_a_row_for_every_deployment_and_names_the_command() -> None:
    assert list(rows()) == list(DEPLOYMENTS)
    assert f"\n{COMMAND}\n" in PAGE.read_text(encoding="utf-8")


def test_every_profile_that_says_it_was_measured_has_a_row() -> None:
    measured = {name for name, profile in PROFILES.items() if COMMAND in profile.source}
    assert len(measured) >= 9
    assert measured <= rows().keys()


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_no_profile_admits_more_than_was_measured(name: str) -> None:
    profile = profile_of(DEPLOYMENTS[name])
    _, _, line, _, lines, response, _, _ = rows()[name]
    assert profile.cookie_line <= most(line)
    assert (profile.request or 0) < max(most(line), most(lines)) + BESIDE
    for limit in (profile.set_cookies, profile.response):
        assert limit is None or limit <= most(response)
