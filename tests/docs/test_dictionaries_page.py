"""docs/dictionaries.md shows what the commands print, and names the limits of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cookie_sessions import clock
from cookie_sessions.cli.commands import program
from cookie_sessions.dictionaries import sample, sampler
from cookie_sessions.dictionaries.compose import DEFAULT_OCTETS
from cookie_sessions.dictionaries.sample import LEAST_SUBJECTS
from cookie_sessions.dictionaries.trained import MAX_OCTETS
from cookie_sessions.settings import Settings
from tests.dictionaries.population import people
from tests.dictionaries.sampled import application, visit
from tests.docs.test_pages import ROOT

PAGE = ROOT / "docs/dictionaries.md"
TEXT = PAGE.read_text(encoding="utf-8")
NOW = 1_893_456_000.0
SHOWN = re.findall(r"```sh\ncookie-sessions (.*?)\n```\n+```text\n(.*?)```", TEXT, re.DOTALL)


def run(line: str) -> Result:
    return CliRunner().invoke(program, line.split())


def test_the_page_shows_each_command_with_what_it_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [NOW]
    monkeypatch.setattr(clock, "now", lambda: now[0])
    monkeypatch.chdir(tmp_path)
    app = application(SAMPLE="sample.db", SAMPLE_RATE=1)
    crowd = list(people(440, few=1))
    visit(app, crowd[:400])
    printed = []
    for line, _ in SHOWN:
        if line.startswith("dictionary inspect"):
            visit(app, crowd[400:], aside=True)
            now[0] += 86_400
        if line.startswith("dictionary promote"):
            assert run(line).exit_code == 3
            now[0] += 86_400
        result = run(line)
        assert result.exit_code == 0, result.output
        printed.append(result.stdout)
    assert [line.split()[1] for line, _ in SHOWN] == [
        *("train", "inspect", "install", "promote", "withdraw"),
    ]
    assert [unmeasured(text) for text in printed] == [unmeasured(text) for _, text in SHOWN]


def unmeasured(text: str) -> str:
    """A table without what another release of the compressor may do a little better or worse."""
    return re.sub(r"^(\w+ +\d+) .*%  [#.]{30}$", r"\1", text, flags=re.MULTILINE)


def test_the_page_names_every_limit() -> None:
    words = " ".join(TEXT.split())
    for said in (
        f"**{LEAST_SUBJECTS} different people**",
        f"k, from {sample.FEWEST} to {sample.MOST})",
        f"at most {sample.MAX_PENDING:,} hashes and {sample.MAX_PHRASES:,} texts",
        f"had for {sample._DAYS_PENDING} days",
        f"a keyed hash of it, {sample._MAC_OCTETS} octets",
        f"counts at most {sampler.MAX_COUNTED:,}",
        f"({DEFAULT_OCTETS:,} by default, {MAX_OCTETS:,} at most)",
    ):
        assert said in words, said
    assert sampler._PAUSE_SECONDS == 60
    assert sampler.SET_ASIDE == 4
    assert Settings().sample_subjects == LEAST_SUBJECTS


def test_a_name_on_the_page_is_that_of_the_dictionary_that_it_trains() -> None:
    (trained,) = re.findall(r"^([0-9a-f]{6}): [\d,]+ octets, with", TEXT, re.MULTILINE)
    assert set(re.findall(r"dictionary (?:promote|withdraw) (\w+)", TEXT)) == {trained}
