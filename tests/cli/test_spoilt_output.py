"""What commands say where a disk, a source or a name is wrong."""

from __future__ import annotations

import errno
import math
import os
from pathlib import Path

import pytest

from cookie_sessions.cli.inspect import access
from cookie_sessions.cli.ring import read
from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.cli.times import duration
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import FunctionSource


def test_what_has_no_end_is_for_ever() -> None:
    assert duration(math.inf) == "for ever"


def test_a_source_that_fails_is_told_without_what_it_said() -> None:
    def fail() -> str:
        raise ValueError("c2VjcmV0")

    with pytest.raises(ConfigurationError, match="failed with ValueError") as caught:
        read(FunctionSource(fail))
    assert "c2VjcmV0" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        (errno.ENOENT, "Create the folder, with mode 700"),
        (errno.EACCES, "Run the command as a user who may write in"),
        (errno.EROFS, "Change the ring where it comes from"),
        (errno.ENOSPC, "Make room, and try again"),
        (errno.EIO, "Correct the cause, and try again"),
    ],
)
def test_each_fault_of_the_disk_has_its_remedy(tmp_path: Path, code: int, remedy: str) -> None:
    with pytest.raises(ConfigurationError, match=remedy) as caught:
        RingWriter(tmp_path / "keys.json")._fail(OSError(code, "said"))
    assert os.strerror(code) in str(caught.value)


def imitate_a_folder_that_can_not_be_synced(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def fsync(_descriptor: int) -> None:
        raise OSError(code, "said")

    monkeypatch.setattr(os, "fsync", fsync)


def test_an_imitated_folder_that_keeps_nothing_to_sync_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate_a_folder_that_can_not_be_synced(monkeypatch, errno.EINVAL)
    RingWriter(tmp_path / "keys.json")._sync_folder()
    access._settle(0)


def test_an_imitated_folder_that_fails_to_sync_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imitate_a_folder_that_can_not_be_synced(monkeypatch, errno.EIO)
    with pytest.raises(ConfigurationError, match="the change is made, but its folder"):
        RingWriter(tmp_path / "keys.json")._sync_folder()
    with pytest.raises(OSError, match="said"):
        access._settle(0)


def test_an_imitated_user_whom_the_system_does_not_know_is_told_by_its_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nobody(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr("pwd.getpwuid", nobody)
    monkeypatch.delenv("SUDO_USER", raising=False)
    # Whoever runs the command says what stands there.
    monkeypatch.setenv("LOGNAME", "auditor")
    assert access._somebody() == f"uid {os.getuid()}"
    monkeypatch.setenv("SUDO_USER", "dave\x1b")
    assert access._somebody() == f"uid {os.getuid()} (sudo by dave?)"
