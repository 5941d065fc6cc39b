"""What anyone can read of a sealed cookie, and what is wrong with it as far as that tells."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Final, NamedTuple

from cookie_sessions.cli.inspect.header import is_flasks_own, the_value
from cookie_sessions.cookies import chunk_names, find, head_text, is_split, join
from cookie_sessions.crypto import NONCE_OCTETS, TAG_OCTETS
from cookie_sessions.envelope import HEADER_OCTETS, Head, parse, peek
from cookie_sessions.errors import Reason, Rejected

_SEALED_OVERHEAD: Final = NONCE_OCTETS + TAG_OCTETS


class Cookie(NamedTuple):
    """One of the cookies that a session stands in.

    Attributes:
        name: its name.
        octets: of its name, ``=`` and value; None where it did not arrive.
    """

    name: str
    octets: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clear:
    """A session's cookies as they are without a key: nothing of it is verified.

    Attributes:
        name: of the cookie, or of the first where there are several.
        flasks: whether it has the form of Flask's own signed cookie.
        head: version 1's clear part; None where it can't be read.
        version: the first octet of the envelope; None where there is none.
        cookies: those that it stands in, as far as they are known.
        reason: why it is refused already; None while only a key can tell more.
        whole: the joined text, which is never shown; empty where it can't be had.
        sealed: octets of nonce, ciphertext and tag.
    """

    name: str
    flasks: bool
    head: Head | None
    version: int | None
    cookies: tuple[Cookie, ...]
    reason: Reason | None
    whole: str
    sealed: int

    def __repr__(self) -> str:
        return f"<Clear {self.name} {self.reason or 'sound'}>"

    @property
    def octets(self) -> int:
        """Of all cookies that arrived, with names and ``=``."""
        return sum(cookie.octets or 0 for cookie in self.cookies)

    @property
    def envelope(self) -> int:
        """Of the envelope, before it became text."""
        return HEADER_OCTETS + self.sealed if self.sealed else 0

    @property
    def ciphertext(self) -> int:
        """Of the ciphertext, which are those of the plaintext."""
        return max(0, self.sealed - _SEALED_OVERHEAD)

    @property
    def overhead(self) -> int:
        """What the cookies take beside the plaintext: names, base64url, header, nonce, tag."""
        return self.octets - self.ciphertext


def clear_of(header: str, name: str) -> Clear:
    """Read a session's cookies as far as that is possible without a key.

    Args:
        header: the Cookie header's value.
        name: the cookie's name.
    """
    values: tuple[str, ...] = ()
    whole, sealed, reason = "", 0, None
    try:
        values = find(header, name)
        value = the_value(header, name)
        finder = functools.partial(find, header)
        whole = join(value, name=name, find=finder) if is_split(value) else value
        sealed = len(parse(whole)[1])
    except Rejected as rejected:
        reason = rejected.reason
    first = values[0] if len(values) == 1 else ""
    flasks = is_flasks_own(first)
    beginning = head_text(first) if is_split(first) else first
    return Clear(
        name=name,
        flasks=flasks,
        head=peek(beginning),
        version=None if flasks else _version(beginning),
        cookies=_cookies(header, name, values),
        reason=None if flasks else reason,
        whole=whole,
        sealed=sealed,
    )


def _version(beginning: str) -> int | None:
    import base64

    text = beginning[:4]
    alphabet = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    if len(text) < 4 or not alphabet.issuperset(text):
        return None
    return base64.urlsafe_b64decode(text)[0]


def _cookies(header: str, name: str, values: tuple[str, ...]) -> tuple[Cookie, ...]:
    """All values of the head, and its chunks: those that it counts, or those that arrived."""
    heads = [Cookie(name, _octets(name, value)) for value in values] or [Cookie(name, None)]
    wanted = 0
    if len(values) == 1 and is_split(values[0]):
        count = values[0][1:2]
        wanted = int(count) - 1 if count in "2345678" and count else 0
    chunks: list[Cookie] = []
    for index, chunk in enumerate(chunk_names(name)):
        arrived = _found(header, chunk)
        chunks += [Cookie(chunk, _octets(chunk, value)) for value in arrived]
        if not arrived and index < wanted:
            chunks.append(Cookie(chunk, None))
    return (*heads, *chunks)


def _found(header: str, name: str) -> tuple[str, ...]:
    try:
        return find(header, name)
    except Rejected:
        return ()


def _octets(name: str, value: str) -> int:
    return len(name) + 1 + len(value.encode("utf-8", "surrogateescape"))
