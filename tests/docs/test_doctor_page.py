"""The table of checks of docs/operations.md is that of the code."""

from __future__ import annotations

import re

from cookie_sessions.cli.doctor.configuration import CHECKS, Result
from cookie_sessions.settings import PREFIX
from tests.cli.doctor.faults import FAULTY, SOUND
from tests.docs.test_pages import ROOT

PAGE = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
TEXT = PAGE.partition("\n## Checking the configuration\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line[1:-1].split("|")]
    for line in TEXT.partition("| check | ASVS 5.0 |")[2].splitlines()
    if line.startswith("| `")
]


def test_the_checks_and_their_numbers_are_those_of_the_code() -> None:
    told = [(row[0].strip("`"), row[1]) for row in ROWS]
    assert told == [(each.name, ", ".join(each.asvs)) for each in CHECKS]


def test_the_levels_are_what_the_checks_find() -> None:
    found = []
    for look, deployment, level, _ in FAULTY:
        finding = look(deployment)
        assert finding is not None
        assert finding.level is level
        found.append((look.__name__, str(level)))
    assert [(row[0].strip("`"), row[2]) for row in ROWS] == found


def test_each_check_has_a_fix_and_its_settings_exist() -> None:
    fields = {each.upper() for each in SOUND.settings._fields}
    flasks = {"SESSION_COOKIE", "SECRET_KEY", "PERMANENT_SESSION_LIFETIME"}
    for row in ROWS:
        assert len(row) == 5
        assert row[3]
        assert row[4]
        for name in re.findall(r"`([A-Z_]{4,})", row[4]):
            assert name in fields or any(name.startswith(each) for each in flasks), name
            assert not name.startswith(PREFIX)


def test_each_finding_names_the_settings_of_its_fix() -> None:
    for row, (look, deployment, _, _) in zip(ROWS, FAULTY, strict=True):
        finding = look(deployment)
        assert finding is not None
        names = re.findall(r"`([A-Z][A-Z_]{3,})", row[4])
        assert not names or any(name in finding.text for name in names), row[0]


def test_what_json_says_is_on_the_page() -> None:
    told = TEXT.partition("With `--json`")[2].partition("\n\n")[0]
    assert re.findall(r"`(\w+)`", told) == ["ok", "standard", "checks", *Result._fields]
