"""The cipher is XAES-256-GCM as published, and no nonce is ever used twice."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import platform
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import crypto
from cookie_sessions.crypto import NONCE_OCTETS, TAG_OCTETS, Aead, derive, kid_of
from cookie_sessions.errors import Reason, Rejected
from tests.copied_process import CLONE, COPIES, SEALS
from tests.long_xaes import ACCUMULATED, accumulated
from tests.together import run_together

ROOT = Path(__file__).resolve().parent.parent
KEYS = st.binary(min_size=32, max_size=32)
NONCES = st.binary(min_size=24, max_size=24)
KEY = hashlib.sha256(b"a key for tests").digest()

# c2sp.org/XAES-256-GCM, "Test vectors". They cover both values of the top bit of L.
VECTOR_NONCE = b"ABCDEFGHIJKLMNOPQRSTUVWX"
VECTORS = [
    (b"\x01" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
    (
        b"\x03" * 32,
        b"c2sp.org/XAES-256-GCM",
        "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d",
    ),
]


def bad_seal(aead: Aead, sealed: bytes, aad: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        aead.open(sealed, aad)
    assert caught.value.reason is Reason.BAD_SEAL
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(("key", "aad", "sealed"), VECTORS)
def test_the_published_vectors_are_met(key: bytes, aad: bytes, sealed: str) -> None:
    octets = VECTOR_NONCE + bytes.fromhex(sealed)
    aead = Aead(key)
    assert aead._seal_with(VECTOR_NONCE, b"XAES-256-GCM", aad) == octets
    assert aead.open(octets, aad) == b"XAES-256-GCM"


def test_the_accumulated_vector_of_ten_thousand_rounds_is_met() -> None:
    assert accumulated(10_000) == ACCUMULATED[10_000]


@given(KEYS, NONCES, st.binary(max_size=200), st.binary(max_size=60))
def test_it_is_aes_gcm_under_a_key_derived_by_cmac(
    key: bytes, nonce: bytes, plaintext: bytes, aad: bytes
) -> None:
    halves: list[bytes] = []
    for counter in (1, 2):
        mac = CMAC(AES(key))
        mac.update(bytes((0, counter, ord("X"), 0)) + nonce[:12])
        halves.append(mac.finalize())
    expected = AESGCM(b"".join(halves)).encrypt(nonce[12:], plaintext, aad)
    assert Aead(key)._seal_with(nonce, plaintext, aad) == nonce + expected


@given(KEYS, st.binary(max_size=300), st.binary(max_size=60))
def test_what_was_sealed_opens(key: bytes, plaintext: bytes, aad: bytes) -> None:
    sealed = Aead(key).seal(plaintext, aad)
    assert len(sealed) == NONCE_OCTETS + len(plaintext) + TAG_OCTETS
    assert Aead(key).open(sealed, aad) == plaintext


def test_a_flipped_bit_anywhere_is_a_bad_seal() -> None:
    aead = Aead(KEY)
    sealed = aead.seal(b"0123456789", b"aad")
    for position in range(len(sealed)):
        for bit in range(8):
            flipped = bytearray(sealed)
            flipped[position] ^= 1 << bit
            bad_seal(aead, bytes(flipped), b"aad")


def test_every_other_length_is_a_bad_seal() -> None:
    aead = Aead(KEY)
    sealed = aead.seal(b"0123456789", b"aad")
    for length in range(len(sealed)):
        bad_seal(aead, sealed[:length], b"aad")
        bad_seal(aead, sealed[length + 1 :], b"aad")
    bad_seal(aead, sealed + b"\0", b"aad")
    bad_seal(aead, sealed * 2, b"aad")


@given(st.binary(max_size=120), st.binary(max_size=20))
def test_octets_that_nobody_sealed_are_a_bad_seal(octets: bytes, aad: bytes) -> None:
    bad_seal(Aead(KEY), octets, aad)


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_other_additional_data_is_a_bad_seal(one: bytes, other: bytes) -> None:
    aead = Aead(KEY)
    if one != other:
        bad_seal(aead, aead.seal(b"plain", one), other)


def test_another_key_is_a_bad_seal() -> None:
    bad_seal(Aead(bytes(32)), Aead(KEY).seal(b"plain", b""), b"")


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 octets"):
        Aead(bytes(length))


def test_subkeys_are_hkdf_of_the_key_and_differ_by_purpose() -> None:
    for info, made in (
        (b"cookie_sessions v1 subkey session", derive(KEY, "session")),
        (b"cookie_sessions v1 subkey csrf", derive(KEY, "csrf")),
        (b"cookie_sessions v1 kid", kid_of(KEY)),
    ):
        hkdf = HKDF(algorithm=SHA256(), length=len(made), salt=None, info=info)
        assert hkdf.derive(KEY) == made
    assert len({derive(KEY, "session"), derive(KEY, "csrf"), KEY}) == 3
    assert len(derive(KEY, "session")) == 32
    assert len(kid_of(KEY)) == 4


def test_nothing_of_a_key_shows_and_nothing_of_it_is_copied() -> None:
    aead = Aead(KEY)
    assert repr(aead) == str(aead) == "<Aead XAES-256-GCM>"
    assert not hasattr(aead, "__dict__")
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(aead, protocol)
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled"):
            copied(aead)


def test_each_seal_draws_24_octets_from_the_system_once(monkeypatch: pytest.MonkeyPatch) -> None:
    aead = Aead(KEY)
    system = os.urandom
    drawn: list[bytes] = []

    def watched(size: int) -> bytes:
        drawn.append(system(size))
        return drawn[-1]

    monkeypatch.setattr(os, "urandom", watched)
    sealed = [aead.seal(b"plain", b"aad") for _ in range(50)]
    assert [len(octets) for octets in drawn] == [24] * 50
    assert [octets[:24] for octets in sealed] == drawn
    for octets in sealed:
        aead.open(octets, b"aad")
    assert len(drawn) == 50
    assert len(set(drawn)) == 50


def drawn_by_copies(way: str) -> list[list[str]]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.copied_process", way],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    assert len(lines) == COPIES + 1
    return lines


def assert_no_nonce_and_no_id_twice(lines: list[list[str]]) -> None:
    assert len({line[1] for line in lines}) == COPIES + 1
    assert len({nonce for line in lines for nonce in line[2:]}) == (COPIES + 1) * SEALS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system knows no fork")
def test_no_nonce_and_no_session_id_repeats_across_fork() -> None:
    assert_no_nonce_and_no_id_twice(drawn_by_copies("fork"))


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in CLONE,
    reason="the bare system call is known for Linux on x86_64 and aarch64 only",
)
def test_no_nonce_repeats_in_copies_of_one_process_image() -> None:
    """Stand in for a restored snapshot of the process, which needs a tool such as CRIU.

    Every copy has the same memory and no hook has told it that it is a copy, as after a restore.
    That Python's own generator gives all of them the same number is the proof. The kernel goes on;
    a virtual machine that is restored with its kernel is the kernel's to notice (VMGENID).
    """
    lines = drawn_by_copies("image")
    assert len({line[0] for line in lines}) == 1
    assert_no_nonce_and_no_id_twice(lines)


def test_calls_one_after_another_share_one_aes_context(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = Cipher

    def counting(*arguments: Any) -> Any:
        made.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(crypto, "Cipher", counting)
    aead = Aead(KEY)
    for _ in range(3):
        assert aead.open(aead.seal(b"plaintext", b"aad"), b"aad") == b"plaintext"
    assert len(made) == 1


def test_threads_that_switch_each_microsecond_share_one_cipher() -> None:
    """On the free-threaded build they run at once, and the interval means nothing."""
    aead = Aead(KEY)
    workers, rounds = 8, 400
    barrier = threading.Barrier(workers)
    sealed: list[tuple[bytes, bytes]] = []

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(rounds):
            plaintext = f"{number} {turn}".encode() * (turn % 7)
            octets = aead.seal(plaintext, b"aad")
            assert aead.open(octets, b"aad") == plaintext
            sealed.append((octets, plaintext))

    assert run_together(work, range(workers)) == []
    assert len(sealed) == workers * rounds
    assert len({octets[:NONCE_OCTETS] for octets, _ in sealed}) == workers * rounds
    fresh = crypto.Aead(KEY)
    assert all(fresh.open(octets, b"aad") == plaintext for octets, plaintext in sealed)
