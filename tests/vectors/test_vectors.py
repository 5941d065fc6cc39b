"""The package against the committed vectors; another language reads the same file."""

from __future__ import annotations

import functools
import json
from typing import Any

import pytest

from cookie_sessions import clock, crypto, csrf, handoff, sealer, token
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Reference
from cookie_sessions.cookies import chunk_names, find, join, split
from cookie_sessions.dictionaries.shelf import Shelf, ShelfDictionaries
from cookie_sessions.dictionaries.trained import Trained, check
from cookie_sessions.envelope import parse
from cookie_sessions.errors import CsrfReason, Reason, Rejected
from cookie_sessions.events import Events
from cookie_sessions.keys import Key, KeyRing, from_secret_keys
from cookie_sessions.manager import PURPOSE, SessionManager
from cookie_sessions.overflow import Overflow
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Opened, Place
from cookie_sessions.settings import Settings
from cookie_sessions.stores.entry import MAX_END
from cookie_sessions.stores.memory import MemoryStore
from tests.vectors import generate
from tests.vectors.description import MONEY, describe
from tests.vectors.steps import seal, steps_of

Vector = dict[str, Any]

CORPUS: dict[str, Any] = json.loads(generate.VECTORS.read_text(encoding="ascii"))
CODEC = Codec(types=[MONEY])
OF_FORMAT = {
    Reason.MALFORMED,
    Reason.MISSING_CHUNK,
    Reason.TOO_LARGE,
    Reason.UNKNOWN_VERSION,
    Reason.UNKNOWN_KID,
    Reason.KEY_REVOKED,
    Reason.BAD_SEAL,
    Reason.UNDECODABLE,
    Reason.EXPIRED_IDLE,
    Reason.EXPIRED_ABSOLUTE,
    Reason.NOT_YET_VALID,
}


OF_CHUNKS = {
    Reason.MALFORMED,
    Reason.MISSING_CHUNK,
    Reason.MIXED_CHUNKS,
    Reason.AMBIGUOUS,
}


def each(section: str) -> pytest.MarkDecorator:
    vectors = CORPUS[section]
    return pytest.mark.parametrize("vector", vectors, ids=[row["name"] for row in vectors])


def ring_of(vector: Vector) -> KeyRing:
    keys = [Key(bytes.fromhex(key)) for key in (vector["key"], *vector["other_keys"])]
    return KeyRing(*keys, revoked=map(bytes.fromhex, vector["revoked"]))


def text_of(vector: Vector) -> str:
    return str(vector["text"]) * int(vector.get("repeat", 1))


def opened(vector: Vector) -> Opened:
    place = Place(**vector["place"])
    return sealer.open_text(text_of(vector), ring=ring_of(vector), place=place, now=vector["now"])


def manager_of(vector: Vector, monkeypatch: pytest.MonkeyPatch) -> SessionManager:
    monkeypatch.setattr(clock, "now", lambda: vector["now"])
    ring = ring_of(vector)
    timeouts = Timeouts(**vector["timeouts"])
    return SessionManager(
        settings=Settings(audience=vector["place"]["audience"], types=(MONEY,)),
        ring=lambda: ring,
        timeouts=lambda: timeouts,
        events=Events(),
    )


def test_no_section_of_the_corpus_is_empty() -> None:
    for section, at_least in {
        "positive": 30,
        "negative": 120,
        "splits": 40,
        "overflow": 20,
        "wires": 60,
        "secret_keys": 3,
        "handoffs": 20,
        "form_tokens": 15,
    }.items():
        assert len(CORPUS[section]) >= at_least, section


def test_names_of_vectors_differ() -> None:
    for section in CORPUS.keys() - {"format", "secret_keys"}:
        names = [vector["name"] for vector in CORPUS[section]]
        assert len(set(names)) == len(names)


def test_every_reason_that_the_format_gives_has_vectors() -> None:
    assert {vector["reason"] for vector in CORPUS["negative"]} == OF_FORMAT


def test_every_reason_that_chunks_give_has_vectors() -> None:
    reasons = {vector["reason"] for vector in CORPUS["splits"] if "reason" in vector}
    assert reasons == OF_CHUNKS


def test_no_two_seals_under_one_key_share_a_nonce() -> None:
    nonces = [(vector["key"], vector["nonce"]) for vector in CORPUS["positive"]]
    assert len(set(nonces)) == len(nonces)


