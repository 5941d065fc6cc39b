"""The walls of the house: what may stand where, and what may be loaded by whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cookie_sessions

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "cookie_sessions"

PUBLIC_NAMES = {
    "ConfigurationError",
    "CookieSessionsError",
    "CsrfReason",
    "Event",
    "EventName",
    "Reason",
    "ReauthenticationRequired",
    "RegisteredType",
    "Rejected",
    "SessionTooLarge",
    "Unavailable",
    "UsageError",
    "__version__",
}

DEAR_TO_LOAD = {
    *("flask", "werkzeug", "jwt", "click", "boto3", "pymemcache", "redis", "sqlite3"),
    *("hvac", "joserfc", "importlib.metadata", "logging", "json"),
    *("cookie_sessions.keys.jwk_set", "cookie_sessions.keys.provider"),
    *("cookie_sessions.overflow", "cookie_sessions.probe.endpoint"),
    *("cookie_sessions.migration", "cookie_sessions.cookies.layout", "cookie_sessions.csrf"),
    *("cookie_sessions.observing", "prometheus_client", "opentelemetry", "blinker"),
    *("cookie_sessions.revocation", "cookie_sessions.stores"),
    *("cookie_sessions.token", "cookie_sessions.authorization", "cookie_sessions.proxy"),
    *("cookie_sessions.handoff", "cookie_sessions.adapters", "cookie_sessions.gateway"),
    "cookie_sessions.dictionaries",
    *("cookie_sessions.bond", "cookie_sessions.client", "cookie_sessions.policy.binding"),
}
FRAMEWORKS = {"flask", "werkzeug", "click", "quart", "starlette", "fastapi"}
FRAMEWORK_ROOMS = {"flask", "cli"}
FRAMEWORK_FILES = {"middleware/quart.py"}
UNSAFE_DECODERS = {"pickle", "marshal", "shelve", "dill", "yaml"}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}

TOP_LEVEL = {
    "pyproject.toml",
    "cookie_sessions",
    "tests",
    "examples",
    "benchmarks",
    "docs",
    ".ci",
    "README.md",
    "SECURITY.md",
    "CHANGELOG.md",
    "LICENSE",
    ".gitignore",
}
LOCK_FILES = {"uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock", "package-lock.json"}

SOURCES = sorted(PACKAGE.rglob("*.py"))


def room(source: Path) -> str:
    return source.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(source: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so no file is tracked")
    listed = subprocess.run(
        ["git", "-c", "core.quotePath=false", "ls-files"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [Path(line) for line in listed.stdout.splitlines()]


def test_there_are_sources_to_look_at() -> None:
    assert {"errors", "clock", "crypto", "envelope"} <= {room(source) for source in SOURCES}


def test_importing_the_package_loads_nothing_that_a_cold_start_pays_for() -> None:
    program = "import sys, cookie_sessions.manager; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert DEAR_TO_LOAD & set(done.stdout.split()) == set()


@pytest.mark.parametrize("module", ["wsgi", "asgi", "starlette"])
def test_the_middleware_loads_no_framework_and_little_else(module: str) -> None:
    program = f"import sys, cookie_sessions.middleware.{module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    # It reads the Authorization header, if only to count octets, and what adapters of functions
    # leave in the environ; asyncio brings logging along.
    allowed = {"cookie_sessions.authorization", "cookie_sessions.adapters", "logging"}
    assert (DEAR_TO_LOAD | FRAMEWORKS) & loaded - allowed == set()


def test_the_public_names_are_exactly_these() -> None:
    assert set(cookie_sessions.__all__) == PUBLIC_NAMES
    assert len(cookie_sessions.__all__) == len(PUBLIC_NAMES)


def test_every_public_name_is_there_and_says_what_it_is_for() -> None:
    for name in PUBLIC_NAMES:
        assert getattr(cookie_sessions, name).__doc__, name


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_the_core_knows_no_framework_and_nobody_knows_pickle(source: Path) -> None:
    tops = {name.partition(".")[0] for name in imported_names(source)}
    assert tops & UNSAFE_DECODERS == set()
    framed = source.relative_to(PACKAGE).as_posix() in FRAMEWORK_FILES
    if room(source) not in FRAMEWORK_ROOMS and not framed:
        assert tops & FRAMEWORKS == set()


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_only_the_clock_reads_the_time(source: Path) -> None:
    if room(source) == "clock":
        return
    assert "time" not in imported_names(source)
    tree = ast.parse(source.read_text(encoding="utf-8"))
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    read = {f"{ast.unparse(node.value).split('.')[-1]}.{node.attr}" for node in attributes}
    assert read & CLOCKS == set()


def test_the_checkout_has_no_other_rooms() -> None:
    assert {path.parts[0] for path in tracked_files()} - TOP_LEVEL == set()


def test_no_lock_file_and_no_environment_is_tracked() -> None:
    for path in tracked_files():
        assert path.name not in LOCK_FILES, path
        assert not {".venv", "node_modules", "__pycache__", "instance"} & set(path.parts), path
