"""How Debian packages are installed. Its apt-get is a script that writes down what it is told."""

from __future__ import annotations

from pathlib import Path

import pytest

import environment

SCRIPT = """#!/bin/sh
echo "$@" >> "{log}"
case "$1 $*" in install*chromium*) exit {status};; esac
"""
INSTALL = "install -qq -y --no-install-recommends"


class Machine:
    """A Debian whose apt-get knows all packages, or all but chromium."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "log"
        self._program = folder / "apt-get"
        self.lacks_chromium(lacks=False)

    def lacks_chromium(self, *, lacks: bool) -> None:
        script = SCRIPT.format(log=self._log, status=100 if lacks else 0)
        self._program.write_text(script, encoding="ascii")
        self._program.chmod(0o755)

    @property
    def told(self) -> list[str]:
        """The arguments of each apt-get."""
        return self._log.read_text(encoding="ascii").splitlines() if self._log.exists() else []


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    debian = tmp_path / "debian_version"
    debian.write_text("12\n", encoding="ascii")
    monkeypatch.setattr(environment, "DEBIAN", debian)
    monkeypatch.setattr(environment, "_is_root", lambda: True)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return Machine(tmp_path)


def test_several_packages_are_one_update_and_one_installation(machine: Machine) -> None:
    assert environment.apt_install("nodejs", "firefox-esr")
    assert machine.told == ["update -qq", f"{INSTALL} nodejs firefox-esr"]


def test_a_package_that_is_not_there_keeps_no_other_away(machine: Machine) -> None:
    machine.lacks_chromium(lacks=True)
    assert not environment.apt_install("chromium", "nodejs")
    assert machine.told[2:] == [f"{INSTALL} chromium", f"{INSTALL} nodejs"]


def test_one_package_that_is_not_there_is_tried_once(machine: Machine) -> None:
    machine.lacks_chromium(lacks=True)
    assert not environment.apt_install("chromium")
    assert machine.told == ["update -qq", f"{INSTALL} chromium"]


def test_who_is_not_root_installs_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "_is_root", lambda: False)
    assert not environment.apt_install("nodejs")
    assert machine.told == []


def test_other_systems_than_debian_install_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(environment, "DEBIAN", tmp_path / "nothing")
    assert not environment.apt_install("nodejs")
    assert machine.told == []
