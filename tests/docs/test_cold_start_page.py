"""The recipe of docs/cold-start.md makes a package that is smaller and works by itself."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.package import PackageNotMade, install, requirements, sizes, slim, steps, total
from tests.conftest import missing

pytestmark = pytest.mark.once

USE = """
import sys

sys.path.insert(0, sys.argv[1])

import cookie_sessions
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.events import Events
from cookie_sessions.keys import KeyProvider, from_secret_keys, new_jwk_set, parse_jwk_set
from cookie_sessions.manager import SessionManager
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings

assert cookie_sessions.__file__.startswith(sys.argv[1])
ring, timeouts = parse_jwk_set(new_jwk_set(), origin="here").ring(0), Timeouts(idle=60)
manager = SessionManager(
    settings=Settings(), ring=lambda: ring, timeouts=lambda: timeouts, events=Events()
)
session = manager.load(manager.arrival("", name="session"), session_class=Session)
session["cart"] = [{"name": "Cup, blue", "qty": 1, "price": 4.5, "currency": "EUR"}] * 9
session._commit()
session._settle()
(line,) = manager.seal(session, cookie=CookieAttributes("session"), expires=None)
header = line.partition(";")[0]
assert len(header) < 400, "it was not compressed"
opened = manager.load(manager.arrival(header, name="session"), session_class=Session)
print(len(opened["cart"]), *sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int], int]:
    """A package by the recipe, and what it was before anything was left out."""
    if shutil.which("strip") is None:
        missing("strip", "apt-get install binutils")
    folder = tmp_path_factory.mktemp("deployment") / "package"
    try:
        install(folder, wanted=requirements())
    except PackageNotMade as error:
        missing(f"pip with an index ({error})", "python3 -m ensurepip, and a network")
    before = sizes(folder), total(folder)
    slim(folder)
    return folder, *before


def test_the_recipe_begins_with_an_installation_and_ends_with_compiling() -> None:
    first, second, *_, last = steps()
    assert first.startswith("python3 -m pip install --target package ")
    assert second == "cd package"
    assert "compileall" in last


def test_a_package_by_the_recipe_seals_and_opens_a_cookie_by_itself(
    package: tuple[Path, dict[str, int], int],
) -> None:
    folder, _, _ = package
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", USE, str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    opened, *modules = done.stdout.split()
    assert opened == "9"
    assert {"cffi", "pycparser", "jwt"} & set(modules) == set()


def test_a_package_by_the_recipe_has_less_than_half_of_its_size(
    package: tuple[Path, dict[str, int], int],
) -> None:
    folder, whole, before = package
    rest = sizes(folder)
    assert total(folder) < before / 2
    assert max(whole, key=lambda name: whole[name]) == "zstandard"
    assert max(rest, key=lambda name: rest[name]) == "cryptography"
    assert rest["zstandard"] < whole["zstandard"] / 5
    assert {"pycparser", "pyjwt"} & rest.keys() == set()
    assert rest["cffi"] < whole["cffi"]


def test_every_module_of_the_package_is_compiled(
    package: tuple[Path, dict[str, int], int],
) -> None:
    folder, _, _ = package
    sources = list(folder.rglob("*.py"))
    assert len(sources) > 200
    for source in sources:
        assert list((source.parent / "__pycache__").glob(f"{source.stem}.*.pyc")), source
