"""The ring that a command is about: read from any source, changed where it is a file."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import NamedTuple

from cookie_sessions import clock
from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.errors import ConfigurationError, CookieSessionsError, UsageError
from cookie_sessions.keys import (
    KeyEntry,
    KeySet,
    KeySource,
    RingFile,
    dump_jwk_set,
    parse_jwk_set,
    source_from_url,
)


class Edit(NamedTuple):
    """A change of a ring.

    Attributes:
        before: the ring as it was; None where there was none.
        after: the ring as it is, or would be.
        now: when, in seconds since the epoch.
    """

    before: KeySet | None
    after: KeySet
    now: int

    @property
    def changed(self) -> bool:
        """Whether there is a difference at all."""
        return self.after is not self.before


def named_source(url: str | None) -> KeySource:
    """The source of a URL, else the one by default."""
    return defaults().source() if url is None else source_from_url(url)


def read_text(source: KeySource) -> bytes:
    """A source's text.

    Raises:
        ConfigurationError: it can't be read; what a foreign source raised is not repeated.
        Unavailable: the source does not answer.
    """
    try:
        return source.read()
    except CookieSessionsError:
        raise
    except Exception as error:  # noqa: BLE001
        # What went wrong inside a source may hold key material: only its kind is passed on.
        fault = type(error).__name__
    raise ConfigurationError(f"The key source {source.name} failed with {fault}. Correct it.")


def read(source: KeySource) -> KeySet:
    """A source's ring, read strictly."""
    return parse_jwk_set(read_text(source), origin=source.name)


def file_of(source: KeySource) -> RingFile:
    """The source as one that can be written.

    Raises:
        ConfigurationError: it is no file, so it can only be read here.
    """
    if not isinstance(source, RingFile):
        raise ConfigurationError(
            f"{source.name} can only be read by these commands. Change a ring file, and put what "
            f"cookie-sessions keys export-env writes of it where this ring is kept."
        )
    return source


def create(source: KeySource, make: Callable[[int], KeySet], *, dry_run: bool) -> Edit:
    """Make a ring file that is not there yet.

    Args:
        source: the file's.
        make: gives the ring of a moment, in seconds since the epoch.
        dry_run: whether nothing is written.

    Raises:
        ConfigurationError: there is such a file, or it can't be written.
    """
    file = file_of(source)
    writer = RingWriter(file.path)
    if dry_run:
        if writer.exists():
            raise ConfigurationError(f"{source.name}: there is a file of that name already.")
        now = int(clock.now())
        after = make(now)
        _sound_text(after, source)
        return Edit(None, after, now)
    with writer.locked():
        now = int(clock.now())
        after = make(now)
        writer.create(file.as_stored(_sound_text(after, source)))
    return Edit(None, after, now)


def change(
    source: KeySource,
    step: Callable[[KeySet, int], KeySet],
    *,
    check: Callable[[Edit], None],
    dry_run: bool,
) -> Edit:
    """Replace a ring file by what becomes of it; other commands wait meanwhile.

    Args:
        source: the file's.
        step: gives the next ring of a ring and a moment; the same object where nothing is to do.
        check: looks at the change before it is made, and raises to prevent it.
        dry_run: whether nothing is written.
    """
    file = file_of(source)
    writer = RingWriter(file.path)
    if dry_run:
        edit = _edit(read(source), step)
        check(edit)
        _sound_text(edit.after, source)
        return edit
    with writer.locked():
        edit = _edit(read(source), step)
        check(edit)
        if edit.changed:
            writer.replace(file.as_stored(_sound_text(edit.after, source)))
    return edit


def find(keys: KeySet, name: str, *, hint: str = "") -> KeyEntry:
    """The key that a person names, by its label or its id.

    Args:
        keys: the ring.
        name: what the person wrote.
        hint: what to say besides where there is none.

    Raises:
        UsageError: there is none.
    """
    for entry in keys.entries:
        if name in (entry.label, entry.kid.hex()) or name.lower() == entry.kid.hex():
            return entry
    raise UsageError(
        "No key has that label or id. Known are "
        + ", ".join(entry.kid.hex() for entry in keys.entries)
        + "; cookie-sessions keys list shows their labels."
        + hint
    )


def kid_of(text: str) -> bytes:
    """The key id that a person writes, eight hexadecimal digits, whether a ring has it or not.

    Raises:
        UsageError: it is none; what was written is not repeated, for it may be a key.
    """
    if len(text) != 2 * KID_OCTETS or not set(text) <= set(string.hexdigits):
        raise UsageError(
            "A key that the ring does not have is named by its id alone, eight hexadecimal digits. "
            "Nothing was changed."
        )
    return bytes.fromhex(text)


def _edit(before: KeySet, step: Callable[[KeySet, int], KeySet]) -> Edit:
    now = int(clock.now())
    return Edit(before, step(before, now), now)


def _sound_text(keys: KeySet, source: KeySource) -> str:
    """The text of a ring, which reads as that very ring."""
    text = dump_jwk_set(keys)
    if parse_jwk_set(text, origin=source.name) != keys:
        raise ConfigurationError(
            f"{source.name}: the changed ring would not be read as it was meant. Nothing was "
            f"changed. Please report this."
        )
    return text
