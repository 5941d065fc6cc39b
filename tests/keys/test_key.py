"""A key serves each purpose by a subkey of its own, and never shows itself."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from typing import Any
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import crypto
from cookie_sessions.errors import ConfigurationError, Reason, Rejected, UsageError
from cookie_sessions.keys import Key
from tests.keys.secrecy import reveals, shown

MATERIAL = bytes(range(200, 232))


def test_the_kid_is_derived_from_the_material() -> None:
    assert Key(MATERIAL).kid == crypto.kid_of(MATERIAL)
    assert len(Key(MATERIAL).kid) == 4


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_keys_are_equal_if_their_material_is(one: bytes, two: bytes) -> None:
    assert Key(one, label="a") == Key(one, label="b")
    assert hash(Key(one)) == hash(Key(one))
    assert (Key(one) == Key(two)) == (one == two)
    assert Key(one) != one
    assert Key(one) == ANY, "what compares itself with a key has the word"


def test_keys_of_different_ids_have_different_hashes() -> None:
    assert len({hash(Key(bytes([number]) * 32)) for number in range(4)}) == 4


def test_the_cipher_of_a_purpose_is_made_once_and_opens_nothing_of_another() -> None:
    key = Key(MATERIAL)
    session = key.aead("session")
    assert key.aead("session") is session
    sealed = session.seal(b"plain", b"aad")
    assert Key(MATERIAL).aead("session").open(sealed, b"aad") == b"plain"
    with pytest.raises(Rejected) as caught:
        key.aead("csrf").open(sealed, b"aad")
    assert caught.value.reason is Reason.BAD_SEAL


def test_a_subkey_that_is_exported_serves_its_purpose_alone() -> None:
    key = Key(MATERIAL)
    subkey = key.export_subkey("session")
    sealed = key.aead("session").seal(b"x", b"")
    assert crypto.Aead(subkey).open(sealed, b"") == b"x"
    assert subkey not in (MATERIAL, key.export_subkey("csrf"))


def test_threads_get_one_cipher_for_one_purpose() -> None:
    key = Key(MATERIAL)
    barrier = threading.Barrier(8)
    got: list[crypto.Aead] = []

    def ask() -> None:
        barrier.wait()
        got.append(key.aead("session"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 8
    assert len({id(aead) for aead in got}) == 1


def test_no_text_of_a_key_shows_its_material(caplog: pytest.LogCaptureFixture) -> None:
    key = Key(MATERIAL, label="spring")
    with caplog.at_level(logging.INFO):
        logging.getLogger("t").info("%s %r %s", key, key, [key])
    texts = [repr(key), str(key), f"{key}", f"{key!r:>60}", f"{key:>60}", ascii(key), caplog.text]
    for text in texts:
        assert not reveals(text, MATERIAL)
        assert key.kid.hex() in text
    assert f"{key:>60}" == repr(key).rjust(60)
    assert repr(key) == f"<Key {key.kid.hex()} 'spring'>"
    assert repr(Key(MATERIAL)) == f"<Key {key.kid.hex()}>"
    assert not hasattr(key, "__dict__")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_key_is_never_pickled(protocol: int) -> None:
    for thing in (Key(MATERIAL), [Key(MATERIAL)]):
        with pytest.raises(UsageError, match="never pickled") as caught:
            pickle.dumps(thing, protocol)
        assert not reveals(shown(caught.value), MATERIAL)


def test_a_key_is_never_copied() -> None:
    key = Key(MATERIAL)
    for copied in (copy.copy, copy.deepcopy, Key.__getstate__, Key.__reduce__):
        with pytest.raises(UsageError, match="copied"):
            copied(key)
    with pytest.raises(UsageError):
        copy.deepcopy({"key": key})


@pytest.mark.parametrize(
    "material",
    [
        *(b"", MATERIAL[:16], MATERIAL[:31], MATERIAL + b"x", MATERIAL * 2),
        *(bytearray(MATERIAL), memoryview(MATERIAL), MATERIAL.hex(), list(MATERIAL), None, 32),
    ],
    ids=lambda material: f"{type(material).__name__}",
)
def test_other_material_is_refused_without_showing_it(material: Any) -> None:
    remedy = "Generate a new key" if isinstance(material, bytes) else "Decode its text"
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        Key(material)
    assert not reveals(shown(caught.value), MATERIAL)
    assert MATERIAL[:16].hex() not in shown(caught.value)
