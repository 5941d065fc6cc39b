"""The keys that are in use at one moment."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NoReturn

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys.key import Key, refuse_copy


class KeyRing:
    """An immutable set of keys, one of them primary; a key id names exactly one key.

    The primary seals; it and the others open. The order of the others decides nothing. Equal keys
    are one. Safe under threads.

    Args:
        primary: the key that seals; None where every key that could is revoked.
        others: keys that only open.
        revoked: key ids of keys that neither seal nor open, kept so that what they sealed can be
            told from what an unknown key sealed.
        retired: key ids of keys whose end has come, kept for the same purpose.
        ends: until when keys open, by key id, in seconds since the epoch; others open for ever.

    Attributes:
        revoked: the revoked key ids.
        retired: the retired key ids.

    Raises:
        ConfigurationError: two different keys have one key id, or a key is in use and revoked.
    """

    __slots__ = ("_by_kid", "_ends", "_primary", "retired", "revoked")

    def __init__(
        self,
        primary: Key | None,
        *others: Key,
        revoked: Iterable[bytes] = (),
        retired: Iterable[bytes] = (),
        ends: Mapping[bytes, float] | None = None,
    ) -> None:
        by_kid: dict[bytes, Key] = {}
        for key in others if primary is None else (primary, *others):
            present = by_kid.setdefault(key.kid, key)
            if present is not key and present != key:
                raise ConfigurationError(
                    f"Two different keys, {present!r} and {key!r}, have the same key id, which "
                    f"happens to one pair in four thousand million. Replace one that seals nothing "
                    f"yet by a newly generated key."
                )
        self._by_kid = by_kid
        self._primary = primary
        self._ends = dict(ends or {})
        self.revoked = frozenset(revoked)
        self.retired = frozenset(retired)
        for kid in self.revoked & by_kid.keys():
            raise ConfigurationError(
                f"The key {by_kid[kid]!r} is both in use and revoked. Remove the entry that is "
                f"wrong; if the key may have leaked, keep the revoked one and generate a new key."
            )

    @property
    def primary(self) -> Key:
        """The key that seals.

        Raises:
            Unavailable: there is none: the keys that could were revoked, and no other has come.
        """
        if self._primary is None:
            raise Unavailable(
                "Every key that could seal is revoked, so no session can be written. Add a key: "
                "cookie-sessions keys add --now."
            )
        return self._primary

    @property
    def primary_kid(self) -> bytes | None:
        """The id of the key that seals; None where there is none, and sessions can only be read."""
        return None if self._primary is None else self._primary.kid

    def opens_until(self, kid: bytes) -> float:
        """When a key ceases to open, in seconds since the epoch; infinite where nothing ends it.

        Args:
            kid: 4 octets.
        """
        return self._ends.get(kid, math.inf)

    def get(self, kid: bytes) -> Key | None:
        """The key of this id, or None if the ring has none that opens; one dictionary look-up.

        Args:
            kid: 4 octets, as an envelope names them.

        Returns:
            The key. None for a revoked one: see ``revoked``.
        """
        return self._by_kid.get(kid)

    def __iter__(self) -> Iterator[Key]:
        return iter(self._by_kid.values())

    def __len__(self) -> int:
        return len(self._by_kid)

    def __repr__(self) -> str:
        primary = self._primary
        states = [] if primary is None else [f"primary {primary.kid.hex()}"]
        states += [f"open-only {key.kid.hex()}" for key in self if key != primary]
        states += [f"revoked {kid.hex()}" for kid in sorted(self.revoked)]
        return f"<KeyRing {', '.join(states)}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_copy()

    def __getstate__(self) -> NoReturn:
        refuse_copy()
