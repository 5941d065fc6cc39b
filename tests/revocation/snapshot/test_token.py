"""Tokens that one of us signed and that say what none of us says, and what is never published."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.errors import UsageError
from cookie_sessions.revocation.snapshot.fault import SnapshotRefused
from cookie_sessions.revocation.snapshot.publisher import publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key
from cookie_sessions.revocation.snapshot.token import TYPE, signed_one, verified
from tests.revocation.snapshot.desk import AUDIENCE, CHECK, START, Desk, entries

DAY = 86_400


def part(text: str) -> bytes:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=")


def refused(text: bytes, key: SigningKey) -> str:
    with pytest.raises(SnapshotRefused) as caught:
        signed_one(text, key.public(), audience=AUDIENCE)
    return str(caught.value.fault)


@pytest.mark.parametrize(
    "head",
    [
        part("no json"),
        part("[]"),
        part('{"typ": 1, "typ": 2}'),
        # Spare bits that are not zero: another text for the same octets.
        part('{"a": 1}')[:-1] + b"R",
    ],
)
def test_a_part_that_is_no_object_of_json_is_malformed(head: bytes) -> None:
    key = SigningKey(json.loads(new_signing_key()[0]))
    assert refused(b".".join((head, part("{}"), b"AAAA")), key) == "malformed"


@pytest.mark.parametrize(
    "claims",
    [
        {"sha256": 7},
        {"sha256": "x" * 64},
        {"idx": "zz"},
        {"length": 0},
        {"ttl": 2**53},
        {"exp": int(START) + 3 * DAY},
    ],
)
def test_a_claim_of_another_form_is_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, claims: dict[str, Any]
) -> None:
    desk = Desk(tmp_path, monkeypatch)
    desk.publish(entries(1))
    desk.sign(kind=TYPE, **claims)
    with pytest.raises(SnapshotRefused) as caught:
        verified(desk.token.read_bytes(), desk.key.public(), audience=AUDIENCE, now=START)
    assert str(caught.value.fault) == "malformed"


def test_an_audience_that_no_token_has_room_for_is_refused(tmp_path: Path) -> None:
    key = SigningKey(json.loads(new_signing_key()[0]))
    with pytest.raises(UsageError, match="audience is too long"):
        publish(
            entries(1),
            tmp_path,
            key=key,
            audience="x" * 9000,
            sequence=1,
            index_check=CHECK,
            now=START,
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ends", ["[]", "no json", '{"x": "soon"}'])
def test_notes_of_the_publisher_that_are_spoilt_are_begun_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    desk = Desk(tmp_path, monkeypatch)
    desk.publish(entries(1))
    (notes,) = tmp_path.glob("*ends*")
    notes.write_text(ends)
    token = desk.publish(entries(2))
    assert json.loads(notes.read_text())[token.file] == token.ends
