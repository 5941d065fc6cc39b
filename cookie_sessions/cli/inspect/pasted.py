"""What somebody copied out of a browser, a log or a terminal, as one Cookie header."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from typing import Final

from cookie_sessions.cli.inspect.header import merged
from cookie_sessions.errors import UsageError

STDIN: Final = "-"
MAX_CHARACTERS: Final = 1 << 20
"""The longest text that is read: all headers of a request and a response, many times over."""

_LINE: Final = re.compile(r"[<>]?[ \t]*(cookie|set-cookie)[ \t]*:(.*)", re.IGNORECASE | re.DOTALL)
_VALUE: Final = re.compile(r"[^;=\s]*|[^;=\s]{65,}=*")
# No name of a cookie is so long: what looks like one is a value with padding, which is refused.


def text_given(arguments: Sequence[str]) -> str:
    """The text of the command line, or of standard input.

    Args:
        arguments: lines of text, or ``-`` alone.

    Raises:
        UsageError: it is too long, or empty.
    """
    if list(arguments) != [STDIN]:
        return _checked("\n".join(arguments))
    octets = sys.stdin.buffer.read(MAX_CHARACTERS + 1)
    return _checked(octets.decode("utf-8", "surrogateescape").removeprefix("\ufeff"))


def header_in(text: str, *, name: str) -> str:
    """The Cookie header that a text stands for.

    Args:
        text: lines that begin with ``Cookie:`` or ``Set-Cookie:``, among any others, as
            developer tools and ``curl -v`` show them; else ``name=value; ...``, or a value alone.
        name: the name that a value alone is given.
    """
    lines = [line.strip(" \t\r") for line in text.split("\n")]
    named = [found.groups() for line in lines if (found := _LINE.fullmatch(line))]
    if named:
        return merged(
            [value for header, value in named if header.lower() == "cookie"],
            [value for header, value in named if header.lower() == "set-cookie"],
        )
    lines = [line for line in lines if line]
    if len(lines) == 1 and _VALUE.fullmatch(lines[0]):
        return f"{name}={lines[0]}"
    return merged(lines, ())


def _checked(text: str) -> str:
    if len(text) > MAX_CHARACTERS:
        raise UsageError(
            f"That is more text than the {MAX_CHARACTERS} characters that are read. Give the "
            f"Cookie header alone."
        )
    if not text.strip():
        raise UsageError("There is no text to look at. Give a cookie, or its Cookie header.")
    return text
