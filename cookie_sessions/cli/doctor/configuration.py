"""What an application's configuration means for its sessions: all checks, with their numbers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable
from typing import Final, NamedTuple

from cookie_sessions.cli.doctor.checks import (
    cookies,
    functions,
    keys,
    lists,
    requests,
    stores,
    times,
)
from cookie_sessions.cli.doctor.deployment import Deployment, Finding, Level


class Check(NamedTuple):
    """One check.

    Attributes:
        look: says what it found, or None where it has nothing to look at.
        asvs: the requirements of OWASP ASVS 5.0 that it is about.
    """

    look: Callable[[Deployment], Finding | None]
    asvs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return self.look.__name__


class Result(NamedTuple):
    """What a check found in one application.

    Attributes:
        check: its name.
        level: how much the finding matters.
        text: for people: what is so, what follows, what to do.
        asvs: the requirements of OWASP ASVS 5.0 that it is about.
        accepted: whether it is a warning that somebody has taken on themselves.
    """

    check: str
    level: Level
    text: str
    asvs: tuple[str, ...]
    accepted: bool = False


CHECKS: Final = (
    Check(lists.interface),
    Check(lists.has_list, ("7.4.1",)),
    Check(lists.list_is_written, ("7.4.1",)),
    Check(lists.list_answers, ("7.4.1",)),
    Check(lists.list_keeps, ("7.4.1",)),
    Check(lists.staleness, ("7.4.1",)),
    Check(lists.when_down, ("7.4.1",)),
    Check(lists.subject, ("7.4.1", "7.4.2", "7.4.3")),
    Check(lists.remember_cookies, ("7.4.3",)),
    Check(lists.register, ("7.5.2",)),
    Check(stores.overflow_answers),
    Check(stores.overflow_keeps),
    Check(stores.overflow_apart, ("7.4.1",)),
    Check(times.idle_timeout, ("7.3.1",)),
    Check(times.absolute_timeout, ("7.3.2",)),
    Check(cookies.secure, ("3.3.1",)),
    Check(cookies.host_prefix, ("3.3.1", "3.3.3")),
    Check(cookies.previous_names, ("3.3.3",)),
    Check(cookies.join_by_commas, ("3.3.3",)),
    Check(cookies.samesite, ("3.3.2",)),
    Check(cookies.named_cookies, ("3.3.2",)),
    Check(cookies.httponly, ("3.3.4",)),
    Check(requests.csrf, ("3.5.1",)),
    Check(requests.binding, ("8.2.4",)),
    Check(requests.proxy),
    Check(requests.handoff, ("12.2.1",)),
    Check(requests.header, ("16.2.5",)),
    Check(requests.probe),
    Check(functions.function),
    Check(keys.secret_key, ("11.2.3", "13.3.1")),
    Check(keys.keys, ("13.3.1", "13.3.4")),
    Check(keys.index_key, ("13.3.4",)),
    Check(keys.handoff_keys, ("13.3.2",)),
)


def check(
    deployment: Deployment, checks: Iterable[Check] = CHECKS, *, accepted: Container[str] = ()
) -> list[Result]:
    """Run checks.

    Args:
        deployment: what is known of the application.
        checks: which.
        accepted: names of those whose warnings are to count as notes.

    Returns:
        What each found that has something to look at, in their order.
    """
    found = ((each, each.look(deployment)) for each in checks)
    return [
        _result(each, finding, accepted=each.name in accepted)
        for each, finding in found
        if finding is not None
    ]


def _result(one: Check, finding: Finding, *, accepted: bool) -> Result:
    takes = accepted and finding.level is Level.WARNING
    level = Level.NOTE if takes else finding.level
    return Result(one.name, level, finding.text, one.asvs, takes)