def test_the_generator_writes_the_committed_file_again() -> None:
    assert generate.document() == generate.VECTORS.read_text(encoding="ascii")


@each("positive")
def test_a_positive_vector_opens_to_its_payload(vector: Vector) -> None:
    head, plaintext, needs_reseal = opened(vector)
    assert plaintext.hex() == vector["payload"]
    assert head.octets().hex() == vector["header"]
    assert (head.flags, head.kid.hex(), head.sealed_at) == (
        vector["flags"],
        vector["kid"],
        vector["sealed_at"],
    )
    assert not needs_reseal


@each("positive")
def test_a_positive_vector_opens_with_a_key_that_is_not_primary(vector: Vector) -> None:
    place = Place(**vector["place"])
    ring = KeyRing(Key(b"p" * 32), *ring_of(vector))
    result = sealer.open_text(vector["text"], ring=ring, place=place, now=vector["now"])
    assert result.plaintext.hex() == vector["payload"]
    assert result.needs_reseal


@each("positive")
def test_a_positive_vector_opens_as_a_session(
    vector: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    if vector["place"]["purpose"] == token.PURPOSE:
        text, name = vector["text"], vector["place"]["name"]
        arrival = token.arrival_of(manager_of(vector, monkeypatch), f"Session {text}", name=name)
        assert arrival is not None
        from_header = arrival.open()
        assert from_header is not None
        assert from_header.plaintext.hex() == vector["payload"]
    if vector["place"]["purpose"] != PURPOSE:
        with pytest.raises(Rejected) as refusal:
            manager_of(vector, monkeypatch).open_text(vector["text"], name=vector["place"]["name"])
        assert refusal.value.reason is Reason.BAD_SEAL
        return
    manager = manager_of(vector, monkeypatch)
    content = manager.open_text(vector["text"], name=vector["place"]["name"])
    assert content.claims is not None
    assert content.claims.to_octets().hex() == vector["claims_octets"]
    assert [describe(key) for key in content.wires] == [row["key"] for row in vector["values"]]


@each("positive")
def test_sealing_the_payload_again_gives_every_intermediate_value(vector: Vector) -> None:
    steps = seal(
        bytes.fromhex(vector["payload"]),
        key=bytes.fromhex(vector["key"]),
        place=Place(**vector["place"]),
        nonce=bytes.fromhex(vector["nonce"]),
        sealed_at=vector["sealed_at"],
        flags=vector["flags"],
    )
    assert steps == {name: vector[name] for name in steps}


@each("positive")
def test_the_parts_of_a_text_stand_one_behind_the_other(vector: Vector) -> None:
    head, sealed = parse(vector["text"])
    assert head.octets().hex() == vector["header"]
    assert sealed.hex() == vector["nonce"] + vector["ciphertext"] + vector["tag"]
    assert len(vector["nonce"]) == 2 * crypto.NONCE_OCTETS


@each("positive")
def test_claims_are_read_and_written_again_as_they_stand(vector: Vector) -> None:
    octets = bytes.fromhex(vector["claims_octets"])
    claims = Claims.from_octets(octets)
    assert claims.to_octets() == octets
    expected = vector["claims"]
    subject = expected["subject"]
    assert claims == Claims(
        sid=bytes.fromhex(expected["sid"]),
        iat=expected["iat"],
        since=expected["since"],
        until=expected["until"],
        auth_time=expected["auth_time"],
        subject=None if subject is None else bytes.fromhex(subject),
        bindings=bytes.fromhex(expected["bindings"]),
        former_kids=tuple(map(bytes.fromhex, expected["former_kids"])),
        imported_from=bytes.fromhex(expected["imported_from"]),
        lasts=expected["lasts"],
        beside=bytes.fromhex(expected["beside"]),
        unknown=tuple((tag, bytes.fromhex(content)) for tag, content in expected["unknown"]),
    )


@each("positive")
def test_the_payload_is_made_of_claims_keys_and_values(vector: Vector) -> None:
    claims = vector["claims_octets"]
    rows = [row["wire_key"] + row["wire"] for row in vector["values"]]
    header = f"{0x80 | len(rows):02x}" if len(rows) < 16 else f"de{len(rows):04x}"
    assert vector["payload"] == f"{len(claims) // 2:02x}{claims}{header}{''.join(rows)}"


@each("positive")
def test_values_are_restored_exactly(vector: Vector) -> None:
    claims, wires = CODEC.load_payload(bytes.fromhex(vector["payload"]))
    assert claims.hex() == vector["claims_octets"]
    for row, (key, wire) in zip(vector["values"], wires.items(), strict=True):
        assert describe(key) == row["key"]
        if row.get("undecodable"):
            with pytest.raises(Rejected) as refusal:
                CODEC.from_wire(wire)
            assert refusal.value.reason is Reason.UNDECODABLE
        else:
            value = CODEC.from_wire(wire)
            assert describe(value) == row["value"]
            assert CODEC.pack(value).hex() == row["packed"]


@each("positive")
def test_values_are_copied_forward_untouched(vector: Vector) -> None:
    payload = bytes.fromhex(vector["payload"])
    claims, wires = CODEC.load_payload(payload)
    assert CODEC.with_claims(payload, b"other claims")[13:] == payload[1 + len(claims) :]
    if vector["name"] == "a name with a code, written as a string":
        # The next write takes the code.
        assert len(CODEC.dump_payload(claims, wires)) < len(payload)
    else:
        assert CODEC.dump_payload(claims, wires) == payload


@each("negative")
def test_a_negative_vector_is_refused_for_its_reason(
    vector: Vector, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = manager_of(vector, monkeypatch)
    assert vector["place"]["purpose"] == PURPOSE
    with pytest.raises(Rejected) as refusal:
        manager.open_text(text_of(vector), name=vector["place"]["name"])
    assert refusal.value.reason == vector["reason"]


@each("negative")
def test_a_negative_vector_is_refused_before_or_behind_its_seal(vector: Vector) -> None:
    if vector["opens"]:
        opened(vector)
        return
    with pytest.raises(Rejected) as refusal:
        opened(vector)
    assert refusal.value.reason == vector["reason"]


def header_of(vector: Vector) -> str:
    return "; ".join(f"{name}={value}" for name, value in vector["cookies"])


@each("splits")
def test_split_cookies_are_joined_or_refused_for_their_reason(vector: Vector) -> None:
    header, cookie = header_of(vector), vector["cookie"]
    (head,) = find(header, cookie)
    if "reason" in vector:
        with pytest.raises(Rejected) as refusal:
            join(head, name=cookie, find=functools.partial(find, header))
        assert refusal.value.reason == vector["reason"]
        return
    text = join(head, name=cookie, find=functools.partial(find, header))
    assert text == vector["text"]
    if "room" in vector:
        values = split(text, room=vector["room"])
        names = (cookie, *chunk_names(cookie))
        assert [[*pair] for pair in zip(names, values, strict=False)] == vector["cookies"]


def test_split_cookies_open_as_the_session_that_they_were_split_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sealed = {vector["name"]: vector for vector in CORPUS["positive"]}
    splits = [vector for vector in CORPUS["splits"] if "opens_as" in vector]
    assert len(splits) >= 4
    for vector in splits:
        whole = sealed[vector["opens_as"]]
        manager = manager_of(whole, monkeypatch)
        arrival = manager.arrival(header_of(vector), name=vector["cookie"])
        content = arrival.open()
        assert content is not None
        assert content.plaintext.hex() == whole["payload"]


@each("overflow")
def test_an_entry_is_found_or_lost(vector: Vector) -> None:
    segment = bytes.fromhex(vector["reference"])
    reference = Reference.of(segment)
    assert reference is not None
    assert reference.to_segment() == segment
    assert reference.seed.hex() == vector["seed"]
    assert crypto.entry_name(reference.seed) == vector["name_in_store"]
    key = CODEC._packer.unpack(bytes.fromhex(vector["packed_key"]))
    store = MemoryStore()
    store.put(vector["name_in_store"], bytes.fromhex(vector["entry"]), ends=MAX_END)
    found = Overflow(store, events=Events()).fetch(CODEC, {key: segment})
    if vector.get("lost"):
        assert found == {}
        return
    assert describe(CODEC.from_wire(found[key])) == vector["value"]
    assert describe(key) == vector["key"]
    assert crypto.entry_key(reference.seed).hex() == vector["entry_key"]
    assert (reference.octets, reference.ends) == (vector["octets"], vector["ends"])
    steps = steps_of(
        bytes.fromhex(vector["entry_key"]),
        nonce=bytes.fromhex(vector["nonce"]),
        aad=bytes.fromhex(vector["aad"]),
        plaintext=bytes.fromhex(vector["content"]),
    )
    assert steps == {name: vector[name] for name in steps}


def codec_of(vector: Vector) -> Codec:
    """A codec that has the vector's dictionary, if it brings one along."""
    if "dictionary" not in vector:
        return CODEC
    octets = bytes.fromhex(vector["dictionary"])
    trained = check(Trained(octets, 0, 0, 0, ()), origin="the vector")
    return Codec(types=[MONEY], dictionaries=ShelfDictionaries(Shelf((trained,))))


@each("wires")
def test_a_single_value_is_restored_or_refused(vector: Vector) -> None:
    codec = codec_of(vector)
    _, wires = codec.load_payload(b"\x01-\x81\xa1a" + bytes.fromhex(vector["wire"]))
    if "reason" not in vector:
        assert describe(codec.from_wire(wires["a"])) == vector["value"]
        return
    with pytest.raises(Rejected) as refusal:
        codec.from_wire(wires["a"])
    assert refusal.value.reason == vector["reason"]


def redeemed(vector: Vector) -> tuple[handoff.HandedOff, handoff.Once]:
    return handoff.open_handoff(
        vector["text"],
        ring=KeyRing(Key(bytes.fromhex(vector["key"]))),
        sources=vector["sources"],
        target=vector["target"],
        nonce=vector["browser"],
        now=vector["now"],
    )


@each("handoffs")
def test_a_user_is_handed_over_or_refused_for_its_reason(vector: Vector) -> None:
    if "why" in vector:
        with pytest.raises(handoff.HandoffRefused) as refusal:
            redeemed(vector)
        assert refusal.value.why == vector["why"]
        return
    handed, once = redeemed(vector)
    said = [handed.source, vector["visit"], handed.subject, dict(handed.claims)]
    assert describe(said) == vector["said"]
    assert once == (vector["once"], vector["until"])
    steps = seal(
        bytes.fromhex(vector["plaintext"]),
        key=bytes.fromhex(vector["key"]),
        place=Place(handoff.PURPOSE, vector["target"], ""),
        nonce=bytes.fromhex(vector["nonce"]),
        sealed_at=vector["sealed_at"],
    )
    assert steps == {name: vector[name] for name in steps}


def test_every_refusal_of_a_hand_off_has_a_vector() -> None:
    whys = {vector["why"] for vector in CORPUS["handoffs"] if "why" in vector}
    # What is used up is the store's to say, and a target that is not trusted the source's.
    assert whys >= {"no_nonce", "other_visit", "unknown_source", "late", "visit_over"}
    assert whys >= {Reason.BAD_SEAL, Reason.UNKNOWN_KID, Reason.UNDECODABLE}


@each("form_tokens")
def test_a_form_token_is_good_or_refused_for_its_reason(vector: Vector) -> None:
    keys = [Key(bytes.fromhex(key)) for key in vector["keys"]]
    ring = KeyRing(*keys, revoked=map(bytes.fromhex, vector["revoked"]))
    sid = bytes.fromhex(vector["sid"])
    verdict = csrf.token_verdict(vector["text"], sid=sid, ring=ring)
    assert verdict == vector.get("reason")
    if verdict is None:
        mac = crypto.Mac(bytes.fromhex(vector["subkey"]))
        marked = mac._mark_with(bytes.fromhex(vector["mask"]), sid)
        assert marked.hex() == vector["mask"] + vector["masked"]
        assert vector["octets"] == f"01{vector['kid']}{marked.hex()}"


def test_every_refusal_of_a_token_alone_has_a_vector() -> None:
    reasons = {vector["reason"] for vector in CORPUS["form_tokens"] if "reason" in vector}
    around = {CsrfReason.TOKEN_MISSING, CsrfReason.TOKEN_AMBIGUOUS, CsrfReason.TOKEN_KEY_RETIRED}
    assert reasons == {one for one in CsrfReason if one.startswith("token_")} - around


@pytest.mark.parametrize("vector", CORPUS["secret_keys"])
def test_a_secret_key_becomes_the_ring_key_of_the_vector(vector: Vector) -> None:
    key = from_secret_keys(bytes.fromhex(vector["secret"])).primary
    assert key == Key(bytes.fromhex(vector["key"]))
    assert key.kid.hex() == vector["kid"]
