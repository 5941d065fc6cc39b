"""Where and with what the figures were taken."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from benchmarks import redis_server

_PACKAGES: Final = (
    *("Flask", "Werkzeug", "itsdangerous", "cryptography", "ormsgpack", "zstandard"),
    *("PyJWT", "Flask-Session", "redis", "joserfc", "Django", "starlette", "gunicorn"),
)


def describe() -> list[str]:
    """Machine, interpreter, and the versions of packages and of a Redis server, a line each."""
    # Interpreters before 3.13 can't be asked, and all have the lock.
    has_lock = getattr(sys, "_is_gil_enabled", lambda: True)()
    build = "" if has_lock else ", free-threaded"
    versions = [f"{name} {_version(name)}" for name in ("cookie-sessions", *_PACKAGES)]
    versions += filter(None, [redis_server.installed()])
    return [
        f"{_processor()}, {os.cpu_count()} logical processors, {platform.system()}",
        f"{platform.python_implementation()} {platform.python_version()}{build}",
        ", ".join(versions),
    ]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
