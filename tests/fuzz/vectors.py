"""The committed vectors of the format, as octets to begin from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

_FILE = Path(__file__).resolve().parent.parent / "vectors" / "v1.json"


@cache
def _vectors() -> dict[str, list[dict[str, Any]]]:
    return json.loads(_FILE.read_text(encoding="ascii"))  # type: ignore[no-any-return]


def texts() -> Iterator[bytes]:
    """The text of every cookie, good and bad."""
    for row in (*_vectors()["positive"], *_vectors()["negative"]):
        if "repeat" not in row:
            yield str(row["text"]).encode("utf-8", "surrogatepass")


def split_headers() -> Iterator[bytes]:
    """The Cookie header of every split session, good and bad."""
    for row in _vectors()["splits"]:
        yield "; ".join(f"{name}={value}" for name, value in row["cookies"]).encode("latin-1")


def payloads() -> Iterator[bytes]:
    """What was sealed in every good cookie."""
    for row in _vectors()["positive"]:
        yield bytes.fromhex(row["payload"])


def claims() -> Iterator[bytes]:
    """The packed claims of every good cookie."""
    for row in _vectors()["positive"]:
        yield bytes.fromhex(row["claims_octets"])


def packed_values() -> Iterator[bytes]:
    """Every value of the good cookies, neither shrunk nor compressed."""
    for row in _vectors()["positive"]:
        for value in row["values"]:
            if "packed" in value:
                yield bytes.fromhex(value["packed"])


def wires() -> Iterator[bytes]:
    """Every single value as it stands in the map, good and bad, in MessagePack."""
    for row in _vectors()["wires"]:
        yield bytes.fromhex(row["wire"])
