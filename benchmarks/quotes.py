"""The tables of a run as README and docs/benchmarks.md quote them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from benchmarks import bare, report, revocation_tables
from benchmarks.marks import BY_NAME, Mark
from benchmarks.operations import OPERATIONS
from benchmarks.peers import DEFAULT, OURS
from benchmarks.results import Results
from benchmarks.sizes import against, against_line
from benchmarks.tables import reached, table, times
from benchmarks.timing import Spread

_REQUESTS = {
    "untouched": "does not touch it",
    "membership": "tests whether a key is there",
    "read": "reads one key",
    "change": "changes one value",
    "append": "appends to a nested list",
    "rewrite": "rewrites every value",
}
_BROUGHT = {
    bare.NONE: "brings no session cookie",
    bare.OTHERS: "brings no session cookie but four others",
}
_BARE = {"untouched": "does not touch the session", "read": "reads one key"}
_SESSIONS = {
    "tiny": 'a session of a few octets (`{"user_id": 1}`)',
    "login": "login (Flask-Login, Flask-WTF)",
    "cart": "cart",
    "oidc": "OpenID Connect tokens",
    "big": "cart and 60 recently viewed items",
}


def of(results: Results) -> dict[str, str]:
    """What the pages quote of a run of everything that ``python -m benchmarks`` measures."""
    lists = _tables(revocation_tables.lists(results))
    listed = _tables(revocation_tables.requests(results.listed))
    return {
        "machine": "\n".join(
            f"- {line}" for line in (*results.machine, report.verdict_on_noise(results))
        ),
        "cost": _cost(results),
        "octets": _octets(results),
        "marks": report.marks_table(results),
        "shapes": _one(report._shapes(results)),
        "floor": _one(report._floor(results)),
        "keys": _one(report._searches(results)),
        "cookies": _one(report._splits(results)),
        "stored": "\n\n".join(_tables(report._stored(results))),
        "lists": "\n\n".join(lists),
        "listed": "\n\n".join(listed),
    }


def _cost(results: Results) -> str:
    rows = [
        [
            _REQUESTS[operation.name],
            times(ours, digits=1),
            _against(BY_NAME[f"cost {operation.name}"], ours.middle),
        ]
        for operation in OPERATIONS
        if operation.name in _REQUESTS
        for ours in [results.cheaper(operation.name, DEFAULT)]
    ]
    rows += [
        [
            f"{_BROUGHT[cell.shape]}, and {_BARE[cell.operation]}",
            times(Spread.of(cell.cheaper(OURS, DEFAULT)), digits=1),
            "none",
        ]
        for cell in results.bare
    ]
    head = "what the session costs a request that"
    return table([head, "times cheaper than Flask's", "our mark"], rows)


def _octets(results: Results) -> str:
    rows = []
    for shape in dict.fromkeys(size.shape for size in results.sizes):
        share = against(results.sizes, shape, OURS)
        worse = max(share, against_line(results.sizes, shape, OURS))
        mark = BY_NAME.get(f"size {shape}")
        told = _against(mark, worse, digits=2) if mark else "none"
        rows.append([_session(shape), f"{share:.2f}", told])
    return table(["octets of the cookie's value, Flask's signed cookie = 1", "", "our mark"], rows)


def _session(shape: str) -> str:
    name, _, beside = shape.partition(", ")
    title = _SESSIONS.get(name, name)
    return f"{title}, {beside}" if beside else title


def _against(mark: Mark, figure: float, *, digits: int | None = None) -> str:
    bound = f"{mark.bound:g}" if digits is None else f"{mark.bound:.{digits}f}"
    return f"{bound}, {reached(mark, figure)}"


def _tables(parts: Iterable[str]) -> Iterator[str]:
    """Tables, why there is none, and what is said of noise in them."""
    begin = ("|", "Not measured", "Control, ", "**Too much noise**")
    return (part for part in parts if part.startswith(begin))


def _one(parts: Iterable[str]) -> str:
    return next(_tables(parts))
