"""Rings that are stored elsewhere, encrypted or not."""

from __future__ import annotations

import re
import shlex
import stat
from pathlib import Path

import pytest

from cookie_sessions.keys import parse_jwk_set, source_from_url
from tests.cli.world import DAY, World, need_joserfc

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "keys.md").read_text()
PASSPHRASES = {"ONE": "one passphrase of some length", "TWO": "two passphrases of some length"}


def test_a_plain_ring_is_copied_into_an_encrypted_one_and_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_joserfc()
    for name, passphrase in PASSPHRASES.items():
        monkeypatch.setenv(name, passphrase)
    one, two = (f"file:{world.path.with_name(name)}?passphrase=env:{name}" for name in PASSPHRASES)
    back = world.path.with_name("back.json")
    world.do("copy", "--into", one)
    world.do("set", "--rotate-every", "60d", "--keys", one)
    world.do("rotate", "--now", "--keys", one)
    world.do("copy", "--keys", one, "--into", two)
    assert b'"keys"' not in world.path.with_name("TWO").read_bytes()
    assert stat.S_IMODE(world.path.with_name("TWO").stat().st_mode) == 0o600
    world.do("copy", "--keys", two, "--into", f"file:{back}")
    keys = parse_jwk_set(back.read_bytes(), origin="the test")
    assert keys.entries[:1] == world.keys().entries
    assert (len(keys.entries), keys.rotate_every) == (2, 60 * DAY)


def test_the_page_encrypts_a_plain_ring(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    need_joserfc()
    (line,) = re.findall(r"^cookie-sessions keys (copy .*)$", PAGE, re.MULTILINE)
    before = world.path.read_bytes()
    world.path.rename(world.path.with_name("keys.json"))
    monkeypatch.chdir(world.path.parent)
    monkeypatch.setenv("RING_PASSPHRASE", PASSPHRASES["ONE"])
    world.do(*shlex.split(line))
    made = source_from_url("file:keys.jwe?passphrase=env:RING_PASSPHRASE")
    assert made.read() == before
    assert b"keys" not in world.path.with_name("keys.jwe").read_bytes()


def test_a_copy_is_made_in_a_new_file_only(world: World) -> None:
    before = world.path.read_bytes()
    assert world.run("copy", "--into", world.url).exit_code == 1
    assert world.run("copy", "--into", "env:RING").exit_code == 1
    assert world.run("copy").exit_code == 2
    new = world.path.with_name("new.json")
    world.do("copy", "--into", f"file:{new}", "--dry-run")
    assert not new.exists()
    assert world.path.read_bytes() == before
    text = before.decode()
    world.do("copy", "--keys", "env:RING", "--into", f"file:{new}", env={"RING": text})
    assert new.read_bytes() == before
