"""One key of the ring."""

from __future__ import annotations

from typing import NoReturn

from cookie_sessions import crypto
from cookie_sessions.errors import ConfigurationError, UsageError


class Key:
    """256 bits that never show themselves: not in a repr, a log, a pickle or a copy.

    Two keys are equal if their material is, compared in constant time; labels don't count.

    Args:
        material: 32 octets of uniform randomness, as ``bytes``.
        label: a name for people; no part of the cryptography.

    Attributes:
        kid: 4 octets derived from the material, so that a key can't be mislabelled.
        label: as given.

    Raises:
        ConfigurationError: the material is not ``bytes`` of 32 octets.
    """

    __slots__ = ("_aeads", "_macs", "_material", "kid", "label")

    def __init__(self, material: bytes, *, label: str = "") -> None:
        if type(material) is not bytes:
            raise ConfigurationError(
                f"A key is made of bytes, and {type(material).__name__} was given. "
                f"Decode its text to {crypto.KEY_OCTETS} octets first."
            )
        if len(material) != crypto.KEY_OCTETS:
            raise ConfigurationError(
                f"A key has {crypto.KEY_OCTETS} octets, and {len(material)} were given. "
                f"Generate a new key; don't pad or cut this one."
            )
        self._material = material
        self._aeads: dict[str, crypto.Aead] = {}
        self._macs: dict[str, crypto.Mac] = {}
        self.kid = crypto.kid_of(material)
        self.label = label

    def export_material(self) -> bytes:
        """The 32 octets themselves, for the ring file: the one way by which a key leaves."""
        return self._material

    def export_subkey(self, purpose: str) -> bytes:
        """The subkey of one purpose, for a program elsewhere that serves this purpose alone.

        It tells nothing of the key or of other purposes (HKDF, RFC 5869). Whoever has it opens and
        forges whatever is sealed for the purpose under this key, for as long as the key opens.

        Args:
            purpose: as for :meth:`aead`.

        Returns:
            32 octets.
        """
        return crypto.derive(self._material, purpose)

    def aead(self, purpose: str) -> crypto.Aead:
        """The cipher under this key's subkey for one purpose, derived at its first use.

        Args:
            purpose: ASCII name of the use, such as ``"session"``: a constant of the program, never
                input, since each one is remembered.

        Returns:
            The same object on each call; safe under threads.
        """
        try:
            return self._aeads[purpose]
        except KeyError:
            fresh = crypto.Aead(crypto.derive(self._material, purpose))
            return self._aeads.setdefault(purpose, fresh)

    def mac(self, purpose: str) -> crypto.Mac:
        """HMAC-SHA256 under this key's subkey for one purpose, derived at its first use.

        Args:
            purpose: as for :meth:`aead`; none serves both.

        Returns:
            The same object on each call; safe under threads.
        """
        try:
            return self._macs[purpose]
        except KeyError:
            fresh = crypto.Mac(crypto.derive(self._material, purpose))
            return self._macs.setdefault(purpose, fresh)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Key):
            return NotImplemented
        # Keys are compared when a ring is built, if at all; a cold start need not wait for OpenSSL.
        import hmac

        return hmac.compare_digest(self._material, other._material)

    def __hash__(self) -> int:
        return hash(self.kid)

    def __repr__(self) -> str:
        label = f" {self.label!r}" if self.label else ""
        return f"<Key {self.kid.hex()}{label}>"

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_copy()

    def __reduce__(self) -> NoReturn:
        refuse_copy()

    def __getstate__(self) -> NoReturn:
        refuse_copy()

    def __copy__(self) -> NoReturn:
        refuse_copy()

    def __deepcopy__(self, memo: object) -> NoReturn:
        refuse_copy()


def refuse_copy() -> NoReturn:
    """Refuse to pickle or copy a key or a ring.

    Raises:
        UsageError: always.
    """
    raise UsageError(
        "Keys are never pickled or copied, so that they can't reach a log, a cache or another "
        "process by accident. Pass the same object on, or load the ring again from its source."
    )
