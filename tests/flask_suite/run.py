"""Run Flask's own test suite, unmodified, with our session interface in the place of Flask's.

python3 tests/flask_suite/run.py [REPORT]   REPORT is where the JUnit file goes
python3 tests/flask_suite/run.py --baseline  the same with Flask's own interface
"""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runner"))

import environment
import results

VENV = environment.ROOT / ".venv-flask-suite"
FLASK = "flask==3.1.3"
SDIST = "flask-3.1.3.tar.gz"
SDIST_SHA256 = "0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb"
EXPECTED_PASSES = 490

# Werkzeug and pytest are those that all of Flask's tests pass with; the rest is its tests group.
TOOLS = ["werkzeug==3.1.6", "pytest<9", "asgiref", "greenlet", "python-dotenv"]


def main(arguments: list[str]) -> int:
    """Fetch Flask's sdist, run its tests, and compare the counts.

    Args:
        arguments: those of the command line.

    Returns:
        0 if exactly the expected tests ran and all passed, else 1.
    """
    baseline = "--baseline" in arguments
    reports = [argument for argument in arguments if argument != "--baseline"]
    python = environment.ready(
        VENV, install=["-e", ".", FLASK, *TOOLS], note="Flask's own tests and what they need"
    )
    report = Path(reports[0] if reports else VENV / "results.xml").resolve()
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", "tests", "-p", "no:cacheprovider", "-q", "-rs"]
    if not baseline:
        command += ["-p", "session_swap"]
    done = subprocess.run(
        [*command, f"--junitxml={report}"],
        cwd=_sources(python),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent)},
        check=False,
    )
    outcome = results.read("Flask", report, done.returncode, 0)
    if (outcome.passed, outcome.failed, len(outcome.skipped)) == (EXPECTED_PASSES, 0, 0):
        return 0
    print(
        f"Flask's tests: {outcome.passed} passed, {outcome.failed} failed, "
        f"{len(outcome.skipped)} skipped; expected are {EXPECTED_PASSES} passed and nothing else."
    )
    return 1


def _sources(python: Path) -> Path:
    """Flask's sdist, unpacked anew, so that no edit of an earlier run is left in it."""
    archive = VENV / SDIST
    if not archive.exists():
        options = ["--no-deps", "--no-binary", ":all:", "--dest", str(VENV)]
        environment.pip(python, *options, FLASK, command="download")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != SDIST_SHA256:
        archive.unlink()
        sys.exit(f"{SDIST} is not the file that Flask's authors released; it was removed.")
    folder = VENV / "sources"
    with tarfile.open(archive) as contents:
        for member in contents:
            if member.isfile():
                target = (folder / member.name).resolve()
                assert target.is_relative_to(folder.resolve())
                target.parent.mkdir(parents=True, exist_ok=True)
                file = contents.extractfile(member)
                assert file is not None
                target.write_bytes(file.read())
    return folder / SDIST.removesuffix(".tar.gz")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
