"""The form of a ring file: a JWK Set of symmetric keys (RFC 7517)."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Container
from typing import Final, NoReturn, cast

from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.ring import KeyRing

ALGORITHM: Final = "XAES-256-GCM"

MAX_RING_OCTETS: Final = 1_048_576
"""Room for some ten thousand keys, and little enough to read by mistake."""

_PRIMARY: Final = "primary"
_OPEN_ONLY: Final = "open-only"
_REVOKED: Final = "revoked"
_STATES: Final = (_PRIMARY, _OPEN_ONLY, _REVOKED)
_DATES: Final = ("nbf", "exp")


def parse_jwk_set(text: str | bytes, *, origin: str) -> KeyRing:
    """The ring that a JWK Set describes, or an error that says which entry is wrong and why.

    Each entry has ``"kty": "oct"`` and ``"k"``, 32 octets as canonical base64url without padding.
    It may have ``"alg": "XAES-256-GCM"``, a ``"kid"``, which is a label for people, and a
    ``"state"``: ``"primary"`` (seals and opens; taken if the member is absent), ``"open-only"`` or
    ``"revoked"``. Exactly one entry is primary. Other members are ignored, but not ``nbf`` and
    ``exp``: dates are refused rather than ignored, because a key would open past its end.

    Args:
        text: the JWK Set, JSON in UTF-8, at most ``MAX_RING_OCTETS``.
        origin: where it came from, for the errors: a file or a variable.

    Returns:
        The ring.

    Raises:
        ConfigurationError: names ``origin``, the entry and the remedy, never the material.
    """
    entries = _Entries(origin, _decoded(text, origin))
    primary: Key | None = None
    others: list[Key] = []
    revoked: list[bytes] = []
    for index, entry in enumerate(entries.list):
        state = entries.state(index, entry)
        key = entries.key(index, entry)
        if state == _REVOKED:
            revoked.append(key.kid)
        elif state == _OPEN_ONLY:
            others.append(key)
        elif primary is None:
            primary = key
        else:
            entries.refuse(
                index,
                "is a second primary key (an entry without a state is primary)",
                'Give all but one of them "state": "open-only".',
            )
    if primary is None:
        raise ConfigurationError(
            f"{origin}: none of the {len(entries.list)} keys is primary, so no session can be "
            f'sealed. Give one key, not a revoked one, "state": "primary", or add a new key.'
        )
    clash = None
    try:
        return KeyRing(primary, *others, revoked=revoked)
    except ConfigurationError as error:
        clash = str(error)
    raise ConfigurationError(f"{origin}: {clash}")


def new_jwk_set(*, avoid: Container[bytes] = ()) -> str:
    """A JWK Set with one fresh primary key: the whole of a new ring file.

    The text holds the key itself: write it to a file that only its owner can read (mode 0600).

    Args:
        avoid: key ids that the new key must not have; it is drawn again if it does.

    Returns:
        JSON with a line feed at its end. The label is the key's id in hexadecimal.
    """
    while True:
        material = os.urandom(KEY_OCTETS)
        kid = Key(material).kid
        if kid not in avoid:
            break
    entry = {
        "kty": "oct",
        "alg": ALGORITHM,
        "kid": kid.hex(),
        "state": _PRIMARY,
        "k": base64.urlsafe_b64encode(material).rstrip(b"=").decode("ascii"),
    }
    import json

    return json.dumps({"keys": [entry]}, indent=2) + "\n"


class _Entries:
    """The entries of one JWK Set; knows how to speak of each without showing what it holds."""

    def __init__(self, origin: str, document: object) -> None:
        self._origin = origin
        entries: object = None
        if isinstance(document, dict):
            entries = cast("dict[str, object]", document).get("keys")
        if not isinstance(entries, list):
            raise ConfigurationError(
                f'{origin}: this is JSON but no JWK Set. It must be an object with a member "keys" '
                f"that is an array of keys (RFC 7517, section 5)."
            )
        if not entries:
            raise ConfigurationError(
                f"{origin}: the JWK Set has no key, so no session can be sealed. Add one."
            )
        self.list: list[dict[str, object]] = []
        self._labels: dict[str, int] = {}
        for index, entry in enumerate(cast("list[object]", entries)):
            if not isinstance(entry, dict):
                self.refuse(index, "is not a JSON object", "Make it one, or remove it.")
            self.list.append(cast("dict[str, object]", entry))
            self._take_label(index, self.list[index])

    def _take_label(self, index: int, entry: dict[str, object]) -> None:
        label = entry.get("kid")
        if label is None:
            return
        if not isinstance(label, str) or label == entry.get("k"):
            entry.pop("kid")
            self.refuse(
                index,
                'has a "kid" that is not a label of its own',
                "Make it a short text for people, or remove it.",
            )
        first = self._labels.setdefault(label, index)
        if first != index:
            self.refuse(
                index,
                f"has the same label as entry {first}",
                'Give each key a "kid" of its own, so that nobody revokes the wrong one.',
            )

    def state(self, index: int, entry: dict[str, object]) -> str:
        for member in _DATES:
            if member in entry:
                self.refuse(
                    index,
                    f'has the member "{member}", and this release knows no dates of keys',
                    f'Remove "{member}" and set "state" by hand when the day has come.',
                )
        state = entry.get("state", _PRIMARY)
        if state not in _STATES:
            self.refuse(
                index,
                "has an unknown state",
                f"""Make "state" one of {", ".join(f'"{known}"' for known in _STATES)}.""",
            )
        return str(state)

    def key(self, index: int, entry: dict[str, object]) -> Key:
        if entry.get("kty") != "oct":
            self.refuse(index, 'is not of the type "oct"', 'Set "kty" to "oct", or remove the key.')
        if entry.get("alg", ALGORITHM) != ALGORITHM:
            self.refuse(
                index,
                "belongs to another algorithm",
                f'Use a key made for "{ALGORITHM}"; a key must never serve two algorithms.',
            )
        text = entry.get("k")
        if not isinstance(text, str):
            self.refuse(index, 'has no "k" that is a string', 'Set "k" to the key as base64url.')
        material = _base64url(text)
        if material is None:
            self.refuse(
                index,
                'has a "k" that is not canonical base64url without padding (RFC 7515, section 2)',
                'Use "-" and "_" instead of "+" and "/", and remove "=" and spaces.',
            )
        if len(material) != KEY_OCTETS:
            self.refuse(
                index,
                f"has {len(material)} octets of key instead of {KEY_OCTETS}",
                "Generate a new key; don't pad or cut this one.",
            )
        return Key(material, label=str(entry.get("kid") or ""))

    def refuse(self, index: int, what: str, remedy: str) -> NoReturn:
        label = self.list[index].get("kid") if index < len(self.list) else None
        named = f"entry {index} ({label!r})" if isinstance(label, str) else f"entry {index}"
        raise ConfigurationError(f"{self._origin}: {named} {what}. {remedy}")


class _Unwanted(ValueError):
    """JSON that the decoder would take and a key ring must not be."""


def _decoded(text: str | bytes, origin: str) -> object:
    import json

    # The errors of the decoders hold the whole text. They are left behind before ours is raised, so
    # that they are not even its context.
    fault = "it is not UTF-8"
    octets = text
    if isinstance(octets, str):
        try:
            octets = octets.encode()
        except UnicodeEncodeError:
            octets = b"\xff"
    if len(octets) > MAX_RING_OCTETS:
        raise ConfigurationError(
            f"{origin}: this is more than {MAX_RING_OCTETS} octets, which no key ring needs. "
            f"Name the right file, or remove old keys."
        )
    try:
        return json.loads(
            octets.decode("utf-8-sig"),
            object_pairs_hook=_unique,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError:
        pass
    except json.JSONDecodeError as error:
        fault = f"{error.msg}, in line {error.lineno}, column {error.colno}"
    except RecursionError:
        fault = "it is nested too deeply"
    except _Unwanted as error:
        fault = str(error)
    except ValueError:
        fault = "a number in it is too long"
    raise ConfigurationError(
        f"{origin}: this is not JSON ({fault}). It must be a JWK Set (RFC 7517)."
    )


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _Unwanted("an object in it has two members of one name")
    return members


def _no_constant(name: str) -> NoReturn:
    raise _Unwanted("NaN and Infinity are no JSON")


def _base64url(text: str) -> bytes | None:
    try:
        octets = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_")
    except (UnicodeEncodeError, binascii.Error):
        return None
    canonical = base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
    return octets if canonical == text else None
