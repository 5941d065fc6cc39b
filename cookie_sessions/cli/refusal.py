"""How a command ends that does not do what it was asked."""

from __future__ import annotations

import errno
import math
import os
import re
from typing import Any, Final

import click

from cookie_sessions.cli.report import named
from cookie_sessions.cli.ring import Edit
from cookie_sessions.cli.times import duration, moment_from
from cookie_sessions.clock import SKEW
from cookie_sessions.errors import CookieSessionsError, UsageError
from cookie_sessions.keys import KeySet
from cookie_sessions.keys.change import cost

EXIT_ERROR: Final = 1
EXIT_COST: Final = 3
EXIT_WARNINGS: Final = 4

# A key or a cookie that was typed in the place of something else; click repeats what it refuses.
_MAY_BE_SECRET: Final = re.compile(r"[A-Za-z0-9_=-]{40,}")


class Refused(click.ClickException):
    """The change would log visitors out, and nobody said that it may."""

    exit_code = EXIT_COST


class TellingGroup(click.Group):
    """A group whose commands end with one line on stderr instead of a traceback."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options that stand before the name of a command."""
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            fault = _without_secrets(error)
        raise fault

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; our errors become click's."""
        fault: click.ClickException
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            fault = _without_secrets(error)
        except CookieSessionsError as error:
            fault = click.ClickException(" ".join(str(error).split()))
        except OSError as error:
            # Errors of files are ours: only the output is left. That of a pipe is click's matter.
            if error.errno == errno.EPIPE:
                raise
            fault = click.ClickException(
                f"This could not be printed ({os.strerror(error.errno or 0)}). What was to be "
                f"changed is changed all the same: see cookie-sessions keys list, revocations "
                f"list or dictionary inspect."
            )
        raise fault


def _without_secrets(error: click.UsageError) -> click.UsageError:
    """The same error if it repeats nothing that is as long as a key, or one without that."""
    told = error.format_message()
    kept = _MAY_BE_SECRET.sub("[may be secret]", told)
    return error if kept == told else click.UsageError(kept, error.ctx)


def refuse_for_cost(edit: Edit, *, force: bool, also: tuple[KeySet, ...] = ()) -> None:
    """Refuse what would end sessions, unless it is forced.

    Args:
        edit: the change.
        force: whether it may.
        also: other rings whose sessions the change would end.

    Raises:
        Refused: it would; says how many days of sessions.
    """
    rings = also if edit.before is None else (edit.before, *also)
    seconds = max((cost(ring, edit.after, now=edit.now) for ring in rings), default=0.0)
    if not seconds or force:
        return
    raise Refused(
        f"This would log people out: {_lost(seconds)}. Nothing was changed. If that is what you "
        f"want, add --force."
    )


def refuse_without_primary(edit: Edit, *, at: float = 0) -> None:
    """Refuse what would leave no key that may seal by its dates; --force does not help.

    Args:
        edit: the change.
        at: a moment to come that is looked at instead of this one, in seconds since the epoch.

    Raises:
        UsageError: it would.
    """
    later = edit.after.resolve(max(edit.now + SKEW, at))
    before = None if edit.before is None else edit.before.resolve(max(edit.now, at))
    lost = before is None or (before.primary is not None and not before.overdue)
    if lost and (later.primary is None or later.overdue):
        raise UsageError(
            "No key would be left that seals, and the application would no longer start. Nothing "
            "was changed. First add one (cookie-sessions keys add), and wait until it seals."
        )


def refuse_if_early(edit: Edit, kid: bytes, *, force: bool) -> None:
    """Refuse to let a key seal that some instance may not have yet, unless it is forced.

    Raises:
        Refused: its propagation window is still open.
    """
    entry = edit.after.get(kid)
    if entry is None or entry.created is None or force:
        return
    known = entry.created + edit.after.propagation
    if entry.seals_from is not None and entry.seals_from < min(known, _planned(edit, kid)):
        raise Refused(
            f"This could log people out: until {moment_from(known, edit.now)} there may be "
            f"instances that do not have {named(entry)} yet, and what it seals would not open "
            f"there. Nothing was changed. Wait until then, or add --force."
        )


def _planned(edit: Edit, kid: bytes) -> float:
    former = None if edit.before is None else edit.before.get(kid)
    return math.inf if former is None or not former.may_seal else former.begins


def _lost(seconds: float) -> str:
    if math.isinf(seconds):
        return (
            "all sessions that no other key has sealed since, of how many days nobody knows, "
            "because the ring does not say how long the longest session lives"
        )
    days = f"{seconds / 86_400:.1f}".removesuffix(".0")
    told = f"{days} days" if seconds >= 86_400 else duration(seconds)
    return f"{told} of sessions, those that no other key has sealed since"
