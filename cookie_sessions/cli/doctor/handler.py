"""What the adapter of a function does to cookies, asked of the handler itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cookie_sessions.cli.doctor.named import loaded
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.gateway import EventShape, Finding, Guarded


def examine_handler(name: str, shapes: Sequence[str]) -> list[Finding]:
    """Test the adapter behind a handler; the application gets none of its requests.

    Args:
        name: of the handler, as a function's configuration has it: ``module:name`` or
            ``module.name``, found from the current folder.
        shapes: of events; none for all.

    Raises:
        ConfigurationError: there is no such handler, or no guard stands before it.
    """
    handler = loaded(name, what="handler")
    if not isinstance(handler, Guarded):
        raise ConfigurationError(
            f"{name} is no guarded handler, so its adapter can't be tested. Make it with "
            f"cookie_sessions.gateway.guarded: handler = guarded(make_lambda_handler, app)."
        )
    return handler.self_test([EventShape(shape) for shape in shapes] or EventShape)


class AdapterRow(NamedTuple):
    """What an adapter does to the cookies of one shape of event, for people.

    Attributes:
        shape: the shape.
        out: what becomes of Set-Cookie lines.
        into: what becomes of Cookie lines.
        told: what is so, what follows, what to do; empty where all is well.
    """

    shape: str
    out: str
    into: str
    told: str


def row_of(finding: Finding) -> AdapterRow:
    """Say what was found."""
    out = "all Set-Cookie lines" if finding.keeps_all else f"{finding.kept} of 2 Set-Cookie lines"
    if finding.are_joined:
        out = "Set-Cookie lines joined by commas"
    into = "all cookies" if finding.takes_all else f"{finding.arrive} of 3 cookies"
    told = ""
    if finding.fault:
        out, into = f"fails with {finding.fault}", "-"
        told = f"the adapter {out} before a request is answered"
    elif finding.remedy:
        told = f"the adapter passes out {out}, and in {into}, so sessions of several cookies end"
    told = f"{finding.shape.label}: {told}. {finding.remedy}" if told else ""
    return AdapterRow(finding.shape.value, out, into, told)
