"""What an option says itself, or the file that it names."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from cookie_sessions.errors import ConfigurationError

FILE: Final = "@FILE reads a file, @- stdin."
"""For the help of an option whose value may be a secret, and so is better no argument."""


def text_of(given: str) -> str:
    """The text of an option that may name a file.

    Args:
        given: the text itself, ``@FILE``, or ``@-`` for stdin.

    Returns:
        It, without white space around it.

    Raises:
        ConfigurationError: the file can't be read; what it holds is not repeated.
    """
    if not given.startswith("@"):
        return given.strip()
    return text_in(given.removeprefix("@"))


def text_in(name: str) -> str:
    """The text of a file, ``-`` for stdin; otherwise as :func:`text_of`."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"The file {name} can't be read: {error.strerror}. Correct its name or its mode."
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"The file {name} is no UTF-8 text. Name another.") from None
    return text.strip()
