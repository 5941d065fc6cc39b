from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import sys
import threading
from typing import Any

import ormsgpack
import pytest

from cookie_sessions.codec import Codec
from cookie_sessions.errors import CookieSessionsError, UsageError
from tests.codec.test_types import OddZone

CODEC = Codec()


class Plain(enum.Enum):
    RED = 1


class Span(dt.timedelta):
    pass


class Names(set[str]):
    pass


@dataclasses.dataclass(frozen=True)
class Frozen:
    x: int


class BadHtml:
    def __html__(self) -> int:
        return 1


ODD_TIME = dt.time(1, tzinfo=OddZone(dt.timedelta(hours=1)))
BEFORE_TIME = dt.datetime.min.replace(tzinfo=OddZone(dt.timedelta(hours=1)))


@pytest.mark.parametrize(
    ("value", "place", "kind"),
    [
        (object(), 'session["cart"]', "object"),
        ([1, {"price": 1j}], 'session["cart"][1]["price"]', "complex"),
        ((1, [bytearray(b"x")]), 'session["cart"][1][0]', "bytearray"),
        ({"a": memoryview(b"x")}, 'session["cart"]["a"]', "memoryview"),
        ([ormsgpack.Ext(1, b"x"), b"x"], 'session["cart"][0]', "ormsgpack"),
        ({"a": [Plain.RED]}, 'session["cart"]["a"][0]', "Plain"),
        ([[Span(1)]], 'session["cart"][0][0]', "Span"),
        ([Names()], 'session["cart"][0]', "Names"),
        ([dict], 'session["cart"][0]', "type"),
        ([Frozen], 'session["cart"][0]', "type"),
        ([iter([])], 'session["cart"][0]', "list_iterator"),
        ({1: {2: print}}, 'session["cart"][1][2]', "builtin_function_or_method"),
        ({(1, 2): object()}, 'session["cart"][<key of type tuple>]', "object"),
        ({"x": {Frozen(1)}}, 'session["cart"]["x"][<item of a set>]', "Frozen"),
        ({Frozen(1): 2}, 'session["cart"][<key of type Frozen>]', "Frozen"),
        ([ODD_TIME], 'session["cart"][0]', "datetime.time"),
        ([BEFORE_TIME], 'session["cart"][0]', "datetime.datetime"),
        ([BadHtml()], 'session["cart"][0]', "BadHtml"),
        ({"\ud800": object()}, r'session["cart"]["\ud800"]', "object"),
        ({"k" * 500: object()}, f'session["cart"]["{"k" * 40}..."]', "object"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_what_is_not_kept_is_refused_with_its_place_and_type(
    value: Any, place: str, kind: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        CODEC.pack(value, name="cart")
    message = str(refusal.value)
    assert message.startswith(f"{place} holds a value of type ")
    assert kind in message.removeprefix(place)
    assert "not saved" in message
    assert "RegisteredType" in message


def test_a_value_inside_itself_is_refused() -> None:
    circle: list[Any] = []
    circle.append({"again": circle})
    with pytest.raises(UsageError, match="deeper than 255, or inside itself"):
        CODEC.pack(circle, name="cart")


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {1: v}])
def test_the_256th_container_is_refused(wrap: Any) -> None:
    value: Any = 1
    for _ in range(255):
        value = wrap(value)
    assert CODEC.from_wire(CODEC.pack(value)) == value
    with pytest.raises(UsageError, match="deeper than 255"):
        CODEC.pack(wrap(value), name="cart")


def test_keys_that_become_one_are_refused_and_not_lost() -> None:
    class Apart(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return self is other

        def __hash__(self) -> int:
            return id(self)

    with pytest.raises(UsageError, match="one and the same"):
        CODEC.pack({Apart("a"): 1, Apart("a"): 2}, name="cart")


def test_the_message_and_its_causes_hold_no_data() -> None:
    with pytest.raises(UsageError) as refusal:
        CODEC.pack(["the secret", {("secret",): object()}], name="cart")
    error: BaseException | None = refusal.value
    while error is not None:
        assert "secret" not in str(error)
        error = error.__cause__ or error.__context__


def test_a_signalling_context_does_not_disturb_packing() -> None:
    with decimal.localcontext() as context:
        for signal in context.traps:
            context.traps[signal] = True
        packed = CODEC.pack(decimal.Decimal("sNaN"))
        wire = CODEC.to_wire("x", decimal.Decimal("sNaN"), packed)
        assert CODEC.from_wire(wire).is_snan()


def test_a_deep_value_is_packed_and_read_on_a_stack_that_is_half_used() -> None:
    value: Any = 1
    for _ in range(255):
        value = (value,)
    outcome: list[object] = []

    def deep(frames: int) -> None:
        if frames:
            deep(frames - 1)
        else:
            packed = CODEC.pack(value)
            outcome.append(CODEC.from_wire(CODEC.to_wire("x", value, packed)) == value)

    thread = threading.Thread(target=deep, args=(sys.getrecursionlimit() // 2,))
    thread.start()
    thread.join()
    assert outcome == [True]


def test_a_deep_value_that_the_stack_has_no_room_for_is_refused() -> None:
    value: Any = 1
    for _ in range(255):
        value = {1: value}
    outcome: list[object] = []

    def deep(frames: int) -> None:
        if frames:
            deep(frames - 1)
            return
        try:
            outcome.append(CODEC.pack(value))
        except UsageError as refusal:
            outcome.append("stack" in str(refusal))

    thread = threading.Thread(target=deep, args=(sys.getrecursionlimit() - 100,))
    thread.start()
    thread.join()
    assert outcome == [True]


def test_refusals_are_errors_of_this_package() -> None:
    assert issubclass(UsageError, CookieSessionsError)
