"""Run Flask's own test suite, unmodified, with our session interface in the place of Flask's.

So, too, those of Flask-WTF and Flask-Login, which keep their state in the session, and Starlette's
of its session middleware, with ours in its place.

python3 tests/flask_suite/run.py [SUITE] [REPORT]   REPORT is where the JUnit file goes
python3 tests/flask_suite/run.py --baseline [SUITE]  the same with their own sessions

SUITE is flask (which is run where none is named), flask-login, flask-wtf, flask-wtf-csrf or
starlette. flask-wtf-csrf has our protection against forged requests turned on beside Flask-WTF's.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "runner"))

import environment
import results

VENV = environment.ROOT / ".venv-flask-suite"
VENV_OF_STARLETTE = environment.ROOT / ".venv-starlette-suite"
FLASK = "flask[async]==3.1.3"
FLASK_LOGIN = "flask-login==0.6.3"
FLASK_WTF = "flask-wtf==1.3.0"
STARLETTE = "starlette==1.10.0"

# Werkzeug and pytest are those that all of Flask's tests pass with; then its tests group, and what
# the tests of the extensions would be skipped without.
TOOLS = [
    *["werkzeug==3.1.6", "pytest<9", "asgiref", "greenlet", "python-dotenv"],
    *["semantic-version", "email-validator", "flask-babel", "flask-reuploaded"],
]
# What the client of Starlette's tests is made of, and the second of the event loops they run on.
TOOLS_OF_STARLETTE = ["httpx2>=2", "trio>=0.34", "itsdangerous", "pytest>=9.1"]


class Suite(NamedTuple):
    """The tests of one package, and what they must come to.

    Attributes:
        title: whose they are.
        requirement: the release, as pip takes it.
        sdist: the file that its authors released.
        sha256: of that file.
        passes: the number of its tests that must pass; none may fail or be skipped.
        cookies: the number of our cookies that must be set at least.
        csrf: whether our protection against forged requests is turned on.
        apart: tests that can't hold beside it, and are left out.
        options: more of pytest's.
        tests: the part of its tests that is run.
        plugin: what puts ours in the place of theirs.
        venv: the environment that it runs in.
        install: what that needs, as pip takes it.
    """

    title: str
    requirement: str
    sdist: str
    sha256: str
    passes: int
    cookies: int
    csrf: bool = False
    apart: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    tests: str = "tests"
    plugin: str = "session_swap"
    venv: Path = VENV
    install: tuple[str, ...] = (FLASK, FLASK_LOGIN, FLASK_WTF, *TOOLS)


_WTF = Suite(
    title="Flask-WTF",
    requirement=FLASK_WTF,
    sdist="flask_wtf-1.3.0.tar.gz",
    sha256="61d5dabc50c3df885c297dcbd80810443a5d632106c8a69cab8ce740f0cdd7cc",
    passes=85,
    cookies=10,
)

SUITES = {
    "flask": Suite(
        title="Flask",
        requirement="flask==3.1.3",
        sdist="flask-3.1.3.tar.gz",
        sha256="0ef0e52b8a9cd932855379197dd8f94047b359ca0a78695144304cb45f87c9eb",
        passes=490,
        cookies=40,
    ),
    "flask-login": Suite(
        title="Flask-Login",
        requirement=FLASK_LOGIN,
        sdist="Flask-Login-0.6.3.tar.gz",
        sha256="5e23d14a607ef12806c699590b89d0f0e0d67baeec599d75947bf9c147330333",
        passes=114,
        cookies=90,
        # It asks for the time in a way that Python 3.12 and newer warn of.
        options=("-W", "ignore:datetime.datetime.utcnow:DeprecationWarning"),
    ),
    "flask-wtf": _WTF,
    "flask-wtf-csrf": _WTF._replace(
        title="Flask-WTF beside csrf=True",
        passes=83,
        cookies=7,
        csrf=True,
        apart=(
            # Where Flask-WTF is turned off, tokens are ours to check.
            "tests/test_csrf_extension.py::test_protect",
            # A request without any token does not reach the view, to be told so by its form.
            "tests/test_csrf_form.py::test_form_csrf",
        ),
    ),
    "starlette": Suite(
        title="Starlette",
        requirement=STARLETTE,
        sdist="starlette-1.10.0.tar.gz",
        sha256="b8399098d4c1e3522734f7235dc79b1fc967f96cf139c81e0fa30479e0685f9b",
        passes=29,
        cookies=30,
        tests="tests/middleware/test_session.py",
        plugin="starlette_swap",
        venv=VENV_OF_STARLETTE,
        install=(STARLETTE, *TOOLS_OF_STARLETTE),
    ),
}


def main(arguments: list[str]) -> int:
    """Fetch a package's sdist, run its tests, and compare the counts.

    Args:
        arguments: those of the command line.

    Returns:
        0 if exactly the expected tests ran and all passed, else 1.
    """
    baseline = "--baseline" in arguments
    named = [argument for argument in arguments if argument != "--baseline"]
    suite = SUITES[named.pop(0) if named and named[0] in SUITES else "flask"]
    python = environment.ready(
        suite.venv,
        install=["-e", ".", *suite.install],
        note="the tests of other packages that keep sessions, and what they need",
    )
    report = Path(named[0] if named else suite.venv / "results.xml").resolve()
    report.unlink(missing_ok=True)
    command = [str(python), "-m", "pytest", suite.tests, "-p", "no:cacheprovider", "-q", "-rs"]
    command += suite.options
    if not baseline:
        command += ["-p", suite.plugin]
    variables = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).resolve().parent),
        "SESSION_SWAP_COOKIES": str(suite.cookies),
        "SESSION_SWAP_CSRF": "1" if suite.csrf else "",
        "SESSION_SWAP_APART": " ".join(suite.apart),
    }
    done = subprocess.run(
        [*command, f"--junitxml={report}"], cwd=_sources(python, suite), env=variables, check=False
    )
    outcome = results.read(suite.title, report, done.returncode, 0)
    if (outcome.passed, outcome.failed, len(outcome.skipped)) == (suite.passes, 0, 0):
        return 0
    print(
        f"{suite.title}'s tests: {outcome.passed} passed, {outcome.failed} failed, "
        f"{len(outcome.skipped)} skipped; expected are {suite.passes} passed and nothing else."
    )
    return 1


def _sources(python: Path, suite: Suite) -> Path:
    """A package's sdist, unpacked anew, so that no edit of an earlier run is left in it."""
    archive = suite.venv / suite.sdist
    if not archive.exists():
        options = ["--no-deps", "--no-binary", ":all:", "--dest", str(suite.venv)]
        environment.pip(python, *options, suite.requirement, command="download")
    if hashlib.sha256(archive.read_bytes()).hexdigest() != suite.sha256:
        archive.unlink()
        sys.exit(f"{suite.sdist} is not the file that its authors released; it was removed.")
    folder = suite.venv / "sources"
    with tarfile.open(archive) as contents:
        for member in contents:
            if member.isfile():
                target = (folder / member.name).resolve()
                assert target.is_relative_to(folder.resolve())
                target.parent.mkdir(parents=True, exist_ok=True)
                file = contents.extractfile(member)
                assert file is not None
                target.write_bytes(file.read())
    return folder / suite.sdist.removesuffix(".tar.gz")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
