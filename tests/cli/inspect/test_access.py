"""Opening a session needs a reason, and leaves a record before anything is opened."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.cli.inspect.access import LONGEST_REASON, VARIABLE
from tests.cli.inspect.world import SUBJECT, Shop, facts, fill_oddly, inspect


def recorded(stderr: str) -> Any:
    """The record that a command printed."""
    (line,) = [line for line in stderr.splitlines() if line.startswith("Recorded: ")]
    return json.loads(line.removeprefix("Recorded: "))


def test_the_record_says_who_when_which_key_and_why(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "cookie_sessions")
    (entry,) = shop.world.keys().entries
    header = shop.header(fill_oddly)
    caplog.clear()
    record = recorded(inspect("--reason", " ticket 4711 ", text=header).stderr)
    assert record["by"]
    assert record | {"by": ""} == {
        "event": "inspected",
        "at": "2030-01-01T00:00:00Z",
        "by": "",
        "kid": entry.kid.hex(),
        "values": False,
        "reason": "ticket 4711",
    }
    (logged,) = caplog.records
    assert logged.message == f"inspected kid={entry.kid.hex()} values=False"
    assert logged.access == record  # type: ignore[attr-defined]
    assert recorded(inspect("--reason", "x", "--values", text=header).stderr)["values"] is True
    assert SUBJECT not in caplog.text


def test_behind_sudo_the_record_names_both(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    header = shop.header()
    name = recorded(inspect("--reason", "x", text=header).stderr)["by"]
    monkeypatch.setenv("SUDO_USER", "carol\x1b[31m")
    record = recorded(inspect("--reason", "x", text=header).stderr)
    assert record["by"] == f"{name} (sudo by carol?[31m)"


def test_where_users_have_no_numbers_the_record_names_whom_the_environment_names(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SUDO_USER", raising=False)
    monkeypatch.setitem(sys.modules, "pwd", None)
    monkeypatch.setenv("LOGNAME", "carol\x1b[31m" + "x" * 1_000)
    name = recorded(inspect("--reason", "x", text=shop.header()).stderr)["by"]
    assert name.startswith("carol?[31mxxx")
    assert len(name) < 300


def test_records_are_appended_to_a_file(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = shop.header()
    file = tmp_path / "access.log"
    first = recorded(inspect("--reason", "one", "--access-log", str(file), text=header).stderr)
    monkeypatch.setenv(VARIABLE, str(file))
    second = recorded(inspect("--reason", "two", "--json", text=header).stderr)
    assert [json.loads(line) for line in file.read_text().splitlines()] == [first, second]
    assert [first["reason"], second["reason"]] == ["one", "two"]
    if os.name == "posix":
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="Modes and links are those of POSIX.")
def test_a_file_that_others_could_direct_change_or_read_takes_no_record(
    shop: Shop, tmp_path: Path
) -> None:
    header = shop.header()

    def refused(file: Path) -> str:
        result = inspect("--reason", "x", "--access-log", str(file), text=header)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "so nothing was opened" in result.stderr
        return result.stderr

    link, file = tmp_path / "link.log", tmp_path / "access.log"
    link.symlink_to(file)
    refused(link)
    assert not file.exists()
    link.unlink()
    link.symlink_to("/dev/null")
    assert "it is a symbolic link: name the file itself" in refused(link)
    link.unlink()
    link.symlink_to(file)
    file.touch(mode=0o600)
    assert "it is a symbolic link: name the file itself" in refused(link)
    for mode in (0o620, 0o602, 0o604):
        file.chmod(mode)
        assert "give it the mode 600" in refused(file)
    file.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(file, 65534, -1)
        assert "it belongs to another user" in refused(file)
        os.chown(file, 0, -1)
    assert file.read_bytes() == b""
    # Collectors of logs read by their group.
    file.chmod(0o640)
    assert inspect("--reason", "x", "--access-log", str(file), text=header).exit_code == 0
    os.mkfifo(tmp_path / "pipe")
    refused(tmp_path / "pipe")


@pytest.mark.parametrize("name", [".", "no/such/folder/access.log"])
def test_without_a_record_nothing_is_opened(
    shop: Shop, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = inspect("--reason", "x", "--access-log", name, text=shop.header())
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"can't be written to {name} (" in result.stderr
    assert "so nothing was opened" in result.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="This system has no /dev/full.")
def test_on_a_full_disk_nothing_is_opened(shop: Shop) -> None:
    result = inspect("--reason", "x", "--access-log", "/dev/full", text=shop.header())
    assert (result.exit_code, result.stdout) == (1, "")
    assert "No space left on device" in result.stderr


@pytest.mark.parametrize("into", ["a pipe", "a file"])
def test_the_record_may_go_where_the_standard_error_goes(
    shop: Shop, tmp_path: Path, into: str
) -> None:
    header = shop.header()
    file = tmp_path / "stderr"
    with file.open("a") as there:
        done = _started(header, subprocess.PIPE if into == "a pipe" else there)
    # By the real clock the cookie is from the future: refused, once the access was recorded.
    assert done.returncode == 1
    told = done.stderr if into == "a pipe" else file.read_text()
    assert "not_yet_valid" in told
    assert told.count('"reason": "x"') == 2


def _started(header: str, stderr: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-B", "-m", "cookie_sessions.cli", "inspect", "-"),
            *("--reason", "x", "--access-log", "/dev/stderr"),
        ],
        input=header,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        check=False,
        cwd=Path(__file__).resolve().parents[3],
    )


@pytest.mark.parametrize(
    "reason", ["", "  ", "x" * (LONGEST_REASON + 1), "two\nlines", "\x1b[31m", "\u202e"]
)
def test_a_reason_that_says_nothing_or_steers_is_refused(shop: Shop, reason: str) -> None:
    result = inspect("--reason", reason, text=shop.header())
    assert (result.exit_code, result.stdout) == (1, "")
    assert "The reason is recorded" in result.stderr
    assert "Recorded" not in result.stderr


def test_what_is_not_opened_is_not_recorded(shop: Shop) -> None:
    header = shop.header()
    assert "Recorded" not in inspect(text=header).stderr
    assert "Recorded" not in inspect("--reason", "x", text=header[:40]).stderr
    assert facts("--reason", "x", text=header[:40], status=1)["reason"] == "malformed"
