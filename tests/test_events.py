"""Events reach the log and those who subscribed, and break nothing."""

from __future__ import annotations

import logging

import pytest

from cookie_sessions.errors import Reason
from cookie_sessions.events import Event, EventName, Events

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


def test_what_is_a_loss_is_a_warning_and_what_is_ordinary_is_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet = {
        *(EventName.CREATED, EventName.MIGRATED, EventName.REGENERATED),
        *(EventName.DESTROYED, EventName.REJECTED, EventName.ANOMALY),
        *(EventName.KEYS_LOADED, EventName.SNAPSHOT_LOADED),
        *(EventName.REVOKED, EventName.REVOCATIONS_BACK),
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
    assert "A subscriber of events failed with RuntimeError." in caplog.text
    assert "secret" not in caplog.text


def test_an_event_can_not_be_changed_by_those_who_hear_it() -> None:
    event = Event(EventName.CREATED)
    assert str(event) == "created"
    with pytest.raises(AttributeError):
        event.name = EventName.DESTROYED  # type: ignore[misc]
