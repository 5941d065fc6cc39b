"""How packages of Node.js are installed. Its npm is a script that writes down what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import environment

SCRIPT = """#!/bin/sh
echo "$@" >> "{log}"
exit {status}
"""


class Npm:
    """An npm that succeeds, or not."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        self._program = folder / "npm"
        self.end_with(0)

    def end_with(self, status: int) -> None:
        self._program.write_text(SCRIPT.format(log=self._log, status=status), encoding="ascii")
        self._program.chmod(0o755)

    @property
    def told(self) -> list[str]:
        return self._log.read_text(encoding="ascii").splitlines() if self._log.exists() else []


@pytest.fixture
def npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Npm:
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return Npm(tmp_path)


def test_packages_go_into_the_folder_once(npm: Npm, tmp_path: Path) -> None:
    folder = tmp_path / "packages"
    assert environment.npm_install(folder, "one@1", "two@2")
    assert environment.npm_install(folder, "one@1", "two@2")
    (told,) = npm.told
    assert told.startswith(f"install --prefix {folder} ")
    assert told.endswith(" one@1 two@2")
    assert {"--no-package-lock", "--ignore-scripts"} <= set(told.split())
    assert "-g" not in told.split()
    assert environment.npm_install(folder, "one@1")
    assert len(npm.told) == 2


def test_what_failed_is_tried_again(npm: Npm, tmp_path: Path) -> None:
    npm.end_with(1)
    assert not environment.npm_install(tmp_path / "packages", "one@1")
    npm.end_with(0)
    assert environment.npm_install(tmp_path / "packages", "one@1")
    assert len(npm.told) == 2


def test_without_npm_nothing_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not environment.npm_install(tmp_path / "packages", "one@1")
    assert not (tmp_path / "packages").exists()
