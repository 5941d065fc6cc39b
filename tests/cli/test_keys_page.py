"""What docs/keys.md shows and lists of the commands is what they do."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from cookie_sessions.cli.commands import keys as group
from cookie_sessions.cli.times import seconds
from tests.cli.world import World

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text()
SECTION = PAGE.partition("\n## Commands\n")[2]


def with_numbered_ids(text: str) -> str:
    """A text whose ids, drawn anew each time, are numbered in the order in which they come."""
    numbers: dict[str, str] = {}
    return re.sub(
        r"\b[0-9a-f]{8}\b",
        lambda found: numbers.setdefault(found[0], f"{len(numbers):08}"),
        text,
    )


def test_the_transcript_is_what_the_commands_print(bare: World) -> None:
    (shown,) = re.findall(r"^```console\n(.*?)^```$", SECTION, re.DOTALL | re.MULTILINE)
    printed: list[str] = []
    for line in shown.splitlines():
        if line.startswith("$ "):
            program, keys, *rest = shlex.split(line.removeprefix("$ "))
            assert (program, keys) == ("cookie-sessions", "keys")
            printed.append(f"{line}\n{bare.run(*rest).output}")
        elif line.startswith("# "):
            bare.now += seconds(line.split()[1])
            printed.append(f"{line}\n")
    assert len(printed) >= 5
    assert with_numbered_ids("\n".join(printed)) == with_numbered_ids(shown)


def test_every_command_is_listed() -> None:
    listed = re.findall(r"^\| `([a-z-]+)[^`]*` \|", SECTION, re.MULTILINE)
    assert sorted(listed) == sorted(group.commands)


def test_every_name_of_the_json_is_listed(world: World) -> None:
    told = SECTION.partition("### For machines")[2].partition("###")[0]
    names = set(re.findall(r"`([a-z_]+)`", told))
    facts = world.facts("verify") | world.facts("add", "--dry-run")
    assert {*facts, *facts["keys"][0]} | {"verify"} == names
