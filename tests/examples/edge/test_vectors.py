"""The edge reader against the vectors that Python wrote: what opens, and each Reason."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.codec import Codec
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.keys import Key
from tests.examples.edge.edge import Edge, NoFormError, form, sorted_sets, subkeys
from tests.vectors.description import MONEY
from tests.vectors.test_vectors import CORPUS, Vector, each, header_of, text_of

CODEC = Codec(types=[MONEY])


def options_of(vector: Vector) -> dict[str, Any]:
    keys = [Key(bytes.fromhex(key)) for key in (vector["key"], *vector["other_keys"])]
    place = vector["place"]
    return {
        "subkeys": subkeys(*keys),
        "revoked": vector["revoked"],
        "name": place["name"],
        "audience": place["audience"],
        "now": vector["now"],
        **vector["timeouts"],
    }


def expected(vector: Vector) -> tuple[list[Any], list[Any]]:
    """The values that JavaScript reads, and how many are left unread."""
    values, unread = [], []
    _, wires = CODEC.load_payload(bytes.fromhex(vector["payload"]))
    for key, wire in wires.items():
        try:
            if type(wire) is bytes and is_left(wire):
                raise NoFormError
            values.append([form(key), form(CODEC.from_wire(wire))])
        except (NoFormError, Rejected):
            unread.append(key)
    return values, unread


def is_left(segment: bytes) -> bool:
    """Whether a segment is compressed, kept elsewhere, or holds a table or a shrunk JWT."""
    return segment[:1] == b"\xc1" or b"\xc7\x00\x45" in segment or b"\xc7\x00\x47" in segment


@each("positive")
def test_a_positive_vector_opens_with_its_claims_and_values(edge: Edge, vector: Vector) -> None:
    options = options_of(vector)
    if vector["place"]["purpose"] != "session":
        with pytest.raises(Rejected) as refusal:
            edge.ask("openText", text=vector["text"], options=options)
        assert refusal.value.reason is Reason.BAD_SEAL
        return
    opened = edge.ask("openText", text=vector["text"], options=options)
    claims, told = vector["claims"], opened["claims"]
    assert told["sid"] == claims["sid"]
    for name in ("iat", "since", "until", "auth_time", "lasts"):
        assert told[name] == (None if claims[name] is None else str(claims[name])), name
    assert told["former_kids"] == claims["former_kids"]
    optional = dict(told["optional"])
    assert optional.get(2) == claims["subject"]
    assert [[tag, optional[tag]] for tag, _ in claims["unknown"]] == claims["unknown"]
    values, unread = expected(vector)
    assert sorted_sets(opened["values"]) == sorted_sets(values)
    assert len(opened["unread"]) == len(unread)
    assert [name for name in unread if type(name) is str and name.isascii()] == [
        name for name in opened["unread"] if type(name) is str
    ]
    assert (opened["sealedAt"], opened["kid"]) == (vector["sealed_at"], vector["kid"])
    assert opened["refreshable"] == bool(vector["flags"])


def test_the_vectors_hold_values_of_both_kinds() -> None:
    totals = [expected(vector) for vector in CORPUS["positive"]]
    assert sum(len(values) for values, _ in totals) > 30
    assert sum(len(unread) for _, unread in totals) > 20


@each("negative")
def test_a_negative_vector_is_refused_for_its_reason(edge: Edge, vector: Vector) -> None:
    with pytest.raises(Rejected) as refusal:
        edge.ask("openText", text=text_of(vector), options=options_of(vector))
    assert refusal.value.reason == vector["reason"]


@each("splits")
def test_split_cookies_are_joined_or_refused_for_their_reason(edge: Edge, vector: Vector) -> None:
    given = {"header": header_of(vector), "name": vector["cookie"]}
    if "reason" not in vector:
        assert edge.ask("join", **given) == vector["text"]
        return
    with pytest.raises(Rejected) as refusal:
        edge.ask("join", **given)
    assert refusal.value.reason == vector["reason"]


def test_split_cookies_open_as_the_session_that_they_were_split_from(edge: Edge) -> None:
    sealed = {vector["name"]: vector for vector in CORPUS["positive"]}
    splits = [vector for vector in CORPUS["splits"] if "opens_as" in vector]
    assert len(splits) >= 4
    for vector in splits:
        whole = sealed[vector["opens_as"]]
        options = {**options_of(whole), "name": vector["cookie"]}
        opened = edge.ask("open", header=header_of(vector), options=options)
        assert opened["claims"]["sid"] == whole["claims"]["sid"]


@each("wires")
def test_a_single_value_is_read_as_python_reads_it_or_left_unread(
    edge: Edge, vector: Vector
) -> None:
    """Sealed by Python as the one value of a session, between two that read."""
    from tests.examples.edge.site import sealed

    wire = bytes.fromhex(vector["wire"])
    header, options = sealed(b"\x83\xa1a\x01\xa1b" + wire + b"\xa1c\x02")
    opened = edge.ask("open", header=header, options=options)
    values = dict(opened["values"])
    assert {"a", "c"} <= values.keys()
    if "reason" in vector:
        assert opened["unread"] == ["b"]
    elif "b" in values:
        _, wires = CODEC.load_payload(b"\x01-\x81\xa1b" + wire)
        assert sorted_sets(values["b"]) == sorted_sets(form(CODEC.from_wire(wires["b"])))
