"""Cuts a packed value into pieces that a dictionary may hold, and leaves out what it may not.

A piece is as small as it gets: a name of a field, a word, a separator, the head of a number. What
looks random, what looks like an address or a number of a person, and what lies under a secret name
is no piece at any depth, however many have it.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Iterator
from typing import Final

from ormsgpack import unpackb

from cookie_sessions.codec import tags

MAX_PIECE: Final = 32
"""Octets of one piece: a longer word is no word."""

_MAX_DEPTH: Final = 64
_MAX_DIGITS: Final = 4
_DECIMALS: Final = 6
_PRICES_BELOW: Final = 1_000
_MAX_NAME: Final = 64
_TABLE: Final = b"\xc7\x00" + bytes((tags.TABLE,))
_DICT: Final = b"\xc7\x00" + bytes((tags.DICT,))
# Each begins where a run of its letters does, so that a long text takes no time by its square.
_ADDRESS: Final = re.compile(
    # Whose address it is; who runs the mail may be known to many.
    rb"\"[^\"]*\"(?=@)|(?<![^\s@<>:/|,;])[^\s@<>:/|,;]+(?=@|%40)"
)
_HEX: Final = re.compile(rb"(?<![0-9a-fA-F])[0-9a-fA-F]*[0-9][0-9a-fA-F]{7,}(?![A-Za-z])")
_IPV4: Final = re.compile(rb"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_PERSONAL: Final = re.compile(
    rb"(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F]{0,4}|(?:[0-9a-fA-F]{1,4}:)+:[0-9a-fA-F:]*"
    rb"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    # Numbers of telephones, accounts and cards.
    rb"|\+?(?:[0-9][ ()./-]{0,2}){6,}[0-9]"
)
_DATE: Final = re.compile(
    rb"(?<![0-9])(?<![0-9][ ()./-])"
    rb"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])(?![0-9-])"
)
_BLANK: Final = b" " * 10
_PIECE: Final = re.compile(rb"[A-Za-z\x80-\xff]+|[0-9]+|[^A-Za-z0-9\x80-\xff]{1,4}")
_WORD: Final = re.compile(rb"[A-Za-z0-9_+-]{12,}")
_JOINTS: Final = re.compile(rb"[_+-]")
_NAMED: Final = re.compile(
    rb"([A-Za-z0-9_.-]{1,64})(?:[\\\"'\]\s]|%(?:25)*(?:20|22|27|5[cCdD])|&quot;){0,8}"
    rb"(?:[:=]|%(?:25)*3[aAdD])"
)
"""A name in a text that a value follows: in JSON, in a query, in a sentence, also encoded."""

_BEFORE: Final = re.compile(rb"[A-Za-z0-9_.-]{1,32}(?:[ +]|%)$")
"""The first of two words that are a name together."""


_TURNS: Final = re.compile(rb"[0-9][A-Za-z]+[0-9]|[A-Za-z][0-9]+[A-Za-z]")
_VOWEL: Final = re.compile(rb"[aeiouyAEIOUY\x80-\xff]")
_CONSONANTS: Final = re.compile(rb"[b-df-hj-np-tv-xzB-DF-HJ-NP-TV-XZ]{6}")
_PLAIN_CASE: Final = re.compile(rb"[A-Z]?[a-z\x80-\xff]*|[A-Z]+|(?:[A-Z]?[a-z\x80-\xff]+){1,4}")
_SECRET: Final = re.compile(
    rb"passw|passphrase|secret|csrf|otp|captcha|api_?key|private|credential|ssn|iban|cvv|cvc"
    rb"|(?:^|_)pin(?:$|_)|card_?number|phone|mobile|street|birth|(?:^|_)dob(?:$|_)|tax_?id"
    rb"|(?:^|_)pw(?:$|_|d)|pwd|(?:^|_)pass(?:$|_|_?code)|auth_?code|recovery_?code|access_?key"
    rb"|mnemonic|security_?(?:answer|code)",
    re.IGNORECASE,
)

_JOINTS_OF_NAMES: Final = re.compile(rb"[-. +]|%20|(?<=[a-z0-9])(?=[A-Z])")
"""Where words of a name meet: ``card-number`` and ``cardNumber`` are ``card_number``."""

Piece = bytes | None
"""The octets of a piece, or None where what stands in between must not be told."""


def pieces_of(segment: bytes, *, secret_names: frozenset[str] = frozenset()) -> list[Piece]:
    """The pieces of one packed value, in order.

    Args:
        segment: the value as the codec compresses it.
        secret_names: names of fields below which nothing is looked at.

    Returns:
        The pieces, with None where something was left out; nothing where the octets don't read.
    """
    reader = _Reader(segment, frozenset(name.encode("utf-8", "replace") for name in secret_names))
    try:
        reader.value(0)
    except (IndexError, ValueError):
        return []
    return reader.pieces


def is_secret(name: bytes) -> bool:
    """Whether the name of a field says that its value is nobody's business."""
    return any(_SECRET.search(each) for each in (name, _JOINTS_OF_NAMES.sub(b"_", name)))


