from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import decimal
import enum
import uuid
import zoneinfo
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from cookie_sessions.codec import Codec
from tests.codec.sameness import same
from tests.codec.strategies import VALUES

CODEC = Codec()


def restored(value: Any, *, name: object = "name", codec: Codec = CODEC) -> Any:
    packed = codec.pack(value, name=name)
    wire = codec.to_wire(name, value, packed)
    _, wires = codec.load_payload(codec.dump_payload(b"claims", {name: wire}))
    return codec.from_wire(wires[name])


@settings(max_examples=600)
@given(VALUES)
def test_every_value_comes_back_with_type_repr_zone_and_fold(value: Any) -> None:
    assert same(restored(value), value)


@given(VALUES)
def test_packing_what_was_unpacked_gives_the_same_octets(value: Any) -> None:
    packed = CODEC.pack(value)
    assert CODEC.pack(restored(value)) == packed


@given(VALUES)
def test_reading_twice_gives_two_values_that_share_nothing_mutable(value: Any) -> None:
    wire = CODEC.to_wire("name", value, CODEC.pack(value))
    one, other = CODEC.from_wire(wire), CODEC.from_wire(wire)
    assert same(one, other)
    assert one is not other or not isinstance(value, (list, dict, set))


@pytest.mark.parametrize(
    "value",
    [
        True,
        1,
        1.0,
        -0.0,
        float("nan"),
        2**64,
        -(2**63) - 1,
        "",
        "\ud800",
        b"",
        [],
        (),
        {},
        set(),
        frozenset(),
        {1: "int", "1": "text", (1,): "tuple", None: "none", b"1": "octets"},
        {"a": {2: {"b": (1, [2, {3}])}}},
        Markup(""),
        Markup("<b>\udc00</b>"),
        [Markup("a"), "a"],
        Decimal("sNaN123"),
        Decimal("-0E-7"),
        uuid.UUID(int=0),
        dt.timedelta.min,
        dt.timedelta.max,
        dt.datetime.min,  # noqa: DTZ901
        dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(seconds=-1), "")),
        dt.datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
        dt.datetime(2024, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
        dt.datetime(2024, 1, 1, tzinfo=dt.timezone(dt.timedelta(0), "UTC")),
        dt.time(1, 2, 3, 4, dt.UTC, fold=1),
    ],
    ids=ascii,
)
def test_edges_come_back_exactly(value: Any) -> None:
    assert same(restored(value), value)


def test_255_containers_inside_each_other_are_kept() -> None:
    value: Any = {"deep"}
    for _ in range(127):
        value = [(value,)]
    assert same(restored(value), value)


def test_the_order_in_which_a_set_was_built_does_not_matter() -> None:
    names = [f"name{number}" for number in range(50)]
    assert CODEC.pack(set(names)) == CODEC.pack({*names[25:], *names[:25]})
    assert CODEC.pack({(n, 1) for n in names}) == CODEC.pack({(n, 1) for n in names[::-1]})


def test_a_decimal_is_kept_whatever_the_decimal_context_says() -> None:
    value = Decimal("1E+5")
    with decimal.localcontext() as context:
        context.capitals = 0
        packed = CODEC.pack(value)
        wire = CODEC.to_wire("name", value, packed)
        assert same(CODEC.from_wire(wire), value)
    assert packed == CODEC.pack(value)
    assert same(CODEC.from_wire(wire), value)


class Colour(enum.IntEnum):
    RED = 1


class Size(enum.StrEnum):
    LARGE = "large"


class Point(NamedTuple):
    x: int
    y: int


@dataclasses.dataclass
class Line:
    name: str
    lengths: list[int]


@dataclasses.dataclass
class Shape:
    line: Line


class Text(str):
    __slots__ = ()

    def __str__(self) -> str:
        return "something else"


class Octets(bytes):
    pass


class Html:
    def __html__(self) -> str:
        return "<i>x</i>"

    def __repr__(self) -> str:
        return "<Html>"


class Moment(dt.datetime):
    pass


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (Colour.RED, 1),
        (Size.LARGE, "large"),
        (Text("text"), "text"),
        (Octets(b"octets"), b"octets"),
        (Point(1, 2), (1, 2)),
        (Line("a", [1]), {"name": "a", "lengths": [1]}),
        (Shape(Line("a", [])), {"line": {"name": "a", "lengths": []}}),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (collections.Counter("aab"), {"a": 2, "b": 1}),
        (collections.defaultdict(list, a=[1]), {"a": [1]}),
        (Html(), Markup("<i>x</i>")),
        (Moment(2024, 1, 2, tzinfo=dt.UTC, fold=1), dt.datetime(2024, 1, 2, tzinfo=dt.UTC, fold=1)),
        ({Colour.RED: Size.LARGE, Text("a"): 1}, {1: "large", "a": 1}),
        ({Point(1, 2): 3}, {(1, 2): 3}),
        ([1, {"a": (Colour.RED,)}], [1, {"a": (1,)}]),
    ],
    ids=ascii,
)
def test_subclasses_become_what_flasks_tagged_json_makes_of_them(value: Any, kept: Any) -> None:
    assert same(restored(value), kept)
    app = Flask(__name__)
    if not isinstance(value, dt.datetime) and type(value) is not dict:
        with app.app_context():
            tagged = TaggedJSONSerializer()
            assert same(tagged.loads(tagged.dumps(value)), tagged.loads(tagged.dumps(kept)))


class OddZone(dt.tzinfo):
    def __init__(self, offset: dt.timedelta | None) -> None:
        self.offset = offset

    def utcoffset(self, moment: dt.datetime | None, /) -> dt.timedelta | None:
        return self.offset

    def dst(self, moment: dt.datetime | None, /) -> dt.timedelta | None:
        return None

    def tzname(self, moment: dt.datetime | None, /) -> str:
        return "odd"


@given(st.datetimes().filter(lambda m: 1 < m.year < 9999), st.integers(-1400, 1400))
def test_a_moment_in_a_foreign_zone_becomes_the_same_instant_in_utc(
    moment: dt.datetime, minutes: int
) -> None:
    value = moment.replace(tzinfo=OddZone(dt.timedelta(minutes=minutes)))
    kept = restored(value)
    assert kept == value
    assert kept.tzinfo is dt.UTC


def test_a_moment_in_a_zone_without_offset_is_taken_as_utc_as_flask_does() -> None:
    value = dt.datetime(2024, 1, 2, tzinfo=OddZone(None))
    assert same(restored(value), dt.datetime(2024, 1, 2, tzinfo=dt.UTC))
