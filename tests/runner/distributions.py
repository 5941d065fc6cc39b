"""Wheel and sdist: built, and what is in them; standard library only."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import dependencies
import environment

PACKAGE = "cookie_sessions"
NEVER_MISSING = ("py.typed", "codec/dictionary-1.bin")
SOURCES_ALONE = ("docs", "README.md", "SECURITY.md", "CHANGELOG.md", "LICENSE", "pyproject.toml")
LEFT_TO_THE_BUILDER = ("PKG-INFO", ".gitignore")
METADATA = ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")


class Built(NamedTuple):
    """What a release uploads.

    Attributes:
        wheel: its file.
        sdist: its file.
    """

    wheel: Path
    sdist: Path


def build(folder: Path) -> Built:
    """Build both from the checkout.

    Args:
        folder: where they go; the environment that builds them stands there too.

    Returns:
        The two files.
    """
    done = subprocess.run(
        [str(_builder(folder)), "-m", "hatchling", "build", "--directory", str(folder / "dist")],
        cwd=environment.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"The package can't be built:\n{done.stderr}")
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return Built(wheel, sdist)


def wheel_of(sdist: Path, folder: Path) -> Path:
    """Have pip build a wheel from the sdist alone, as it does where no wheel is offered."""
    options = ["--no-deps", "--wheel-dir", str(folder / "from-sdist")]
    environment.pip(_builder(folder), *options, str(sdist), command="wheel")
    (wheel,) = (folder / "from-sdist").glob("*.whl")
    return wheel


def faults(built: Built, from_sdist: Path) -> list[str]:
    """Say in what the files differ from what they should be.

    Args:
        built: those of the checkout.
        from_sdist: the wheel that the sdist gave.

    Returns:
        A sentence for each fault.
    """
    found = _faults_of_wheel(built.wheel) + _faults_of_sdist(built.sdist)
    if built.wheel.name != from_sdist.name or built.wheel.read_bytes() != from_sdist.read_bytes():
        found.append("The sdist builds another wheel than the checkout does.")
    return found


def _builder(folder: Path) -> Path:
    requires = dependencies.build_requires(environment.ROOT / "pyproject.toml")
    return environment.ready(folder / "builder", install=requires, note="what builds the package")


def _faults_of_wheel(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
    found = _differing("The wheel", {name for name in names if ".dist-info/" not in name}, _code())
    return found + _differing("The wheel's metadata", metadata, set(METADATA))


def _faults_of_sdist(sdist: Path) -> list[str]:
    top = sdist.name.removesuffix(".tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.removeprefix(f"{top}/") for name in archive.getnames()}
    wanted = _code() | {
        path.relative_to(environment.ROOT).as_posix()
        for name in SOURCES_ALONE
        for path in [environment.ROOT / name, *(environment.ROOT / name).rglob("*")]
        if path.is_file()
    }
    return _differing("The sdist", names - set(LEFT_TO_THE_BUILDER), wanted)


def _differing(what: str, names: set[str], wanted: set[str]) -> list[str]:
    found = [f"{what} lacks {name}." for name in sorted(wanted - names)]
    return found + [
        f"{what} has {name}, which is no part of it." for name in sorted(names - wanted)
    ]


def _code() -> set[str]:
    """What the package's folder holds, and what it must hold."""
    package = environment.ROOT / PACKAGE
    there = {
        path.relative_to(environment.ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    return there | {f"{PACKAGE}/{name}" for name in NEVER_MISSING}
