"""The oldest versions that pyproject.toml admits; standard library only."""

import re
import tomllib
from pathlib import Path
from typing import Any

_FORM = re.compile(r"(?P<name>[\w.-]+)(?:\[[\w,-]+\])?>=(?P<version>\d+(?:\.\d+)*)")


def extras(pyproject: Path) -> list[str]:
    """The names of the package's extras, in order."""
    return sorted(_project(pyproject)["optional-dependencies"])


def oldest(pyproject: Path, chosen: list[str]) -> list[str]:
    """Pin each dependency to the oldest version that is admitted.

    Args:
        pyproject: the file.
        chosen: the extras that are installed along. Where two ask for one package, both hold.

    Returns:
        Lines for pip, such as "flask==3.1.3".

    Raises:
        ValueError: a requirement has another form than NAME>=VERSION, so that its oldest version
            is not known.
    """
    project = _project(pyproject)
    lines = [*project["dependencies"]]
    for extra in chosen:
        lines += project["optional-dependencies"][extra]
    versions: dict[str, str] = {}
    for line in lines:
        form = _FORM.fullmatch(line)
        if form is None:
            raise ValueError(
                f"{line!r} has not the form NAME>=VERSION, so its oldest version is not known. "
                "Write it in that form in pyproject.toml."
            )
        name, version = form["name"].lower(), form["version"]
        versions[name] = max(versions.get(name, "0"), version, key=_number)
    return [f"{name}=={version}" for name, version in sorted(versions.items())]


def build_requires(pyproject: Path) -> list[str]:
    """What builds the package, as pip takes it."""
    requires: list[str] = _read(pyproject)["build-system"]["requires"]
    return requires


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _project(pyproject: Path) -> dict[str, Any]:
    project: dict[str, Any] = _read(pyproject)["project"]
    return project


def _read(pyproject: Path) -> dict[str, Any]:
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))
