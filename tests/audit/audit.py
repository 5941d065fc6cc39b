"""Ask pip-audit about what this environment has of the package's dependencies.

What is asked about is the closure of the dependencies and of all extras, in the versions that are
installed: what a user who installs today runs. Tools of the tests are no part of it.
"""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, Final, NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DISTRIBUTION: Final = "cookie-sessions"
SECONDS: Final = 120
SOCKET_SECONDS: Final = 10

NO_NETWORK: Final = (
    *("ConnectionError", "ConnectTimeout", "ReadTimeout", "ServiceError"),
    *("SSLError", "ChunkedEncodingError", "your network may be blocking this service"),
)
"""What stands in the last line of pip-audit where its database does not answer, or breaks off."""


class Audit(NamedTuple):
    """What an audit came to.

    Attributes:
        known: each known vulnerability, in one line.
        clean: the packages that the database knows nothing bad of, with their versions.
        skipped: the packages that were not looked up, each with its reason; or one line with the
            reason why none was.
    """

    known: list[str]
    clean: list[str]
    skipped: list[str]


def pinned() -> dict[str, str]:
    """The installed versions of everything that the package or an extra of it brings along.

    An extra that is not installed is passed over with what it would bring.

    Returns:
        Version by canonical name, without the package itself.
    """
    versions: dict[str, str] = {}
    extras = set(importlib.metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or ())
    waiting = [(DISTRIBUTION, frozenset(extras))]
    seen = set(waiting)
    while waiting:
        name, wanted = waiting.pop()
        for line in importlib.metadata.requires(name) or ():
            requirement = Requirement(line)
            if not _applies(requirement, wanted):
                continue
            child = canonicalize_name(requirement.name)
            try:
                versions[child] = importlib.metadata.version(child)
            except importlib.metadata.PackageNotFoundError:
                continue
            step = (str(child), frozenset(requirement.extras))
            if step not in seen:
                seen.add(step)
                waiting.append(step)
    return versions


def audit(versions: dict[str, str], *, options: tuple[str, ...] = ()) -> Audit:
    """Look packages up in pip-audit's database.

    Args:
        versions: by name.
        options: further ones of pip-audit's, such as another service.

    Returns:
        What is known. A database that can't be reached is no finding: all is skipped then.

    Raises:
        RuntimeError: pip-audit failed in another way.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
        command = [
            *(sys.executable, "-m", "pip_audit", "--requirement", str(wanted), "--no-deps"),
            *("--disable-pip", "--progress-spinner", "off", "--format", "json"),
            *("--timeout", str(SOCKET_SECONDS), *options),
        ]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=SECONDS
            )
        except subprocess.TimeoutExpired:
            return Audit([], [], [f"all: the database did not answer within {SECONDS} seconds"])
    if done.stdout.startswith("{"):
        return read(json.loads(done.stdout))
    last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
    if any(error in last for error in NO_NETWORK):
        return Audit([], [], [f"all: the database can't be reached ({last.partition(':')[0]})"])
    raise RuntimeError(f"pip-audit failed with status {done.returncode}: {last}")


def read(report: dict[str, Any]) -> Audit:
    """Read pip-audit's own report.

    Args:
        report: its JSON.

    Returns:
        The same in lines.
    """
    found = Audit([], [], [])
    for package in report["dependencies"]:
        name = package["name"]
        if "skip_reason" in package:
            found.skipped.append(f"{name}: {package['skip_reason']}")
            continue
        for flaw in package["vulns"]:
            fixed = ", ".join(flaw["fix_versions"]) or "no version yet"
            found.known.append(f"{name} {package['version']}: {flaw['id']}, fixed in {fixed}")
        if not package["vulns"]:
            found.clean.append(f"{name} {package['version']}")
    return found


def _applies(requirement: Requirement, extras: frozenset[str]) -> bool:
    if requirement.marker is None:
        return True
    return any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))
