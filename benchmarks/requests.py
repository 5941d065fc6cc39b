"""What a session costs a request, through ``wsgi_app``, for every operation, shape and kind.

The cost is the time of the request less the time of the same request in an application whose
interface opens an empty session and saves nothing, so the view's own work is in neither.
"""

from __future__ import annotations

import copy
import gc
import itertools
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from flask import Flask, session
from werkzeug.test import EnvironBuilder

from benchmarks.operations import OPERATIONS, Operation, application
from benchmarks.peers import DEFAULT, PEERS, EmptyInterface, Peer
from benchmarks.shapes import SAMPLES, Shape
from benchmarks.timing import median, ratios, turns, undisturbed

_NAMES: Final = ("session", "__Host-session")

EMPTY: Final = "no session"
CONTROL: Final = "Flask default, again"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the benchmarks need it.

    Attributes:
        status: the status line.
        cookies: the ``Set-Cookie`` lines.
        body: the page.
    """

    status: str
    cookies: tuple[str, ...]
    body: str = ""

    @property
    def cookie(self) -> str:
        """``name=value`` of the session cookie, or an empty string if none was set."""
        lines = [line for line in self.cookies if line.partition("=")[0] in _NAMES]
        return lines[0].partition(";")[0] if lines else ""


@dataclass(slots=True)
class Cell:
    """One operation on one shape of one kind, and seconds per request in each round.

    Attributes:
        operation: name of the operation.
        shape: name of the shape.
        permanent: the kind of session.
        times: for each candidate, the median request of each round, in seconds.
    """

    operation: str
    shape: str
    permanent: bool
    times: dict[str, list[float]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The kind of session in words."""
        return "permanent" if self.permanent else "not permanent"

    def costs(self, candidate: str) -> list[float]:
        """Seconds that the session of this candidate costs, round by round."""
        pairs = zip(self.times[candidate], self.times[EMPTY], strict=True)
        return [taken - empty for taken, empty in pairs]

    def cheaper(self, candidate: str, other: str) -> list[float]:
        """Round by round, how many times cheaper ``candidate`` is than ``other``."""
        return ratios(self.costs(other), self.costs(candidate))


