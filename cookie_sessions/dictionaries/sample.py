"""The file of a sample: how many people share which phrase, and nothing of fewer than k.

Until k different people have had a phrase, the file holds no text of it: only a MAC, and one octet
for each of those people. From then on these octets are gone, and the next one who has the phrase
supplies its text.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Mapping
from typing import Final, NamedTuple

from cookie_sessions.dictionaries.sample_file import START_SECONDS, SampleFile

LEAST_SUBJECTS: Final = 20
"""k: how many different people must have a phrase before its text is kept."""

FEWEST, MOST = 2, 200
"""Between which k may lie: of the 256 values of an octet, so many are had in reasonable time."""

MAX_PENDING: Final = 200_000
MAX_PHRASES: Final = 20_000

_MAC_OCTETS: Final = 16
_DAY: Final = 86_400
_DAYS_PENDING: Final = 30
_FORGET_EVERY: Final = 64
_START_TRIES: Final = 40
_START_PAUSE: Final = 0.01

KEY_SIGN: Final = b"\xc1"
"""Begins what stands for the name of a top-level key: no phrase begins so, for MessagePack never
uses this octet."""


class Phrase(NamedTuple):
    """Something that at least k people share.

    Attributes:
        text: its octets, as the codec compresses them.
        sessions: in how many sampled writes it was since its text is known.
        uses: how often in all.
    """

    text: bytes
    sessions: int
    uses: int


class Saving(NamedTuple):
    """What a dictionary saves of the values under one key.

    Attributes:
        key: the name of the key; empty for all those that fewer than k people have.
        values: how many were measured.
        without: their octets with the dictionary that is written now.
        octets: their octets with this one.
    """

    key: str
    values: int
    without: int
    octets: int


class Measured(NamedTuple):
    """What one value takes with one dictionary, and without it, in octets."""

    name: bytes
    key: bytes
    without: int
    octets: int


class Sample(SampleFile):
    """Counts in a SQLite file, open for its owner alone.

    Args:
        path: the file; it is made where there is none.
        least: k; None: that of the file, which must be there.
    """

    def __init__(self, path: str, *, least: int | None) -> None:
        super().__init__(path, least=least)
        self._known: set[bytes] = set()
        self._last = 0
        self._identity = 0

    @property
    def known(self) -> set[bytes]:
        """The phrases whose text was known at the last look."""
        return self._known

    def count(
        self, phrases: Mapping[bytes, int], *, key: bytes, subject: bytes, now: float
    ) -> None:
        """Count what one session holds.

        Args:
            phrases: how often each phrase occurs in it.
            key: 32 secret octets, which are not kept here.
            subject: whose session it is; only one octet for each phrase is made of it.
            now: seconds since the epoch.

        Raises:
            sqlite3.Error: another process writes at the moment, or the file can't be used.
            ConfigurationError: it is no sample.
        """
        day = int(now // _DAY)
        with self._writing() as db:
            self._see(db)
            known = [(uses, text) for text, uses in phrases.items() if text in self._known]
            db.executemany(
                "UPDATE phrases SET sessions = sessions + 1, uses = uses + ? WHERE text = ?", known
            )
            macs = {
                hashlib.blake2b(text, key=key, digest_size=_MAC_OCTETS).digest(): text
                for text in phrases
                if text not in self._known
            }
            self._count_pending(db, macs, key=key, subject=subject, day=day)
            db.execute("UPDATE facts SET value = value + 1 WHERE name = 'sessions'")
            (sessions,) = db.execute("SELECT value FROM facts WHERE name = 'sessions'").fetchone()
            if sessions % _FORGET_EVERY == 0:
                _forget(db, day)

    def measure(self, measured: list[Measured]) -> None:
        """Add up what dictionaries save.

        Raises:
            sqlite3.Error: as :meth:`count`.
        """
        with self._writing() as db:
            db.executemany(
                "INSERT INTO savings VALUES (?, ?, 1, ?, ?) ON CONFLICT (name, key) DO UPDATE SET "
                "count = count + 1, without = without + excluded.without, "
                "octets = octets + excluded.octets",
                measured,
            )

    def begin(self) -> None:
        """Make the file, or look whether it is one of ours; other processes are waited for.

        Raises:
            sqlite3.Error: the file can't be used.
            ConfigurationError: it is no sample, or one of a smaller k.
        """
        tries = 0
        while True:
            tries += 1
            try:
                with self._open(START_SECONDS / _START_TRIES) as db:
                    self._see(db)
                    return
            except sqlite3.OperationalError as error:
                # SQLite lets nobody wait for a file that another process switches to its WAL.
                if tries == _START_TRIES or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                threading.Event().wait(_START_PAUSE)

    def look(self) -> dict[bytes, bytes]:
        """Read which phrases are known now.

        Returns:
            The dictionaries that are to be measured, by name.

        Raises:
            sqlite3.Error: the file can't be used.
        """
        with self._open() as db:
            self._see(db)
            return dict(db.execute("SELECT name, octets FROM candidates"))

    def put_candidate(self, name: bytes, octets: bytes) -> None:
        """Have running applications measure a dictionary instead of those before it."""
        with self._writing() as db:
            db.execute("DELETE FROM candidates")
            db.execute("DELETE FROM savings WHERE name <> ?", (name,))
            db.execute("INSERT INTO candidates VALUES (?, ?)", (name, octets))

    def phrases(self) -> list[Phrase]:
        """All phrases whose text is known; names of keys are none."""
        with self._open() as db:
            rows = db.execute("SELECT text, sessions, uses FROM phrases ORDER BY number")
            return [Phrase(*row) for row in rows if not row[0].startswith(KEY_SIGN)]

    def savings(self, name: bytes) -> list[Saving]:
        """What a dictionary saves, by key, the most first.

        Keys of fewer than k values stand together; where those are fewer than k too, nowhere.
        """
        with self._open() as db:
            (least,) = db.execute("SELECT value FROM facts WHERE name = 'least'").fetchone()
            rows = db.execute(
                "SELECT CASE WHEN count < ? THEN x'' ELSE key END AS told, sum(count), "
                "sum(without), sum(octets) FROM savings WHERE name = ? GROUP BY told "
                "HAVING sum(count) >= ?",
                (least, name, least),
            )
            found = [Saving(key.decode("utf-8", "replace"), *rest) for key, *rest in rows]
        return sorted(found, key=lambda row: row.octets - row.without)

    def facts(self) -> dict[str, int]:
        """``sessions``, how many were counted, and ``least``, their k."""
        with self._open() as db:
            return dict(db.execute("SELECT name, value FROM facts"))

    def _see(self, db: sqlite3.Connection) -> None:
        (identity,) = db.execute("SELECT value FROM facts WHERE name = 'identity'").fetchone()
        if identity != self._identity:
            # Another file than before: somebody began the sample anew.
            self._identity = identity
            self._known = set()
            self._last = 0
        rows = db.execute("SELECT number, text FROM phrases WHERE number > ?", (self._last,))
        for number, text in rows:
            self._known.add(text)
            self._last = max(self._last, number)

    def _count_pending(
        self,
        db: sqlite3.Connection,
        macs: Mapping[bytes, bytes],
        *,
        key: bytes,
        subject: bytes,
        day: int,
    ) -> None:
        assert self._least is not None
        marks = ", ".join("?" * len(macs))
        found = dict(
            db.execute(f"SELECT mac, tags FROM pending WHERE mac IN ({marks})", tuple(macs))  # noqa: S608 - marks alone.
        )
        rows: list[tuple[bytes, bytes, int]] = []
        shared: list[bytes] = []
        for mac in macs:
            tags = found.get(mac, b"")
            if len(tags) >= self._least:
                # Enough people have had it before this one: now its text may be kept.
                shared.append(mac)
                continue
            # One octet: two people may have the same, and then count as one, but never the reverse.
            tag = hashlib.blake2b(mac + subject, key=key, digest_size=1).digest()
            if tag not in tags:
                tags += tag
            rows.append((mac, bytes(len(tags)) if len(tags) >= self._least else tags, day))
        db.executemany("INSERT OR REPLACE INTO pending VALUES (?, ?, ?)", rows)
        room = MAX_PHRASES - len(self._known)
        db.executemany("DELETE FROM pending WHERE mac = ?", [(mac,) for mac in shared[:room]])
        db.executemany(
            "INSERT OR IGNORE INTO phrases (text, sessions, uses) VALUES (?, 0, 0)",
            [(macs[mac],) for mac in shared[:room]],
        )


def _forget(db: sqlite3.Connection, day: int) -> None:
    db.execute("DELETE FROM pending WHERE day < ?", (day - _DAYS_PENDING,))
    (count,) = db.execute("SELECT count(*) FROM pending").fetchone()
    if count > MAX_PENDING:
        # Those go first that were not seen for longest.
        db.execute(
            "DELETE FROM pending WHERE mac IN (SELECT mac FROM pending ORDER BY day LIMIT ?)",
            (count - MAX_PENDING * 9 // 10,),
        )
