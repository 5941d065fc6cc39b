"""A client of Marionette, by which Firefox takes WebDriver's commands itself: JSON over TCP."""

from __future__ import annotations

import json
import socket
from itertools import count
from typing import Any

from .engine import PATIENCE, BrowserError

_COMMAND = 0


class Marionette:
    """A connection to one Firefox, with one session.

    Each message is its length in octets, a colon, and JSON: [0, number, command, parameters] or
    [1, number, error, value].

    Args:
        port: where Firefox listens on this machine.
    """

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._file = self._socket.makefile("rb")
        self._numbers = count(1)
        self._read()

    def send(self, command: str, **parameters: Any) -> Any:
        """Send one command, and return its value.

        Raises:
            BrowserError: Firefox answers with an error, or not at all.
        """
        number = next(self._numbers)
        message = json.dumps([_COMMAND, number, command, parameters]).encode()
        try:
            self._socket.sendall(b"%d:%s" % (len(message), message))
            # An answer to an earlier command is one that nobody waited for, as after Ctrl-C.
            while (answer := self._read())[1] != number:
                pass
        except (OSError, ValueError) as failure:
            raise BrowserError(f"Firefox does not answer to {command}: {failure}") from failure
        _, _, error, value = answer
        if error is not None:
            raise BrowserError(f"{error['error']}: {error['message']}")
        return value["value"] if isinstance(value, dict) and [*value] == ["value"] else value

    def close(self) -> None:
        """Give the connection up."""
        self._file.close()
        self._socket.close()

    def _read(self) -> Any:
        digits = b""
        while (octet := self._file.read(1)) != b":":
            if not octet.isdigit():
                raise ConnectionError("the connection ended")
            digits += octet
        return json.loads(self._file.read(int(digits)))
