"""Where the sample and the dictionaries of a command are, and how their files are changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from cookie_sessions import clock
from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.dictionary.options import DICTIONARIES_VARIABLE, SAMPLE_VARIABLE
from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.dictionaries.sample import Sample
from cookie_sessions.dictionaries.shelf import (
    MAX_SHELF_OCTETS,
    Shelf,
    dump_shelf,
    parse_shelf,
    read_shelf,
)
from cookie_sessions.dictionaries.trained import Trained
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError


def sample_at(path: str | None) -> Sample:
    """The sample that is named, or the one by default.

    Raises:
        ConfigurationError: none is named.
    """
    return Sample(_named(path, SAMPLE_VARIABLE, "--sample FILE"), least=None)


def sample_or_none(path: str | None) -> Sample | None:
    """As :func:`sample_at`; None where none is named, or this user has none by default."""
    found = path or _by_default(SAMPLE_VARIABLE)
    if found is None or (path is None and not _is_ours(found)):
        return None
    return Sample(found, least=None)


def shelf_path(path: str | None, *, option: str = "--dictionaries FILE") -> str:
    """The file of dictionaries that is named, or the one by default.

    Args:
        path: what the command line says.
        option: how it is said there.

    Raises:
        ConfigurationError: none is named.
    """
    return _named(path, DICTIONARIES_VARIABLE, option)


@contextmanager
def telling(sample: Sample) -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        Unavailable: an application writes to the sample at the moment.
        ConfigurationError: the file is no sample, is damaged, or can't be read.
    """
    try:
        yield
    except sqlite3.OperationalError:
        raise Unavailable(
            f"{sample.path}: the sample can't be used at the moment. Try again; if that does not "
            f"help, see whether this user may write the file and its folder."
        ) from None
    except sqlite3.Error:
        raise ConfigurationError(
            f"{sample.path}: this is no sample, or it is damaged. Name the right file."
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"{sample.path}: the sample can't be read ({os.strerror(error.errno or 0)}). Correct "
            f"the path, or run the command as the user of the application."
        ) from None


def create(path: str, shelf: Shelf) -> None:
    """Write a file of dictionaries that is not there yet.

    Raises:
        ConfigurationError: it is there, or can't be written.
    """
    writer = _writer(path)
    with writer.locked():
        if writer.exists():
            raise ConfigurationError(
                f"{path}: there is a file of that name already. Name another one, or move it away."
            )
        writer.create(dump_shelf(shelf).encode())


def change(path: str, step: Callable[[Shelf, int], Shelf], *, makes: bool = False) -> Shelf:
    """Replace the file of an application's dictionaries, or make it.

    Args:
        path: the file.
        step: gives the next shelf of a shelf and a moment, in seconds since the epoch.
        makes: whether a file is made where there is none.

    Returns:
        The shelf as it is now.

    Raises:
        ConfigurationError: it can't be read or written, or would become too large.
    """
    writer = _writer(path)
    with writer.locked():
        is_new = not writer.exists()
        shelf = step(Shelf() if is_new and makes else read_shelf(path), int(clock.now()))
        octets = dump_shelf(shelf).encode()
        if len(octets) > MAX_SHELF_OCTETS:
            raise ConfigurationError(
                f"{path}: with one more dictionary no application would read the file. Remove an "
                f"entry that was withdrawn for longer than a session lives."
            )
        parse_shelf(octets, origin=path)
        (writer.create if is_new else writer.replace)(octets)
    return shelf


def find(shelf: Shelf, name: str) -> Trained:
    """The dictionary that a person names.

    Raises:
        UsageError: there is none.
    """
    for entry in shelf.entries:
        if entry.name.hex() == name.lower():
            return entry
    known = ", ".join(entry.name.hex() for entry in shelf.entries) or "none"
    raise UsageError(f"No dictionary has that name. Known are: {known}. Nothing was changed.")


def _is_ours(path: str) -> bool:
    return os.access(path, os.R_OK | os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _writer(path: str) -> RingWriter:
    # Dictionaries are no secret, and the application may be another user than the operator.
    return RingWriter(path, what="dictionaries", mode=0o644)


def _named(path: str | None, variable: str, option: str) -> str:
    found = path or _by_default(variable)
    if found is None:
        raise ConfigurationError(
            f"No file is named. Write {option}, or set the environment variable {variable}."
        )
    return found


def _by_default(variable: str) -> str | None:
    told = defaults()
    setting = told.config().get(variable) if told.application else os.environ.get(variable)
    return setting or None
