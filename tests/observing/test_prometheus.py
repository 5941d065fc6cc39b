"""Metrics as Prometheus scrapes them: from its client's own server, and out of many processes."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families

from cookie_sessions.errors import Reason
from cookie_sessions.events import EventName, Events
from cookie_sessions.observing.prometheus import PrometheusMetrics
from cookie_sessions.observing.recorder import MOST_KIDS
from tests.observing.shop import COUNTED, MEASURED, USER, events_of, kid_of, shop, visit

ROOT = Path(__file__).resolve().parents[2]


def series(name: str, labels: Mapping[str, str]) -> str:
    return f"{name} {sorted((key, str(label)) for key, label in labels.items())}"


def samples(text: str) -> dict[str, float]:
    """The value of each series, as Prometheus reads the text."""
    return {
        series(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: dict[str, float], name: str, **labels: str) -> float:
    return found[series(f"cookie_sessions_{name}", labels)]


def scraped(registry: CollectorRegistry) -> dict[str, float]:
    return samples(generate_latest(registry).decode())


def test_a_visit_is_counted_and_measured() -> None:
    app = shop()
    registry = CollectorRegistry()
    PrometheusMetrics(events_of(app), registry=registry)
    visit(app)
    found = scraped(registry)
    for event, times in COUNTED.items():
        assert value(found, "events_total", event=event) == times
    for reason in (Reason.MALFORMED, Reason.BAD_SEAL):
        assert value(found, "refusals_total", event="rejected", reason=reason) == 1
    for way, times in MEASURED.items():
        for histogram in ("octets", "chunks", "duration_seconds"):
            assert value(found, f"{histogram}_count", way=way) == times
        assert value(found, "chunks_sum", way=way) == times
        assert value(found, "key_uses_total", kid=kid_of(app), way=way) == times
        assert 50 * times < value(found, "octets_sum", way=way) < 500 * times
        assert 0 < value(found, "duration_seconds_sum", way=way) < 5


def test_every_event_is_there_from_the_start() -> None:
    registry = CollectorRegistry()
    PrometheusMetrics(Events(), registry=registry)
    found = scraped(registry)
    assert [value(found, "events_total", event=name) for name in EventName] == [0] * len(EventName)


def test_its_real_server_shows_them_and_nothing_of_anybody() -> None:
    app = shop(COOKIE_SESSIONS_OVERFLOW="memory:", COOKIE_SESSIONS_REVOCATIONS="memory:")
    registry = CollectorRegistry()
    PrometheusMetrics(events_of(app), registry=registry)
    sid = visit(app)
    server, thread = start_http_server(0, addr="127.0.0.1", registry=registry)
    try:
        address = f"http://127.0.0.1:{server.server_port}/metrics"
        with urllib.request.urlopen(address, timeout=60) as answer:
            text = answer.read().decode()
    finally:
        server.shutdown()
        server.server_close()
        thread.join(60)
    assert value(samples(text), "events_total", event="created") == 1
    for secret in (sid, USER, "user", "127.0.0.1"):
        assert secret not in text


def test_a_session_of_several_cookies_is_counted_as_such() -> None:
    app = shop()
    registry = CollectorRegistry()
    PrometheusMetrics(events_of(app), registry=registry)
    client = app.test_client()
    client.get("/in")
    client.get("/grow")
    before = scraped(registry)
    assert value(before, "chunks_sum", way="seal") == 1 + 2
    client.get("/")
    found = scraped(registry)
    assert value(found, "chunks_sum", way="open") - value(before, "chunks_sum", way="open") == 2
    assert value(found, "octets_sum", way="open") > 4096


def test_keys_beyond_a_bound_are_counted_together() -> None:
    registry = CollectorRegistry()
    events = Events()
    PrometheusMetrics(events, registry=registry)
    for number in range(MOST_KIDS + 5):
        for _ in range(2):
            kid = f"{number:08x}"
            events.emit(EventName.OPENED, octets=1, chunks=1, seconds=0.1, kid=kid)
    found = scraped(registry)
    assert value(found, "key_uses_total", kid="00000000", way="open") == 2
    assert value(found, "key_uses_total", kid="other", way="open") == 10
    assert len([name for name in found if "key_uses_total" in name]) == MOST_KIDS + 1


def test_flasks_own_form_has_no_key_of_ours() -> None:
    registry = CollectorRegistry()
    events = Events()
    PrometheusMetrics(events, registry=registry)
    events.emit(EventName.MIGRATED, octets=80, chunks=1, seconds=0.001, kid="", to="flask")
    found = scraped(registry)
    assert value(found, "octets_count", way="seal") == 1
    assert not [name for name in found if "key_uses_total" in name]


def test_two_applications_share_one_set_or_have_one_each() -> None:
    registry = CollectorRegistry()
    shared, apart = Events(), Events()
    metrics = PrometheusMetrics(shared, registry=registry)
    with pytest.raises(ValueError, match="Duplicated"):
        PrometheusMetrics(apart, registry=registry)
    PrometheusMetrics(apart, registry=registry, namespace="admin")
    other = Events()
    metrics.watch(other)
    for events in (shared, other, apart):
        events.emit(EventName.DESTROYED)
    text = generate_latest(registry).decode()
    assert 'cookie_sessions_events_total{event="destroyed"} 2.0' in text
    assert 'admin_events_total{event="destroyed"} 1.0' in text


def test_processes_that_share_a_folder_are_scraped_as_one(tmp_path: Path) -> None:
    program = """
from cookie_sessions.observing.prometheus import PrometheusMetrics
from tests.observing.shop import events_of, shop, visit
app = shop()
PrometheusMetrics(events_of(app))
visit(app)
"""
    environment = os.environ | {
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "PYTHONPATH": str(ROOT),
    }
    for _ in range(2):
        subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    scrape = """
from prometheus_client import CollectorRegistry, generate_latest, multiprocess
registry = CollectorRegistry()
multiprocess.MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""
    done = subprocess.run(
        [sys.executable, "-c", scrape], env=environment, check=True, capture_output=True, text=True
    )
    found = samples(done.stdout)
    assert value(found, "events_total", event="created") == 2
    assert value(found, "duration_seconds_count", way="open") == 6
    assert value(found, "refusals_total", event="rejected", reason="malformed") == 2


@pytest.mark.parametrize(
    ("package", "extra"), [("prometheus_client", "prometheus"), ("opentelemetry", "opentelemetry")]
)
def test_without_its_library_a_module_says_what_to_install(package: str, extra: str) -> None:
    program = f"""
import sys
sys.modules["{package}"] = None
from cookie_sessions import ConfigurationError
try:
    import cookie_sessions.observing.{extra}
except ConfigurationError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert f"pip install 'cookie-sessions[{extra}]'" in done.stdout


def test_one_library_is_used_without_the_other() -> None:
    program = """
import sys
sys.modules["opentelemetry"] = None
import cookie_sessions.observing.prometheus
print("flask" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout == "False\n"