class Stage:
    """One shape's applications, one for each candidate, and the cookies they have given out.

    Args:
        shape: what the sessions hold.
        peers: the candidates.
        browser: what stands in the WSGI environment of each request beside what a bare one has.
    """

    def __init__(
        self,
        shape: Shape,
        peers: Sequence[Peer] = PEERS,
        *,
        browser: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.shape = shape
        self.peers = peers
        self.browser = browser
        self.apps = {peer.name: application(peer.make(), shape) for peer in peers}
        self.apps[EMPTY] = application(EmptyInterface(), shape)
        self._cookies: dict[tuple[str, bool], list[str]] = {}
        names = [peer.name for peer in peers]
        self._lender = DEFAULT if DEFAULT in names else names[0]

    def renew(self) -> None:
        """Have every candidate write new cookies, so that none is due for a refresh."""
        for name, app in self.apps.items():
            for permanent in (True, False):
                self._cookies[name, permanent] = [
                    ask(app, {**seed_environ(number, permanent=permanent), **self.browser}).cookie
                    for number in range(SAMPLES)
                ]

    def environs(self, name: str, operation: Operation, *, permanent: bool) -> list[dict[str, Any]]:
        """The requests for this operation with the cookies of prior responses of ``name``."""
        path = f"/{operation.name}"
        return [
            {**environ(path, cookie), **self.browser}
            for cookie in self.cookies(name, permanent=permanent)
        ]

    def cookies(self, name: str, *, permanent: bool) -> list[str]:
        """The cookies that ``name`` has given out, or some other one for who gives none."""
        return self._cookies[self._lender if name == EMPTY else name, permanent]

    def verify(self) -> None:
        """Check that every candidate does the work it is timed for; ``RuntimeError`` if not."""
        for operation in OPERATIONS:
            for permanent in (True, False):
                if not operation.suits(self.shape):
                    continue
                self.renew()
                for peer in self.peers:
                    self._verify(peer, operation, permanent=permanent)

    def _verify(self, peer: Peer, operation: Operation, *, permanent: bool) -> None:
        app = self.apps[peer.name]
        sends = operation.writes or (
            permanent and not peer.rests and (operation.touches or not peer.lazy)
        )
        for number, request in enumerate(self.environs(peer.name, operation, permanent=permanent)):
            before = request["HTTP_COOKIE"]
            answer = ask(app, request)
            expected = Fake(copy.deepcopy(self.shape.samples[number]))
            operation.bind(self.shape)(expected)
            held = contents(app, answer.cookie or before, self.browser)
            if answer.status != "200 OK" or bool(answer.cookie) != sends or held != expected:
                kind = "permanent" if permanent else "not permanent"
                raise RuntimeError(
                    f"{peer.name} does not do what is to be timed: {operation.name} on "
                    f"{self.shape.name}, {kind}: status {answer.status}, cookie "
                    f"{'sent' if answer.cookie else 'not sent'}, contents "
                    f"{'as' if held == expected else 'other than'} expected. Its figures would "
                    f"mean nothing, so none are printed."
                )


class Fake(dict[str, Any]):
    """A dict that takes attributes, on which operations are tried to know what to expect."""

    modified = False


def environ(path: str, cookie: str) -> dict[str, Any]:
    """The WSGI environment of a request with that Cookie header, if not empty."""
    made = EnvironBuilder(path=path).get_environ()
    if cookie:
        made["HTTP_COOKIE"] = cookie
    return made


def seed_environ(number: int, *, permanent: bool) -> dict[str, Any]:
    """The request that fills a session with sample ``number``."""
    made = environ(f"/seed/{number}", "")
    made["QUERY_STRING"] = "permanent" if permanent else ""
    return made


def ask(app: Flask, request: dict[str, Any]) -> Answer:
    """Let the application answer one request."""
    started: list[Any] = []

    def start_response(*given: Any) -> Callable[[bytes], object]:
        started.append(given)
        return started.append

    body: Any = app.wsgi_app(dict(request), start_response)
    page = b"".join(body).decode()
    body.close()
    status, headers = started[0][:2]
    return Answer(status, tuple(value for name, value in headers if name == "Set-Cookie"), page)


def contents(
    app: Flask, cookie: str, browser: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """What the application reads from that cookie, without the mark of permanence."""
    with app.test_request_context(headers={"Cookie": cookie}, environ_overrides=dict(browser)):
        held = dict(session)
    held.pop("_permanent", None)
    return held


def measure(
    shapes: Sequence[Shape], *, rounds: int, repeats: int, seconds: float
) -> tuple[list[Cell], Cell]:
    """Every cell, and a control: Flask's interface against itself, read on the shape "login".

    Args:
        shapes: the shapes to measure.
        rounds: rounds over all cells, at most.
        repeats: requests of each candidate in each cell in a round.
        seconds: begin no further round after so many seconds.
    """
    stages = [Stage(shape) for shape in shapes]
    for stage in stages:
        stage.verify()
    control = next(stage for stage in stages if stage.shape.name == "login")
    default = next(peer for peer in PEERS if peer.name == DEFAULT)
    again = Stage(control.shape, (default, Peer(CONTROL, default.make)))
    cells = {
        (operation.name, stage.shape.name, permanent): Cell(
            operation.name, stage.shape.name, permanent
        )
        for operation in OPERATIONS
        for stage in stages
        for permanent in (True, False)
        if operation.suits(stage.shape)
    }
    controlled = Cell("read", control.shape.name, permanent=True)
    operations = {operation.name: operation for operation in OPERATIONS}
    by_name = {stage.shape.name: stage for stage in stages}
    gc.collect()
    gc.freeze()
    try:
        start = time.perf_counter()
        for number in range(rounds):
            for stage in (*stages, again):
                stage.renew()
            for (name, shape, _), cell in cells.items():
                visit(by_name[shape], operations[name], cell, turn=number, repeats=repeats)
            # A headline is the mean of ten cells; the control, one cell, gets more requests.
            visit(again, operations["read"], controlled, turn=number, repeats=3 * repeats)
            if time.perf_counter() - start > seconds:
                break
    finally:
        gc.unfreeze()
    return list(cells.values()), controlled


def visit(
    stage: Stage,
    operation: Operation,
    cell: Cell,
    *,
    turn: int,
    repeats: int,
    apart: bool = False,
) -> None:
    """Time one operation for every candidate of a stage, and add the round to the cell.

    Args:
        stage: the candidates, with cookies.
        operation: what is timed.
        cell: takes the median request of each candidate.
        turn: number of the round, by which the orders of the candidates are drawn.
        repeats: requests of each candidate, after some that are not timed.
        apart: time all requests of a candidate at once, as a process does that serves one alone;
            else the candidates take turns, in another order each time, so that none always pays
            for what the same other one leaves in the caches. Where one waits for a server, whoever
            comes after it would pay for what the wait has driven from them.
    """
    # Apart, each session has been asked for before requests are timed, and one that is remembered
    # was used once more since the process waited.
    warm = 2 * SAMPLES if apart else 1
    taken: dict[str, list[float]] = {name: [] for name in turns(list(stage.apps), turn)}
    runs = [
        (_times(stage.apps[name], stage.environs(name, operation, permanent=cell.permanent)), times)
        for name, times in taken.items()
    ]
    with undisturbed():
        if apart:
            for run, times in runs:
                times.extend(itertools.islice(run, warm + repeats))
        else:
            order = random.Random(turn)
            for _ in range(warm + repeats):
                for run, times in order.sample(runs, len(runs)):
                    times.append(next(run))
    for name, times in taken.items():
        cell.times.setdefault(name, []).append(median(times[warm:]))


def _times(app: Flask, requests: Sequence[dict[str, Any]]) -> Iterator[float]:
    clock = time.perf_counter
    wsgi_app = app.wsgi_app
    while True:
        for request in requests:
            fresh = dict(request)
            start = clock()
            body: Any = wsgi_app(fresh, _start_response)
            for _ in body:
                pass
            body.close()
            yield clock() - start


def _start_response(*_: object) -> Any:
    return None
