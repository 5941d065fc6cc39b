"""Metrics as the SDK of OpenTelemetry collects them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from cookie_sessions import __version__
from cookie_sessions.errors import Reason
from cookie_sessions.observing.opentelemetry import OpenTelemetryMetrics
from cookie_sessions.observing.recorder import CHUNKS, OCTETS, SECONDS
from tests.observing.shop import COUNTED, MEASURED, USER, events_of, kid_of, shop, visit

ROOT = Path(__file__).resolve().parents[2]


class Collected:
    """What a reader has after one visit to the shop."""

    def __init__(self) -> None:
        reader = InMemoryMetricReader()
        provider = MeterProvider(metric_readers=[reader])
        self.app = shop()
        OpenTelemetryMetrics(events_of(self.app), meter_provider=provider)
        self.sid = visit(self.app)
        data = reader.get_metrics_data()
        assert data is not None
        provider.shutdown()
        (resource,) = data.resource_metrics
        (scope,) = resource.scope_metrics
        self.scope = scope.scope
        self.text = scope.to_json()
        self.metrics: dict[str, Any] = {metric.name: metric for metric in scope.metrics}

    def point(self, name: str, **attributes: str) -> Any:
        """The one data point of an instrument that has these attributes."""
        points = self.metrics[f"cookie_sessions.{name}"].data.data_points
        (found,) = [point for point in points if dict(point.attributes) == attributes]
        return found


def test_a_visit_is_counted_and_measured() -> None:
    read = Collected()
    for event, times in COUNTED.items():
        assert read.point("events", event=event).value == times
    for reason in (Reason.MALFORMED, Reason.BAD_SEAL):
        assert read.point("refusals", event="rejected", reason=reason.value).value == 1
    for way, times in MEASURED.items():
        assert read.point("key.uses", kid=kid_of(read.app), way=way).value == times
        for name in ("octets", "chunks", "duration"):
            assert read.point(name, way=way).count == times
        assert read.point("chunks", way=way).sum == times
        assert 0 < read.point("duration", way=way).sum < 5


def test_the_meter_says_whose_it_is_and_its_instruments_have_units_and_bounds() -> None:
    read = Collected()
    assert (read.scope.name, read.scope.version) == ("cookie_sessions", __version__)
    units = {name.partition(".")[2]: metric.unit for name, metric in read.metrics.items()}
    assert units == {
        "events": "{event}",
        "refusals": "{event}",
        "key.uses": "{session}",
        "octets": "By",
        "chunks": "{cookie}",
        "duration": "s",
    }
    bounds = {"octets": OCTETS, "chunks": CHUNKS, "duration": SECONDS}
    for name, expected in bounds.items():
        assert tuple(read.point(name, way="open").explicit_bounds) == expected


def test_the_process_may_set_its_provider_after_the_metrics_were_made() -> None:
    program = """
from opentelemetry import metrics
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from cookie_sessions.events import EventName, Events
from cookie_sessions.observing.opentelemetry import OpenTelemetryMetrics
from cookie_sessions.observing.recorder import SECONDS
events = Events()
OpenTelemetryMetrics(events)
reader = InMemoryMetricReader()
metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))
events.emit(EventName.OPENED, octets=99, chunks=1, seconds=0.5, kid="0a0b0c0d")
(scope,) = reader.get_metrics_data().resource_metrics[0].scope_metrics
points = {metric.name: metric.data.data_points[0] for metric in scope.metrics}
print(points["cookie_sessions.octets"].sum)
print(points["cookie_sessions.duration"].explicit_bounds == SECONDS)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == ["99.0", "True"]


def test_nothing_of_anybody_is_exported() -> None:
    read = Collected()
    for secret in (read.sid, USER, '"user'):
        assert secret not in read.text
