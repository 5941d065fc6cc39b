"""Writes a snapshot into a folder, from where it goes to a bucket or a web server."""

from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Final

from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.revocation.facts import SNAPSHOT_SECONDS, Entries
from cookie_sessions.revocation.snapshot.fault import SnapshotRefused
from cookie_sessions.revocation.snapshot.reader import MAX_TABLE_OCTETS
from cookie_sessions.revocation.snapshot.signing import SigningKey
from cookie_sessions.revocation.snapshot.table import dump
from cookie_sessions.revocation.snapshot.token import MAX_OCTETS, Token, signed_one, table_name

SIGNED_FILE: Final = "revocations.jwt"
"""The name of the signed file."""

_TABLES: Final = "revocations-*.bin"
_PARTS: Final = ".revocations*.part"
_ENDS: Final = ".revocations.ends"
"""When the last token ends that names each table: tables are large, and one comes every minute."""


def publish(
    entries: Entries,
    folder: Path,
    *,
    key: SigningKey,
    audience: str,
    index_check: bytes,
    sequence: int,
    now: float,
    lasts: int = 3600,
    ttl: int = 60,
) -> Token:
    """Write both files; whoever reads meanwhile finds the old pair or the new one, both whole.

    The table is named by its hash and written first. Tables that no valid token can name any more
    are removed.

    Args:
        entries: what is refused.
        folder: where they go; it must exist.
        key: signs the token.
        audience: for whom it is.
        index_check: what tells the index key that names subjects, 8 octets.
        sequence: its number, larger than each one before.
        now: seconds since the epoch.
        lasts: for how many seconds it counts, at most a day.
        ttl: after how many seconds readers look for a newer one.

    Returns:
        What the token says.

    Raises:
        UsageError: a length of time is out of bounds, the audience is too long, or the list is
            longer than readers take.
        ConfigurationError: the folder can't be written.
    """
    if not 0 < ttl <= lasts <= SNAPSHOT_SECONDS:
        raise UsageError(
            "A snapshot lasts at most a day, and readers must look for a newer one before it ends. "
            "Give it a shorter life, or a shorter ttl."
        )
    table = dump(entries)
    if len(table) > MAX_TABLE_OCTETS:
        raise UsageError(
            f"The list takes {len(table):,} octets, and readers refuse a table of more than "
            f"{MAX_TABLE_OCTETS:,}, which are about 8.3 million sessions. Nothing was published, "
            f"and the last snapshot counts until its end. Have readers ask the store itself, or "
            f"let sessions live less long."
        )
    digest = hashlib.sha256(table).hexdigest()
    token = Token(
        sequence=sequence,
        issued=int(now),
        ends=int(now) + lasts,
        ttl=ttl,
        file=table_name(digest),
        sha256=digest,
        length=len(table),
        index_check=index_check.hex(),
    )
    signed = token.signed(key, audience=audience).encode()
    if len(signed) > MAX_OCTETS:
        raise UsageError("The name of the audience is too long for a token. Give it a shorter one.")
    try:
        _write(folder / token.file, table)
        # Readers of the token need the table, so until when it stays is on the disk before.
        _tidy(folder, token, now)
        _write(folder / SIGNED_FILE, signed)
    except OSError as error:
        fault = os.strerror(error.errno or 0)
    else:
        return token
    raise ConfigurationError(
        f"The snapshot can't be written into {folder} ({fault}). Make the folder, or let this user "
        f"write in it. What was published before is still there."
    )


def last_sequence(folder: Path, key: SigningKey, *, audience: str) -> int:
    """The number of the snapshot that is in a folder, whether or not it still counts.

    Args:
        folder: where snapshots go.
        key: signs them.
        audience: for whom they are.

    Returns:
        It; 0 where there is none that this key has signed for them.
    """
    try:
        with (folder / SIGNED_FILE).open("rb") as file:
            octets = file.read(MAX_OCTETS + 1)
        return signed_one(octets, key.public(), audience=audience).sequence
    except (OSError, SnapshotRefused):
        # Whether the folder can be used is found out when it is written.
        return 0


def _write(path: Path, octets: bytes) -> None:
    """Have a file be there whole, or as it was, even if the power fails."""
    # Nobody but its owner writes it, and everybody may read it: it is meant to be public.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    _sync(path.parent)


def _sync(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        # Some file systems keep no folder that could be synced, and Windows opens none.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            raise


def _tidy(folder: Path, token: Token, now: float) -> None:
    known = _ends(folder)
    known[token.file] = max(token.ends, known.get(token.file, 0))
    kept: dict[str, int] = {}
    for path in folder.glob(_TABLES):
        # A table of which nothing is known any more stays as long as any token could name it.
        ends = known.get(path.name, int(path.stat().st_mtime) + SNAPSHOT_SECONDS)
        if ends <= now:
            path.unlink(missing_ok=True)
        else:
            kept[path.name] = ends
    _write(folder / _ENDS, json.dumps(kept, indent=1, sort_keys=True).encode())
    # A process that was killed while it wrote leaves its part behind.
    for part in folder.glob(_PARTS):
        if part.stat().st_mtime < now - SNAPSHOT_SECONDS:
            part.unlink(missing_ok=True)


def _ends(folder: Path) -> dict[str, int]:
    try:
        told = json.loads((folder / _ENDS).read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(told, dict):
        return {}
    return {name: ends for name, ends in told.items() if type(ends) is int}
