"""Build the wheel, install it alone into a throw-away environment, and use it there.

python3 tests/wheel/run.py
"""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runner"))

import environment


def main() -> int:
    """Build, compare the files, install, and carry a session around once.

    Returns:
        0 if the installed wheel works, else another exit status.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        python = environment.ready(folder / "venv", install=["flask>=3.1"], note="Flask, for now")
        options = ["--no-deps", "--wheel-dir", str(folder)]
        environment.pip(python, *options, str(environment.ROOT), command="wheel")
        (wheel,) = folder.glob("cookie_sessions-*.whl")
        wrong = _misplaced(wheel)
        if wrong:
            print(f"{wheel.name} and the checkout disagree about: {', '.join(sorted(wrong))}")
            return 1
        environment.pip(python, f"{wheel}[flask]")
        use = (Path(__file__).parent / "use_installed.py").read_text(encoding="utf-8")
        command = [str(python), "-I", "-W", "error", "-c", use]
        return subprocess.run(command, cwd=folder, check=False).returncode


def _misplaced(wheel: Path) -> set[str]:
    """The files that only the wheel has or only the package's folder, metadata aside."""
    package = environment.ROOT / "cookie_sessions"
    wanted = {
        path.relative_to(environment.ROOT).as_posix()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    return wanted ^ shipped


if __name__ == "__main__":
    sys.exit(main())
