"""The keys of snapshots: which are taken, and what is said of the others."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.revocation.snapshot.signing import (
    SigningKey,
    new_signing_key,
    public_keys,
    thumbprint,
)

PLAIN = NoEncryption()


def jwk(algorithm: str = "EdDSA") -> dict[str, Any]:
    made: dict[str, Any] = json.loads(new_signing_key(algorithm)[0])
    return made


def pem(key: Any, protection: KeySerializationEncryption = PLAIN) -> str:
    octets: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection)
    return octets.decode()


def stored(folder: Path, text: str | bytes, *, mode: int = 0o600) -> str:
    path = folder / "key"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(mode)
    return str(path)


def refusal(path: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        SigningKey.from_file(path)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return str(caught.value)


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_a_key_signs_what_its_public_set_verifies(algorithm: str) -> None:
    key = SigningKey(jwk(algorithm))
    ((kid, public),) = public_keys(key.public_set()).items()
    assert (kid, public.algorithm) == (key.kid, algorithm)
    assert key.public().keys() == {kid}


@pytest.mark.parametrize(
    "make", [ed25519.Ed25519PrivateKey.generate, lambda: ec.generate_private_key(ec.SECP256R1())]
)
def test_a_key_may_be_in_pem(tmp_path: Path, make: Any) -> None:
    key = SigningKey.from_file(stored(tmp_path, pem(make())))
    assert public_keys(key.public_set()).keys() == {key.kid}


def test_a_key_in_pem_with_a_passphrase_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    locked = pem(ed25519.Ed25519PrivateKey.generate(), BestAvailableEncryption(b"x"))
    of_rsa = pem(rsa.generate_private_key(65537, 2048))
    for text in (locked, of_rsa, "-----BEGIN PRIVATE KEY-----\n"):
        told = refusal(stored(tmp_path, text))
        assert "Ed25519" in told
        assert text.splitlines()[-1] not in told


def test_a_curve_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = pem(ec.generate_private_key(ec.SECP384R1()))
    assert "neither Ed25519 nor P-256" in refusal(stored(tmp_path, other))


def test_a_file_that_is_not_there_or_is_no_text_is_refused(tmp_path: Path) -> None:
    assert "a file that is not there" in refusal(str(tmp_path / "none"))
    assert "a file that is not there" in refusal("nul\0")
    assert "can't be read" in refusal(stored(tmp_path, b"\xff\xfe"))
    assert "this is a directory" in refusal(str(tmp_path))


def test_a_private_and_a_public_part_of_two_keys_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"do not belong together|can't be read"):
        SigningKey(jwk() | {"x": jwk()["x"]})


@pytest.mark.parametrize(
    "change",
    [{"kty": "oct"}, {"crv": "X25519"}, {"alg": "RS256"}, {"use": "enc"}, {"x": "!"}, {"x": 7}],
)
def test_a_public_key_of_another_kind_is_refused(change: dict[str, object]) -> None:
    public = {name: value for name, value in jwk().items() if name != "d"}
    assert public_keys(json.dumps({"keys": [public]})).keys() == {thumbprint(public)}
    with pytest.raises(ConfigurationError, match="holds a key that"):
        public_keys(json.dumps({"keys": [public | change]}))


@pytest.mark.parametrize("text", ["{}", '{"keys": []}', '{"keys": 7}', '{"keys": [7]}'])
def test_what_is_no_set_of_keys_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no JWK Set"):
        public_keys(text)


def test_a_private_key_is_not_taken_for_a_public_one() -> None:
    private = jwk()
    with pytest.raises(ConfigurationError, match="holds a private key") as caught:
        public_keys(json.dumps({"keys": [private]}))
    assert private["d"] not in str(caught.value)
    with pytest.raises(ConfigurationError, match="has no private part"):
        SigningKey({name: value for name, value in private.items() if name != "d"})


def test_a_key_is_neither_shown_nor_copied() -> None:
    private = jwk()
    key = SigningKey(private)
    assert private["d"] not in repr(key)
    for carry in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="never pickled or copied"):
            carry(key)
