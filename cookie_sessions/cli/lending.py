"""The command ``export-subkeys``: what a program is given that opens and seals sessions alone."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Sequence
from typing import Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.options import KEYS
from cookie_sessions.cli.ring import find, named_source, read
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.keys import Key, KeySet

_WARNING: Final = (
    "Warning: whoever has this reads and forges every session of these keys, and sees none that "
    "was revoked. Once it has leaked, revoke the keys themselves (cookie-sessions keys revoke)."
)


@click.command("export-subkeys")
@click.argument("names", metavar="[KEY]...", nargs=-1)
@KEYS
@click.option("--force", is_flag=True, help="Print it on a terminal, where it stays to be seen.")
def export_subkeys(*, names: Sequence[str], url: str | None, force: bool) -> None:
    """Print what a reader at the edge needs of the keys.

    That is one JSON object: to each key's id its subkey for sessions, of which nobody gets the key
    itself or what serves another purpose. It is that of the named keys, or of all that open. To a
    pipe or a file only.
    """
    if sys.stdout is None:
        raise ConfigurationError("There is no stdout. Send the subkeys to a file or a pipe.")
    if sys.stdout.isatty() and not force:
        raise ConfigurationError(
            "This would print subkeys on a terminal. Send them to a file or a pipe, or add --force."
        )
    found = _opening(read(named_source(url)), names)
    # Only this command loads what sessions are made of.
    from cookie_sessions.manager import PURPOSE

    subkeys = {key.kid.hex(): _text(key.export_subkey(PURPOSE)) for key in found}
    click.echo(json.dumps(subkeys))
    click.echo(_WARNING, err=True)


def _opening(keys: KeySet, names: Sequence[str]) -> list[Key]:
    """The named keys, or all, of those that open something at this moment.

    Raises:
        UsageError: there is none, or a named one does not.
    """
    ring = keys.ring(clock.now())
    wanted = [find(keys, name).kid for name in names] or [key.kid for key in ring]
    opening = [key for kid in wanted if (key := ring.get(kid)) is not None]
    closed = [kid.hex() for kid in wanted if ring.get(kid) is None]
    if closed:
        raise UsageError(
            f"{', '.join(closed)} opens no session: it is revoked or retired, and its subkey is "
            f"not given away. Take it off the line."
        )
    if not opening:
        raise UsageError(
            "No key of the ring opens a session: all are revoked or retired. Add one first "
            "(cookie-sessions keys add --now)."
        )
    return opening


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
