"""docs/questions.md: questions of outsiders, each with a source, an answer and, mostly, a test."""

from __future__ import annotations

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.test_pages import ROOT

PAGE = ROOT / "docs/questions.md"
TRACKERS = {
    "pallets/flask",
    "pallets-eco/flask-session",
    "Kludex/starlette",
    "nextauthjs/next-auth",
    "vvo/iron-session",
    "oauth2-proxy/oauth2-proxy",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


class Question(NamedTuple):
    """One question.

    Attributes:
        title: as asked.
        answer: what the page says.
        source: the last line: where it was asked, and the test.
    """

    title: str
    answer: str
    source: str


def questions() -> list[Question]:
    found = []
    for part in re.split(r"^### ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        paragraphs = part.partition("\n## ")[0].strip().split("\n\n")
        title, *rest = [each.strip() for each in paragraphs]
        *answer, source = rest
        found.append(Question(title, " ".join(answer), source))
    return found


QUESTIONS = questions()


def slug(heading: str) -> str:
    """The anchor that GitHub and the site give a heading."""
    plain = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return plain.replace(" ", "-")


@cache
def anchors(page: Path) -> frozenset[str]:
    text = re.sub(
        r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return frozenset(slug(line) for line in re.findall(r"^#+ (.+)$", text, re.MULTILINE))


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_there_are_more_than_forty_and_no_title_twice() -> None:
    titles = Counter(each.title for each in QUESTIONS)
    assert len(QUESTIONS) >= 45
    assert [title for title, count in titles.items() if count > 1] == []
    assert [each.title for each in QUESTIONS if not each.title.endswith("?")] == []


def test_each_was_asked_somewhere_and_all_six_trackers_are_there() -> None:
    seen: Counter[str] = Counter()
    for each in QUESTIONS:
        threads = LINK.findall(each.source)
        assert each.source.startswith("Asked at ["), each.title
        assert threads
        for name, address in threads:
            repository, _, number = name.partition("#")
            assert re.fullmatch(
                rf"https://github\.com/{repository}/(issues|pull)/{number}", address
            )
            seen[repository] += 1
    assert set(seen) >= TRACKERS
    assert min(seen[tracker] for tracker in TRACKERS) >= 4


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: slug(each.title))
def test_each_answer_is_short_and_leads_to_the_page_that_has_the_whole(question: Question) -> None:
    sentences = re.findall(r"[.:;!?](?= |$)", re.sub(r"`[^`]*`", "", question.answer))
    assert 1 <= len(sentences) <= 8
    links = LINK.findall(question.answer)
    assert links
    for _, target in links:
        path, _, anchor = target.partition("#")
        page = (PAGE.parent / path).resolve() if path else PAGE
        assert page.is_file(), target
        assert not anchor or anchor in anchors(page), target


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda each: slug(each.title))
def test_each_test_that_is_named_exists(question: Question) -> None:
    for path, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", question.source):
        assert name in functions_of(ROOT / path), f"{path} has no {name}"


def test_only_what_is_no_behaviour_of_ours_has_no_test() -> None:
    without = [each.title for each in QUESTIONS if "Shown by `tests/" not in each.source]
    assert without == ["Does signing out here sign the user out at the identity provider?"]


def test_the_tests_that_were_written_for_the_page_are_named_on_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    files = sorted((ROOT / "tests/questions").glob("test_*.py"))
    assert files
    for path in files:
        assert f"tests/questions/{path.name}::" in text
