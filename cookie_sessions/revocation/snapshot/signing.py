"""The keys of snapshots: Ed25519 or P-256, the private one in a file of its owner alone."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import stat
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys.ring_json import decoded
from cookie_sessions.keys.sources.file import FileSource

ED25519: Final = "EdDSA"
P256: Final = "ES256"

_MEMBERS: Final = {ED25519: ("crv", "kty", "x"), P256: ("crv", "kty", "x", "y")}
_NAMES: Final = {ED25519: (ED25519, "Ed25519"), P256: (P256,)}
_KINDS: Final = {("OKP", "Ed25519"): ED25519, ("EC", "P-256"): P256}
_MAX_OCTETS: Final = 65_536
_FILE: Final = "file:"
_OPEN: Final = 0o077
_WRITABLE: Final = 0o022
_PEM: Final = "-----BEGIN "


class PublicKey(NamedTuple):
    """A key that verifies snapshots.

    Attributes:
        algorithm: the one algorithm that it is for, "EdDSA" or "ES256".
        key: as PyJWT takes it.
    """

    algorithm: str
    key: Any


class SigningKey:
    """A key that signs snapshots.

    Args:
        jwk: the private key as a JWK (RFC 7517).

    Attributes:
        kid: the thumbprint of its public part (RFC 7638).
        algorithm: "EdDSA" or "ES256".

    Raises:
        ConfigurationError: it is none, or its two parts do not belong together.
    """

    __slots__ = ("_key", "algorithm", "kid")

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        if "d" not in jwk:
            raise _refused("has no private part")
        self.algorithm, self._key = _read(jwk)
        self.kid = thumbprint(_jwk_of(self._key.public_key()))
        if self.kid != thumbprint(jwk):
            # Readers would look for a key that never signed anything.
            raise _refused("has a private and a public part that do not belong together")

    def __repr__(self) -> str:
        return f"<SigningKey {self.kid}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A key is never pickled or copied; read it from its file again.")

    def public(self) -> dict[str, PublicKey]:
        """What verifies the tokens that it signs, by its thumbprint."""
        return {self.kid: PublicKey(self.algorithm, self._key.public_key())}

    def public_set(self) -> str:
        """Its public part as a JWK Set, for readers."""
        return _public_set(_named(_jwk_of(self._key.public_key()), self.algorithm))

    def sign(self, claims: Mapping[str, Any], *, kind: str) -> str:
        """A signed token (RFC 7519).

        Args:
            claims: what it says.
            kind: its header ``typ``.
        """
        import jwt

        headers = {"typ": kind, "kid": self.kid}
        return jwt.encode(dict(claims), self._key, algorithm=self.algorithm, headers=headers)

    @classmethod
    def from_file(cls, path: str) -> SigningKey:
        """Read a private key from a file that nobody but its owner can read.

        Args:
            path: a JWK, or PEM without a passphrase.

        Raises:
            ConfigurationError: the file can't be read, is open to others, or holds no such key.
        """
        text = _text_of(path)
        return cls(_from_pem(text) if text.startswith(_PEM) else _document(text))


def new_signing_key(algorithm: str = ED25519) -> tuple[str, str]:
    """A fresh key from the operating system.

    Args:
        algorithm: "EdDSA" or "ES256".

    Returns:
        The private key as a JWK, and the public one as a JWK Set, both as JSON.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    ed25519 = algorithm == ED25519
    jwk = _jwk_of(Ed25519PrivateKey.generate() if ed25519 else generate_private_key(SECP256R1()))
    jwk = _named(jwk, algorithm)
    return json.dumps(jwk, indent=2) + "\n", _public_set(jwk)


