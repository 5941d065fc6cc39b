"""The size of a deployment package: ``python -m benchmarks.package`` prints it, part by part.

The package is made in a folder of its own by the recipe of docs/cold-start.md, whose lines are read
from there; only the package itself is copied from this checkout.
"""

from __future__ import annotations

import argparse
import csv
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.tables import table

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs" / "cold-start.md"
OURS: Final = "cookie_sessions"

_EXTRAS: Final = ("aws", "redis", "memcached", "flask")
_BEGIN: Final = "<!-- recipe -->"
_END: Final = "<!-- end of recipe -->"
_IGNORED: Final = shutil.ignore_patterns("__pycache__")


class PackageNotMade(Exception):
    """A step of the recipe failed; the text is what it printed."""


def steps() -> list[str]:
    """The lines of the recipe, as a shell takes them."""
    page = PAGE.read_text(encoding="utf-8")
    recipe = page.partition(_BEGIN)[2].partition(_END)[0]
    lines = [line.partition("  #")[0].strip() for line in recipe.splitlines()]
    return [line for line in lines if line and not line.startswith("```")]


def requirements(*extras: str) -> list[str]:
    """What the package needs, with these of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = project["optional-dependencies"]
    return [*project["dependencies"], *(each for extra in extras for each in optional[extra])]


def install(folder: Path, *, wanted: Sequence[str]) -> None:
    """Install into a folder what is wanted, and copy this package beside it.

    Args:
        folder: where to; it need not be there.
        wanted: requirements, as pip takes them.

    Raises:
        PackageNotMade: pip is missing or can't reach an index.
    """
    options = ["--quiet", "--target", str(folder), "--no-compile", "--only-binary", ":all:"]
    _run([sys.executable, "-m", "pip", "install", *options, *wanted], cwd=ROOT)
    shutil.copytree(ROOT / OURS, folder / OURS, ignore=_IGNORED)


def slim(folder: Path) -> None:
    """Leave out of an installed package what the recipe leaves out, and compile the rest.

    Raises:
        PackageNotMade: a step failed.
    """
    for step in steps():
        if " pip install " not in step and not step.startswith("cd "):
            command = step.replace("python3 ", f"{shlex.quote(sys.executable)} ", 1)
            _run(["sh", "-ec", command], cwd=folder)


def sizes(folder: Path) -> dict[str, int]:
    """Octets of each distribution in a folder, the largest first."""
    found = {OURS: total(folder / OURS)}
    # Its only file that is used at run time stands beside the packages.
    found["cffi"] = sum(map(_size, folder.glob("_cffi_backend.*")))
    for record in folder.glob("*.dist-info/RECORD"):
        with record.open(encoding="utf-8", newline="") as lines:
            files = [folder / row[0] for row in csv.reader(lines)]
        name = record.parent.name.partition("-")[0].lower()
        found[name] = sum(map(_size, files))
    return dict(sorted(found.items(), key=lambda size: size[1], reverse=True))


def total(folder: Path) -> int:
    """Octets of all files in a folder, compiled ones left out."""
    return sum(_size(path) for path in folder.rglob("*") if path.suffix != ".pyc")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.package", description=__doc__)
    parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "package"
        try:
            install(folder, wanted=requirements())
            whole, before = sizes(folder), total(folder)
            slim(folder)
            extras = {extra: _size_of_extra(Path(name) / extra, extra) for extra in _EXTRAS}
        except PackageNotMade as error:
            sys.stderr.write(f"{error}\n")
            return 1
        rest, after = sizes(folder), total(folder)
    rows = [[name, _mega(size), _mega(rest.get(name, 0))] for name, size in whole.items()]
    rows.append(["all", _mega(before), _mega(after)])
    sections = [
        "# A deployment package, in MB, without compiled files",
        table(["distribution", "as installed", "by the recipe"], rows),
        f"By the recipe it has {after / before:.2f} of its size.",
        "## What extras add",
        table(["extra", "MB"], [[extra, _mega(size)] for extra, size in extras.items()]),
    ]
    sys.stdout.write("\n\n".join(sections) + "\n")
    return 0


def _size_of_extra(folder: Path, extra: str) -> int:
    core = {re.split(r"[<>=~! ]", each)[0] for each in requirements()}
    wanted = [each for each in requirements(extra) if re.split(r"[<>=~! ]", each)[0] not in core]
    install(folder, wanted=wanted)
    return total(folder) - total(folder / OURS)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _mega(size: int) -> str:
    return f"{size / 1e6:.1f}"


def _run(command: Sequence[str], *, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageNotMade(f"{command[-1]}\n{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
