"""Events of a command, which says itself what happened."""

from __future__ import annotations

from cookie_sessions.events import LOGGER, Events


def quiet_events() -> Events:
    """Events that go to the handlers of a log that the application has set up, and to no others."""
    import logging

    # Without any handler Python prints warnings on stderr, among what the command says.
    logging.getLogger(LOGGER).addHandler(logging.NullHandler())
    return Events()
