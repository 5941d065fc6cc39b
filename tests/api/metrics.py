"""The metrics and the extras as text."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from cookie_sessions.events import Events
from cookie_sessions.observing.prometheus import PrometheusMetrics

PYPROJECT: Final = Path(__file__).resolve().parents[2] / "pyproject.toml"


class _Noting(CollectorRegistry):
    """Keeps what is registered, with the names of its labels, which a metric tells once used."""

    def __init__(self) -> None:
        super().__init__()
        self.metrics: list[MetricWrapperBase] = []

    def register(self, collector: object) -> None:
        assert isinstance(collector, MetricWrapperBase)
        self.metrics.append(collector)
        super().register(collector)


def describe_metrics() -> str:
    """Write down every metric for Prometheus: its name, kind and labels.

    Returns:
        A line for each.
    """
    registry = _Noting()
    PrometheusMetrics(Events(), registry=registry)
    lines = [
        f"{family.name} ({family.type}): {', '.join(metric._labelnames)}"
        for metric in registry.metrics
        for family in metric.describe()
    ]
    return "\n".join(sorted(lines)) + "\n"


def describe_extras() -> str:
    """Write down the extras of the package.

    Returns:
        A line for each name.
    """
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    return "\n".join(sorted(project["optional-dependencies"])) + "\n"
