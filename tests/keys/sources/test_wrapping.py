"""An encrypted ring is a JWE of one form: every text comes back, everything else is refused."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import MAX_RING_OCTETS, new_jwk_set, unwrap, wrap
from cookie_sessions.keys.sources.wrapping import (
    FEWEST_ITERATIONS,
    ITERATIONS,
    MAX_WRAPPED_OCTETS,
    MOST_ITERATIONS,
    is_wrapped,
)
from tests.conftest import missing
from tests.keys.secrecy import reveals, shown
from tests.keys.sources.contract import material

if importlib.util.find_spec("joserfc") is None:
    missing("the library for JWE", "pip install joserfc")

PASSPHRASE = b"correct horse battery staple"
RING = new_jwk_set()
WRAPPED = wrap(RING, PASSPHRASE, iterations=FEWEST_ITERATIONS)
HEADER: dict[str, Any] = {
    "alg": "PBES2-HS512+A256KW",
    "enc": "A256GCM",
    "cty": "jwk-set+json",
    "p2c": FEWEST_ITERATIONS,
    "p2s": "c2FsdHNhbHRzYWx0c2FsdA",
}


def encoded(octets: bytes) -> bytes:
    return base64.urlsafe_b64encode(octets).rstrip(b"=")


def with_header(header: object, *, of: bytes = WRAPPED) -> bytes:
    return b".".join([encoded(json.dumps(header).encode()), *of.split(b".")[1:]])


def elsewhere(header: dict[str, Any], octets: bytes, **kinds: Any) -> bytes:
    """What another tool would write: a JWE by the library, without our gate."""
    from joserfc import jwe, jwk

    registry = jwe.JWERegistry(
        algorithms=[header["alg"], header["enc"], *([header["zip"]] if "zip" in header else [])]
    )
    key = jwk.OctKey.import_key(kinds.get("key", PASSPHRASE))
    return jwe.encrypt_compact(header, octets, key, registry=registry).encode()


@settings(max_examples=40)
@given(st.binary(max_size=3000), st.binary(min_size=16, max_size=100))
@example(b"", PASSPHRASE)
@example(b"x" * 200_000, b"-----BEGIN PUBLIC KEY-----")
@example("\ud7ff\U0001f512".encode(), b"\0" * 16)
def test_every_text_comes_back_under_its_passphrase(text: bytes, passphrase: bytes) -> None:
    wrapped = wrap(text, passphrase, iterations=FEWEST_ITERATIONS)
    assert is_wrapped(wrapped)
    assert unwrap(wrapped, passphrase, origin="x") == text


def test_the_largest_ring_comes_back_and_a_larger_is_refused() -> None:
    text = b"x" * MAX_RING_OCTETS
    wrapped = wrap(text, PASSPHRASE, iterations=FEWEST_ITERATIONS)
    assert len(wrapped) <= MAX_WRAPPED_OCTETS
    assert unwrap(wrapped, PASSPHRASE, origin="x") == text
    with pytest.raises(ConfigurationError, match="at most"):
        wrap(text + b"x", PASSPHRASE)


def test_the_form_is_that_of_the_standard() -> None:
    wrapped = wrap(RING, PASSPHRASE)
    header = json.loads(base64.urlsafe_b64decode(wrapped.split(b".")[0] + b"=="))
    assert len(base64.urlsafe_b64decode(header.pop("p2s") + "==")) == 16
    assert header == {
        "alg": "PBES2-HS512+A256KW",
        "enc": "A256GCM",
        "cty": "jwk-set+json",
        "p2c": ITERATIONS,
    }
    assert wrap(RING, PASSPHRASE, iterations=1000) != WRAPPED
    assert not reveals(wrapped.decode(), material(RING))


def test_what_another_tool_wrote_in_this_form_is_read() -> None:
    ours = {key: HEADER[key] for key in ("alg", "enc", "cty", "p2c")}
    for header in (ours, {**ours, "kid": "spring", "p2c": MOST_ITERATIONS}):
        assert unwrap(elsewhere(header, RING.encode()), PASSPHRASE, origin="x") == RING.encode()


@pytest.mark.parametrize(
    ("change", "match"),
    [
        *[({"p2c": count}, "count of iterations") for count in (0, -1, 999, 300_001, 10**9)],
        *[({"p2c": count}, "count of iterations") for count in (10**400, True, "1000", 1e3, None)],
        ({"alg": "dir"}, "encrypted in another way"),
        ({"alg": "none"}, "encrypted in another way"),
        ({"alg": "PBES2-HS256+A128KW"}, "encrypted in another way"),
        ({"enc": "A128CBC-HS256"}, "encrypted in another way"),
        ({"alg": ["PBES2-HS512+A256KW"]}, "encrypted in another way"),
        ({"cty": "JWT"}, "content type"),
        ({"zip": "DEF"}, "such as compression"),
        ({"crit": ["x"], "x": 1}, "more than a key ring needs"),
        ({"jku": "https://keys.example"}, "more than a key ring needs"),
        ({"x" * 2000: 1}, "can't be read"),
        ({"p2s": None}, "can't be decrypted"),
        ({"p2s": "!"}, "can't be decrypted"),
        ({"kid": 1}, "can't be decrypted"),
    ],
)
def test_a_header_that_asks_for_anything_else_is_refused_before_anything_is_computed(
    change: dict[str, Any], match: str
) -> None:
    began = time.monotonic()
    with pytest.raises(ConfigurationError, match=match) as caught:
        unwrap(with_header({**HEADER, **change}), PASSPHRASE, origin="file:/r")
    # A thousand million iterations take minutes.
    assert time.monotonic() - began < 20
    assert str(caught.value).startswith("file:/r: ")
    assert caught.value.__context__ is None


def test_a_bomb_is_refused_although_it_was_encrypted_under_the_passphrase() -> None:
    header = {**{key: HEADER[key] for key in ("alg", "enc", "cty", "p2c")}, "zip": "DEF"}
    bomb = elsewhere(header, b"\0" * 200_000)
    assert len(bomb) < 2000 < MAX_WRAPPED_OCTETS
    with pytest.raises(ConfigurationError, match="such as compression"):
        unwrap(bomb, PASSPHRASE, origin="x")


@pytest.mark.parametrize("segment", range(5))
def test_a_change_of_any_segment_is_refused(segment: int) -> None:
    parts = WRAPPED.strip().split(b".")
    octets = bytearray(base64.urlsafe_b64decode(parts[segment] + b"=="))
    if segment == 0:
        octets = bytearray(octets.replace(b'"cty"', b' "cty"'))
    else:
        octets[0] ^= 1
    parts[segment] = encoded(bytes(octets))
    with pytest.raises(ConfigurationError, match="can't be decrypted"):
        unwrap(b".".join(parts), PASSPHRASE, origin="x")


def test_another_passphrase_opens_nothing_and_is_not_shown() -> None:
    another = PASSPHRASE[::-1]
    with pytest.raises(ConfigurationError, match="passphrase is not the one") as caught:
        unwrap(WRAPPED, another, origin="x")
    assert another.decode() not in shown(caught.value)
    assert not reveals(shown(caught.value), material(RING))


@pytest.mark.parametrize("passphrase", [b"", b"x" * 15, b"x" * 4097])
def test_a_passphrase_that_can_be_guessed_or_is_a_file_is_refused(passphrase: bytes) -> None:
    with pytest.raises(ConfigurationError, match="openssl rand"):
        wrap(RING, passphrase)
    with pytest.raises(ConfigurationError, match="openssl rand"):
        unwrap(WRAPPED, passphrase, origin="x")


def test_a_public_key_is_no_passphrase() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ConfigurationError, match="form of a public key"):
        wrap(RING, pem)


@pytest.mark.parametrize("iterations", [0, 999, 300_001])
def test_a_count_of_iterations_that_could_not_be_read_is_not_written(iterations: int) -> None:
    with pytest.raises(ConfigurationError, match="iterations"):
        wrap(RING, PASSPHRASE, iterations=iterations)


@pytest.mark.parametrize(
    ("octets", "match"),
    [
        (RING.encode(), "this is not encrypted"),
        (b"\xef\xbb\xbf {}", "this is not encrypted"),
        (b"", "no JWE"),
        (b"a.b.c", "no JWE"),
        (b"\xff" * 50, "no JWE"),
        (b"a" * (MAX_WRAPPED_OCTETS + 1), "longer than any key ring"),
    ],
)
def test_what_is_not_encrypted_is_told(octets: bytes, match: str) -> None:
    assert not is_wrapped(octets)
    with pytest.raises(ConfigurationError, match=match):
        unwrap(octets, PASSPHRASE, origin="x")


PARTS = st.one_of(
    st.sampled_from([*WRAPPED.strip().split(b"."), b"", b"AA", b"A" * 1500]),
    st.binary(max_size=40).map(encoded),
    st.dictionaries(
        st.sampled_from([*HEADER, "zip", "crit", "epk", "iv"]),
        st.one_of(
            st.sampled_from([*HEADER.values(), "DEF", "dir", "A256KW", 10**12]),
            st.recursive(
                st.none() | st.integers() | st.text(max_size=5),
                lambda inner: st.lists(inner, max_size=3),
            ),
        ),
    ).map(lambda header: encoded(json.dumps({**HEADER, **header}).encode())),
)


@settings(max_examples=400)
@given(st.one_of(st.lists(PARTS, min_size=3, max_size=6).map(b".".join), st.binary(max_size=200)))
def test_nothing_hostile_is_opened_or_raises_anything_else(octets: bytes) -> None:
    if octets == WRAPPED.strip():
        return
    with contextlib.suppress(ConfigurationError):
        assert unwrap(octets, PASSPHRASE, origin="x") == RING.encode()
