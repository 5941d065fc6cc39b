"""The session is used as the dict that Flask's is: same results, same cookies."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, session
from flask.sessions import SessionInterface, SessionMixin

from tests.flask.world import INTERFACES, app_with, route, set_cookies

Operation = Callable[[Any], Any]

# In this order, because Flask's serializer sorts the keys; ours keeps the order they came in.
FULL = {"_permanent": False, "a": 1, "b": "two", "c": [3, {"d": 4}], "e": None, "f": 2.5}


def put(held: Any, name: str, value: object) -> object:
    setattr(held, name, value)
    return value


def ior(held: Any, other: Any) -> Any:
    held |= other
    return held


READS: dict[str, Operation] = {
    "getting": lambda s: s["c"],
    "getting what is not there": lambda s: s["missing"],
    "get": lambda s: (s.get("a"), s.get("missing"), s.get("missing", 5), s.get("e", 6)),
    "in": lambda s: ("a" in s, "missing" in s, "missing" not in s, 5 in s),
    "len": len,
    "bool": bool,
    "iteration": lambda s: list(iter(s)),
    "reversed": lambda s: list(reversed(s)),
    "keys": lambda s: (list(s.keys()), "a" in s.keys(), len(s.keys())),  # noqa: SIM118
    "values": lambda s: list(s.values()),
    "items": lambda s: (list(s.items()), ("a", 1) in s.items(), len(s.items())),
    "keys are a set": lambda s: sorted(s.keys() & {"a", "missing"}),
    "dict": dict,
    "copy": lambda s: dict(s.copy()),
    "double star": lambda s: dict(**s),
    "a display": lambda s: {"before": 0, **s, "a": 9},
    "or": lambda s: s | {"a": 9, "z": 0},
    "or from the right": lambda s: {"a": 9, "z": 0} | s,
    "or with pairs": lambda s: s | [("a", 1)],
    "equal": lambda s: (s == FULL, s == {}, s != FULL, dict(FULL) == s, s == 5),
    "equal to its copy": lambda s: s == s.copy(),
    "less": lambda s: s < {},
    "hash": hash,
    "unhashable key": lambda s: s[[]],
    "unhashable membership": lambda s: {} in s,
    "unpacking": lambda s: [*s],
    "sorted": sorted,
    "min": min,
    "match": lambda s: [s["a"]] if isinstance(s, SessionMixin) else None,
    "permanent": lambda s: (s.permanent, s.get("_permanent")),
    "modified": lambda s: s.modified,
    "values with defaults": lambda s: [s.get(key, 0) for key in ("a", "zz")],
}

WRITES: dict[str, Operation] = {
    "assigning": lambda s: operator.setitem(s, "a", 2),
    "assigning something new": lambda s: operator.setitem(s, "n", 2),
    "assigning the same": lambda s: operator.setitem(s, "a", 1),
    "assigning what is there": lambda s: operator.setitem(s, "c", s["c"]),
    "assigning to an unhashable key": lambda s: operator.setitem(s, [], 2),
    "deleting": lambda s: operator.delitem(s, "a"),
    "deleting what is not there": lambda s: operator.delitem(s, "missing"),
    "deleting all": lambda s: [operator.delitem(s, key) for key in list(s)],
    "update with nothing": lambda s: s.update({}),
    "update without arguments": lambda s: s.update(),
    "update with None": lambda s: s.update(None),
    "update with a mapping": lambda s: s.update({"a": 2, "z": 3}),
    "update with pairs": lambda s: s.update([("a", 2), ("z", 3)]),
    "update with names": lambda s: s.update({"a": 2}, a=3, y=4),
    "update with garbage": lambda s: s.update(5),
    "update with itself": lambda s: s.update(s),
    "clear": lambda s: s.clear(),
    "clear twice": lambda s: (s.clear(), s.clear()),
    "pop": lambda s: s.pop("b"),
    "pop with default": lambda s: (s.pop("b", 5), s.pop("b", 5), s.pop("b", None)),
    "pop of what is not there": lambda s: s.pop("missing"),
    "pop of what is not there, with default": lambda s: s.pop("missing", 7),
    "popitem": lambda s: s.popitem(),
    "popitem until empty": lambda s: [s.popitem() for _ in range(len(s) + 1)],
    "setdefault": lambda s: s.setdefault("n", []).append(1),
    "setdefault of what is there": lambda s: s.setdefault("a", 5),
    "setdefault without default": lambda s: (s.setdefault("n"), s.setdefault("e", 3)),
    "or in place": lambda s: ior(s, {"a": 2, "z": 3}) is s,
    "or in place with pairs": lambda s: ior(s, [("z", 3)]) is s,
    "or in place with nothing": lambda s: ior(s, {}) is s,
    "or in place with garbage": lambda s: ior(s, 5),
    "delete and store again": lambda s: (s.pop("a", None), operator.setitem(s, "a", 1)),
    "modified": lambda s: put(s, "modified", True),
    "not modified": lambda s: (operator.setitem(s, "a", 5), put(s, "modified", False)),
    "permanent": lambda s: (put(s, "permanent", True), s.permanent, s["_permanent"]),
    "permanent by its key": lambda s: (operator.setitem(s, "_permanent", 1), bool(s.permanent)),
    "not permanent": lambda s: (put(s, "permanent", 0), s["_permanent"]),
    "nested and said": lambda s: (s.setdefault("c", []).append(5), put(s, "modified", True)),
    "changing while iterating over a list of it": lambda s: [s.pop(key) for key in list(s)],
    "emptied and filled": lambda s: (s.clear(), s.update(z=1)),
}
OPERATIONS = {**{f"read: {n}": o for n, o in READS.items()}, **WRITES}


def outcome(operation: Operation) -> str:
    """What it returns or raises, and what the session is afterwards."""
    held: Any = session
    try:
        result = repr(operation(held._get_current_object()))
    except (KeyError, TypeError, ValueError) as error:
        result = type(error).__name__
    return f"{result} | {list(session.items())} {session.modified} {session.accessed}"


def app_for(interface: SessionInterface, operation: Operation) -> Flask:
    app = app_with(interface)
    route(app, lambda: session.update(FULL), at="/fill")
    route(app, lambda: outcome(operation), at="/do")
    route(app, lambda: sorted(session.items()), at="/show")
    return app


@pytest.mark.parametrize("paths", [["/do"], ["/fill", "/do"]], ids=["empty", "filled"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_does_what_it_does_to_flasks_session(name: str, paths: list[str]) -> None:
    shown: list[list[Any]] = []
    for make in INTERFACES.values():
        client = app_for(make(), OPERATIONS[name]).test_client()
        responses = [client.get(path) for path in [*paths, "/show"]]
        shown.append(
            [(one.text, bool(set_cookies(one)), one.vary.to_header()) for one in responses]
        )
    assert shown[1] == shown[0]


@pytest.mark.parametrize("name", READS)
def test_reading_sends_no_cookie(interface: SessionInterface, name: str) -> None:
    client = app_for(interface, READS[name]).test_client()
    client.get("/fill")
    assert set_cookies(client.get("/do")) == []


def test_attributes_of_every_session_are_there(interface: SessionInterface) -> None:
    app = app_with(interface)
    with app.test_request_context():
        assert isinstance(session, SessionMixin)
        assert (session.permanent, session.modified) == (False, False)
        assert isinstance(session.new, bool)
        session["a"] = 1
        assert (session.modified, session.accessed) == (True, True)
