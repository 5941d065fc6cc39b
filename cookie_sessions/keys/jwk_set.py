"""The form of a ring file: a JWK Set of symmetric keys (RFC 7517)."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn

from cookie_sessions.crypto import KEY_OCTETS, KID_OCTETS
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import change
from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.key import Key
from cookie_sessions.keys.key_set import PROPAGATION_SECONDS, KeySet
from cookie_sessions.keys.ring_json import decoded

ALGORITHM: Final = "XAES-256-GCM"

_PRIMARY: Final = "primary"
_STATES: Final = (_PRIMARY, Mark.OPEN_ONLY, Mark.REVOKED)
_DATES: Final = {"iat": "created", "nbf": "seals_from", "exp": "opens_until"}
_SETTINGS: Final = {
    "propagation": PROPAGATION_SECONDS,
    "longest_session": None,
    "rotate_every": None,
}
_OURS: Final = frozenset({"kty", "alg", "kid", "state", "k", "key_id", *_DATES})
_LATEST_DATE: Final = 253_402_300_799
"""The last second of the year 9999."""

_TEXT_LENGTH: Final = -(-KEY_OCTETS * 8 // 6)
"""How many characters of base64url a key has."""

_HEX_ID: Final = re.compile(r"[0-9a-fA-F]{8}")
# No label has so many of a key's characters in a row by right, and errors show none that does.
_PERHAPS_A_KEY: Final = re.compile(r"[A-Za-z0-9+/_-]{40}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class Parsed(NamedTuple):
    """What a lenient reading gave.

    Attributes:
        keys: the keys of the entries that are sound.
        faults: what is wrong with each of the others, without any key material.
    """

    keys: KeySet
    faults: tuple[str, ...]


def parse_jwk_set(text: str | bytes, *, origin: str) -> KeySet:
    """The keys that a JWK Set describes, or an error that says which entry is wrong and why.

    Each entry has ``"kty": "oct"`` and ``"k"``, 32 octets as canonical base64url without padding.
    It may have ``"alg": "XAES-256-GCM"``; a ``"kid"``, which is a label for people; the dates
    ``"iat"`` (made), ``"nbf"`` (seals from) and ``"exp"`` (opens until), in seconds since the
    epoch; and a ``"state"``: ``"open-only"`` (never seals) or ``"revoked"``. Without a state, or
    with ``"primary"``, the dates decide. A revoked entry may have ``"key_id"``, eight hexadecimal
    digits, instead of the key. Members of the set: ``"propagation"``, ``"longest_session"`` and
    ``"rotate_every"``, in seconds. Other members, of an entry and of the set, are kept.

    Args:
        text: the JWK Set, JSON in UTF-8, at most ``MAX_RING_OCTETS``.
        origin: where it came from, for the errors: a file or a variable.

    Returns:
        The keys.

    Raises:
        ConfigurationError: names ``origin``, the entry and the remedy, never the material.
    """
    parsed = parse_leniently(text, origin=origin)
    if parsed.faults:
        raise ConfigurationError(parsed.faults[0])
    return parsed.keys


def parse_leniently(text: str | bytes, *, origin: str) -> Parsed:
    """The keys of the entries that are sound, for a process that has keys to go on with.

    An entry that is damaged is left out and told of, unless it revokes a key, or may: to lose a
    revocation is worse than to keep the keys that were read before.

    Args:
        text: the JWK Set, JSON in UTF-8.
        origin: where it came from, for the errors.

    Returns:
        The keys and the faults.

    Raises:
        ConfigurationError: it is no JWK Set, has no sound entry, or one of those that revoke or
            may revoke a key is damaged.
    """
    document = _document(decoded(text, origin=origin), origin)
    entries: list[KeyEntry] = []
    faults: list[str] = []
    labels: dict[str, int] = {}
    for index, member in enumerate(document["keys"]):
        reader = _Entry(origin, index, member, labels)
        try:
            entries.append(reader.read())
        except ConfigurationError as error:
            if reader.may_revoke:
                raise
            faults.append(str(error))
    if not entries:
        raise ConfigurationError(faults[0])
    settings = {name: _seconds(document, name, origin) for name in _SETTINGS}
    other = {name: value for name, value in document.items() if name not in {"keys", *_SETTINGS}}
    clash = None
    try:
        return Parsed(KeySet(entries=tuple(entries), other=other, **settings), tuple(faults))
    except ConfigurationError as error:
        clash = str(error)
    raise ConfigurationError(f"{origin}: {clash}")


def dump_jwk_set(keys: KeySet) -> str:
    """The text of a ring file. It holds the keys: only its owner may be able to read it (0600).

    Args:
        keys: the keys.

    Returns:
        JSON with a line feed at its end; :func:`parse_jwk_set` gives an equal set.
    """
    document: dict[str, Any] = {}
    for name, default in _SETTINGS.items():
        if getattr(keys, name) != default:
            document[name] = getattr(keys, name)
    document |= keys.other
    document["keys"] = [as_member(entry) for entry in keys.entries]
    import json

    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    # Half a surrogate pair can be read from JSON, has no UTF-8 form, and stands in strings only.
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def as_member(entry: KeyEntry) -> dict[str, Any]:
    """One key as an entry of a JWK Set. It holds the key."""
    member: dict[str, Any] = {"kty": "oct", "alg": ALGORITHM, "kid": entry.label}
    if entry.mark is not None:
        member["state"] = str(entry.mark)
    for name, attribute in _DATES.items():
        date = getattr(entry, attribute)
        if date is not None:
            member[name] = date
    if entry.key is None:
        member["key_id"] = entry.kid.hex()
    else:
        octets = base64.urlsafe_b64encode(entry.key.export_material())
        member["k"] = octets.rstrip(b"=").decode("ascii")
    return member | dict(entry.other)


def _document(document: object, origin: str) -> dict[str, Any]:
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(entries, list):
        raise ConfigurationError(
            f'{origin}: this is JSON but no JWK Set. It must be an object with a member "keys" '
            f"that is an array of keys (RFC 7517, section 5)."
        )
    if not entries:
        raise ConfigurationError(
            f"{origin}: the JWK Set has no key, so no session can be sealed. Add one."
        )
    return document


def _seconds(document: Mapping[str, Any], name: str, origin: str) -> Any:
    value = document.get(name)
    # A rotation that is always due would add a key at each run.
    least = 1 if name == "rotate_every" else 0
    if value is not None and (type(value) is not int or not least <= value <= _LATEST_DATE):
        raise ConfigurationError(
            f'{origin}: "{name}" is not a number of seconds. Write a whole number such as 3600.'
        )
    return _SETTINGS[name] if value is None else value


class _Entry:
    """One entry of a JWK Set; knows how to speak of it without showing what it holds."""

    def __init__(self, origin: str, index: int, member: object, labels: dict[str, int]) -> None:
        self._origin = origin
        self._index = index
        self._member = member
        self._labels = labels

    @property
    def may_revoke(self) -> bool:
        """Whether leaving the entry out might lose a revocation."""
        member = self._member
        return isinstance(member, dict) and (
            "key_id" in member or member.get("state", _PRIMARY) not in (_PRIMARY, Mark.OPEN_ONLY)
        )

    def read(self) -> KeyEntry:
        member = self._member
        if not isinstance(member, dict):
            self._refuse("is not a JSON object", "Make it one, or remove it.")
        label = self._label(member)
        mark = self._mark(member)
        if member.get("kty") != "oct":
            self._refuse('is not of the type "oct"', 'Set "kty" to "oct", or remove the key.')
        if member.get("alg", ALGORITHM) != ALGORITHM:
            self._refuse(
                "belongs to another algorithm",
                f'Use a key made for "{ALGORITHM}"; a key must never serve two algorithms.',
            )
        destroyed = mark is Mark.REVOKED and "k" not in member
        key = None if destroyed else self._key(member, label)
        kid = self._key_id(member) if key is None else key.kid
        if _HEX_ID.fullmatch(label) and label.lower() != kid.hex():
            self._refuse(
                f'has a "kid" that looks like the id of a key and is not its own, {kid.hex()}',
                "Correct it, so that nobody revokes the wrong key.",
            )
        return KeyEntry(
            kid=kid,
            key=key,
            label=label or kid.hex(),
            mark=mark,
            other={name: value for name, value in member.items() if name not in _OURS},
            **{attribute: self._date(member, name) for name, attribute in _DATES.items()},
        )

    def _label(self, member: Mapping[str, Any]) -> str:
        label = member.get("kid", "")
        if not isinstance(label, str) or _holds(label, member.get("k")):
            self._refuse(
                'has a "kid" that is not a label of its own',
                "Make it a short text for people, or remove it.",
            )
        first = self._labels.setdefault(label, self._index) if label else self._index
        if first != self._index:
            self._refuse(
                f"has the same label as entry {first}",
                'Give each key a "kid" of its own, so that nobody revokes the wrong one.',
            )
        return label

    def _mark(self, member: Mapping[str, Any]) -> Mark | None:
        state = member.get("state", _PRIMARY)
        if state not in _STATES:
            self._refuse(
                "has an unknown state",
                f"""Make "state" one of {", ".join(f'"{known}"' for known in _STATES)}.""",
            )
        return None if state == _PRIMARY else Mark(state)

    def _date(self, member: Mapping[str, Any], name: str) -> Any:
        value = member.get(name)
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not 0 <= value <= _LATEST_DATE:
            self._refuse(
                f'has a "{name}" that is no date',
                "Write seconds since the epoch (RFC 7519, NumericDate).",
            )
        return value

    def _key_id(self, member: Mapping[str, Any]) -> bytes:
        text = member.get("key_id")
        if not isinstance(text, str) or not _HEX_ID.fullmatch(text):
            self._refuse(
                'revokes a key and has neither "k" nor a "key_id" of eight hexadecimal digits',
                "Write the id of the key that is revoked; cookie-sessions keys list shows it.",
            )
        octets = bytes.fromhex(text)
        assert len(octets) == KID_OCTETS
        return octets

    def _key(self, member: Mapping[str, Any], label: str) -> Key:
        text = member.get("k")
        if not isinstance(text, str):
            self._refuse('has no "k" that is a string', 'Set "k" to the key as base64url.')
        material = _base64url(text)
        if material is None:
            self._refuse(
                'has a "k" that is not canonical base64url without padding (RFC 7515, section 2)',
                'Use "-" and "_" instead of "+" and "/", and remove "=" and spaces.',
            )
        if len(material) != KEY_OCTETS:
            self._refuse(
                f"has {len(material)} octets of key instead of {KEY_OCTETS}",
                "Generate a new key; don't pad or cut this one.",
            )
        key = Key(material, label=label)
        if "key_id" in member and self._key_id(member) != key.kid:
            self._refuse(
                f'has a "key_id" that is not that of its key, {key.kid.hex()}',
                "Remove the member that is wrong.",
            )
        return key

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        member = self._member
        label = member.get("kid") if isinstance(member, dict) else None
        # What stands in the label's place may be this key or another.
        shown = (
            isinstance(member, dict)
            and isinstance(label, str)
            and not _holds(label, member.get("k"))
            and not _PERHAPS_A_KEY.search(label)
        )
        named = f"entry {self._index} ({label!r})" if shown else f"entry {self._index}"
        raise ConfigurationError(f"{self._origin}: {named} {what}. {remedy}")


def _holds(label: str, material: object) -> bool:
    """Whether a label is or contains what the entry gives as its key."""
    if not isinstance(material, str) or not material:
        return False
    return label == material or (len(material) >= _TEXT_LENGTH and material in label)


def _base64url(text: str) -> bytes | None:
    try:
        octets = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), b"-_")
    except (UnicodeEncodeError, binascii.Error):
        return None
    canonical = base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
    return octets if canonical == text else None


def new_jwk_set(*, now: float | None = None) -> str:
    """A JWK Set with one fresh key that seals at once: the whole of a new ring file.

    The text holds the key itself: write it to a file that only its owner can read (mode 0600).

    Args:
        now: when the key was made, in seconds since the epoch; None: undated.

    Returns:
        JSON with a line feed at its end. The label is the key's id in hexadecimal.
    """
    keys = change.begin(now=0 if now is None else int(now))
    if now is None:
        entry = dataclasses.replace(keys.entries[0], created=None, seals_from=None)
        keys = keys.with_entry(entry)
    return dump_jwk_set(keys)
