"""Metrics for OpenTelemetry, through its API; the application brings the SDK and the exporter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions import __version__
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName, Events
from cookie_sessions.observing.recorder import CHUNKS, OCTETS, SECONDS, Recorder

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider

try:
    from opentelemetry.metrics import get_meter
except ImportError as error:
    raise ConfigurationError(
        f"Metrics for OpenTelemetry need its API, which can't be imported ({error}). Install it: "
        "pip install 'cookie-sessions[opentelemetry]'."
    ) from error


class OpenTelemetryMetrics(Recorder):
    """Counters and histograms of sessions, as instruments of a meter named ``cookie_sessions``.

    Args:
        events: what happens to the sessions of an application.
        meter_provider: makes the meter; None: the process's own, whenever it is set.
    """

    def __init__(self, events: Events, *, meter_provider: MeterProvider | None = None) -> None:
        meter = get_meter("cookie_sessions", __version__, meter_provider)
        self._events = meter.create_counter(
            "cookie_sessions.events", unit="{event}", description="What happened to sessions."
        )
        self._refusals = meter.create_counter(
            "cookie_sessions.refusals", unit="{event}", description="Why it was refused."
        )
        self._uses = meter.create_counter(
            "cookie_sessions.key.uses", unit="{session}", description="Sessions by the key."
        )
        self._octets = meter.create_histogram(
            "cookie_sessions.octets",
            unit="By",
            description="What a session's cookies take.",
            explicit_bucket_boundaries_advisory=OCTETS,
        )
        self._chunks = meter.create_histogram(
            "cookie_sessions.chunks",
            unit="{cookie}",
            description="How many cookies a session takes.",
            explicit_bucket_boundaries_advisory=CHUNKS,
        )
        self._seconds = meter.create_histogram(
            "cookie_sessions.duration",
            unit="s",
            description="What opening or sealing took.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        super().__init__(events)

    def _count(self, name: EventName) -> None:
        self._events.add(1, {"event": name.value})

    def _refuse(self, name: EventName, reason: str) -> None:
        self._refusals.add(1, {"event": name.value, "reason": reason})

    def _measure(self, way: str, *, octets: float, chunks: float, seconds: float) -> None:
        attributes = {"way": way}
        self._octets.record(octets, attributes)
        self._chunks.record(chunks, attributes)
        self._seconds.record(seconds, attributes)

    def _use(self, way: str, kid: str) -> None:
        self._uses.add(1, {"kid": kid, "way": way})
