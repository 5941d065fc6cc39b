"""What the checks of a configuration say, printed, and the status that a pipeline sees."""

from __future__ import annotations

import json
from collections.abc import Iterable

import click

from cookie_sessions.cli.doctor.configuration import CHECKS, Result, check
from cookie_sessions.cli.doctor.deployment import Deployment, Level
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS


def refuse_unknown(accepted: Iterable[str]) -> None:
    """Refuse names that no check has.

    Args:
        accepted: names of checks.

    Raises:
        UsageError: one is none; says which there are.
    """
    names = [each.name for each in CHECKS]
    for name in accepted:
        if name not in names:
            raise click.UsageError(f"There is no check {name!r}. There are: {', '.join(names)}.")


def say(deployment: Deployment, *, accepted: tuple[str, ...], as_json: bool) -> int:
    """Run all checks, and print what they found.

    Args:
        deployment: what is known of the application.
        accepted: names of the checks whose warnings are to count as notes.
        as_json: whether to print one object for programs.

    Returns:
        The status to end with.
    """
    found = check(deployment, accepted=accepted)
    (_tell_json if as_json else _tell)(found)
    levels = {result.level for result in found}
    if Level.ERROR in levels:
        return EXIT_ERROR
    return EXIT_WARNINGS if Level.WARNING in levels else 0


def _tell(found: list[Result]) -> None:
    for level, colour in (
        (Level.OK, "green"),
        (Level.NOTE, "cyan"),
        (Level.WARNING, "yellow"),
        (Level.ERROR, "red"),
    ):
        for each in found:
            if each.level is level:
                numbers = f" [ASVS 5.0: {', '.join(each.asvs)}]" if each.asvs else ""
                accepted = " Accepted." if each.accepted else ""
                line = f"{click.style(level, fg=colour)}: {each.text}{accepted}{numbers}"
                click.echo(line, err=level is not Level.OK)


def _tell_json(found: list[Result]) -> None:
    facts = {
        "standard": "OWASP ASVS 5.0",
        "ok": not any(each.level in (Level.WARNING, Level.ERROR) for each in found),
        "checks": [each._asdict() for each in found],
    }
    click.echo(json.dumps(facts, indent=2))
