"""The keys that are in use at one moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NoReturn

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.key import Key, refuse_copy


class KeyRing:
    """An immutable set of keys, one of them primary; a key id names exactly one key.

    The primary seals; it and the others, open-only, open. The order of the others decides nothing.
    Equal keys are one. Safe under threads.

    Args:
        primary: the key that seals.
        others: keys that only open.
        revoked: key ids of keys that neither seal nor open, kept so that what they sealed can be
            told from what an unknown key sealed.

    Attributes:
        primary: as given.
        revoked: the revoked key ids.

    Raises:
        ConfigurationError: two different keys have one key id, or a key is in use and revoked.
    """

    __slots__ = ("_by_kid", "primary", "revoked")

    def __init__(self, primary: Key, *others: Key, revoked: Iterable[bytes] = ()) -> None:
        by_kid: dict[bytes, Key] = {}
        for key in (primary, *others):
            present = by_kid.setdefault(key.kid, key)
            if present is not key and present != key:
                raise ConfigurationError(
                    f"Two different keys, {present!r} and {key!r}, have the same key id, which "
                    f"happens to one pair in four thousand million. Replace one that seals nothing "
                    f"yet by a newly generated key."
                )
        self._by_kid = by_kid
        self.primary = primary
        self.revoked = frozenset(revoked)
        for kid in self.revoked & by_kid.keys():
            raise ConfigurationError(
                f"The key {by_kid[kid]!r} is both in use and revoked. Remove the entry that is "
                f"wrong; if the key may have leaked, keep the revoked one and generate a new key."
            )

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
        states = [f"primary {self.primary.kid.hex()}"]
        states += [f"open-only {key.kid.hex()}" for key in self if key != self.primary]
        states += [f"revoked {kid.hex()}" for kid in sorted(self.revoked)]
        return f"<KeyRing {', '.join(states)}>"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        refuse_copy()

    def __getstate__(self) -> NoReturn:
        refuse_copy()
