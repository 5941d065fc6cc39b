"""Which modules are mutated, and the quick tests that must notice."""

from __future__ import annotations

from pathlib import Path

TESTS = {
    "cookie_sessions/crypto.py": (
        "tests/test_crypto.py",
        "tests/test_sealer.py",
        "tests/vectors/test_vectors.py",
    ),
    "cookie_sessions/envelope.py": (
        "tests/test_envelope.py",
        "tests/test_sealer.py",
        "tests/vectors/test_vectors.py",
    ),
    "cookie_sessions/cookies": (
        "tests/cookies/test_attributes.py",
        "tests/cookies/test_reader.py",
    ),
    "cookie_sessions/keys": ("tests/keys", "--ignore=tests/keys/sources", "-m", "not once"),
    "cookie_sessions/keys/sources/environment.py": ("tests/flask/test_unset_and_weak.py",),
    "cookie_sessions/keys/sources/file.py": ("tests/flask/test_bad_keys.py",),
    "cookie_sessions/keys/sources/function.py": ("tests/flask/test_bad_keys.py",),
    "cookie_sessions/keys/sources/url.py": ("tests/flask/test_unset_and_weak.py",),
    "cookie_sessions/migration.py": (
        "tests/flask/test_moving_in.py",
        "tests/flask/test_writing_signed.py",
    ),
    "cookie_sessions/flask/signed.py": (
        "tests/flask/test_moving_in.py",
        "tests/flask/test_writing_signed.py",
    ),
}
"""A module or a package of them, and what pytest is told to run against each mutant of it."""


def targets(wanted: list[str]) -> dict[str, tuple[str, ...]]:
    """Each module to be mutated, and its tests.

    Args:
        wanted: paths of modules or packages; all of ``TESTS`` if there is none.

    Raises:
        SystemExit: a path is none of them.
    """
    modules = {
        path.as_posix(): (*_mirrored(path), *tests)
        for place, tests in TESTS.items()
        for path in ([Path(place)] if place.endswith(".py") else sorted(Path(place).glob("*.py")))
        if path.name != "__init__.py"
    }
    chosen = [name.rstrip("/") for name in wanted] or list(TESTS)
    for name in chosen:
        if not any(module == name or module.startswith(f"{name}/") for module in modules):
            raise SystemExit(f"{name} is not mutated. Name one of: {', '.join(TESTS)}.")
    return {
        module: tests
        for module, tests in modules.items()
        if any(module == name or module.startswith(f"{name}/") for name in chosen)
    }


def _mirrored(path: Path) -> list[str]:
    """The tests of this very module, where there are any: most mutants die of them at once."""
    mirror = Path("tests", *path.parts[1:-1], f"test_{path.name}")
    return [str(mirror)] if mirror.exists() else []
