"""What the cookies of a host take of a request, by name; their values are only counted."""

from __future__ import annotations

from typing import Final, NamedTuple

from cookie_sessions.cli.report import printable

_SEPARATOR: Final = len("; ")
_PREFIX: Final = "cookie:"
_LONGEST_NAME: Final = 40


class Others(NamedTuple):
    """The cookies of one Cookie header.

    Attributes:
        octets: the header's value.
        cookies: names, and octets with name, ``=`` and separator; the largest first.
    """

    octets: int
    cookies: tuple[tuple[str, int], ...]


def others_in(header: str) -> Others:
    """Take a Cookie header apart, as a browser's developer tools show it.

    Args:
        header: its value, with or without ``Cookie:`` before it.
    """
    header = header.strip()
    if header.lower().startswith(_PREFIX):
        header = header[len(_PREFIX) :].strip()
    pairs = [pair.strip(" \t") for pair in header.split(";")]
    counted = [(_name(pair), _octets(pair) + _SEPARATOR) for pair in pairs if pair]
    return Others(_octets(header), tuple(sorted(counted, key=lambda each: -each[1])))


def _name(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    # What stands there without a name is a value, which is not to be shown.
    return printable(name)[:_LONGEST_NAME] if equals else "(no name)"


def _octets(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))
