"""What earlier releases wrote is still read: docs/releases.md says for how long."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

import cookie_sessions
from cookie_sessions.codec.names import STATIC_NAMES
from tests.releases.written import FOLDER, PACKAGE, read, vectors

RELEASES: list[dict[str, Any]] = [
    json.loads(path.read_text(encoding="ascii")) for path in sorted(FOLDER.glob("*.json"))
]
SESSIONS = [
    pytest.param(release, record, id=f"{release['release']}-{record['keys']}-{record['name']}")
    for release in RELEASES
    for record in release["sessions"]
]
ROOT = Path(__file__).resolve().parents[2]
DIGESTS = {
    "0.1.0": "76a081a0c02f784b6f0cc49117ece2804336c70c80636c0379318f2caeab7abe",
}
"""SHA-256 of each file; one more is added with each release, and none is ever changed."""


def ring_of(release: dict[str, Any], record: dict[str, Any]) -> str | None:
    return json.dumps(release["ring"]) if record["keys"] == "ring" else None


def test_the_release_that_is_under_way_has_its_file() -> None:
    assert cookie_sessions.__version__ in {release["release"] for release in RELEASES}


def test_the_first_release_stays() -> None:
    assert RELEASES[0]["release"] == "0.1.0"
    assert len(RELEASES[0]["sessions"]) == 8


@pytest.mark.parametrize(("release", "record"), SESSIONS)
def test_what_a_release_wrote_opens_with_all_that_was_in_it(
    release: dict[str, Any], record: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cookie_sessions.clock.now", lambda: release["written_at"] + 60)
    opened = read(record["cookies"], ring=ring_of(release, record))
    assert opened.content == record["content"]
    assert [name for name in opened.told if "rejected" in name] == []


@pytest.mark.parametrize(("release", "record"), SESSIONS)
def test_what_a_release_wrote_is_refused_once_its_time_is_over(
    release: dict[str, Any], record: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cookie_sessions.clock.now", lambda: release["written_at"] + 40 * 86_400)
    opened = read(record["cookies"], ring=ring_of(release, record))
    assert opened.content == {"type": "dict", "items": []}
    assert "rejected:expired_idle" in opened.told


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release["release"])
def test_names_with_codes_keep_them(release: dict[str, Any]) -> None:
    names = release["static_names"]
    assert list(STATIC_NAMES[: len(names)]) == names


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release["release"])
def test_dictionaries_stay_octet_for_octet(release: dict[str, Any]) -> None:
    for name, digest in release["dictionaries"].items():
        octets = (PACKAGE / "codec" / name).read_bytes()
        assert hashlib.sha256(octets).hexdigest() == digest


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release["release"])
def test_the_vectors_of_format_v1_stay_as_they_were(release: dict[str, Any]) -> None:
    now = vectors()
    for section, found in release["vectors"].items():
        assert found.items() <= now[section].items()


def test_the_file_of_a_release_is_as_that_release_wrote_it() -> None:
    found = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("*.json")
    }
    assert found == DIGESTS


def test_the_page_names_the_release_that_is_under_way() -> None:
    page = (ROOT / "docs/releases.md").read_text(encoding="utf-8")
    (current,) = re.findall(r"^\| ([\d.]+) \| v1 \| v1 \|$", page, re.MULTILINE)[-1:]
    assert current == cookie_sessions.__version__
