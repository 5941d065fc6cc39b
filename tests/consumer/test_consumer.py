"""The package's types from outside: what checkers make of an application that has it installed."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import environment
from tests.conftest import missing

SOURCE = Path(__file__).with_name("consumer.py")
OUTSIDE = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
MYPY = """
[mypy]
strict = true
python_executable = {python}
enable_error_code = ignore-without-code
"""
PYRIGHT = {
    "include": ["consumer.py"],
    "typeCheckingMode": "strict",
    "reportUnnecessaryTypeIgnoreComment": "error",
    "reportPrivateUsage": "error",
}

pytestmark = pytest.mark.once


class Outside:
    """A folder with an application, and an environment that has the wheel installed.

    The dependencies are those of the environment that runs the tests; the package is the wheel's
    alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        venv.create(folder / "venv", with_pip=False)
        self._python = folder / "venv" / "bin" / "python"
        (self._site,) = (folder / "venv").glob("lib/python*/site-packages")
        here = sysconfig.get_path("purelib")
        (self._site / "dependencies.pth").write_text(f"{here}\n", encoding="utf-8")
        (folder / "consumer.py").write_text(SOURCE.read_text(encoding="utf-8"), encoding="utf-8")
        (folder / "mypy.ini").write_text(MYPY.format(python=self._python), encoding="utf-8")
        (folder / "pyrightconfig.json").write_text(json.dumps(PYRIGHT), encoding="utf-8")

    def install(self, wheel: Path) -> None:
        """Unpack a wheel into the environment, which is what an installer does with a pure one."""
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(self._site)

    @property
    def marker(self) -> Path:
        """What says that the installed package has types."""
        return self._site / "cookie_sessions" / "py.typed"

    def change(self, old: str, new: str, *, at: str = "consumer.py") -> None:
        """Change the application, or the package as it is installed."""
        path = (self._folder if at == "consumer.py" else self._site) / at
        text = path.read_text(encoding="utf-8")
        assert old in text, old
        path.write_text(text.replace(old, new), encoding="utf-8")

    def mypy(self) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "mypy", "--config-file", "mypy.ini", "consumer.py")

    def pyright(self) -> subprocess.CompletedProcess[str]:
        return self._run("-m", "pyright", "--pythonpath", str(self._python))

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self._folder, env=OUTSIDE, capture_output=True, text=True, check=False
        )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(environment.ROOT)], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture
def outside(tmp_path: Path, wheel: Path) -> Outside:
    for checker in ("mypy", "pyright"):
        if importlib.util.find_spec(checker) is None:
            missing(checker, f"pip install {checker}")
    made = Outside(tmp_path)
    made.install(wheel)
    return made


def test_mypy_accepts_an_application_and_sees_what_is_wrong_in_it(outside: Outside) -> None:
    done = outside.mypy()
    assert done.returncode == 0, done.stdout


def test_pyright_accepts_an_application_and_sees_what_is_wrong_in_it(outside: Outside) -> None:
    done = outside.pyright()
    assert done.returncode == 0, done.stdout


def test_both_complain_of_a_mistake_that_has_no_comment(outside: Outside) -> None:
    outside.change('    session.subject = "17"\n', "    session.subjects = 17\n")
    assert 'has no attribute "subjects"' in outside.mypy().stdout
    assert '"subjects"' in outside.pyright().stdout


def test_mypy_complains_if_the_package_does_not_say_that_it_has_types(outside: Outside) -> None:
    outside.marker.unlink()
    done = outside.mypy()
    assert done.returncode == 1
    assert "missing library stubs or py.typed marker" in done.stdout


def test_a_type_that_is_lost_is_seen(outside: Outside) -> None:
    outside.change(
        "def anatomy(app: Flask, session: SessionMixin) -> Anatomy:",
        "def anatomy(app: Flask, session: SessionMixin) -> Any:",
        at="cookie_sessions/flask/extension.py",
    )
    assert "unused-ignore" in outside.mypy().stdout
    assert "Unnecessary" in outside.pyright().stdout
