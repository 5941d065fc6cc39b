"""Rings that are stored elsewhere, encrypted or not."""

from __future__ import annotations

import stat

import pytest

from cookie_sessions.keys import parse_jwk_set
from tests.cli.world import DAY, World

PASSPHRASES = {"ONE": "one passphrase of some length", "TWO": "two passphrases of some length"}


def test_a_plain_ring_is_copied_into_an_encrypted_one_and_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("joserfc", reason="install it with: pip install 'cookie-sessions[wrapped]'")
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
