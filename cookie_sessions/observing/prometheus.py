"""Metrics for Prometheus, kept by its own client."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName, Events
from cookie_sessions.observing.recorder import CHUNKS, OCTETS, OPEN, SEAL, SECONDS, Recorder

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

try:
    from prometheus_client import REGISTRY, Counter, Histogram
except ImportError as error:
    raise ConfigurationError(
        f"Metrics for Prometheus need its client, which can't be imported ({error}). Install it: "
        "pip install 'cookie-sessions[prometheus]'."
    ) from error


class PrometheusMetrics(Recorder):
    """Counters and histograms of sessions in a registry of ``prometheus_client``.

    Every series of events is there from the start, at zero. In a process that was started with
    ``PROMETHEUS_MULTIPROC_DIR`` the numbers are kept where the client's multiprocess mode collects
    them.

    Args:
        events: what happens to the sessions of an application.
        registry: where the metrics are registered; None: the client's own, which its views show.
        namespace: begins the names of the metrics; a second set in one registry needs another.

    Raises:
        ValueError: the registry has metrics of these names already; use :meth:`watch` of the
            object that made them.
    """

    def __init__(
        self,
        events: Events,
        *,
        registry: CollectorRegistry | None = None,
        namespace: str = "cookie_sessions",
    ) -> None:
        into = REGISTRY if registry is None else registry
        counter = partial(Counter, namespace=namespace, registry=into)
        histogram = partial(Histogram, namespace=namespace, registry=into)
        counted = counter("events", "What happened to sessions.", ["event"])
        self._refusals = counter("refusals", "Why it was refused.", ["event", "reason"])
        self._uses = counter("key_uses", "Sessions by the key.", ["kid", "way"])
        octets = histogram("octets", "What a session's cookies take.", ["way"], buckets=OCTETS)
        chunks = histogram("chunks", "How many cookies it takes.", ["way"], buckets=CHUNKS)
        seconds = histogram("duration_seconds", "What it took.", ["way"], buckets=SECONDS)
        self._counted = {name: counted.labels(name.value) for name in EventName}
        self._measured = {
            way: (octets.labels(way), chunks.labels(way), seconds.labels(way))
            for way in (OPEN, SEAL)
        }
        self._series: dict[tuple[str, str], Counter] = {}
        super().__init__(events)

    def _count(self, name: EventName) -> None:
        self._counted[name].inc()

    def _refuse(self, name: EventName, reason: str) -> None:
        self._refusals.labels(name.value, reason).inc()

    def _measure(self, way: str, *, octets: float, chunks: float, seconds: float) -> None:
        for histogram, amount in zip(self._measured[way], (octets, chunks, seconds), strict=True):
            histogram.observe(amount)

    def _use(self, way: str, kid: str) -> None:
        # Looking the series up each time would cost more than counting.
        series = self._series.get((way, kid))
        if series is None:
            series = self._series[way, kid] = self._uses.labels(kid, way)
        series.inc()
