"""What the applications of these tests do with a session: the same under every adapter."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

VALUES: Final[dict[str, Any]] = {
    "none": None,
    "flag": True,
    "number": 10**30,
    "float": 0.1,
    "text": "Grüße \ud83d",
    "octets": b"\x00\xff",
    "list": [1, [2, (3,)]],
    "tuple": (1, 2),
    "dict": {1: "one", (2, 3): {"x"}},
    "set": frozenset({1, 2}),
    "moment": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    "utc": datetime(2026, 1, 2, tzinfo=UTC),
    "day": date(2026, 1, 2),
    "span": timedelta(days=1, microseconds=1),
    "price": Decimal("1.10"),
    "id": UUID(int=7),
}
"""One value of each kind that a session keeps."""


def noise(octets: int) -> str:
    """Text that no compression makes shorter.

    Args:
        octets: how long it is to be.
    """
    chosen = random.Random(octets)
    return "".join(chosen.choices("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=octets))


def _sign_in(session: Any) -> str:
    session.subject = "ann"
    session["name"] = "Ann"
    return str(session.sid)


def _leave_something(session: Any) -> None:
    session.destroy()
    session["a"] = 1


PAGES: Final[dict[str, Callable[[Any], object]]] = {
    "/": lambda session: "untouched",
    "/read": lambda session: session.get("a", "nothing"),
    "/write": lambda session: session.update(a=1),
    "/keep": lambda session: session.update(a=1, _permanent=True),
    "/append": lambda session: session.setdefault("list", []).append(1),
    "/list": lambda session: session.get("list"),
    "/types": lambda session: session.update(VALUES),
    "/types-read": lambda session: [
        name
        for name, value in VALUES.items()
        if type(session[name]) is not type(value) or repr(session[name]) != repr(value)
    ],
    "/two": lambda session: session.update(noise=noise(4_500)),
    "/one": lambda session: session.update(noise="short"),
    "/noise": lambda session: len(session.get("noise", "")),
    "/huge": lambda session: session.update(noise=noise(60_000)),
    "/odd": lambda session: session.update(odd=object()),
    "/clear": lambda session: session.clear(),
    "/sign-in": _sign_in,
    "/sid": lambda session: session.sid,
    "/name": lambda session: session.get("name", "nobody"),
    "/regenerate": lambda session: session.regenerate(),
    "/destroy": lambda session: session.destroy(),
    "/leave": _leave_something,
    "/others": lambda session: session.revoke_others(),
    "/pay": lambda session: session.require_fresh(300),
    "/confirm": lambda session: session.mark_authenticated(),
}


def stream(session: Any) -> Iterator[str]:
    """The parts of a response that changes the session when it is already on its way."""
    yield "first "
    session["late"] = 1
    yield "second"
