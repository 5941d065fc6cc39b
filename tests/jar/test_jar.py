"""A browser's jar and concurrent requests: no session is wrong, mixed, or lost for no reason."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from cookie_sessions.codec import Codec, Wire
from cookie_sessions.departure import Departure
from cookie_sessions.overflow import Overflow, Stowed
from cookie_sessions.session import Session
from tests.jar.__main__ import main, spread
from tests.jar.simulation import simulate

INTERLEAVINGS = 20_000


@pytest.mark.once
def test_no_interleaving_of_requests_makes_a_session_wrong_mixed_or_lost_for_no_reason() -> None:
    counts = spread(INTERLEAVINGS, seed=0, workers=os.cpu_count() or 1)
    assert counts["interleavings"] == INTERLEAVINGS
    # What never happened was not tried.
    for what in (
        *(f"sessions in {count} cookies" for count in range(1, 8)),
        "cookies evicted",
        "responses cut",
        "responses dropped",
        "values lost with an excuse",
        "sessions refused as too large",
        "no session: a chunk was evicted",
        "no session: another response was cut",
        "no session: two responses arrived at once",
        "no session: the head was evicted",
        "no session: the session was ended",
    ):
        assert counts[what] > 20, what


def test_a_seed_gives_the_same_interleavings_again() -> None:
    assert simulate(30, seed=5) == simulate(30, seed=5)


def test_the_command_prints_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--interleavings", "20", "--workers", "1", "--seed", "9"]) == 0
    printed = capsys.readouterr().out
    assert "20  interleavings" in printed
    assert "requests" in printed


def deleting_what_it_sets(
    self: Departure, kept: list[str], *, leaving: bool
) -> tuple[list[str], list[str]]:
    return [], [self._cookie.named(name).render_deletion() for name in kept[1:]]


def giving_another_value(
    self: Overflow, codec: Codec, wires: Mapping[Any, Wire]
) -> dict[Any, Wire]:
    return {key: codec.pack(b"another's") for key in wires}


def putting_nothing(self: Overflow, entries: Iterable[Stowed], *, until: int) -> None:
    pass


def extending_nothing(
    self: Overflow, wires: Mapping[Any, Wire], *, until: int, refreshes: bool = False
) -> dict[Any, Wire]:
    return {}


def renaming_away(self: Session) -> None:
    self._claims = self._own_claims.renamed()
    self._opened().pop("basket", None)
    self._written = True


BREAKS = [
    ("cookie_sessions.departure.Departure._in_the_way", deleting_what_it_sets, "all there|is not"),
    ("cookie_sessions.departure.request_excess", lambda *_, **__: None, "over the budget"),
    ("cookie_sessions.overflow.Overflow.fetch", giving_another_value, "of another write"),
    ("cookie_sessions.overflow.Overflow.put", putting_nothing, "no response ever gave up"),
    ("cookie_sessions.overflow.Overflow.extend", extending_nothing, "no later response"),
    ("cookie_sessions.session.Session.regenerate", renaming_away, "is lost|of another write"),
    ("cookie_sessions.arrival.join", lambda head, **_: head[2:], "a session was lost"),
]


@pytest.mark.parametrize(("place", "broken", "found"), BREAKS, ids=[one[0] for one in BREAKS])
def test_the_simulation_can_fail(
    place: str, broken: object, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, broken)
    with pytest.raises(AssertionError, match=found) as caught:
        simulate(2000, seed=1)
    assert caught.value.__notes__[0].startswith("seed 1, interleaving ")
