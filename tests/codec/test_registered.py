from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.codec import Codec, RegisteredType
from cookie_sessions.errors import ConfigurationError, Reason, Rejected, UsageError
from tests.codec.strategies import VALUES


@dataclass(frozen=True)
class Money:
    amount: Decimal
    currency: str


@dataclass
class Box:
    content: Any


MONEY = RegisteredType("money", Money, lambda m: [m.amount, m.currency], lambda v: Money(*v))
BOX = RegisteredType("box", Box, lambda b: b.content, Box)
CODEC = Codec(types=[MONEY, BOX])


@given(st.decimals(allow_nan=False), st.text())
def test_a_registered_type_comes_back_wherever_it_stands(amount: Decimal, currency: str) -> None:
    money = Money(amount, currency)
    value = {"total": money, "by": {money: (money, Box([money]))}, "all": {money}}
    wire = CODEC.to_wire("cart", value, CODEC.pack(value))
    assert CODEC.from_wire(wire) == value


@given(VALUES)
def test_what_stands_in_a_registered_type_is_packed_like_any_value(value: Any) -> None:
    packed = CODEC.pack(Box(value))
    assert CODEC.pack(CODEC.from_wire(CODEC.to_wire("x", Box(value), packed))) == packed


def test_a_dataclass_that_is_registered_does_not_become_a_dict_inside_another() -> None:
    @dataclass
    class Order:
        total: Money

    wire = CODEC.to_wire("x", None, CODEC.pack({"o": Order(Money(Decimal(1), "EUR"))}))
    assert wire is None
    value = CODEC.from_wire(CODEC.pack({"o": Order(Money(Decimal(1), "EUR"))}))
    assert value == {"o": {"total": Money(Decimal(1), "EUR")}}


def test_a_registered_type_shows_its_name_and_which_type_it_is() -> None:
    assert repr(MONEY) == "<RegisteredType 'money' of Money>"


def test_a_codec_that_does_not_know_the_name_refuses_the_value() -> None:
    packed = CODEC.pack(Money(Decimal(1), "EUR"))
    with pytest.raises(Rejected) as refusal:
        Codec().from_wire(packed)
    assert refusal.value.reason is Reason.UNDECODABLE


def test_whatever_from_value_raises_makes_the_value_undecodable() -> None:
    packed = CODEC.pack(Money(Decimal(1), "EUR"))
    broken = RegisteredType("money", Money, list, lambda _: 1 / 0)
    with pytest.raises(Rejected) as refusal:
        Codec(types=[broken]).from_wire(packed)
    # What it raised may tell the value, and hangs on no error.
    assert refusal.value.__context__ is None


def test_a_failing_to_value_names_the_place() -> None:
    codec = Codec(types=[RegisteredType("box", Box, lambda _: 1 / 0, Box)])
    with pytest.raises(UsageError, match=r'session\["cart"\]\[0\] .*Box whose registered to_value'):
        codec.pack([Box(1)], name="cart")


def test_a_to_value_that_gives_what_is_not_kept_is_refused() -> None:
    with pytest.raises(UsageError, match="bytearray"):
        CODEC.pack(Box(bytearray(b"x")), name="cart")
    with pytest.raises(UsageError, match="complex"):
        CODEC.pack(Box(1j), name="cart")


def test_a_to_value_that_gives_the_instance_again_is_refused() -> None:
    codec = Codec(types=[RegisteredType("box", Box, lambda box: box, Box)])
    with pytest.raises(UsageError, match="inside itself"):
        codec.pack(Box(1), name="cart")


def test_a_subclass_of_a_registered_type_is_not_taken_for_it() -> None:
    class Sealed(Box):
        pass

    value = CODEC.from_wire(CODEC.pack(Sealed(1)))
    assert value == {"content": 1}


@pytest.mark.parametrize(
    "types",
    [
        [MONEY, RegisteredType("money", Box, list, Box)],
        [MONEY, RegisteredType("other", Money, list, Box)],
        [RegisteredType("", Money, list, Box)],
        [RegisteredType("x" * 65, Money, list, Box)],
        [RegisteredType("a\nb", Money, list, Box)],
        [RegisteredType("list", list, list, list)],
        [RegisteredType("decimal", Decimal, str, Decimal)],
    ],
)
def test_names_and_types_that_would_be_ambiguous_are_refused_at_start(types: Any) -> None:
    with pytest.raises(ConfigurationError):
        Codec(types=types)
