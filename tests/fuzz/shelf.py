"""The parser of files of dictionaries: a shelf or one error of the operator's, never a crash."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD
from cookie_sessions.dictionaries.shelf import Shelf, ShelfDictionaries, dump_shelf, parse_shelf
from cookie_sessions.dictionaries.trained import MAGIC, MAX_OCTETS, Trained, numbered
from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from tests.fuzz.attempt import attempt

ORIGIN: Final = "file:dictionaries.json"
WORDS: Final = (
    *(b'"dictionaries":', b'"name":', b'"sha256":', b'"made":', b'"sessions":', b'"subjects":'),
    *(b'"phrases":', b'"octets":', b'"begins":', b'"withdrawn":', b'"installed":', b"null"),
    *(b"NaN", b"1e999", b"true", b"N6Qw7", b"[[[[", b"253402300800", b"\\u0000"),
)

_MOMENTS: Final = ("begins", "withdrawn", "installed")
_NUMBERS: Final = ("made", "sessions", "subjects")


def check(data: bytes) -> None:
    outcome = attempt(lambda: parse_shelf(data, origin=ORIGIN))
    if isinstance(outcome, CookieSessionsError):
        assert isinstance(outcome, ConfigurationError), outcome
        assert str(outcome).startswith(ORIGIN), "does not say which file"
        assert outcome.__context__ is None, "drags another error along"
        return
    assert parse_shelf(dump_shelf(outcome).encode(), origin=ORIGIN) == outcome, "is not read back"
    # It is JSON, so the plainest reader takes it too, and has the same of each dictionary.
    rows = json.loads(data)["dictionaries"]
    assert len(rows) == len(outcome.entries), "a dictionary is lost"
    for row, entry in zip(rows, outcome.entries, strict=True):
        _check_entry(row, entry)
    now = max((entry.begins or 0 for entry in outcome.entries), default=0)
    written = outcome.written(now)
    assert written is None or (written.withdrawn is None and written.begins is not None)
    dictionaries = ShelfDictionaries(outcome)
    assert len(dictionaries.named) == len(outcome.entries), "two of one name"
    for dictionary in dictionaries.named.values():
        assert dictionary.decompress(dictionary.compress(b"a value" * 9)) == b"a value" * 9


def seeds() -> Iterator[bytes]:
    yield from (b"", b"{}", b"[]", b"\xff", b'{"dictionaries":[]}', b'{"dictionaries":[{}]}')
    yield b'{"dictionaries":[],"dictionaries":[]}'
    yield b'{"dictionaries":[NaN]}'
    head = built_in_octets()[:BUILT_IN_HEAD]
    one = Trained(numbered(head, b"Storm Lantern"), 1, 2, 3, (5, 8), installed=4)
    two = Trained(numbered(head, b"Walnut Tray, ivory"), 1, 2, 3, (), 5, 6, 4)
    for shelf in (Shelf((one,)), Shelf((two, one._replace(begins=9))), Shelf((one, one))):
        yield dump_shelf(shelf).encode()
    broken = Trained(numbered(head[:8] + b"\xff" * 60, b"Storm Lantern"), 1, 2, 3, ())
    yield dump_shelf(Shelf((broken,))).encode()
    row = json.loads(dump_shelf(Shelf((one,))))["dictionaries"][0]
    changes: tuple[dict[str, Any], ...] = (
        {"made": "soon"},
        {"phrases": [10**9]},
        {"octets": row["octets"][:-4]},
        {"name": "800001"},
        {"begins": -1},
        {"octets": base64.b64encode(MAGIC).decode()},
    )
    for change in changes:
        yield json.dumps({"dictionaries": [row | change]}).encode()


def _check_entry(row: dict[str, Any], entry: Trained) -> None:
    octets = base64.b64decode(row["octets"])
    assert octets == entry.octets
    assert len(octets) <= MAX_OCTETS, "larger than the bound"
    assert hashlib.sha256(octets).hexdigest() == row["sha256"], "another content than it says"
    assert entry.name.hex() == row["name"], "another name than it says"
    assert entry.name[0] >= 0x80, "the number of a dictionary that ships"
    assert sum(entry.phrases) <= len(octets)
    assert list(entry.phrases) == row["phrases"]
    for name in (*_MOMENTS, *_NUMBERS):
        value = getattr(entry, name)
        assert value == row[name], name
        assert type(value) is int or (value is None and name in _MOMENTS), name
