"""Snapshots: whatever the two files hold, they are taken whole or refused.

The first octet says how the rest is used: as a token, or as a table.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from cookie_sessions.revocation.facts import Entries, Question
from cookie_sessions.revocation.snapshot.fault import SnapshotRefused
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key, public_keys
from cookie_sessions.revocation.snapshot.table import MAGIC, Table, dump
from cookie_sessions.revocation.snapshot.token import TYPE, verified

TOKEN, TABLE = range(2)
WORDS: Final = (
    *(MAGIC, b"\0" * 8, b"\xff" * 8, b".", b"eyJ", b'"alg":"none"', b'"typ":"', TYPE.encode()),
    *(b'{"aud":"readers"', b'"kid":"', b'"seq":', b'"exp":'),
)

_PRIVATE, _PUBLIC = new_signing_key()
_KEY: Final = SigningKey(json.loads(_PRIVATE))
_KEYS: Final = public_keys(_PUBLIC)


def check(data: bytes) -> None:
    if not data:
        return
    if data[0] % 2 == TOKEN:
        try:
            verified(data[1:], _KEYS, audience="readers", now=0)
        except SnapshotRefused:
            return
        raise AssertionError("a token that nobody signed is taken")
    try:
        table = Table(memoryview(data[1:]))
    except SnapshotRefused:
        return
    names = [data[place : place + 8].ljust(8, b"\0") for place in range(0, len(data), 8)]
    known = [name for name in dict.fromkeys(names) if table.has_session(name)]
    assert len(known) <= table.sessions, "more sessions are refused than are listed"
    question = Question(tuple(names), data[1:17].ljust(16, b"\0"), 0, (data[-4:],))
    assert (table.answer(question).ended is not None) == bool(known), "it disagrees"


def seeds() -> Iterator[bytes]:
    yield from (b"", b"\0", b"\1", b"\1" + MAGIC)
    subjects = [(bytes(range(16)), 5)]
    for sessions in ([], [b"a" * 8], [b"a" * 8, b"b" * 8, b"\0" * 8]):
        yield bytes((TABLE,)) + dump(Entries(sessions, subjects, [b"kid1"], 7))
    other = SigningKey(json.loads(new_signing_key()[0]))
    yield bytes((TOKEN,)) + other.sign({"aud": "readers", "seq": 1}, kind=TYPE).encode()
    yield bytes((TOKEN,)) + b"e30.e30.e30"
