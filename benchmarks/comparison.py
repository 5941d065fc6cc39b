"""``python -m benchmarks peers``: every other way to keep a session in a cookie, and Flask-Session.

First the way from a session to a text and back, then whole requests of those that have an
interface for Flask. What stands in README is measured against Flask's default alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Final

from flask.sessions import SecureCookieSessionInterface

from benchmarks import machine, other_peers, redis_server
from benchmarks.noise import between, loose, verdict
from benchmarks.operations import OPERATIONS
from benchmarks.other_peers import JWE, MULTI_FERNET, SerializerInterface, Way, plain_json
from benchmarks.peers import DEFAULT, FERNET, OURS, PEERS, Peer
from benchmarks.publication import Report
from benchmarks.requests import CONTROL, Cell, Stage, visit
from benchmarks.shapes import Shape, all_shapes
from benchmarks.stored import THEIRS, theirs
from benchmarks.tables import micro, table, times
from benchmarks.timing import Spread, geometric_mean, median, ratios, rounds

DUMPS, LOADS = "dumps", "loads"

_MEASURED: Final = ("untouched", "read", "change", "rewrite")
_SHAPES: Final = ("login", "cart")
_FLASK_SESSION: Final = "login"
"""Its serializer gives tuples back as lists and dates as texts, so it does not get a cart."""

_SECONDS: Final = 0.004


@dataclass(frozen=True, slots=True)
class Turn:
    """What one way costs for one shape, there or back.

    Attributes:
        who: name of the peer.
        shape: name of the shape.
        what: ``dumps`` or ``loads``.
        times: seconds for one session, round by round.
    """

    who: str
    shape: str
    what: str
    times: Sequence[float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was measured of all peers.

    Attributes:
        turns: the way to a text and back.
        octets: of that text, the mean over the samples, by shape and peer.
        cells: whole requests.
        why_not: what could not be measured and why; empty where all could.
    """

    turns: list[Turn] = field(default_factory=list)
    octets: dict[str, dict[str, float]] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    why_not: str = ""


def report(*, count: int, repeats: int, seconds: float) -> Report:
    """Measure all peers, and say it.

    Args:
        count: number of rounds, for requests at most.
        repeats: requests of each peer and operation in a round.
        seconds: begin no further round of requests after so many seconds.
    """
    found = measure(count=count, repeats=repeats, seconds=seconds)
    head = ["# Other ways to keep a session", *machine.describe()]
    if found.why_not:
        return Report("\n\n".join([*head, f"Not measured: {found.why_not}."]) + "\n")
    noise = Spread.of(_control(found))
    told = verdict(noise, what="Flask's signer", rounds=len(found.turns[0].times))
    turned = f"{_turns_table(found)}\n\n{told}"
    asked_noise = between(found.cells, CONTROL, DEFAULT)
    rounds_asked = len(found.cells[0].times[DEFAULT])
    told = verdict(asked_noise, what="Flask's interface", rounds=rounds_asked)
    spread = {
        f"{operation}, {name}": each
        for name, by_operation in _asked(found).items()
        for operation, each in by_operation.items()
    }
    asked = f"{_requests_table(found)}\n\n{told} {loose(spread)}".rstrip()
    text = [
        *head,
        "## From a session to the text of a cookie and back",
        "How many times cheaper ours is: dumps / loads. Every value is read.",
        turned,
        "## Octets of that text, Flask's signed cookie = 1",
        _octets_table(found),
        "## Requests of those with an interface for Flask",
        (
            f"How many times cheaper ours is, mean of login and cart, permanent and not; {THEIRS} "
            f"does not keep all types of a cart and gets {_FLASK_SESSION} alone."
        ),
        asked,
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"peers": turned, "peers-octets": _octets_table(found), "peers-requests": asked},
        figures={
            "comparison": asdict(found),
            "comparison_noise": asdict(noise),
            "comparison_requests_noise": asdict(asked_noise),
        },
    )


def measure(*, count: int, repeats: int, seconds: float) -> Comparison:
    """Measure all peers once; ``RuntimeError`` where one does not give back what it took."""
    reason = other_peers.why_not()
    if reason:
        return Comparison(why_not=reason)
    shapes = all_shapes()
    turns, octets = _ways(shapes, count=count)
    stages = [shape for shape in shapes if shape.name in _SHAPES]
    return Comparison(turns, octets, _requests(stages, count, repeats, seconds))


def _ways(shapes: Sequence[Shape], *, count: int) -> tuple[list[Turn], dict[str, dict[str, float]]]:
    ways = (*other_peers.ways(), other_peers.flask_default_again(CONTROL))
    found: list[Turn] = []
    octets: dict[str, dict[str, float]] = {}
    for shape in shapes:
        calls: dict[str, Callable[[], object]] = {}
        octets[shape.name] = {}
        for way in ways:
            sessions = [plain_json(one) if way.plain else one for one in shape.samples]
            texts = [way.dumps(session) for session in sessions]
            if [way.loads(text) for text in texts] != sessions:
                raise RuntimeError(
                    f"{way.name} does not give back the sessions of {shape.name} that it took, so "
                    f"its figures would mean nothing, and none are printed."
                )
            octets[shape.name][way.name] = fmean(map(len, texts))
            calls |= _both(way, sessions, texts)
        taken = rounds(calls, count=count, seconds=_SECONDS)
        found += [
            Turn(way.name, shape.name, what, [each / len(shape.samples) for each in times])
            for way in ways
            for what in (DUMPS, LOADS)
            for times in [taken[f"{way.name} {what}"]]
        ]
    return found, octets


