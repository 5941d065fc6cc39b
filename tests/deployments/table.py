"""The table of docs/sizes.md: what each deployment lets through, and what its profile admits."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from cookie_sessions.cookies import octets_of
from tests.deployments.client import BROWSER
from tests.deployments.deployment import DEPLOYMENTS, deployed
from tests.deployments.limits import cookie_line, cookie_lines, set_cookies
from tests.deployments.programs import PROGRAMS
from tests.deployments.visitor import Visitor

_OTHER: Final = 600

COLUMNS: Final = (
    "deployment",
    "version",
    "one Cookie line",
    f"beside {octets_of(BROWSER)} of other headers",
    "all Cookie lines",
    "all Set-Cookie lines",
    f"beside {_OTHER} of other headers",
    "largest value admitted",
)
HEAD: Final = f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}"


def row(name: str, folder: Path) -> str:
    """The row of one deployment, measured now.

    Args:
        name: one of ``DEPLOYMENTS``.
        folder: for its files; it is theirs alone.
    """
    chain = DEPLOYMENTS[name]
    programs = [PROGRAMS[link] for link in chain]
    with deployed(chain, folder) as port:
        visitor = Visitor(port, BROWSER)
        largest = visitor.largest()
        cookies = len(visitor.write(largest).cookies)
        cells = [
            name,
            ", ".join(f"{program.name} {program.version()}" for program in programs),
            cookie_line(port, []),
            cookie_line(port, BROWSER),
            cookie_lines(port, []),
            set_cookies(port, 0),
            set_cookies(port, _OTHER),
            f"{largest:,} in {cookies} cookie{'s' if cookies > 1 else ''}",
        ]
    return f"| {' | '.join(map(str, cells))} |"
