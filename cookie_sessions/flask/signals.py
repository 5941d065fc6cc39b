"""Events as blinker signals, as Flask's own happenings are: one signal for each, and one for all.

The sender is the application; the event comes as ``event``. Where nobody is connected to a signal
nothing is sent, and nothing is measured for it. Importing this module is what connects it to the
applications of the process, those that are made later included.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from blinker import Namespace, Signal

from cookie_sessions.events import FREQUENT, Event, EventName, Events
from cookie_sessions.flask.state import follow_all

if TYPE_CHECKING:
    from flask import Flask

__all__ = ["SIGNALS", "session_event", "signal_of"]

_namespace: Final = Namespace()

session_event: Final = _namespace.signal(
    "cookie-sessions",
    doc="Each event but the frequent ones, which have to be asked for by name.",
)

SIGNALS: Final[Mapping[EventName, Signal]] = MappingProxyType(
    {name: _namespace.signal(f"cookie-sessions-{name}") for name in EventName}
)
"""The signal of each event."""


def signal_of(name: EventName | str) -> Signal:
    """The signal of one event.

    Args:
        name: the event, or its name as the log has it.

    Raises:
        ValueError: no event has that name.
    """
    return SIGNALS[EventName(name)]


def _is_connected(name: EventName) -> bool:
    return bool(SIGNALS[name].receivers)


def _someone_hears_all(_name: EventName) -> bool:
    return bool(session_event.receivers)


def _follow(app: Flask, events: Events) -> None:
    def send(event: Event) -> None:
        SIGNALS[event.name].send(app, event=event)

    def send_to_all(event: Event) -> None:
        session_event.send(app, event=event)

    events.subscribe(send, names=EventName, wanted=_is_connected)
    ordinary = [name for name in EventName if name not in FREQUENT]
    events.subscribe(send_to_all, names=ordinary, wanted=_someone_hears_all)


follow_all(_follow)