class _Reader:
    """Walks MessagePack once; unreadable octets raise IndexError or ValueError."""

    def __init__(self, octets: bytes, secret_names: frozenset[bytes]) -> None:
        self.pieces: list[Piece] = []
        self._octets = octets
        self._at = 0
        self._secret_names = secret_names
        self._silent = 0

    def value(self, depth: int) -> bytes | None:
        """Walk one value; gives the text of a string."""
        first = self._octets[self._at]
        if depth > _MAX_DEPTH:
            raise ValueError("nested too deeply")
        if first < 0x80 or first >= 0xE0 or first in (0xC0, 0xC2, 0xC3):
            self._head(1)
        elif first & 0xE0 == 0xA0:
            return self._text(1, first & 0x1F)
        elif 0xD9 <= first <= 0xDB:
            return self._text(*self._sized(1 << (first - 0xD9)))
        elif first & 0xF0 == 0x90:
            self._items(1, first & 0x0F, depth)
        elif first in (0xDC, 0xDD):
            self._items(*self._sized(2 << (first - 0xDC)), depth)
        elif first & 0xF0 == 0x80:
            self._pairs(1, first & 0x0F, depth)
        elif first in (0xDE, 0xDF):
            self._pairs(*self._sized(2 << (first - 0xDE)), depth)
        elif 0xC4 <= first <= 0xC6:
            self._hidden(*self._sized(1 << (first - 0xC4)))
        elif 0xC7 <= first <= 0xC9:
            head, octets = self._sized(1 << (first - 0xC7))
            self._hidden(head + 1, octets)
        elif 0xD4 <= first <= 0xD8:
            self._hidden(2, 1 << (first - 0xD4))
        elif first == 0xCB:
            self._float()
        elif first == 0xCA:
            self._hidden(1, 4)
        elif 0xCC <= first <= 0xCF:
            self._hidden(1, 1 << (first - 0xCC))
        elif 0xD0 <= first <= 0xD3:
            self._hidden(1, 1 << (first - 0xD0))
        else:
            raise ValueError("no MessagePack")
        return None

    def _sized(self, octets: int) -> tuple[int, int]:
        """How long a head with a length of so many octets is, and the length."""
        begin = self._at + 1
        return 1 + octets, int.from_bytes(self._octets[begin : begin + octets], "big")

    def _items(self, head: int, count: int, depth: int) -> None:
        self._head(head)
        marker = self._octets[self._at : self._at + 3]
        if count and marker == _TABLE:
            self._table(count, depth + 1)
            return
        if count and marker == _DICT:
            self.value(depth + 1)
            self._members(count // 2, depth + 1)
            return
        for _ in range(count):
            self.value(depth + 1)

    def _table(self, count: int, depth: int) -> None:
        """Walk a list of dicts that the codec wrote as its keys once, then column by column."""
        self.value(depth)
        begin = self._at
        self.value(depth)
        names = unpackb(self._octets[begin : self._at])
        if type(names) is not list or len(names) != count - 2:
            raise ValueError("no table")
        for name in names:
            self._below(str(name).encode("utf-8", "replace"), depth)

    def _pairs(self, head: int, count: int, depth: int) -> None:
        self._head(head)
        self._members(count, depth + 1)

    def _members(self, count: int, depth: int) -> None:
        for _ in range(count):
            self._below(self.value(depth), depth)

    def _below(self, name: bytes | None, depth: int) -> None:
        """Walk what stands under a name; silently where the name is secret, or no text."""
        secret = name is None or name in self._secret_names or is_secret(name)
        self._silent += secret
        self.value(depth)
        self._silent -= secret

    def _head(self, octets: int) -> None:
        self._tell(self._take(octets))

    def _hidden(self, head: int, octets: int) -> None:
        self._tell(self._take(head))
        if octets:
            self._take(octets)
            self._tell(None)

    def _float(self) -> None:
        octets = self._octets[self._at + 1 : self._at + 9]
        value = struct.unpack(">d", octets)[0] if len(octets) == 8 else math.nan
        # Of a price the last octets are told: they are those of its cents, which many end with. Of
        # any other number they would be nearly all of it.
        if abs(value) < _PRICES_BELOW and round(value, 2) == value:
            self._hidden(1, 8 - _DECIMALS)
            self._tell(self._take(_DECIMALS))
        else:
            self._hidden(1, 8)

    def _text(self, head: int, octets: int) -> bytes:
        front = self._take(head)
        text = self._take(octets)
        if not octets:
            self._tell(front)
        else:
            for place, piece in enumerate(_words(text, self._secret_names)):
                # The head tells the length: it goes with the first word.
                if not place:
                    self._tell(front if piece is None else front + piece)
                if place or piece is None:
                    self._tell(piece)
        return text

    def _take(self, octets: int) -> bytes:
        end = self._at + octets
        if end > len(self._octets):
            raise ValueError("cut short")
        taken = self._octets[self._at : end]
        self._at = end
        return taken

    def _tell(self, piece: Piece) -> None:
        if self._silent:
            piece = None
        if piece is not None or (self.pieces and self.pieces[-1] is not None):
            self.pieces.append(piece)


def is_plain(name: bytes) -> bool:
    """Whether the name of a key of the session may be counted: it is short, and tells of nobody."""
    return len(name) <= _MAX_NAME and None not in _words(name)


def _words(text: bytes, secret_names: frozenset[bytes] = frozenset()) -> Iterator[Piece]:
    # Where the value of a secret name ends in a text, nobody knows: nothing behind it is told.
    hidden = [
        (match.end(1), len(text))
        for match in _NAMED.finditer(text)
        if match[1] in secret_names or is_secret(_name_in(text, match))
    ]
    hidden += [match.span() for match in _WORD.finditer(text) if _mixed(match.group())]
    # A date is no number of a person, though it has as many digits.
    undated = _DATE.sub(_BLANK, text)
    for private in (_ADDRESS, _HEX, _IPV4, _PERSONAL):
        hidden += [match.span() for match in private.finditer(undated)]
    mask = bytearray(len(text))
    for begin, end in hidden:
        mask[begin:end] = b"\1" * (end - begin)
    for match in _PIECE.finditer(text):
        begin, end = match.span()
        yield None if 1 in mask[begin:end] or _looks_random(match.group()) else match.group()


def _name_in(text: bytes, match: re.Match[bytes]) -> bytes:
    """The name that was found in a text, with the word before it."""
    begin = match.start()
    before = _BEFORE.search(text, max(0, begin - _MAX_NAME), begin)
    return (before[0] if before else b"") + match[1]


def _mixed(run: bytes) -> bool:
    """Whether a run of letters and digits is a token, and no slug of words."""
    return any(len(part) > 5 and _TURNS.search(part) is not None for part in _JOINTS.split(run))


def _looks_random(piece: bytes) -> bool:
    if len(piece) > MAX_PIECE:
        return True
    if piece.isdigit():
        return len(piece) > _MAX_DIGITS
    if not piece.isascii() and any(map(str.isdigit, piece.decode("utf-8", "replace"))):
        # Digits of other scripts are numbers as well.
        return True
    if not piece[0:1].isalpha() or len(piece) < 6:
        return False
    return (
        _VOWEL.search(piece) is None
        or _CONSONANTS.search(piece) is not None
        or _PLAIN_CASE.fullmatch(piece) is None
    )
