"""The commands that make a ring: init, from-secret-key and copy."""

from __future__ import annotations

import os
import sys
from typing import Any, Final

import click

from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.options import DRY_RUN, JSON, KEYS, LABEL
from cookie_sessions.cli.report import tell_of_edit
from cookie_sessions.cli.ring import create, named_source, read
from cookie_sessions.cli.times import seconds
from cookie_sessions.errors import ConfigurationError, CookieSessionsError
from cookie_sessions.keys import (
    KeyRing,
    KeySet,
    check_fallbacks,
    from_secret_keys,
    is_weak,
    source_from_url,
)
from cookie_sessions.keys import change as changes
from cookie_sessions.keys.entry import KeyEntry, Mark
from cookie_sessions.keys.key_set import PROPAGATION_SECONDS

_DAY: Final = 86_400

_LONGEST = click.option(
    "--longest-session",
    type=seconds,
    metavar="DURATION",
    help="How long a session lives after it was last written (Flask: 31d). Keys retire by it. "
    "Default: not known, and under flask what the application says.",
)
_EVERY = click.option(
    "--rotate-every",
    type=seconds,
    metavar="DURATION",
    help="How long a key seals before rotate adds the next.",
)
_PROPAGATION = click.option(
    "--propagation",
    type=seconds,
    metavar="DURATION",
    default=PROPAGATION_SECONDS,
    show_default="1h",
    help="How long a new key waits before it seals, until every instance has it.",
)


@click.command()
@KEYS
@_LONGEST
@_EVERY
@_PROPAGATION
@LABEL
@JSON
@DRY_RUN
def init(
    *,
    url: str | None,
    longest_session: int | None,
    rotate_every: int | None,
    propagation: int,
    label: str,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a ring file with one fresh key. Never touches one that is there."""
    longest = _checked(longest_session, rotate_every, propagation)

    def make(now: int) -> KeySet:
        return changes.begin(
            now=now,
            propagation=propagation,
            longest_session=longest,
            rotate_every=rotate_every,
            label=label,
        )

    edit = create(named_source(url), make, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)


@click.command("from-secret-key")
@KEYS
@click.option("--secret-env", metavar="NAME", help="The variable that holds the secret key.")
@click.option(
    "--fallback-env", metavar="NAME", multiple=True, help="A variable with a fallback; repeatable."
)
@click.option(
    "--stdin", "from_stdin", is_flag=True, help="Read lines: the secret key, then its fallbacks."
)
@click.option(
    "--rollout",
    type=seconds,
    metavar="DURATION",
    default=_DAY,
    show_default="1d",
    help="How long it takes until every instance runs on the ring; then the fresh key seals.",
)
@_LONGEST
@_EVERY
@_PROPAGATION
@LABEL
@JSON
@DRY_RUN
def from_secret_key(
    *,
    url: str | None,
    secret_env: str | None,
    fallback_env: tuple[str, ...],
    from_stdin: bool,
    rollout: int,
    longest_session: int | None,
    rotate_every: int | None,
    propagation: int,
    label: str,
    as_json: bool,
    dry_run: bool,
) -> None:
    """Make a ring file from a SECRET_KEY; nobody is logged out.

    The secret comes from the environment (SECRET_KEY by default), from stdin, or under flask from
    the application. What it seals today goes on opening. It also goes on sealing until --rollout
    has passed, because instances without the ring know no other key; then a fresh key takes over.
    """
    if from_stdin and (secret_env or fallback_env):
        raise click.UsageError("Give --stdin or names of variables, not both.")
    longest = _checked(longest_session, rotate_every, propagation)
    old, weak = _old_ring(secret_env, fallback_env, from_stdin=from_stdin)

    def make(now: int) -> KeySet:
        primary = old.primary
        entries = [KeyEntry(kid=primary.kid, key=primary, label=f"SECRET_KEY {primary.kid.hex()}")]
        for key in old:
            if key != primary:
                # Other instances seal with what is a fallback here for as long as the roll-out.
                end = None if longest is None else now + rollout + longest
                name = f"SECRET_KEY_FALLBACKS {key.kid.hex()}"
                entries.append(
                    KeyEntry(kid=key.kid, key=key, label=name, mark=Mark.OPEN_ONLY, opens_until=end)
                )
        keys = KeySet(
            entries=tuple(entries),
            propagation=propagation,
            longest_session=longest,
            rotate_every=rotate_every,
        )
        return changes.add(keys, now=now, seals_from=now + rollout, label=label)

    edit = create(named_source(url), make, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)
    if weak:
        click.echo(
            "Note: one of the secrets is short enough to be guessed. Whoever guesses it can forge "
            "sessions until its key is retired.",
            err=True,
        )


@click.command()
@KEYS
@click.option("--into", required=True, metavar="URL", help="The file to be made.")
@JSON
@DRY_RUN
def copy(*, url: str | None, into: str, as_json: bool, dry_run: bool) -> None:
    """Store a ring in a new file, encrypted or not.

    It is read from wherever it is, and encrypted where --into has a passphrase. So a plain ring
    becomes an encrypted one, an encrypted one a plain one, and a passphrase another. The ring that
    was copied stays where it is.
    """
    keys = read(named_source(url))
    edit = create(source_from_url(into), lambda _: keys, dry_run=dry_run)
    tell_of_edit(edit, as_json=as_json, dry_run=dry_run)


def _checked(longest: int | None, every: int | None, propagation: int) -> int | None:
    """The longest session, where nothing is known the application's."""
    if every is not None and every <= propagation:
        raise click.UsageError("--rotate-every must be longer than --propagation.")
    if longest is None:
        longest = defaults().longest_session()
    if longest is None:
        click.echo(
            "Note: without --longest-session no key ever retires by itself.",
            err=True,
        )
    return longest


def _old_ring(
    secret_env: str | None, fallback_env: tuple[str, ...], *, from_stdin: bool
) -> tuple[KeyRing, bool]:
    """The keys of the secrets, and whether one of those is weak; no secret stays in a frame."""
    secret, fallbacks = _secrets(secret_env, fallback_env, from_stdin=from_stdin)
    try:
        check_fallbacks(fallbacks)
        ring = from_secret_keys(secret, fallbacks)
        weak = any(is_weak(each) for each in (secret, *(fallbacks or ())) if each)
    except CookieSessionsError as error:
        del secret, fallbacks
        raise error.with_traceback(None) from None
    return ring, weak


def _secrets(
    secret_env: str | None, fallback_env: tuple[str, ...], *, from_stdin: bool
) -> tuple[Any, Any]:
    if from_stdin:
        lines = [line for line in sys.stdin.read().split("\n") if line]
        if not lines:
            raise ConfigurationError("Nothing came from stdin. Send the secret key as a line.")
        return lines[0], lines[1:]
    if secret_env is None and not fallback_env:
        known = defaults().secrets()
        if known[0]:
            return known
    return _variable(secret_env or "SECRET_KEY"), [_variable(name) for name in fallback_env]


def _variable(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise ConfigurationError(
            f"The environment variable {name} is not set, or empty. Set it to the secret key, or "
            f"name another with --secret-env, or use --stdin."
        )
    return value
