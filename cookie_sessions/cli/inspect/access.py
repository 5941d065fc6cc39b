"""The record of who opened a session when, and why: opening one is access to personal data."""

from __future__ import annotations

import errno
import json
import os
import stat
from typing import Any, Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.report import printable
from cookie_sessions.cli.times import iso
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.events import LOGGER

VARIABLE: Final = "COOKIE_SESSIONS_ACCESS_LOG"
LONGEST_REASON: Final = 200

_LONGEST_NAME: Final = 64


def checked_reason(reason: str) -> str:
    """A reason as it is recorded.

    Raises:
        UsageError: it is empty, too long, or no single line of printable text.
    """
    reason = reason.strip()
    if not reason or len(reason) > LONGEST_REASON or not reason.isprintable():
        raise UsageError(
            f"The reason is recorded, so it is 1 to {LONGEST_REASON} printable characters on one "
            f"line. Write what an auditor will ask for, such as --reason 'ticket 4711'."
        )
    return reason


def record(reason: str, *, kid: bytes, values: bool, path: str | None) -> None:
    """Record that a session is about to be opened; called before it is.

    The record goes to a file where one is named, to the log ``cookie_sessions``, and to stderr. It
    holds no id of the session, no subject and no value.

    Args:
        reason: why, as :func:`checked_reason` gives it.
        kid: names the key that opens it, 4 octets.
        values: whether its values will be shown.
        path: the file; None: the one that the environment variable names, if any.

    Raises:
        ConfigurationError: the file can't be written; then nothing may be opened.
    """
    import logging

    facts: dict[str, Any] = {
        "event": "inspected",
        "at": iso(clock.now()),
        "by": _somebody(),
        "kid": kid.hex(),
        "values": values,
        "reason": reason,
    }
    line = json.dumps(facts)
    path = path or os.environ.get(VARIABLE) or None
    if path is not None:
        _append(path, line)
    log = logging.getLogger(LOGGER)
    # Without any handler Python would print it on stderr a second time.
    log.addHandler(logging.NullHandler())
    log.info("inspected kid=%s values=%s", facts["kid"], values, extra={"access": facts})
    click.echo(f"Recorded: {line}", err=True)


def _append(path: str, line: str) -> None:
    octets = f"{line}\n".encode()
    try:
        file = _opened(path)
        try:
            told = _fault(path, os.fstat(file))
            if not told:
                # One call, so that the records of two commands never mix.
                told = "" if os.write(file, octets) == len(octets) else "the disk is full"
                _settle(file)
        finally:
            os.close(file)
    except OSError as error:
        told = os.strerror(error.errno or 0)
        if error.errno == errno.ELOOP:
            told = "it is a symbolic link: name the file itself"
    if told:
        raise ConfigurationError(
            f"The record of this access can't be written to {path} ({told}), so nothing was "
            f"opened. Correct --access-log, or what {VARIABLE} names."
        )


def _opened(path: str) -> int:
    # A pipe that nobody reads would be waited for without end.
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NONBLOCK", 0)
    if _is_of_the_system(path):
        return os.open(path, flags)
    return os.open(path, flags | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _is_of_the_system(path: str) -> bool:
    """Whether it is what this process was started with, which links of the system lead to."""
    return path.startswith(("/dev/std", "/dev/fd/"))


def _fault(path: str, found: os.stat_result) -> str:
    """Why records must not go there: others could change or read them."""
    if os.name != "posix" or not stat.S_ISREG(found.st_mode) or _is_of_the_system(path):
        return ""
    if found.st_uid not in (0, os.geteuid()):
        return "it belongs to another user: name one of your own"
    return "others may read or write it: give it the mode 600" if found.st_mode & 0o026 else ""


def _settle(file: int) -> None:
    try:
        os.fsync(file)
    except OSError as error:
        # A pipe to whoever collects the records can't be synchronised.
        if error.errno != errno.EINVAL:
            raise


def _somebody() -> str:
    """The user that runs the command, by name where the system knows one; behind sudo both."""
    try:
        import pwd
    except ImportError:
        # Only where there are no such ids is the environment asked, which may say anything.
        import getpass

        return printable(getpass.getuser())[:_LONGEST_NAME]
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    behind = printable(os.environ.get("SUDO_USER", ""))[:_LONGEST_NAME]
    return f"{name} (sudo by {behind})" if behind else name
