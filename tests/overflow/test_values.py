"""Values in the overflow store: they come back, or are absent; nobody gets another's."""

from __future__ import annotations

import os
import re
from enum import IntEnum, StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from ormsgpack import packb

from cookie_sessions.codec import REFERENCE_OCTETS, Reference, Wire
from cookie_sessions.crypto import Aead, entry_key, entry_name
from cookie_sessions.events import EventName
from cookie_sessions.overflow import Overflow, Stowed
from tests.codec.sameness import same
from tests.codec.strategies import KEYS, VALUES
from tests.overflow.shop import CANARY, Shop, lost, noise
from tests.plain import HOUR, START


@given(values=st.dictionaries(KEYS, VALUES, max_size=6))
def test_what_is_stored_comes_back(values: dict[Any, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        shop = Shop(patch)
        wires = {
            key: shop.codec.to_wire(key, value, shop.codec.pack(value))
            for key, value in values.items()
        }
        until = int(START) + HOUR
        stowed = {
            key: shop.overflow.stow(shop.codec, key, wire, until=until)
            for key, wire in wires.items()
        }
        shop.overflow.put([entry for _, entry in stowed.values()], until=until)
        segments: dict[Any, Wire] = {key: segment for key, (segment, _) in stowed.items()}
        found = shop.overflow.fetch(shop.codec, segments)
        assert shop.codec.dump_payload(b"-", found) == shop.codec.dump_payload(b"-", wires)
        session = shop.arrive(shop.forge(shop.payload(segments)))
        assert same(dict(session), values)
        assert not session.modified
        assert shop.names == ([EventName.OVERFLOW] if values else [])


class Colour(StrEnum):
    RED = "red"


class Level(IntEnum):
    HIGH = 3


@pytest.mark.parametrize(
    ("key", "equal"),
    [
        ("red", Colour.RED),
        ("red", Markup("red")),
        (Markup("red"), "red"),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (1, True),
        (1.0, 1),
        ((1, 2), (1.0, True + 1)),
        ("a\ud800", "a\ud800"),
        (None, None),
    ],
)
def test_a_value_is_found_by_a_key_that_equals_its_own(shop: Shop, key: Any, equal: Any) -> None:
    shop.manager.overflow = Overflow(shop.entries, events=shop.manager.events, cold=[key])
    session = shop.arrive()
    session[key] = ["far"]
    text = shop.write(session)
    assert len(shop.references(text)) == 1
    assert shop.arrive(text)[equal] == ["far"]
    again = shop.arrive(text)
    again[equal].append("away")
    assert shop.arrive(shop.write(again))[key] == ["far", "away"]
    assert EventName.VALUE_LOST not in shop.names


def test_the_store_holds_neither_values_nor_keys_nor_ids(shop: Shop) -> None:
    session = shop.arrive()
    session.update(basket=[CANARY] * 5, user=CANARY)
    sid = session.sid
    shop.write(session)
    ((name, entry),) = shop.entries._entries.items()
    for hidden in (CANARY, "basket", sid):
        assert hidden not in name
        assert hidden.encode() not in entry.value
    assert bytes.fromhex(sid) not in entry.value
    assert re.fullmatch("[0-9a-f]{32}", name)


def test_a_reference_takes_as_much_whatever_it_stands_for(shop: Shop) -> None:
    lengths = set()
    for octets in (1, 100, 10_000, 200_000):
        shop.manager.overflow = Overflow(shop.entries, events=shop.manager.events, cold=["basket"])
        text = shop.store(basket=noise(octets))
        lengths.add(len(text))
        (reference,) = shop.references(text).values()
        assert len(reference.to_segment()) == REFERENCE_OCTETS == 42
        assert reference.octets == len(shop.entries._entries[entry_name(reference.seed)].value)
        assert repr(reference) == f"<Reference to {reference.octets} octets>"
    assert len(lengths) == 1


def test_every_entry_has_a_seed_and_a_name_of_its_own(shop: Shop) -> None:
    texts = [shop.store(basket=[1]) for _ in range(20)]
    seeds = {shop.references(text)["basket"].seed for text in texts}
    assert len(seeds) == len(shop.entries.names) == 20
    entries = [entry.value for entry in shop.entries._entries.values()]
    assert len({entry[:24] for entry in entries}) == 20


def test_a_value_is_fetched_when_it_is_read_and_not_before(shop: Shop) -> None:
    text = shop.store(basket=["x"], user="Ada", n=1)
    shop.entries.calls.clear()
    session = shop.arrive(text)
    assert session["user"] == "Ada"
    assert session
    assert not session.modified
    assert shop.entries.calls == []
    assert session["basket"] == ["x"]
    assert session["basket"] is session["basket"]
    assert shop.entries.calls == ["get"]


def test_many_values_are_fetched_in_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"basket {number}" for number in range(8)]
    shop = Shop(monkeypatch, cold=names)
    text = shop.store(**{name: [name] for name in names})
    shop.entries.calls.clear()
    assert dict(shop.arrive(text)) == {name: [name] for name in names}
    assert shop.entries.calls == ["get"]


def test_an_entry_that_is_gone_is_an_absent_key_and_one_event(shop: Shop, text: str) -> None:
    shop.entries.delete(shop.entries.names)
    assert lost(shop, text)


def test_an_expired_entry_is_an_absent_key(shop: Shop, text: str) -> None:
    shop.entries.shorten(shop.entries.names, ends=shop.now + 10)
    assert shop.arrive(text)["basket"] == ["x"]
    shop.now += 11
    assert lost(shop, text)


def test_an_entry_altered_in_any_octet_is_an_absent_key(shop: Shop, text: str) -> None:
    (name,) = shop.entries.names
    good = shop.entries._entries[name].value
    altered = [good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :] for at in range(len(good))]
    for entry in [*altered, b"", good[:-1], good + b"\0", good[:30], bytes(len(good))]:
        shop.entries.put(name, entry, ends=shop.now + 100)
        assert lost(shop, text)
    shop.entries.put(name, good, ends=shop.now + 100)
    assert shop.arrive(text)["basket"] == ["x"]


