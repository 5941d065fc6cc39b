"""The key that signs snapshots: its owner's alone, never printed, and its public half whenever."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.revocations.press import Press
from tests.cli.revocations.world import run

ROOT = Path(__file__).resolve().parents[3]


def test_a_private_key_is_its_owners_alone_and_never_printed(press: Press) -> None:
    assert stat.S_IMODE(press.private.stat().st_mode) == 0o600
    secret = json.loads(press.private.read_text())["d"]
    (public,) = json.loads(press.public.read_text())["keys"]
    assert public["alg"] == "EdDSA"
    assert "d" not in public
    again = run("revocations", "snapshot-key", "new", "--out", str(press.private))
    assert (again.exit_code, again.stdout) == (1, "")
    assert json.loads(press.private.read_text())["d"] == secret
    nowhere = run("revocations", "snapshot-key", "new", "--out", f"{press.folder}/none/key")
    assert (nowhere.exit_code, nowhere.stdout) == (1, "")
    said = [press.publish(), press.publish("--json"), press.verify(), press.verify("--json")]
    assert not any(secret in each.output for each in said)
    misplaced = press.verify("--keys", str(press.private))
    assert (misplaced.exit_code, secret in misplaced.output) == (1, False)


def test_the_public_half_can_be_printed_again(press: Press, tmp_path: Path) -> None:
    show = ("revocations", "snapshot-key", "show")
    for line in ((), ("--es256",)):
        press.make_key(*line)
        shown = run(*show, str(press.private))
        assert (shown.exit_code, shown.stdout) == (0, press.public.read_text())
    for text, told in (("canary", "is no JSON"), (press.public.read_text(), "snapshot-key new")):
        press.private.write_text(text)
        refused = run(*show, str(press.private))
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert told in refused.stderr
    assert "not there" in run(*show, f"{tmp_path}/none").stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_public_half_that_could_not_be_printed_is_not_lost(tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    line = [sys.executable, "-m", "cookie_sessions.cli", "revocations", "snapshot-key"]
    with open("/dev/full", "w") as full:
        lost = subprocess.run(
            [*line, "new", "--out", str(key)],
            cwd=ROOT,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert lost.returncode == 1
    assert lost.stderr.endswith(f"cookie-sessions revocations snapshot-key show {key}\n")
    assert "keys list" not in lost.stderr
    assert run("revocations", "snapshot-key", "show", str(key)).exit_code == 0


@pytest.mark.skipif(os.name != "posix", reason="modes are of POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_the_advice_on_a_key_that_others_may_read_can_be_taken(press: Press, mode: int) -> None:
    press.private.chmod(mode)
    refused = press.publish()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"(mode {mode:03o}). Run: chmod 600 {press.private}. " in refused.stderr
    assert "allow_group_read" not in refused.stderr
    press.private.chmod(0o600)
    assert press.publish().exit_code == 0
    press.public.chmod(0o664)
    refused = press.verify()
    assert refused.exit_code == 1
    assert f"chmod go-w {press.public}" in refused.stderr
    assert "allow_group_read" not in refused.stderr
    press.public.chmod(0o644)
    assert press.verify().exit_code == 0


def test_a_link_to_no_key_names_the_command_that_makes_one(press: Press) -> None:
    press.private.unlink()
    press.private.symlink_to(press.folder / "none")
    refused = press.publish()
    assert "keys init" not in refused.stderr
    assert "snapshot-key new" in refused.stderr
