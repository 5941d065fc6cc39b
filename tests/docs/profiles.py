"""Write the table of profiles in docs/sizes.md anew: python -m tests.docs.profiles"""

from __future__ import annotations

from pathlib import Path

from cookie_sessions.cookies import PROFILES, Profile

PAGE = Path(__file__).resolve().parents[2] / "docs/sizes.md"
BEGIN, END = "<!-- profiles: begin -->\n", "<!-- profiles: end -->\n"


def table() -> str:
    """The profiles of the package, one a row."""
    rows = [
        "| profile | one Cookie line | request | Set-Cookie lines | response | source |",
        "|---|---|---|---|---|---|",
        *map(_row, PROFILES.values()),
    ]
    return "\n".join(rows) + "\n"


def written() -> str:
    """The table as it stands on the page."""
    return PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]


def _row(profile: Profile) -> str:
    limits = (profile.cookie_line, profile.request, profile.set_cookies, profile.response)
    cells = [f"`{profile.name}`", *("" if each is None else f"{each:,}" for each in limits)]
    return f"| {' | '.join([*cells, profile.source])} |"


def main() -> None:
    """Put the table between its marks."""
    before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    assert begin
    assert end
    PAGE.write_text(f"{before}{begin}{table()}{end}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