def test_the_entry_of_another_session_is_an_absent_key(shop: Shop, text: str) -> None:
    (mine,) = shop.entries.names
    theirs = shop.references(shop.store(basket=["theirs"]))["basket"]
    shop.entries.put(
        mine, shop.entries._entries[entry_name(theirs.seed)].value, ends=shop.now + 100
    )
    assert lost(shop, text)


def test_the_same_entry_under_another_key_is_refused(shop: Shop, text: str) -> None:
    reference = shop.references(text)["basket"]
    user = shop.codec.to_wire("user", "Ada", shop.codec.pack("Ada"))
    segment = reference.to_segment()
    other = shop.forge(shop.payload({"other": segment, "user": user}))
    assert dict(shop.arrive(other)) == {"user": "Ada"}
    assert shop.names[-1] is EventName.VALUE_LOST


def test_two_values_of_one_session_that_are_swapped_are_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(monkeypatch, cold=["a", "b"])
    references = shop.references(shop.store(a=[1], b=[2]))
    swapped = shop.with_references({"a": references["b"], "b": references["a"]})
    assert dict(shop.arrive(swapped)) == {}
    assert shop.names.count(EventName.VALUE_LOST) == 2


@pytest.mark.parametrize(
    "entry", [b"", b"\xc1", b"\x81\x01", b"\x90", packb({"a": 1}), b"\x01\x01"]
)
def test_an_entry_that_is_no_value_is_an_absent_key(shop: Shop, entry: bytes) -> None:
    seed = os.urandom(32)
    aad = b"cookie_sessions v1 overflow " + shop.codec.pack("basket")
    sealed = Aead(entry_key(seed)).seal(entry, aad)
    shop.entries.put(entry_name(seed), sealed, ends=shop.now + 100)
    text = shop.with_references({"basket": Reference(seed, len(sealed), int(shop.now) + 100)})
    assert dict(shop.arrive(text)) == {}
    assert shop.names[-1] in (EventName.VALUE_LOST, EventName.VALUE_UNDECODABLE)


def test_a_lost_value_does_not_cost_the_session(shop: Shop, text: str) -> None:
    shop.entries.delete(shop.entries.names)
    session = shop.arrive(text)
    session["n"] = 1
    again = shop.arrive(shop.write(session))
    assert dict(again) == {"user": "Ada", "n": 1}
    again["basket"] = ["new"]
    assert shop.arrive(shop.write(again))["basket"] == ["new"]


def test_a_value_that_comes_back_is_found_again(shop: Shop, text: str) -> None:
    ((name, entry),) = shop.entries._entries.items()
    shop.entries.delete([name])
    session = shop.arrive(text)
    assert "basket" not in session
    session["n"] = 1
    text = shop.write(session)
    shop.entries.put(name, entry.value, ends=shop.now + 100)
    assert shop.arrive(text)["basket"] == ["x"]


def test_without_a_store_a_reference_is_an_absent_key_that_is_kept(shop: Shop, text: str) -> None:
    overflow, shop.manager.overflow = shop.manager.overflow, None
    assert lost(shop, text)
    session = shop.arrive(text)
    session["n"] = 1
    text = shop.write(session)
    shop.manager.overflow = overflow
    assert shop.arrive(text)["basket"] == ["x"]


def test_a_segment_is_a_reference_in_one_form_only() -> None:
    reference = Reference(bytes(range(32)), 7, 9)
    segment = reference.to_segment()
    assert Reference.of(segment) == reference
    assert segment == b"\xc1\x40" + bytes(range(32)) + b"\0\0\0\x07" + b"\0\0\0\x09"
    others: list[Any] = [segment[:-1], segment + b"\0", b"\xc1\x01" + segment[2:], segment.hex()]
    for other in [*others, None, bytearray(segment), b""]:
        assert Reference.of(other) is None


@given(octets=st.binary(max_size=60))
def test_no_value_of_an_application_is_taken_for_a_reference(octets: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        shop = Shop(patch)
        for value in (octets, b"\xc1\x40" + octets[:40].ljust(40, b"\0"), [octets]):
            wire = shop.codec.to_wire("key", value, shop.codec.pack(value))
            assert Reference.of(wire) is None


def test_a_value_on_its_way_to_the_store_shows_neither_its_name_nor_itself() -> None:
    assert repr(Stowed("where it is", b"what it is")) == "<Stowed 10 octets>"
