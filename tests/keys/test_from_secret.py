"""A secret key and its fallbacks become a ring: the key seals, all of them open."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import (
    Key,
    from_secret_keys,
    is_weak,
    new_jwk_set,
    parse_jwk_set,
    revoked_entry,
)
from tests.keys.secrecy import shown

SECRET = "correct horse battery staple"


def _hkdf(secret: bytes) -> bytes:
    # RFC 5869, written out: extract, and the first block of expand.
    prk = hmac.digest(b"cookie_sessions v1", secret, hashlib.sha256)
    return hmac.digest(prk, b"cookie_sessions v1 key from secret key\x01", hashlib.sha256)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_key_is_hkdf_of_the_octets_of_its_secret(secret: str) -> None:
    ring = from_secret_keys(secret)
    assert ring.primary == Key(_hkdf(secret.encode()))
    assert ring.primary == from_secret_keys(secret.encode()).primary
    assert len(ring) == 1


def test_the_derivation_never_changes() -> None:
    assert _hkdf(SECRET.encode()).hex() == (
        "11a877fb3c333bd9c4eb01312d80a77f7e1048c48f7e9dcc70e862c4b8caae29"
    )
    assert from_secret_keys(SECRET).primary.kid.hex() == "295e3d48"


def test_the_secret_key_is_primary_and_fallbacks_open() -> None:
    ring = from_secret_keys("new", ["old", b"older"])
    assert ring.primary == from_secret_keys("new").primary
    for secret in ("old", "older"):
        key = from_secret_keys(secret).primary
        assert ring.get(key.kid) == key
        assert key != ring.primary
    assert len(ring) == 3
    labels = ["the secret key", *["a fallback of the secret key"] * 2]
    assert [key.label for key in ring] == labels


def test_the_order_of_fallbacks_decides_nothing() -> None:
    secrets = ["a", "b", "c"]
    rings = [from_secret_keys("new", order) for order in itertools.permutations(secrets)]
    assert all(ring.primary == rings[0].primary for ring in rings)
    assert all(set(ring) == set(rings[0]) for ring in rings)


@pytest.mark.parametrize(
    "fallbacks",
    [None, [], (), ["", b"", None], ["new"], [b"new", "new"]],
)
def test_empty_and_equal_fallbacks_add_no_key(fallbacks: Any) -> None:
    assert len(from_secret_keys("new", fallbacks)) == 1


@pytest.mark.parametrize("secret", ["", b"", None])
def test_an_empty_secret_key_is_refused(secret: Any) -> None:
    with pytest.raises(ConfigurationError, match="empty"):
        from_secret_keys(secret)


@pytest.mark.parametrize("fallbacks", [SECRET, SECRET.encode(), "", b""])
def test_fallbacks_that_are_one_string_are_refused(fallbacks: Any) -> None:
    with pytest.raises(ConfigurationError, match="list") as caught:
        from_secret_keys("new", fallbacks)
    assert SECRET not in shown(caught.value)


@pytest.mark.parametrize("fallbacks", [5, True, 1.5])
def test_fallbacks_that_are_no_list_are_refused(fallbacks: Any) -> None:
    with pytest.raises(ConfigurationError, match="list of strings"):
        from_secret_keys("new", fallbacks)


@pytest.mark.parametrize("secret", [SECRET + "\ud800", [SECRET], bytearray(SECRET.encode())])
def test_a_secret_of_another_kind_is_refused_without_showing_it(secret: Any) -> None:
    for key, fallbacks in ((secret, ()), ("new", [secret])):
        with pytest.raises(ConfigurationError, match=r"(?i)secret key.*(text|bytes)") as caught:
            from_secret_keys(key, fallbacks)
        assert SECRET not in shown(caught.value)
    with pytest.raises(ConfigurationError):
        is_weak(secret)


def test_the_entry_that_revokes_a_secret_key_is_taken_by_a_ring_and_names_its_key() -> None:
    kid = from_secret_keys(SECRET).primary.kid
    for secret in (SECRET, SECRET.encode()):
        entry = json.loads(revoked_entry(secret))
        document = json.loads(new_jwk_set())
        document["keys"].append(entry)
        ring = parse_jwk_set(json.dumps(document), origin="").ring(0)
        assert ring.revoked == {kid}
        assert (entry["alg"], entry["kid"]) == ("XAES-256-GCM", f"former SECRET_KEY {kid.hex()}")


def test_a_secret_that_is_no_text_is_refused_for_an_entry_too() -> None:
    secret: Any = [SECRET]
    with pytest.raises(ConfigurationError, match="The secret key is of the type list") as caught:
        revoked_entry(secret)
    assert SECRET not in shown(caught.value)


def test_the_ring_of_a_secret_shows_nothing_of_it() -> None:
    ring = from_secret_keys(SECRET, ["other secret"])
    assert "horse" not in f"{ring!r} {list(ring)!r}"
    assert "other secret" not in f"{ring!r} {list(ring)!r}"


@pytest.mark.parametrize(
    ("secret", "weak"),
    [
        *(("", True), ("dev", True), ("a" * 15, True), ("a" * 16, False)),
        *((b"a" * 15, True), (b"a" * 16, False), ("ä" * 8, False), ("ä" * 7, True)),
    ],
)
def test_a_secret_under_sixteen_octets_is_weak(secret: str | bytes, weak: bool) -> None:
    assert is_weak(secret) is weak
