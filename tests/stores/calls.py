"""Calls of stores, and what may be seen of those that fail."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.stores.entry import MAX_END, MAX_NAME_OCTETS
from cookie_sessions.stores.store import ExpiringStore
from tests.together import run_together

TESTS = Path(__file__).resolve().parents[1]
HOUR = 3600
A_FEW_SECONDS = 12.0
"""What a call may take while the server hangs, on a machine that has other things to do."""

MANY = 200
ODD_NAMES = [
    *(
        "",
        " ",
        "a b",
        "a\n",
        "a\0",
        "a/b",
        "a*",
        "a?",
        "[a]",
        "a%",
        "a'b",
        "ä",
        "\u0661",
        "a\udc80",
    ),
    "n" * (MAX_NAME_OCTETS + 1),
]
NO_MOMENTS = [float("nan"), float("inf"), MAX_END + 1, 1.7e12]
SECRET = b"an octet string that nobody should see"


def shown(name: str) -> str:
    return ascii(name[:9])


def an_hour() -> float:
    return clock.now() + HOUR


def every_call(
    store: ExpiringStore, name: str, other: str, *, value: bytes = b"one"
) -> list[Callable[[], object]]:
    """Each method, called with a name of whatever form (and with another that is fine)."""
    ends = an_hour()
    return [
        lambda: store.get(name),
        lambda: store.get_many([other, name]),
        lambda: store.put(name, value, ends=ends),
        lambda: store.put_many({other: value, name: value}, ends=ends),
        lambda: store.add(name, value, ends=ends),
        lambda: store.replace(name, value, expected=value, ends=ends),
        lambda: store.extend([other, name], ends=ends),
        lambda: store.shorten([other, name], ends=ends),
        lambda: store.delete([other, name]),
    ]


def put_ten_thousand(store: ExpiringStore, own: str, value: bytes) -> None:
    for turn in range(100):
        names = [f"{own}{turn}.{number}" for number in range(100)]
        store.put_many(dict.fromkeys(names, value), ends=an_hour())


def put_one_by_one(store: ExpiringStore, own: str, value: bytes) -> None:
    for number in range(10_000):
        store.put(f"{own}last.{number}", value, ends=an_hour())


def increment(store: ExpiringStore, name: str, *, times: int) -> None:
    """Count up by compare and set, however often others are first."""
    for _ in range(times):
        while True:
            present = store.get(name)
            assert present is not None
            if store.replace(name, b"%d" % (int(present) + 1), expected=present, ends=an_hour()):
                break


def met(store: ExpiringStore, prefix: str) -> set[str]:
    return {name for page in store.scan(prefix) for name in page}


def assert_all_unavailable(store: ExpiringStore, own: str) -> None:
    """Each method raises within the time, and says no more than it may."""
    calls = every_call(store, own, own + "b", value=SECRET)
    if store.scans:
        calls.append(lambda: met(store, own))

    def raises_in_time(call: Callable[[], object]) -> None:
        began = time.monotonic()
        with pytest.raises(Unavailable) as error:
            call()
        assert time.monotonic() - began < A_FEW_SECONDS
        assert store.name in str(error.value)
        assert own not in str(error.value)
        assert_no_secret(error.value)

    assert run_together(raises_in_time, calls) == []


def assert_works_again(store: ExpiringStore, own: str) -> None:
    """At the first call or the second, as the contract has it.

    The name is a new one: a server that hung may still do what it was asked before.
    """
    try:
        store.put(own + "after", b"after", ends=an_hour())
    except Unavailable:
        store.put(own + "after", b"after", ends=an_hour())
    assert store.get(own + "after") == b"after"
    assert store.add(own + "new", b"new", ends=an_hour())


def assert_no_secret(error: BaseException) -> None:
    """Neither the error nor a frame that is not the tests' own holds the value or its like."""
    secret = SECRET.decode()
    assert error.__context__ is None or error.__suppress_context__
    assert secret not in str(error)
    trace = error.__traceback__
    while trace is not None:
        if TESTS not in Path(trace.tb_frame.f_code.co_filename).parents:
            locals_: dict[str, Any] = trace.tb_frame.f_locals
            assert secret not in repr(locals_), trace.tb_frame.f_code.co_name
        trace = trace.tb_next
