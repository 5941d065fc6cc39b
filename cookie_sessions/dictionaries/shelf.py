"""The shelf: the file with all dictionaries that an application can read, and their dates.

It is JSON, and what is said of key rings holds for it: it is the same on every instance, and a
dictionary can be read everywhere before any instance writes with it.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, NoReturn

from cookie_sessions import clock
from cookie_sessions.codec import Dictionary
from cookie_sessions.dictionaries.trained import Trained, check
from cookie_sessions.errors import ConfigurationError

MAX_SHELF_OCTETS: Final = 4_194_304
"""Room for some thirty dictionaries of the largest size."""

_LAST_MOMENT: Final = 253_402_300_799
_FIELDS: Final = frozenset(
    {
        *("name", "sha256", "made", "sessions", "subjects", "phrases", "octets"),
        *("begins", "withdrawn", "installed"),
    }
)


class Shelf(NamedTuple):
    """Dictionaries in the order in which they were installed.

    Attributes:
        entries: the dictionaries; no two of one name.
    """

    entries: tuple[Trained, ...] = ()

    def written(self, now: float) -> Trained | None:
        """The one that is written with: the last that has begun and is not withdrawn.

        Args:
            now: seconds since the epoch.
        """
        begun = [
            entry
            for entry in self.entries
            if entry.withdrawn is None and entry.begins is not None and entry.begins <= now
        ]
        return max(begun, key=lambda entry: entry.begins or 0, default=None)

    def state(self, entry: Trained, now: float) -> str:
        """The state of one of them in a word, as keys have it."""
        if entry.withdrawn is not None:
            return "withdrawn"
        if entry is self.written(now):
            return "written"
        return "readable" if entry.begins is None or entry.begins > now else "superseded"

    def get(self, name: bytes) -> Trained | None:
        """The dictionary of that name."""
        return next((entry for entry in self.entries if entry.name == name), None)


class ShelfDictionaries:
    """The dictionaries of a shelf as the codec takes them; each is built at its first use.

    Args:
        shelf: the shelf.

    Attributes:
        named: all of them, by name.
        withdrawn: the names of those that are withdrawn.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.named: Mapping[bytes, Dictionary] = {
            entry.name: Dictionary(0, entry.octets, name=entry.name) for entry in shelf.entries
        }
        self.withdrawn = frozenset(
            entry.name for entry in shelf.entries if entry.withdrawn is not None
        )

    def written(self) -> Dictionary | None:
        """The one that is written with at the moment; None: the one that ships."""
        entry = self._shelf.written(clock.now())
        return None if entry is None else self.named[entry.name]


def read_shelf(path: str) -> Shelf:
    """Read a file of dictionaries.

    Args:
        path: the file.

    Raises:
        ConfigurationError: it can't be read, or is no shelf; says what to do.
    """
    origin = f"file:{os.path.abspath(path)}"  # noqa: PTH100 - a cold start loads no pathlib.
    try:
        with open(path, "rb") as file:
            octets = file.read(MAX_SHELF_OCTETS + 1)
    except (OSError, ValueError) as error:
        fault = os.strerror(error.errno or 0) if isinstance(error, OSError) else "a NUL in it"
        raise ConfigurationError(
            f"{origin}: the dictionaries can't be read ({fault}). Correct the path or its mode. "
            f"cookie-sessions dictionary train makes one, and dictionary install the application's."
        ) from None
    return parse_shelf(octets, origin=origin)


def parse_shelf(octets: bytes, *, origin: str) -> Shelf:
    """Read a shelf strictly: what two readers could take differently is refused.

    Args:
        octets: JSON in UTF-8, at most :data:`MAX_SHELF_OCTETS`.
        origin: where it comes from, for the errors.

    Raises:
        ConfigurationError: it is no shelf, or a dictionary in it is damaged.
    """
    if len(octets) > MAX_SHELF_OCTETS:
        raise _fault(origin, f"it has more than {MAX_SHELF_OCTETS} octets")
    try:
        document = json.loads(
            octets.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        # The decoder's own error holds the text.
        document = None
    if type(document) is not dict or set(document) != {"dictionaries"}:
        raise _fault(origin, 'it is not JSON with the member "dictionaries" alone, each name once')
    rows = document["dictionaries"]
    if type(rows) is not list:
        raise _fault(origin, '"dictionaries" is no list')
    entries = tuple(_entry(row, place, origin=origin) for place, row in enumerate(rows, 1))
    if len({entry.name for entry in entries}) != len(entries):
        raise _fault(origin, "two dictionaries in it have one name")
    return Shelf(entries)


def dump_shelf(shelf: Shelf) -> str:
    """Write a shelf as :func:`parse_shelf` reads it."""
    rows = [
        {
            "name": entry.name.hex(),
            "sha256": entry.digest,
            "made": entry.made,
            "sessions": entry.sessions,
            "subjects": entry.subjects,
            "installed": entry.installed,
            "begins": entry.begins,
            "withdrawn": entry.withdrawn,
            "phrases": list(entry.phrases),
            "octets": base64.b64encode(entry.octets).decode(),
        }
        for entry in shelf.entries
    ]
    texts = [
        "{" + ",\n".join(f"{json.dumps(name)}: {json.dumps(row[name])}" for name in row) + "}"
        for row in rows
    ]
    return '{"dictionaries": [\n' + ",\n".join(texts) + "\n]}\n"


def _entry(row: Any, place: int, *, origin: str) -> Trained:
    where = f"{origin}, dictionary {place}"
    if type(row) is not dict or row.keys() != _FIELDS:
        raise _fault(where, f"it does not have the members {', '.join(sorted(_FIELDS))}")
    moments = [row[name] for name in ("begins", "withdrawn", "installed")]
    numbers = [row[name] for name in ("made", "sessions", "subjects")]
    lengths = row["phrases"]
    if not all(map(_is_number, [*numbers, *(each for each in moments if each is not None)])):
        raise _fault(where, "a number or moment in it is none")
    if type(lengths) is not list or not all(_is_number(each) and each for each in lengths):
        raise _fault(where, '"phrases" is no list of lengths')
    try:
        octets = base64.b64decode(row["octets"], validate=True)
    except (TypeError, ValueError, binascii.Error):
        octets = b""
    entry = Trained(
        octets,
        made=row["made"],
        sessions=row["sessions"],
        subjects=row["subjects"],
        phrases=tuple(lengths),
        begins=row["begins"],
        withdrawn=row["withdrawn"],
        installed=row["installed"],
    )
    check(entry, origin=where)
    if row["name"] != entry.name.hex() or row["sha256"] != entry.digest:
        raise _fault(where, "its name or digest is another dictionary's")
    return entry


def _is_number(value: object) -> bool:
    return type(value) is int and 0 <= value <= _LAST_MOMENT


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fault(origin: str, fault: str) -> ConfigurationError:
    return ConfigurationError(
        f"{origin}: this is no file of dictionaries: {fault}. Name the right file, or take it anew "
        f"from where it was made."
    )
