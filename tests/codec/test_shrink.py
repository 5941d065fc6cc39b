from __future__ import annotations

import base64
import hashlib
import json
import uuid
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ormsgpack import Ext, packb

from cookie_sessions.codec import Codec
from cookie_sessions.codec.shrink import may_shrink, shrink_tree
from tests.codec.sameness import same
from tests.codec.strategies import JSON, TOKENS, base64url

CODEC = Codec()
SIGNATURE = hashlib.sha512(b"signature").digest() * 4


def wire_of(value: Any, name: str = "name") -> Any:
    return CODEC.to_wire(name, value, CODEC.pack(value))


def octets_of(value: Any, name: str = "name") -> int:
    return len(packb(wire_of(value, name)))


def jwt(claims: Any, **header: Any) -> str:
    parts = [
        json.dumps(part, separators=(",", ":"), ensure_ascii=False).encode()
        for part in ({"alg": "RS256", "typ": "JWT", **header}, claims)
    ]
    return ".".join(map(base64url, [*parts, SIGNATURE]))


@settings(max_examples=400)
@given(TOKENS)
def test_every_token_comes_back_identical(token: str) -> None:
    assert CODEC.from_wire(wire_of(token)) == token
    assert same(CODEC.from_wire(wire_of({"a": [token, (token,)]})), {"a": [token, (token,)]})


@pytest.mark.parametrize(
    ("token", "octets"),
    [
        (hashlib.sha512(b"x").hexdigest(), 64),
        (hashlib.sha1(b"x", usedforsecurity=False).hexdigest(), 20),
        (str(uuid.UUID(int=2**127 + 12345)), 16),
        (base64url(hashlib.sha256(b"x").digest()), 32),
    ],
)
def test_a_token_takes_its_octets_and_a_header(token: str, octets: int) -> None:
    assert type(wire_of(token)) is Ext
    assert octets_of(token) <= octets + 3
    assert octets_of({"t": token}, "csrf_token") <= octets + 3 + 5


@pytest.mark.parametrize(
    "text",
    [
        "0123456789ABCDEF",
        "0123456789abcde",
        "0123456789abcdef0",
        "0123456789abcdeg",
        str(uuid.UUID(int=171)).upper(),
        "{" + str(uuid.UUID(int=1)) + "}",
        "abcdefghijklmnopqrstuvwxyzABCD",
        "AAAAAAAAAAAAAAAAAAAAA1bb=",
        "a" * 20 + "\n",
    ],
)
def test_text_that_would_not_come_back_identical_stays_text(text: str) -> None:
    assert wire_of(text, "csrf_token") == text


def test_a_base64url_text_with_spare_bits_stays_text() -> None:
    assert wire_of("aA0" + "b" * 19 + "1", "csrf_token") != wire_of("aA0" + "b" * 19 + "A")
    for last in "ABCDEFGH":
        text = "aA0" + "b" * 18 + last
        assert CODEC.from_wire(wire_of(text, "csrf_token")) == text


def test_a_jwt_is_packed_as_its_parts() -> None:
    claims = {
        "iss": "https://accounts.example/realms/shop",
        "sub": str(uuid.UUID(int=2**127 + 5)),
        "iat": 1_700_000_000,
        "exp": 1_700_003_600,
        "name": "Zoë",
        "roles": ["customer", "customer-admin"],
    }
    token = jwt(claims, kid="a" * 40)
    assert octets_of(token) < 0.75 * len(token)
    assert CODEC.from_wire(wire_of(token)) == token
    assert octets_of({"access_token": token}) < 0.75 * len(token) + 16


@given(JSON)
def test_a_jwt_of_any_claims_comes_back_identical(claims: Any) -> None:
    for token in (jwt(claims), jwt({"x": claims}), jwt(jwt({"inner": claims}))):
        assert CODEC.from_wire(wire_of(token)) == token


@pytest.mark.parametrize(
    "payload",
    [
        b'{"a": 1}',
        b'{"a":1,"a":1}',
        b'{"a":1.50}',
        b'{"a":1e400}',
        b'{"a":NaN}',
        b'{"a":-0}',
        b'{"a":"\\u00e9"}',
        b'{"a":"\\ud800"}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":' + b"9" * 400 + b"}",
        b"[" * 5000 + b"]" * 5000,
        b"[" * 300 + b"]" * 300,
        b"[" * 249 + b"]" * 249,
        b'{"a":"' + b"x" * 9000 + b'"}',
        b"\xff\xfe",
        b"",
        b'"text"',
        b"null",
        b'{"' + hashlib.sha256(b"key").hexdigest().encode() + b'":"\xc2\xa0"}',
    ],
    ids=lambda payload: payload[:24].decode("latin-1").encode("unicode_escape").decode(),
)
def test_tokens_with_unusual_json_come_back_identical(payload: bytes) -> None:
    token = ".".join(map(base64url, [b'{"alg":"none"}', payload, SIGNATURE]))
    for value in (token, {"t": [token]}):
        assert CODEC.from_wire(wire_of(value)) == value


def test_shrinking_does_not_touch_keys_of_dicts_and_is_not_seen_by_the_application() -> None:
    value = {hashlib.sha256(b"k").hexdigest(): {"v": hashlib.sha256(b"v").hexdigest()}}
    assert same(CODEC.from_wire(wire_of(value)), value)


@given(st.binary(min_size=12, max_size=200))
def test_random_tokens_never_take_more_than_their_text(octets: bytes) -> None:
    for text in (octets.hex(), base64url(octets), base64.b64encode(octets).decode()):
        assert octets_of(text) <= len(packb(text))


LONG_TOKENS = st.binary(min_size=8, max_size=400).map(bytes.hex)


@given(
    st.recursive(
        TOKENS | LONG_TOKENS | st.integers(0, 2**63) | st.floats() | st.text(max_size=40),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=5)
            | st.dictionaries(st.text(max_size=20), inner, min_size=1, max_size=5)
        ),
        max_leaves=12,
    ).filter(lambda value: isinstance(value, (list, dict)))
)
@settings(max_examples=500)
def test_the_cheap_look_never_misses_what_shrinks(value: Any) -> None:
    packed = CODEC.pack(value)
    assert may_shrink(packed) or shrink_tree(packed) is None
