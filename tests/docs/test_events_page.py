"""The catalogue of docs/events.md is the code's: names, levels, details, and what is measured."""

from __future__ import annotations

import ast
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask, session
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cookie_sessions.events import FREQUENT, Event, EventName, Events
from cookie_sessions.flask import CookieSessions
from cookie_sessions.observing.opentelemetry import OpenTelemetryMetrics
from cookie_sessions.observing.prometheus import PrometheusMetrics
from cookie_sessions.observing.recorder import MOST_KIDS
from tests.docs.test_pages import ROOT, blocks
from tests.observing.shop import events_of, shop, visit

PAGE = ROOT / "docs/events.md"
TEXT = PAGE.read_text(encoding="utf-8")
PACKAGE = ROOT / "cookie_sessions"


class Row(NamedTuple):
    """What the page says of an event."""

    level: str
    details: frozenset[str]


def catalogue() -> dict[str, Row]:
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| .* \|(.*)\|$", TEXT, re.MULTILINE)
    assert len({name for name, _, _ in rows}) == len(rows)
    return {
        name: Row(level, frozenset(re.findall(r"`(\w+)`", details)))
        for name, level, details in rows
    }


CATALOGUE = catalogue()


class Site(NamedTuple):
    """A place in the package where events are emitted, and with which details."""

    place: str
    names: frozenset[str]
    always: frozenset[str]
    sometimes: frozenset[str]


def sites() -> Iterator[Site]:
    for source in PACKAGE.rglob("*.py"):
        tree = ast.parse(source.read_text(encoding="utf-8"))
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef | ast.Module):
                continue
            for node in own_nodes(function):
                if isinstance(node, ast.Call) and called(node) in ("emit", "_note") and node.args:
                    names = event_names(node.args[0], function)
                    if names:
                        yield site_of(f"{source.name}:{node.lineno}", node, names)


def own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, ast.FunctionDef):
            yield child
            yield from own_nodes(child)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def event_names(argument: ast.expr, function: ast.AST) -> frozenset[str]:
    """The events that an argument may name, and a variable of the same function."""
    found = re.findall(r"EventName\.([A-Z_]+)", ast.unparse(argument))
    found += re.findall(r"^_([A-Z]+)$", ast.unparse(argument))
    if isinstance(argument, ast.Name) and not found:
        found = re.findall(r"EventName\.([A-Z_]+)", ast.unparse(function))
    return frozenset(EventName[name].value for name in found)


def site_of(place: str, node: ast.Call, names: frozenset[str]) -> Site:
    given = {keyword.arg for keyword in node.keywords if keyword.arg} - {"reason"}
    spread = [ast.unparse(keyword.value) for keyword in node.keywords if not keyword.arg]
    perhaps = re.findall(r"'(\w+)':", " ".join(spread))
    return Site(place, names, frozenset(given), frozenset(perhaps))


SITES = list(sites())


def test_the_table_has_every_event_once_in_the_order_of_the_code() -> None:
    assert list(CATALOGUE) == list(EventName)


@pytest.mark.parametrize("name", EventName)
def test_the_level_of_each_event_is_the_one_of_its_log_record(
    name: EventName, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, "cookie_sessions"):
        Events().emit(name)
    assert caplog.records[0].levelname.lower() == CATALOGUE[name].level


def test_every_event_is_emitted_somewhere() -> None:
    emitted = {name for site in SITES for name in site.names}
    binding = PACKAGE / "policy/binding.py"
    # Sessions are bound to their clients where that room is there.
    assert emitted | (set() if binding.exists() else {EventName.ANOMALY}) == set(EventName)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.place)
def test_each_place_tells_exactly_the_details_of_the_table(site: Site) -> None:
    for name in site.names:
        said = CATALOGUE[name].details
        assert site.always <= said <= site.always | site.sometimes, name


def test_what_an_application_is_told_are_exactly_the_details_of_the_table() -> None:
    app = shop(
        COOKIE_SESSIONS_OVERFLOW="memory:",
        COOKIE_SESSIONS_COLD=["big"],
        COOKIE_SESSIONS_REVOCATIONS="memory:",
    )
    told: list[Event] = []
    events_of(app).subscribe(told.append, names=EventName)
    visit(app)
    client = app.test_client()
    client.get("/in")
    client.get("/grow")
    with client.session_transaction() as held:
        own: Any = held
        own.regenerate()
    with client.session_transaction() as held:
        own = held
        own.destroy(revoke=True)
    seen = {event.name for event in told}
    assert seen == {
        *FREQUENT,
        *(EventName.CREATED, EventName.REJECTED, EventName.OVERFLOW, EventName.REGENERATED),
        *(EventName.REVOKED, EventName.DESTROYED),
    }
    for event in told:
        assert event.details.keys() == CATALOGUE[event.name].details, event
        assert (event.reason is not None) is (event.name is EventName.REJECTED)


def test_the_examples_of_the_page_run(capsys: pytest.CaptureFixture[str]) -> None:
    app = Flask("events")
    app.secret_key = "0123456789abcdef" * 2
    CookieSessions(app)
    app.add_url_rule("/", "index", lambda: str(session.setdefault("seen", "yes")))
    before = set(REGISTRY._collector_to_names)
    names: dict[str, Any] = {"app": app}
    try:
        for source in blocks(PAGE, "python"):
            exec(source, names)  # noqa: S102
        client = app.test_client()
        client.get("/")
        client.set_cookie("session", "broken")
        client.get("/")
        (value,) = [
            REGISTRY.get_sample_value("cookie_sessions_refusals_total", labels)
            for labels in [{"event": "rejected", "reason": "malformed"}]
        ]
    finally:
        for collector in set(REGISTRY._collector_to_names) - before:
            REGISTRY.unregister(collector)
        names["session_event"].disconnect(names["note"])
        names["signal_of"]("rejected").disconnect(names["note_refusal"])
    assert value == 1
    assert names["refused"] == ["malformed"]
    assert names["lost"] == []
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["created", "rejected", "created"]


def test_the_json_of_the_page_is_what_an_event_says() -> None:
    (said,) = map(json.loads, blocks(PAGE, "json"))
    event = Event(EventName.OVERSIZE, None, {"octets": 5000})
    assert said == {"message": str(event), **event.fields}


def test_the_table_of_metrics_is_what_the_libraries_have(tmp_path: Path) -> None:
    rows = re.findall(
        r"^\| `(cookie_sessions_\w+)` \| `(cookie_sessions\.[\w.]+)` \| (\w+) \| (.*) \|$",
        TEXT,
        re.MULTILINE,
    )
    registry = CollectorRegistry()
    app = shop()
    PrometheusMetrics(events_of(app), registry=registry)
    visit(app)
    scraped = {
        family.name: (
            family.type,
            {label for sample in family.samples for label in sample.labels} - {"le"},
        )
        for family in text_string_to_metric_families(generate_latest(registry).decode())
        if not family.name.endswith("_created")
    }
    said = {
        name.removesuffix("_total"): (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, _, kind, labels in rows
    }
    assert said == scraped
    assert {theirs for _, theirs, _, _ in rows} == instruments()
    assert f", {MOST_KIDS} of them" in TEXT


def instruments() -> set[str]:
    """The names of OpenTelemetry's instruments after one visit."""
    reader = InMemoryMetricReader()
    provider = MeterProvider(metric_readers=[reader])
    app = shop()
    OpenTelemetryMetrics(events_of(app), meter_provider=provider)
    visit(app)
    data = reader.get_metrics_data()
    assert data is not None
    provider.shutdown()
    return {metric.name for metric in data.resource_metrics[0].scope_metrics[0].metrics}
