"""How a value stands in the payload is told without giving the value."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from cookie_sessions.codec import Codec, Reference, RegisteredType
from cookie_sessions.codec.glance import dictionary_of, registered_names
from tests.codec.strategies import VALUES


class Point:
    """A type of the application."""

    def __init__(self, x: int) -> None:
        self.x = x


class Line:
    """A type that holds another one."""

    def __init__(self, ends: list[Point]) -> None:
        self.ends = ends


TYPES = [
    RegisteredType("point", Point, lambda point: point.x, Point),
    RegisteredType("line", Line, lambda line: line.ends, Line),
]
KNOWING = Codec(types=TYPES)
IGNORANT = Codec()


def wire_of(value: object) -> Any:
    return KNOWING.to_wire("key", value, KNOWING.pack(value))


@pytest.mark.parametrize(
    ("value", "names"),
    [
        (Point(1), {"point"}),
        ([Point(1), {"a": (Point(2), "x")}], {"point"}),
        (Line([Point(1), Point(2)]), {"line", "point"}),
        ([{"id": n, "at": Point(n), "text": "the same in all rows"} for n in range(40)], {"point"}),
        (["point", [70, "point", 1], "line"], set()),
        ({"point": "line"}, set()),
        ("point", set()),
        (None, set()),
        (5, set()),
    ],
)
def test_the_names_of_registered_types_are_found_by_those_who_do_not_know_them(
    value: object, names: set[str]
) -> None:
    for codec in (KNOWING, IGNORANT):
        assert registered_names(codec, wire_of(value)) == names


@given(VALUES)
def test_no_other_value_seems_to_hold_a_registered_type(value: object) -> None:
    assert registered_names(IGNORANT, wire_of(value)) == set()


@pytest.mark.parametrize(
    "wire", [b"", b"\xc1", b"\xc1\x01", b"\xc1\x01junk", b"\xc1\x3fx", b"\xff\xff", b"\x93\x01"]
)
def test_what_cant_be_read_has_no_names(wire: bytes) -> None:
    assert registered_names(IGNORANT, wire) == set()


def test_the_dictionary_is_told_where_a_value_is_compressed_and_only_there() -> None:
    assert dictionary_of(wire_of([{"article": f"A-{n}", "count": n} for n in range(20)])) == 1
    for value in (None, 5, "short", "a text of some length, inline", [1]):
        assert dictionary_of(wire_of(value)) is None
    assert dictionary_of(Reference(bytes(32), 1, 1).to_segment()) is None
    assert [dictionary_of(bytes((0xC1, n))) for n in (0, 1, 63, 64)] == [None, 1, 63, None]
    assert [dictionary_of(octets) for octets in (b"", b"\xc1", b"\xc2\x01")] == [None] * 3
