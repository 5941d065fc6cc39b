"""Our own reader of the Cookie header: exact names, ``;`` only, SP and HTAB only.

Chromium stores and sends ``x=1,__Host-session=EVIL`` and names behind U+0085 or U+2000, all set by
a script of the page. A reader that splits on commas, strips Unicode spaces or interprets quotes
lets such a page forge a ``__Host-`` cookie. This one does none of it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from typing import Final

from cookie_sessions.cookies.names import check_name, is_prefixed
from cookie_sessions.errors import ConfigurationError, Reason, Rejected

MAX_HEADER_OCTETS: Final = 65_536
"""Above what every front end but a few lets through, and cheap to scan once."""

MAX_VALUES: Final = 16
"""Different values of one name. A browser sends one for each domain and path that match."""

_BLANKS: Final = " \t"
_PAIRS: Final = "([^;]*)(;?)"
_PAIRS_BY_COMMAS: Final = "([^;,]*)([;,]?)"


def find(header: str, name: str, *, commas: bool = False) -> tuple[str, ...]:
    """Every value of the cookies with exactly this name, in the order they came, equal ones once.

    Takes time linear in the header's length, whatever it holds. Values are returned as they stand,
    without the SP and HTAB around them: quotes and percent signs mean nothing, and a value may be
    empty. A pair without ``=`` has no name and is never returned.

    Args:
        header: the Cookie header's value, each octet one character (latin-1), as WSGI gives it.
        name: the cookie's name, a token.
        commas: also end a pair at ``,``, for servers that join repeated Cookie lines by it. A
            script of the page can then set our cookie through the value of another one.

    Returns:
        The values; empty if the header has no such cookie.

    Raises:
        Rejected: ``too_large`` above ``MAX_HEADER_OCTETS``, ``ambiguous`` above ``MAX_VALUES``
            different values.
        ConfigurationError: ``name`` is not a token, or has a prefix that ``commas`` would void.
    """
    beginning = _beginning(name)
    if len(header) > MAX_HEADER_OCTETS:
        raise Rejected(Reason.TOO_LARGE)
    if commas:
        _check_commas(name)
        header = header.replace(",", ";")
    before, found, after = header.partition(beginning)
    # What browsers send, as they write it: one cookie of the name, and nothing to be decided.
    if found and (not before or before.endswith("; ")) and name not in before:
        value, _, others = after.partition(";")
        if name not in others:
            return (value.strip(_BLANKS),)
    return _find_all(header, name)


@functools.lru_cache(maxsize=64)
def _beginning(name: str) -> str:
    check_name(name)
    return f"{name}="


def _find_all(header: str, name: str) -> tuple[str, ...]:
    at = header.find(name)
    if at < 0:
        return ()
    length = len(name)
    values: list[str] = []
    # Each step begins and ends at a semicolon, so no character is looked at more than a few times.
    start = 0
    while at >= 0:
        end = header.find(";", at)
        if end < 0:
            end = len(header)
        if at > start:
            start = header.rfind(";", start, at) + 1 or start
        if at == start or not header[start:at].strip(_BLANKS):
            equals = at + length
            if header[equals : equals + 1] != "=":
                equals = end - len(header[equals:end].lstrip(_BLANKS))
            if header[equals : equals + 1] == "=":
                value = header[equals + 1 : end].strip(_BLANKS)
                if value not in values:
                    if len(values) == MAX_VALUES:
                        raise Rejected(Reason.AMBIGUOUS)
                    values.append(value)
        start = end + 1
        at = header.find(name, start)
    return tuple(values)


def without(header: str, names: Collection[str], *, commas: bool = False) -> str:
    """The header without the cookies that :func:`find` would find under some names.

    What is left is left octet for octet, with the separators in front of it. Nothing is refused: of
    a header above the bounds of :func:`find` all cookies of the names go as well.

    Args:
        header: the Cookie header's value, each octet one character (latin-1), as WSGI gives it.
        names: the cookies' names, tokens.
        commas: also end a pair at ``,``, whatever the names are: what is cut too short here is
            read by nobody.

    Returns:
        The header; empty where no pair is left in it.
    """
    if not any(name in header for name in names):
        return header
    kept: list[str] = []
    before = ""
    pairs = _PAIRS_BY_COMMAS if commas else _PAIRS
    for pair, after in re.findall(pairs, header):
        name, equals, _ = pair.partition("=")
        if not equals or name.strip(_BLANKS) not in names:
            kept += (before, pair)
        before = after
    if not any(part.strip(_BLANKS) for part in kept[1::2]):
        return ""
    text = "".join(kept[1:])
    # A separator before the first pair that is left stood behind one that has gone.
    return text.lstrip(_BLANKS) if kept[0] else text


def _check_commas(name: str) -> None:
    if is_prefixed(name):
        raise ConfigurationError(
            f"The cookie {name!r} relies on its prefix, and splitting the Cookie header on commas "
            f"lets any script of the page forge it. Turn the splitting off, or use a server that "
            f"passes on repeated Cookie lines unjoined."
        )