def _both(
    way: Way, sessions: Sequence[dict[str, object]], texts: Sequence[str]
) -> dict[str, Callable[[], object]]:
    def dumps() -> None:
        for session in sessions:
            way.dumps(session)

    def loads() -> None:
        for text in texts:
            way.loads(text)

    return {f"{way.name} {DUMPS}": dumps, f"{way.name} {LOADS}": loads}


def _requests(shapes: Sequence[Shape], count: int, repeats: int, seconds: float) -> list[Cell]:
    reason = redis_server.why_not()
    with nullcontext("") if reason else redis_server.running() as url:
        peers = [
            *PEERS,
            Peer(CONTROL, SecureCookieSessionInterface),
            Peer(MULTI_FERNET, lambda: SerializerInterface(other_peers.MultiFernetSerializer())),
            Peer(JWE, lambda: SerializerInterface(other_peers.JweSerializer())),
        ]
        in_redis = Peer(THEIRS, lambda: theirs(url))
        stages = [
            Stage(shape, [*peers, in_redis] if url and shape.name == _FLASK_SESSION else peers)
            for shape in shapes
        ]
        for stage in stages:
            stage.verify()
        cells = [
            (stage, operation, Cell(operation.name, stage.shape.name, permanent))
            for stage in stages
            for operation in OPERATIONS
            for permanent in (True, False)
            if operation.name in _MEASURED
        ]
        start = time.perf_counter()
        for number in range(count):
            for stage, operation, cell in cells:
                stage.renew()
                apart = THEIRS in stage.apps
                visit(stage, operation, cell, turn=number, repeats=repeats, apart=apart)
            if time.perf_counter() - start > seconds:
                break
    return [cell for _, _, cell in cells]


def _control(found: Comparison) -> list[float]:
    """Flask's signer against itself, the mean over shapes in each round."""
    taken = {(one.who, one.shape, one.what): one.times for one in found.turns}
    table = [
        ratios(taken[CONTROL, shape, what], taken[DEFAULT, shape, what])
        for shape in found.octets
        for what in (DUMPS, LOADS)
    ]
    return [geometric_mean(row) for row in zip(*table, strict=True)]


def _peers(found: Comparison) -> list[str]:
    first = next(iter(found.octets.values()))
    return [name for name in first if name not in (OURS, CONTROL)]


def _turns_table(found: Comparison) -> str:
    taken = {(one.who, one.shape, one.what): one.times for one in found.turns}

    def cheaper(peer: str, shape: str, what: str) -> list[float]:
        return ratios(taken[peer, shape, what], taken[OURS, shape, what])

    rows = []
    for peer in _peers(found):
        row = [
            peer,
            *(
                " / ".join(f"{median(cheaper(peer, shape, what)):.1f}" for what in (DUMPS, LOADS))
                for shape in found.octets
            ),
        ]
        for what in (DUMPS, LOADS):
            by_round = zip(*(cheaper(peer, shape, what) for shape in found.octets), strict=True)
            row.append(times(Spread.of(map(geometric_mean, by_round)), digits=1))
        rows.append(row)
    ours = [
        " / ".join(micro(median(taken[OURS, shape, what])) for what in (DUMPS, LOADS))
        for shape in found.octets
    ]
    rows.append(["ours, µs", *ours, "", ""])
    return table(["times cheaper than", *found.octets, "all, dumps", "all, loads"], rows)


def _octets_table(found: Comparison) -> str:
    rows = [
        [
            "ours" if peer == OURS else peer,
            *(f"{by_peer[peer] / by_peer[DEFAULT]:.2f}" for by_peer in found.octets.values()),
        ]
        for peer in (OURS, *_peers(found))
    ]
    return table(["", *found.octets], rows)


def _asked(found: Comparison) -> dict[str, dict[str, Spread]]:
    """How many times cheaper ours is in requests, by peer and operation."""
    names = [DEFAULT, FERNET, MULTI_FERNET, JWE, THEIRS]
    spreads: dict[str, dict[str, Spread]] = {}
    for name in names:
        cells = [cell for cell in found.cells if name in cell.times]
        for operation in dict.fromkeys(cell.operation for cell in cells):
            rows = [cell.cheaper(OURS, name) for cell in cells if cell.operation == operation]
            by_round = map(geometric_mean, zip(*rows, strict=True))
            spreads.setdefault(name, {})[operation] = Spread.of(by_round)
    return spreads


def _requests_table(found: Comparison) -> str:
    spreads = _asked(found)
    rows = [
        [name, *(times(spread, digits=1) for spread in by_operation.values())]
        for name, by_operation in spreads.items()
    ]
    if THEIRS not in spreads:
        rows.append(
            [THEIRS, f"not measured: {redis_server.why_not()}", *[""] * (len(_MEASURED) - 1)]
        )
    return table(["times cheaper than", *_MEASURED], rows)