def public_keys(setting: str) -> dict[str, PublicKey]:
    """The keys that may have signed a snapshot, by their thumbprints.

    Args:
        setting: a JWK Set as JSON, or ``file:PATH`` of one.

    Raises:
        ConfigurationError: it is none, or names no key of a known kind.
    """
    text = setting
    if setting.startswith(_FILE):
        text = _text_of(setting.removeprefix(_FILE), public=True)
    listed = _document(text).get("keys")
    if not isinstance(listed, list) or not listed:
        raise _refused("is no JWK Set with a key in it")
    keys: dict[str, PublicKey] = {}
    for jwk in listed:
        if not isinstance(jwk, dict):
            raise _refused("is no JWK Set")
        if "d" in jwk:
            raise _refused("holds a private key where only public ones belong")
        key = PublicKey(*_read(jwk))
        keys[thumbprint(_jwk_of(key.key))] = key
    return keys


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """What names a key: the SHA-256 of its public members, base64url (RFC 7638).

    Raises:
        ConfigurationError: it is of no known kind.
    """
    members = {name: jwk.get(name) for name in _MEMBERS[_algorithm(jwk)]}
    octets = json.dumps(members, sort_keys=True, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode()


def _algorithm(jwk: Mapping[str, Any]) -> str:
    kind = _KINDS.get((str(jwk.get("kty")), str(jwk.get("crv"))))
    if kind is None:
        raise _refused("holds a key that is neither Ed25519 nor P-256")
    if jwk.get("alg", kind) not in _NAMES[kind] or jwk.get("use", "sig") != "sig":
        raise _refused("holds a key that says that it is for something else")
    return kind


def _read(jwk: Mapping[str, Any]) -> tuple[str, Any]:
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm
    from jwt.exceptions import InvalidKeyError

    algorithm = _algorithm(jwk)
    reader = OKPAlgorithm if algorithm == ED25519 else ECAlgorithm
    try:
        return algorithm, reader.from_jwk(dict(jwk))
    except (InvalidKeyError, ValueError, TypeError):
        # Raised below instead: what could not be read may stand in the error.
        pass
    raise _refused("holds a key that can't be read")


def _jwk_of(key: Any) -> dict[str, Any]:
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm

    writer = ECAlgorithm if hasattr(key, "curve") else OKPAlgorithm
    jwk: dict[str, Any] = dict(writer.to_jwk(key, as_dict=True))
    jwk.pop("key_ops", None)
    return jwk


def _named(jwk: Mapping[str, Any], algorithm: str) -> dict[str, Any]:
    return {"kid": thumbprint(jwk), "use": "sig", "alg": algorithm, **jwk}


def _public_set(jwk: Mapping[str, Any]) -> str:
    public = {name: value for name, value in jwk.items() if name != "d"}
    return json.dumps({"keys": [public]}, indent=2) + "\n"


def _from_pem(text: str) -> dict[str, Any]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from jwt.exceptions import InvalidKeyError

    try:
        return _jwk_of(load_pem_private_key(text.encode(), password=None))
    except (InvalidKeyError, UnsupportedAlgorithm, ValueError, TypeError, AttributeError):
        # Raised below instead: what could not be read may stand in the error.
        pass
    raise _refused("is no key in PEM that is Ed25519 or P-256, without a passphrase")


def _text_of(path: str, *, public: bool = False) -> str:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        mode = None
    if mode is None:
        raise _refused("is in a file that is not there")
    if stat.S_ISREG(mode):
        _check_mode(path, stat.S_IMODE(mode), public=public)
    # It looks at the mode once more, of the file that it has open.
    source = FileSource(path, allow_group_read=public, allow_others_read=public)
    try:
        return source.read().decode()
    except (Unavailable, UnicodeDecodeError):
        pass
    raise _refused("can't be read from its file")


def _check_mode(path: str, mode: int, *, public: bool) -> None:
    if os.name != "posix" or not mode & (_WRITABLE if public else _OPEN):
        return
    if public:
        raise ConfigurationError(
            f"The file of public keys can be written by others (mode {mode:03o}), who could put "
            f"theirs into it. Run: chmod go-w {path}"
        )
    raise ConfigurationError(
        f"The file of the key that signs snapshots is open to others (mode {mode:03o}). Run: "
        f"chmod 600 {path}. If others may have read it, make a new key and give readers its "
        f"public part."
    )


def _document(text: str) -> dict[str, Any]:
    try:
        document = decoded(text, origin="the key") if len(text) <= _MAX_OCTETS else None
    except ConfigurationError:
        document = None
    if not isinstance(document, dict):
        raise _refused("is no JSON of a key")
    return document


def _refused(what: str) -> ConfigurationError:
    return ConfigurationError(
        f"The key of snapshots {what} (it is not repeated here). Make one with cookie-sessions "
        f"revocations snapshot-key new, keep its file, and give readers what the command prints."
    )
