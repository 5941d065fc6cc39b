"""Whoever publishes snapshots, and a reader of them, with a clock that the tests move."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.events import Event, Events
from cookie_sessions.revocation.facts import Answer, Entries, Question
from cookie_sessions.revocation.snapshot import SnapshotList, snapshot_list
from cookie_sessions.revocation.snapshot.publisher import SIGNED_FILE, publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key
from cookie_sessions.revocation.snapshot.token import Token

START = 1_900_000_000.0
AUDIENCE = "readers"
CHECK = bytes(range(8))
PATIENCE = 60.0
"""Seconds until what is waited for is given up."""


def session(number: int) -> bytes:
    """What names a session in lists."""
    return number.to_bytes(8, "big")


def entries(*sessions: int, mark: int = 0, subjects: Iterable[tuple[bytes, int]] = ()) -> Entries:
    return Entries([session(number) for number in sessions], subjects, [], mark)


class Desk:
    """Publishes into a folder.

    Args:
        folder: where to.
        monkeypatch: gives the package the desk's clock.
        algorithm: of its key.
    """

    def __init__(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, *, algorithm: str = "EdDSA"
    ) -> None:
        self.folder = folder
        self.time = START
        self.sequence = 0
        private, self.public = new_signing_key(algorithm)
        self.jwk: dict[str, Any] = json.loads(private)
        self.key = SigningKey(self.jwk)
        self.events: list[Event] = []
        monkeypatch.setattr("cookie_sessions.clock.now", lambda: self.time)
        # A machine that has other things to do may take its time for a look that is waited for.
        reader = "cookie_sessions.revocation.snapshot.reader"
        for name in ("_PATIENCE", "_PATIENCE_ONCE_FAILED"):
            monkeypatch.setattr(f"{reader}.{name}", PATIENCE)

    @property
    def token(self) -> Path:
        """The signed file."""
        return self.folder / SIGNED_FILE

    def publish(self, listed: Entries, *, sequence: int | None = None, **options: Any) -> Token:
        self.sequence = self.sequence + 1 if sequence is None else sequence
        told: dict[str, Any] = {"key": self.key, "audience": AUDIENCE, "index_check": CHECK}
        told.update({"sequence": self.sequence, "now": self.time, **options})
        return publish(listed, self.folder, **told)

    def table_of(self, token: Token) -> Path:
        return self.folder / token.file

    def sign(self, *, kind: str = "revocations+jwt", **claims: Any) -> None:
        """Exchange the token by one that says something else and is signed all the same."""
        present = json.loads(_decoded(self.token.read_bytes().split(b".")[1]))
        told = {name: value for name, value in {**present, **claims}.items() if value != "absent"}
        self.replace(self.key.sign(told, kind=kind).encode())

    def replace(self, octets: bytes) -> None:
        """Exchange the token by any octets, as a publisher does."""
        part = self.token.with_suffix(".new")
        part.write_bytes(octets)
        part.replace(self.token)

    def reader(self, place: str = "", **options: Any) -> SnapshotList:
        events = Events()
        events.subscribe(self.events.append)
        told: dict[str, Any] = {"keys": self.public, "audience": AUDIENCE, "index_check": CHECK}
        return snapshot_list(place or f"file:{self.token}", events=events, **{**told, **options})

    def told(self) -> list[str]:
        """The events so far, by name or, where a snapshot was refused, by its fault."""
        return [str(each.details.get("fault", each.name)) for each in self.events]


def ask(reader: SnapshotList, number: int, *, subject: bytes | None = None) -> Answer:
    return reader.ask(Question((session(number),), subject, 0, ()))


def refuses(reader: SnapshotList, number: int) -> bool:
    return ask(reader, number).ended is not None


def _decoded(part: bytes) -> bytes:
    import base64

    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
