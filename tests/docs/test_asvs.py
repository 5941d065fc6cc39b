"""The numbers of ASVS 5.0 on our pages exist, and all that we know of are quoted somewhere."""

from __future__ import annotations

import re

from cookie_sessions.cli.doctor.configuration import CHECKS
from tests.docs.asvs import ASKED, SECTIONS
from tests.docs.test_pages import ROOT

_NUMBER = re.compile(r"(?<![\w.§-])\d{1,2}\.\d{1,2}(?:\.\d{1,2})?(?![\w.]*\d)")


def quoted(text: str) -> set[str]:
    return set(_NUMBER.findall(text))


def security() -> set[str]:
    page = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    return quoted(page.partition("\n## ASVS 5.0\n")[2].partition("\n## ")[0])


def test_every_number_that_is_quoted_is_one_of_the_standard() -> None:
    found = security() | {number for check in CHECKS for number in check.asvs}
    for path in sorted((ROOT / "docs").glob("*.md")):
        for sentence in path.read_text(encoding="utf-8").split("\n"):
            if "ASVS" in sentence and not sentence.startswith("| check"):
                found |= quoted(sentence.partition("ASVS 5.0")[2])
    assert found
    assert found - ASKED.keys() - SECTIONS.keys() == set()
    assert found == ASKED.keys() | SECTIONS.keys()


def test_no_page_quotes_the_standard_of_before() -> None:
    pages = [*(ROOT / "docs").glob("*.md"), ROOT / "README.md", ROOT / "SECURITY.md"]
    assert len(pages) > 10
    for page in pages:
        assert "ASVS 4" not in page.read_text(encoding="utf-8")
