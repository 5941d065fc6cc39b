"""Events reach the log and those who subscribed, and break nothing."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys

import pytest

from cookie_sessions.errors import Reason
from cookie_sessions.events import FREQUENT, Event, EventName, Events, Fact

LOGGER = "cookie_sessions"


def test_an_event_reaches_all_who_subscribed_in_their_order() -> None:
    events = Events()
    heard: list[tuple[str, Event]] = []
    events.emit(EventName.CREATED)
    events.subscribe(lambda event: heard.append(("first", event)))
    events.subscribe(lambda event: heard.append(("second", event)))
    events.emit(EventName.REJECTED, reason=Reason.BAD_SEAL, octets=12)
    expected = Event(EventName.REJECTED, Reason.BAD_SEAL, {"octets": 12})
    assert heard == [("first", expected), ("second", expected)]


@pytest.mark.parametrize("name", EventName)
def test_every_event_is_one_log_record_with_its_facts(
    name: EventName, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG, LOGGER):
        Events().emit(name, reason=Reason.REVOKED, place="shop.py:7")
    (record,) = caplog.records
    assert record.name == LOGGER
    assert record.getMessage() == f"{name} reason=revoked place=shop.py:7"
    assert record.__dict__["event"] is name
    assert record.__dict__["reason"] is Reason.REVOKED
    assert record.__dict__["event_place"] == "shop.py:7"


def test_what_is_a_loss_is_a_warning_and_what_is_ordinary_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet = {
        *(EventName.OPENED, EventName.WRITTEN, EventName.REFRESHED, EventName.OVERFLOW),
        *(EventName.CREATED, EventName.MIGRATED, EventName.REGENERATED),
        *(EventName.DESTROYED, EventName.REJECTED, EventName.ANOMALY, EventName.CSRF_REJECTED),
        *(EventName.KEYS_LOADED, EventName.SNAPSHOT_LOADED),
        *(EventName.REVOKED, EventName.REVOCATIONS_BACK),
        *(EventName.HANDED_OFF, EventName.HANDOFF_REFUSED),
    }
    with caplog.at_level(logging.DEBUG, LOGGER):
        for name in EventName:
            Events().emit(name)
    loud = {record.__dict__["event"] for record in caplog.records if record.levelname == "WARNING"}
    assert loud == set(EventName) - quiet


def test_a_broken_subscriber_stops_neither_the_event_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("secret details")

    events = Events()
    heard: list[Event] = []
    events.subscribe(broken)
    events.subscribe(heard.append)
    with caplog.at_level(logging.DEBUG, LOGGER):
        events.emit(EventName.OVERSIZE, octets=5000)
    assert [event.name for event in heard] == [EventName.OVERSIZE]
    assert "broken of events failed with RuntimeError." in caplog.text
    assert "secret" not in caplog.text


def test_a_broken_subscriber_that_cannot_tell_its_name_stops_nothing_either(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Broken:
        def __call__(self, event: Event) -> None:
            raise KeyError

        def __getattr__(self, name: str) -> object:
            raise RuntimeError("secret details")

    events = Events()
    events.subscribe(Broken())
    with caplog.at_level(logging.DEBUG, LOGGER):
        events.emit(EventName.OVERSIZE, octets=5000)
    assert "Broken of events failed with KeyError." in caplog.text
    assert "secret" not in caplog.text


def test_what_happens_in_most_requests_is_told_to_those_who_ask_for_it_by_name() -> None:
    events = Events()
    told: list[EventName] = []
    asked: list[EventName] = []
    events.subscribe(lambda event: told.append(event.name))
    events.subscribe(lambda event: asked.append(event.name), names=EventName)
    for name in EventName:
        events.emit(name)
    assert asked == list(EventName)
    assert told == [name for name in EventName if name not in FREQUENT]


def test_whether_anybody_listens_is_known_before_anything_is_measured() -> None:
    events = Events()
    assert not events.wants(EventName.OPENED)
    assert events.wants(EventName.OVERSIZE)
    events.subscribe(print)
    assert not events.wants(EventName.OPENED)
    events.subscribe(print, names=[EventName.OPENED])
    assert events.wants(EventName.OPENED)
    assert not events.wants(EventName.REFRESHED)


def test_the_level_of_the_log_decides_at_any_time(caplog: pytest.LogCaptureFixture) -> None:
    events = Events()
    assert not events.wants(EventName.REFRESHED)
    with caplog.at_level(logging.DEBUG, LOGGER):
        assert events.wants(EventName.REFRESHED)
    assert not events.wants(EventName.REFRESHED)
    with caplog.at_level(logging.CRITICAL, LOGGER):
        assert not events.wants(EventName.OVERSIZE)


def test_a_subscriber_may_stop_listening_for_a_while() -> None:
    events = Events()
    heard: list[Event] = []
    listening = False
    events.subscribe(heard.append, names=[EventName.OPENED], wanted=lambda name: listening)
    events.emit(EventName.OPENED)
    assert not events.wants(EventName.OPENED)
    listening = True
    assert events.wants(EventName.OPENED)
    events.emit(EventName.OPENED)
    assert len(heard) == 1


class AsJson(logging.Formatter):
    """What structured logging does: the fields of a record that records do not have anyway."""

    def format(self, record: logging.LogRecord) -> str:
        usual = logging.makeLogRecord({}).__dict__.keys() | {"message", "asctime"}
        fields = {key: value for key, value in record.__dict__.items() if key not in usual}
        return json.dumps({"message": record.getMessage(), **fields}, allow_nan=False)


def test_a_json_log_has_every_detail_in_a_field_of_its_own() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(AsJson())
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    # Names that every log record has: nothing that is told may take their place.
    awkward: dict[str, Fact] = {"name": "x", "process": 1, "msg": "y", "message": "m", "event": "e"}
    try:
        Events().emit(EventName.OVERSIZE, octets=5000, seconds=0.25)
        events = Events()
        events._log().warning("%s", "e", extra=Event(EventName.CROWDED, None, awkward).fields)
    finally:
        logger.removeHandler(handler)
    first, second = map(json.loads, stream.getvalue().splitlines())
    assert first == {
        "message": "oversize octets=5000 seconds=0.25",
        "event": "oversize",
        "reason": None,
        "event_octets": 5000,
        "event_seconds": 0.25,
    }
    assert {f"event_{name}" for name in awkward} <= second.keys()
    assert second["event"] == "crowded"


def test_an_ordinary_event_loads_no_logging_and_a_warning_does() -> None:
    program = """
import sys
from cookie_sessions.events import EventName, Events
events = Events()
events.emit(EventName.CREATED)
assert not events.wants(EventName.OPENED)
print("logging" in sys.modules)
events.emit(EventName.OVERSIZE, octets=7)
print("logging" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
    assert done.stderr == "oversize octets=7\n"


def test_an_event_can_not_be_changed_by_those_who_hear_it() -> None:
    event = Event(EventName.CREATED)
    assert str(event) == "created"
    with pytest.raises(AttributeError):
        event.name = EventName.DESTROYED  # type: ignore[misc]
