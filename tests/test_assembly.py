"""The keys of an application, and the stores that its settings name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cookie_sessions.assembly import Assembly
from cookie_sessions.codec import Codec
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.events import Event, Events
from cookie_sessions.keys import new_jwk_set, parse_jwk_set
from cookie_sessions.settings import Settings
from tests.flask.outage import unreachable
from tests.flask.world import names_of

SECRET = "the secret key of these tests: long enough"


class Parts:
    """An assembly, and what it was told and called.

    Args:
        secret_key: the secret key.
        *fallbacks: the secrets whose cookies still open.
    """

    def __init__(self, secret_key: Any = SECRET, *fallbacks: Any) -> None:
        self.secrets: list[Any] = [secret_key, [*fallbacks]]
        self.weak = 0
        self.told: list[Event] = []
        events = Events()
        events.subscribe(self.told.append)
        self.assembly = Assembly(
            secrets=lambda: (self.secrets[0], self.secrets[1]),
            events=events,
            on_weak_secret=self._note_weakness,
        )

    def _note_weakness(self) -> None:
        self.weak += 1


def settings_with(**values: Any) -> Settings:
    return Settings.from_mapping(
        {f"COOKIE_SESSIONS_{name.upper()}": value for name, value in values.items()}
    )


def source(*answers: str) -> Callable[[], str]:
    """A function that answers with one ring after the other."""
    left = [*answers]
    return lambda: left.pop(0)


def test_the_ring_of_a_secret_key_is_made_anew_only_where_a_secret_changed() -> None:
    parts = Parts(SECRET, "a former secret key")
    ring = parts.assembly.ring()
    assert parts.assembly.ring() is ring
    parts.secrets[1] = ["a former secret key"]
    assert parts.assembly.ring() is ring
    parts.secrets[1].append("another secret key")
    assert len(parts.assembly.ring()) == len(ring) + 1
    parts.secrets[0] = "quite another secret key"
    assert parts.assembly.ring().primary.kid != ring.primary.kid


def test_a_weak_secret_is_told_of_with_each_ring_that_is_made_of_it() -> None:
    parts = Parts(SECRET, "short", None)
    parts.assembly.ring()
    parts.assembly.ring()
    assert parts.weak == 1


def test_a_configured_ring_stands_before_the_secret_key() -> None:
    text = new_jwk_set()
    parts = Parts(None)
    assert not parts.assembly.has_keys
    with pytest.raises(ConfigurationError, match="secret key is empty"):
        parts.assembly.ring()
    parts.assembly.begin_keys(settings_with(keys=source(text)))
    assert parts.assembly.has_keys
    expected = parse_jwk_set(text, origin="").ring(0).primary.kid
    assert parts.assembly.ring().primary.kid == expected


def test_both_sides_of_a_hand_off_have_a_ring_of_their_own_where_it_is_set() -> None:
    parts = Parts()
    parts.assembly.begin_handoff_keys(settings_with())
    assert parts.assembly.handoff_ring() is parts.assembly.ring()
    parts.assembly.begin_handoff_keys(settings_with(handoff_keys=source(new_jwk_set())))
    assert parts.assembly.handoff_ring().primary.kid != parts.assembly.ring().primary.kid


def test_keys_that_do_not_answer_may_come_yet_and_wrong_ones_stop_the_start() -> None:
    parts = Parts()
    parts.assembly.begin_keys(settings_with(keys=unreachable))
    assert names_of(parts.told) == ["unavailable"]
    with pytest.raises(Unavailable):
        parts.assembly.ring()
    with pytest.raises(ConfigurationError):
        Parts().assembly.begin_keys(settings_with(keys=source("{}")))


def test_stores_are_there_where_the_settings_name_them() -> None:
    parts = Parts()

    def revocations(settings: Settings) -> object:
        return parts.assembly.revocations(settings, codec=Codec(), longest=lambda: 60)

    assert (parts.assembly.overflow(settings_with()), revocations(settings_with())) == (None, None)
    assert parts.assembly.overflow(settings_with(overflow="memory:")) is not None
    assert revocations(settings_with(revocations="memory:")) is not None
    with pytest.raises(ConfigurationError):
        parts.assembly.overflow(settings_with(overflow="nowhere:"))
