"""Candidates take turns so that none has always the same one before it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Final

import pytest

from benchmarks import comparison, listed, other_peers, redis_server, stored
from benchmarks.operations import OPERATIONS
from benchmarks.requests import Cell, Stage, visit
from benchmarks.shapes import one_shape
from benchmarks.stored import THEIRS
from benchmarks.timing import turns
from tests.conftest import missing

NAMES = ["a", "b", "c", "d"]
READ = next(operation for operation in OPERATIONS if operation.name == "read")
MEASURES: Final[dict[ModuleType, Callable[[], object]]] = {
    comparison: lambda: comparison.measure(count=1, repeats=1, seconds=0),
    listed: lambda: listed.measure(count=1, repeats=1, seconds=0, loops=1),
    stored: lambda: stored.measure(rounds=1, repeats=1, seconds=0),
}


def pairs(order: Iterable[str]) -> set[tuple[str, str]]:
    """Who came right after whom, the same candidate twice in a row left out."""
    return {(one, next_) for one, next_ in itertools.pairwise(order) if one != next_}


def test_in_some_turn_each_follows_each_other_one_and_each_is_the_first() -> None:
    orders = [turns(NAMES, turn) for turn in range(60)]
    assert all(sorted(order) == NAMES for order in orders)
    assert {order[0] for order in orders} == set(NAMES)
    assert set[tuple[str, str]]().union(*map(pairs, orders)) == set(
        itertools.permutations(NAMES, 2)
    )


def test_in_one_visit_each_candidate_follows_each_other_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order = asked(monkeypatch, repeats=80)
    assert pairs(order) == set(itertools.permutations(set(order), 2))


def test_apart_each_candidate_is_asked_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    order = asked(monkeypatch, repeats=2, apart=True)
    assert len(list(itertools.groupby(order))) == len(set(order))


@pytest.mark.parametrize("module", [comparison, listed, stored])
def test_where_one_waits_for_redis_all_are_asked_apart(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = redis_server.why_not() or other_peers.why_not()
    if reason:
        missing(*reason.split(": "))
    waited: list[tuple[bool, bool]] = []

    def noted(stage: Stage, *given: Any, apart: bool = False, **options: Any) -> None:
        waited.append((THEIRS in stage.apps, apart))

    monkeypatch.setattr(module, "visit", noted)
    MEASURES[module]()
    assert (True, True) in waited
    assert all(waits is apart for waits, apart in waited)


def asked(monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[str]:
    """Who was asked in one visit, in order."""
    stage = Stage(one_shape("tiny"))
    stage.renew()
    order: list[str] = []
    for name, app in stage.apps.items():
        monkeypatch.setattr(app, "wsgi_app", noting(name, app.wsgi_app, order))
    visit(stage, READ, Cell("read", "tiny", permanent=False), turn=0, **options)
    return order


def noting(
    name: str, wsgi_app: Callable[..., Any], order: list[str]
) -> Callable[[dict[str, Any], Any], Any]:
    def noted(environ: dict[str, Any], start_response: Any) -> Any:
        order.append(name)
        return wsgi_app(environ, start_response)

    return noted
