"""Set up and run all tests: python3 tests/run.py

Arguments go to pytest, and then only pytest runs: python3 tests/run.py -k name
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent / "runner"))

import environment
import results

VENV = environment.ROOT / ".venv"
BROWSERS = {
    "chromium": "chromium",
    "chromedriver": "chromium-driver",
    "firefox-esr": "firefox-esr",
}
SERVERS = {
    "valgrind": "valgrind",
    "redis-server": "redis-server",
    "memcached": "memcached",
    "nginx": "nginx",
    "apache2": "apache2-bin",
    "haproxy": "haproxy",
    "lighttpd": "lighttpd",
}
FUZZ = ("--seconds", "8", "--seed", "1")
NPM_PACKAGES = [environment.DYNALITE]
SUITES = {
    "Flask's tests": "flask",
    "Flask-Login's tests": "flask-login",
    "Flask-WTF's tests": "flask-wtf",
    "Flask-WTF's, csrf": "flask-wtf-csrf",
    "Starlette's tests": "starlette",
}
GROUPS = ("test", "lint", "fuzz", "coverage", "docs")
INSTALL = ["-e", ".[cli,flask]", *[word for group in GROUPS for word in ("--group", group)]]


class Step(NamedTuple):
    """One program of the run, and the JUnit report that it writes if it is a pytest."""

    name: str
    command: list[str]
    report: Path | None = None


def main(arguments: list[str]) -> int:
    """Make the environment, run every step, and say how it went.

    Args:
        arguments: those of the command line; "--help" is answered, others are pytest's.

    Returns:
        0 if nothing failed, else 1.
    """
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    python = environment.ready(VENV, install=INSTALL, note="the package, its tests, the checkers")
    lacking = _lacking()
    if lacking:
        environment.apt_install(*lacking)
    environment.npm_install(VENV / "npm", *NPM_PACKAGES)
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        for step in _steps(str(python), Path(folder), arguments):
            print(f"\n== {step.name}", flush=True)
            started = time.monotonic()
            status = _run(step.command)
            outcomes.append(
                results.read(step.name, step.report, status, time.monotonic() - started)
            )
    print("\n" + results.summary(outcomes), flush=True)
    return int(any(outcome.failed for outcome in outcomes))


def _lacking() -> list[str]:
    """The Debian packages of the programs beside Python that the tests use and that are missing."""
    node = ["nodejs"] if environment.find_node(VENV) is None else []
    node += [] if shutil.which("npm") else ["npm"]
    return node + [
        package for program, package in (BROWSERS | SERVERS).items() if not shutil.which(program)
    ]


def _steps(python: str, folder: Path, arguments: list[str]) -> list[Step]:
    tests = Path(__file__).resolve().parent
    ours = folder / "pytest.xml"
    fuzz = folder / "fuzz.xml"
    pytest = Step("pytest", [python, "-m", "pytest", f"--junitxml={ours}", *arguments], ours)
    if arguments:
        return [pytest]
    # Many tests wait for servers and browsers, so two files at a time take little more than half.
    pytest.command.extend(["-n", str(os.cpu_count() or 1), "--dist", "loadfile"])
    return [
        Step("ruff check", [python, "-m", "ruff", "check", "--output-format", "concise"]),
        Step("ruff format", [python, "-m", "ruff", "format", "--check"]),
        Step("import-linter", [str(Path(python).with_name("lint-imports")), "--no-cache"]),
        Step("mypy", [python, "-m", "mypy"]),
        Step("pyright", [python, "-m", "pyright", "--pythonpath", python]),
        pytest,
        # Short, and it begins the same way each time: new inputs are looked for by the long runs.
        Step("fuzz", [python, "-m", "tests.fuzz", *FUZZ, "--report", str(fuzz)], fuzz),
        *[_suite(title, name, folder) for title, name in SUITES.items()],
        Step("wheel", [sys.executable, str(tests / "wheel/run.py")]),
    ]


def _suite(title: str, name: str, folder: Path) -> Step:
    program = Path(__file__).resolve().parent / "flask_suite/run.py"
    report = folder / f"{name}.xml"
    return Step(title, [sys.executable, str(program), name, str(report)], report)


def _run(command: list[str]) -> int:
    # What the checkers download for themselves stays in the checkout too.
    variables = {**os.environ, "PYRIGHT_PYTHON_CACHE_DIR": str(VENV / "pyright")}
    return subprocess.run(command, cwd=environment.ROOT, env=variables, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
