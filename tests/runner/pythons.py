"""The interpreters that the machine has; standard library only."""

import os
import shutil
import subprocess
from pathlib import Path

OLDEST_MINOR = 11
NEWEST_MINOR = 15


def installed() -> list[Path]:
    """Find one CPython of each minor version that is supported, oldest first.

    One of the PATH is preferred. A version that pyenv has installed answers to its name only where
    it is selected, so those are looked up by their place, as .ci/run does.

    Returns:
        Those that start and can make virtual environments.
    """
    found = []
    for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1):
        python = next((path for path in _places(minor) if _serves(path, minor)), None)
        if python is not None:
            found.append(python)
    return found


def _places(minor: int) -> list[Path]:
    name = shutil.which(f"python3.{minor}")
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    of_pyenv = sorted((root / "versions").glob(f"3.{minor}.*/bin/python3"), reverse=True)
    return [Path(name), *of_pyenv] if name else of_pyenv


def _serves(python: Path, minor: int) -> bool:
    question = (
        "import ensurepip, platform, sys, venv;"
        f"sys.exit(platform.python_implementation() != 'CPython' or sys.version_info[1] != {minor})"
    )
    try:
        done = subprocess.run([str(python), "-c", question], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0
