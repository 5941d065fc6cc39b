"""What builds and tries releases: the Pythons, the oldest dependencies, the files."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

import dependencies
import distributions
import environment
import pythons

PYPROJECT = environment.ROOT / "pyproject.toml"


def project(folder: Path, dependency: str, **extras: str) -> Path:
    path = folder / "pyproject.toml"
    lines = [f"{name} = ['{extra}']" for name, extra in extras.items()]
    text = f"[project]\ndependencies = ['{dependency}']\n[project.optional-dependencies]\n"
    path.write_text(text + "\n".join(lines), encoding="ascii")
    return path


def test_each_dependency_is_pinned_to_the_oldest_that_is_admitted(tmp_path: Path) -> None:
    path = project(tmp_path, "pyjwt>=2.9", web="Flask[async]>=3.1.3", jwt="pyjwt>=2.10")
    assert dependencies.extras(path) == ["jwt", "web"]
    assert dependencies.oldest(path, []) == ["pyjwt==2.9"]
    assert dependencies.oldest(path, ["jwt", "web"]) == ["flask==3.1.3", "pyjwt==2.10"]


@pytest.mark.parametrize("line", ["flask", "flask==3", "flask>=3,<4", "flask~=3.1"])
def test_a_dependency_without_an_oldest_version_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(ValueError, match="has not the form NAME>=VERSION"):
        dependencies.oldest(project(tmp_path, line), [])


def test_ours_all_have_one() -> None:
    pins = dependencies.oldest(PYPROJECT, dependencies.extras(PYPROJECT))
    assert {"cryptography", "ormsgpack", "pyjwt", "zstandard", "flask", "click"} <= {
        pin.partition("==")[0] for pin in pins
    }


def test_every_python_that_is_found_is_another_one_and_starts() -> None:
    found = pythons.installed()
    question = "import sys; print(sys.version_info[1])"
    minors = [
        int(subprocess.run([str(python), "-c", question], capture_output=True, check=True).stdout)
        for python in found
    ]
    assert minors == sorted(set(minors))
    assert all(minor >= pythons.OLDEST_MINOR for minor in minors)


def test_a_python_of_pyenv_is_found_by_its_place_and_a_broken_one_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert pythons.installed() == []
    for minor, status in ((11, 0), (12, 1)):
        python = tmp_path / f"versions/3.{minor}.0/bin/python3"
        python.parent.mkdir(parents=True)
        python.write_text(f"#!/bin/sh\nexit {status}\n", encoding="ascii")
        python.chmod(0o755)
    assert pythons.installed() == [tmp_path / "versions/3.11.0/bin/python3"]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> distributions.Built:
    """A small checkout, and the wheel and the sdist that it should give."""
    package = tmp_path / "cookie_sessions"
    (package / "codec").mkdir(parents=True)
    for name in ("__init__.py", *distributions.NEVER_MISSING):
        (package / name).write_text("", encoding="ascii")
    (tmp_path / "pyproject.toml").write_text("", encoding="ascii")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    code = [f"cookie_sessions/{name}" for name in ("__init__.py", *distributions.NEVER_MISSING)]
    wheel, sdist = tmp_path / "x.whl", tmp_path / "x-1.tar.gz"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name in code:
            archive.writestr(name, "")
        for name in distributions.METADATA:
            archive.writestr(f"x.dist-info/{name}", "")
    with tarfile.open(sdist, "w:gz") as archive:
        for name in (*code, "pyproject.toml"):
            archive.add(tmp_path / name, f"x-1/{name}")
        archive.add(tmp_path / "pyproject.toml", "x-1/PKG-INFO")
    return distributions.Built(wheel, sdist)


def test_files_that_hold_what_they_should_have_no_fault(built: distributions.Built) -> None:
    assert distributions.faults(built, built.wheel) == []


def test_a_test_in_the_wheel_is_a_fault(built: distributions.Built) -> None:
    with zipfile.ZipFile(built.wheel, "a") as archive:
        archive.writestr("tests/test_x.py", "")
    assert distributions.faults(built, built.wheel) == [
        "The wheel has tests/test_x.py, which is no part of it."
    ]


def test_a_package_without_its_types_or_its_dictionary_is_a_fault(
    built: distributions.Built,
) -> None:
    package = environment.ROOT / "cookie_sessions"
    (package / "more.py").write_text("", encoding="ascii")
    told = distributions.faults(built, built.wheel)
    assert told == [
        "The wheel lacks cookie_sessions/more.py.",
        "The sdist lacks cookie_sessions/more.py.",
    ]


def test_an_sdist_that_builds_another_wheel_is_a_fault(
    built: distributions.Built, tmp_path: Path
) -> None:
    other = tmp_path / "other" / built.wheel.name
    other.parent.mkdir()
    other.write_bytes(built.wheel.read_bytes() + b"x")
    assert distributions.faults(built, other) == [
        "The sdist builds another wheel than the checkout does."
    ]
