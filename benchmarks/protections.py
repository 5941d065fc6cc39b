"""``python -m benchmarks protections``: what requests cost with every protection switched on.

CSRF tokens, the standard binding to the client, timeouts of AAL1, sessions in the Authorization
header and the prefix ``__Host-``; then a revocation list in memory beside them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Final

from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface

from benchmarks import bare, machine, sizes
from benchmarks.marks import BY_NAME, Mark
from benchmarks.noise import between, verdict
from benchmarks.operations import OPERATIONS, Operation
from benchmarks.peers import DEFAULT, OURS, Peer
from benchmarks.publication import Report
from benchmarks.requests import CONTROL, Cell, Stage, ask, environ, visit
from benchmarks.shapes import Shape, all_shapes
from benchmarks.sizes import Size
from benchmarks.tables import micro, reached, table, times
from benchmarks.timing import RESOLUTION, Spread, geometric_mean, median
from cookie_sessions.flask import CookieSessionInterface, CookieSessions, csrf_token

PROTECTED: Final = f"{OURS}, all protections"
LISTED: Final = f"{PROTECTED}, list in memory"
SETTINGS: Final = {
    "COOKIE_SESSIONS_BINDING": "standard",
    "COOKIE_SESSIONS_COOKIE_PREFIX": "host",
    "COOKIE_SESSIONS_HEADER": True,
    "COOKIE_SESSIONS_TIMEOUTS": "aal1",
}
BROWSER: Final = MappingProxyType(
    {
        "HTTP_HOST": "shop.example.org",
        "SERVER_NAME": "shop.example.org",
        "wsgi.url_scheme": "https",
        "REMOTE_ADDR": "192.0.2.17",
        "HTTP_ACCEPT_LANGUAGE": "de-DE,de;q=0.9,en;q=0.8",
        "HTTP_USER_AGENT": (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 "
            "(KHTML, like Gecko) Chrome/136.0.0.0 Safari/537.36"
        ),
    }
)
POST: Final = "post"

_PEERS: Final = (
    Peer(OURS, CookieSessionInterface, lazy=True),
    Peer(PROTECTED, CookieSessionInterface, lazy=True, rests=True),
    Peer(LISTED, CookieSessionInterface, lazy=True, rests=True),
    Peer(DEFAULT, SecureCookieSessionInterface),
    Peer(CONTROL, SecureCookieSessionInterface),
)
_TITLES: Final = {
    **{f"bare {name}": f"{bare.NONE}, {title}" for name, title in bare.MEASURED.items()},
    "untouched": "untouched",
    "membership": "membership test only",
    "read": "read one key",
    "change": "change one scalar",
    "append": "append to a nested list",
    "rewrite": "rewrite every value",
    POST: "change one scalar by POST, its token checked",
}


def report(*, count: int, repeats: int, seconds: float) -> Report:
    """Measure with and without, and say it.

    Args:
        count: number of rounds, at most.
        repeats: requests of each candidate and operation in a round.
        seconds: begin no further round after so many seconds.
    """
    octets = [size for shape in all_shapes() for size in sizes.of(_stage(Stage, shape))]
    cells = measure(count=count, repeats=repeats, seconds=seconds)
    noise = between(cells, CONTROL, DEFAULT)
    told = verdict(noise, what="Flask's interface", rounds=len(cells[0].times[DEFAULT]))
    costs = f"{_costs_table(cells)}\n\n{told}"
    text = [
        "# With every protection",
        *machine.describe(),
        (
            "CSRF tokens, the standard binding, timeouts of AAL1, the Authorization header and the "
            "prefix `__Host-`, together; Flask's default has none of it. What the session costs a "
            "request, as in the main table, the mean over all shapes, permanent and not."
        ),
        costs,
        (
            "Octets of the cookie of a permanent session, as in the main table; the mark has to be "
            "kept by the value alone and by the whole cookie with its attributes."
        ),
        _octets_table(octets),
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"protections": costs, "protections-octets": _octets_table(octets)},
        figures={
            "protections": [asdict(cell) for cell in cells],
            "protections_octets": [asdict(size) for size in octets],
            "protections_noise": asdict(noise),
        },
    )


class _PostStage(Stage):
    """Candidates that are asked by POST; where tokens are checked, with a good one."""

    def environs(self, name: str, operation: Operation, *, permanent: bool) -> list[dict[str, Any]]:
        """The requests, each with a cookie and its token."""
        given = []
        for cookie in self.cookies(name, permanent=permanent):
            asked = ask(self.apps[name], {**environ("/token", cookie), **self.browser})
            made = {**environ(f"/{POST}", asked.cookie or cookie), **self.browser}
            made |= {
                "REQUEST_METHOD": "POST",
                "HTTP_ORIGIN": "https://shop.example.org",
                "HTTP_SEC_FETCH_SITE": "same-origin",
                "HTTP_X_CSRF_TOKEN": asked.body,
            }
            given.append(made)
        return given


def measure(*, count: int, repeats: int, seconds: float) -> list[Cell]:
    """Every operation on every shape, and requests that bring no cookie.

    Raises:
        RuntimeError: a candidate does not do what is to be timed.
    """
    runs: list[tuple[Stage, Operation, Cell]] = []
    for shape in all_shapes():
        stage = _stage(Stage, shape)
        stage.verify()
        runs += [
            (stage, operation, Cell(operation.name, shape.name, permanent))
            for operation in OPERATIONS
            for permanent in (True, False)
            if operation.name in _TITLES and operation.suits(shape)
        ]
        change = next(each for each in OPERATIONS if each.name == "change")
        posted = _stage(_PostStage, shape)
        _add_post(posted, change)
        _verify_post(posted, change)
        runs += [(posted, change, Cell(POST, shape.name, permanent)) for permanent in (True, False)]
        bare_stage = _stage(bare.BareStage, shape)
        runs += [
            (bare_stage, operation, Cell(f"bare {operation.name}", shape.name, permanent=False))
            for operation in OPERATIONS
            if operation.name in bare.MEASURED
        ]
    start = time.perf_counter()
    for number in range(count):
        for stage in dict.fromkeys(stage for stage, _, _ in runs):
            stage.renew()
        for stage, operation, cell in runs:
            visit(stage, operation, cell, turn=number, repeats=repeats)
        if time.perf_counter() - start > seconds:
            break
    return [cell for _, _, cell in runs]


def protect(app: Flask, *, listed: bool) -> None:
    """Switch every protection of an application on.

    Args:
        app: the application.
        listed: whether it also has a list of ended sessions, in memory.
    """
    app.config.update(SETTINGS)
    if listed:
        app.config["COOKIE_SESSIONS_REVOCATIONS"] = "memory:"
    CookieSessions(app, csrf=True)


def _stage(kind: type[Stage], shape: Shape) -> Stage:
    stage = kind(shape, _PEERS, browser=BROWSER)
    for name in (PROTECTED, LISTED):
        protect(stage.apps[name], listed=name == LISTED)
    return stage


def _add_post(stage: Stage, operation: Operation) -> None:
    action = operation.bind(stage.shape)

    def post() -> str:
        action(session)
        return "done"

    for name, app in stage.apps.items():
        app.add_url_rule(f"/{POST}", POST, post, methods=["POST"])
        gives = csrf_token if name in (PROTECTED, LISTED) else str
        app.add_url_rule("/token", "token", gives)


def _verify_post(stage: Stage, operation: Operation) -> None:
    """Check that a token is asked for where it should be, and that the good one passes."""
    stage.renew()
    for (name, app), permanent in itertools.product(stage.apps.items(), (True, False)):
        for request in stage.environs(name, operation, permanent=permanent):
            good = ask(app, request)
            bad = ask(app, {**request, "HTTP_X_CSRF_TOKEN": ""})
            refused = bad.status != "200 OK"
            if good.status != "200 OK" or refused != (name in (PROTECTED, LISTED)):
                raise RuntimeError(
                    f"{name} answers a POST with its token with {good.status} and one without with "
                    f"{bad.status}, so its figures would mean nothing, and none are printed."
                )


def _costs_table(cells: Sequence[Cell]) -> str:
    head = [
        *("operation", "no protection, µs", "all, µs", "times no protection"),
        *("with a list in memory, too", "all: times cheaper than Flask's", "with a list"),
        *("mark of all", ""),
    ]
    return table(head, list(_rows(cells)))


def _octets_table(octets: Sequence[Size]) -> str:
    head = ["shape", "value, Flask's = 1", "with attributes", "mark", ""]
    names = {OURS: "no protection", PROTECTED: "all", LISTED: "with a list", DEFAULT: "Flask's"}
    rows = []
    for shape in dict.fromkeys(size.shape for size in octets):
        mark = BY_NAME.get(f"size {shape}")
        shares = [sizes.against(octets, shape, PROTECTED)]
        shares.append(sizes.against_line(octets, shape, PROTECTED))
        values = {size.peer: size.value for size in octets if size.shape == shape}
        rows.append(
            [
                shape,
                *(f"{share:.2f}" for share in shares),
                *_held_against(mark, max(shares)),
                *(f"{values[name]:.0f}" for name in names),
            ]
        )
    return table([*head, *(f"{title}, octets" for title in names.values())], rows)


def _held_against(mark: Mark | None, figure: float) -> tuple[str, str]:
    return (mark.text, reached(mark, figure)) if mark else ("", "")


def _rows(cells: Sequence[Cell]) -> Iterator[list[str]]:
    for operation, title in _TITLES.items():
        chosen = [cell for cell in cells if cell.operation == operation]
        none, every = (
            geometric_mean(max(median(cell.costs(name)), RESOLUTION) for cell in chosen)
            for name in (OURS, PROTECTED)
        )
        cheaper = [_spread(chosen, name, DEFAULT) for name in (PROTECTED, LISTED)]
        yield [
            title,
            micro(none),
            micro(every),
            *(times(_spread(chosen, OURS, name)) for name in (PROTECTED, LISTED)),
            *(times(spread, digits=1) for spread in cheaper),
            *_held_against(BY_NAME.get(f"cost {operation}"), cheaper[0].middle),
        ]


def _spread(cells: Sequence[Cell], candidate: str, other: str) -> Spread:
    rows = [cell.cheaper(candidate, other) for cell in cells]
    return Spread.of(geometric_mean(row) for row in zip(*rows, strict=True))
