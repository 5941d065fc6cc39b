"""What the doctor says: a table for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from typing import Any, Final, NamedTuple

import click

from cookie_sessions.cli.doctor.findings import Findings
from cookie_sessions.cli.doctor.handler import AdapterRow
from cookie_sessions.cli.doctor.measurement import KINDS, Limit, Measured
from cookie_sessions.cli.doctor.others import Others
from cookie_sessions.cli.doctor.store import StoreHealth

_HEAD: Final = ("OCTETS OF", "PASSED", "FAILED", "HOW")
_SHOWN: Final = 10
_OF_A_STORE: Final = ("name", "answers", "fault", "policy")


class Report(NamedTuple):
    """All that a run found; what was not asked for is None.

    Attributes:
        url: the address.
        requests: how many it was sent.
        measured: its limits.
        findings: what they mean.
        others: a browser's cookies.
        store: the overflow store.
        revocations: the store of the revocation list.
        warnings: what is to be changed.
        adapter: that of a function, by the shape of its events.
        notes: what is good to know.
    """

    url: str | None
    requests: int
    measured: Measured | None
    findings: Findings | None
    others: Others | None
    store: StoreHealth | None
    revocations: StoreHealth | None
    warnings: tuple[str, ...]
    adapter: tuple[AdapterRow, ...] = ()
    notes: tuple[str, ...] = ()


class Progress:
    """Says on stderr how far the measuring is.

    Args:
        shown: whether to say anything.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._rewrites = shown and sys.stderr.isatty()
        self._kind = ""

    def __call__(self, kind: str, octets: int, requests: int) -> None:
        """Tell of one request: its kind and size, and how many there were."""
        if self._rewrites:
            text = f"\r\x1b[K{KINDS[kind]}: {octets:,} octets ({requests} requests)"
            click.echo(text, err=True, nl=False)
        elif self._shown and kind != self._kind:
            click.echo(f"measuring {KINDS[kind]} ({requests} requests yet)", err=True)
        self._kind = kind

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._rewrites:
            click.echo("\r\x1b[K", err=True, nl=False)


def tell(report: Report) -> None:
    """Print a report for people: results to stdout, warnings to stderr."""
    parts: list[str] = []
    if report.measured is not None and report.findings is not None:
        parts.append(f"{report.url}: {report.requests} requests\n\n{_table(report.measured)}")
        parts.append(_profiles(report.findings))
    if report.others is not None:
        parts.append(_cookies(report.others))
    parts += [_store(health) for health in (report.store, report.revocations) if health]
    if report.adapter:
        parts.append("\n".join(map(_adapter, report.adapter)))
    click.echo("\n\n".join(parts))
    for note in report.notes:
        click.echo(f"note: {note}", err=True)
    for warning in report.warnings:
        click.echo(f"warning: {warning}", err=True)


def tell_json(report: Report) -> None:
    """Print a report for machines; docs/sizes.md lists the names."""
    facts: dict[str, Any] = {"ok": not report.warnings}
    if report.measured is not None and report.findings is not None:
        measured = report.measured
        facts |= {
            "url": report.url,
            "requests": report.requests,
            "limits": {kind: getattr(measured, kind)._asdict() for kind in KINDS},
            "response": measured.response,
            "joints": measured.joints,
            "ahead": measured.ahead,
            "profiles": report.findings.profiles,
            "configured": report.findings.configured,
        }
    if report.others is not None:
        facts["cookies"] = {
            "octets": report.others.octets,
            "each": [{"name": name, "octets": size} for name, size in report.others.cookies],
        }
    for name in ("store", "revocations"):
        health: StoreHealth | None = getattr(report, name)
        if health is not None:
            facts[name] = {key: getattr(health, key) for key in _OF_A_STORE}
    if report.adapter:
        facts["adapter"] = [
            {"shape": row.shape, "out": row.out, "in": row.into, "ok": not row.told}
            for row in report.adapter
        ]
    if report.notes or report.findings is not None:
        facts["notes"] = report.notes
    facts["warnings"] = report.warnings
    click.echo(json.dumps(facts, indent=2))


def _table(measured: Measured) -> str:
    limits: list[tuple[str, Limit]] = [(KINDS[kind], getattr(measured, kind)) for kind in KINDS]
    rows = [_HEAD, *(_row(name, limit) for name, limit in limits)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]}".rstrip()
        for row in rows
    ]
    joints = " or ".join(f"{joint!r}" for joint in measured.joints)
    told = f"joined by {joints}" if joints else "not both"
    return "\n".join([*lines, "", f"Two Cookie lines arrive {told}."])


def _row(name: str, limit: Limit) -> tuple[str, ...]:
    if limit.failed is None:
        return name, f"{limit.passed:,}", "-", "more was not asked for"
    how = str(limit.refusal)
    return name, f"{limit.passed:,}", f"{limit.failed:,}", how


def _profiles(findings: Findings) -> str:
    if findings.profiles:
        told = f"Profiles that fit, the most room first: {', '.join(findings.profiles)}."
    else:
        told = "No profile fits."
    if findings.configured is not None:
        told += f"\nThe application has the profile {findings.configured}."
    return told


def _store(health: StoreHealth) -> str:
    told = "answers" if health.answers else "does not answer"
    if health.is_absent:
        told = "is not there yet"
    policy = f", maxmemory-policy {health.policy}" if health.policy else ""
    return f"{health.name}: {told}{policy}"


def _adapter(row: AdapterRow) -> str:
    level, colour = ("warning", "yellow") if row.told else ("ok", "green")
    return f"{click.style(level, fg=colour)}: {row.shape}: out {row.out}, in {row.into}"


def _cookies(others: Others) -> str:
    lines = [f"The browser's cookies take {others.octets:,} octets of one Cookie line:"]
    width = max([len(name) for name, _ in others.cookies[:_SHOWN]], default=0)
    lines += [f"  {name:<{width}}  {size:>6,}" for name, size in others.cookies[:_SHOWN]]
    if len(others.cookies) > _SHOWN:
        lines.append(f"  and {len(others.cookies) - _SHOWN} more")
    return "\n".join(lines)
