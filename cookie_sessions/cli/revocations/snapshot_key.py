"""The commands ``snapshot-key``: make the key that signs snapshots, show its public half."""

from __future__ import annotations

import errno
import os
from typing import Final

import click

from cookie_sessions.cli.defaults import typed
from cookie_sessions.cli.refusal import TellingGroup
from cookie_sessions.errors import ConfigurationError

_OWNER_ONLY: Final = 0o600
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)


@click.group("snapshot-key", cls=TellingGroup)
def snapshot_key() -> None:
    """Make the key that signs snapshots, and show its public half."""


@snapshot_key.command()
@click.option("--out", required=True, metavar="FILE", help="The private key's; never one there is.")
@click.option("--es256", is_flag=True, help="On P-256 instead of Ed25519.")
def new(*, out: str, es256: bool) -> None:
    """Make a key, and print its public half.

    The private one goes into a file of its owner alone, for publish. What is printed, a JWK Set, is
    for readers: the setting COOKIE_SESSIONS_SNAPSHOT_KEYS. A set may hold several. The command show
    prints it again.
    """
    from cookie_sessions.revocation.snapshot.signing import ED25519, P256, new_signing_key

    private, public = new_signing_key(P256 if es256 else ED25519)
    _create(out, private.encode())
    try:
        click.echo(public, nl=False)
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        fault = os.strerror(error.errno or 0)
    else:
        return
    raise ConfigurationError(
        f"The key is made and in {out}, but its public half could not be printed ({fault}). Print "
        f"it by: {typed(f'revocations snapshot-key show {out}')}"
    )


@snapshot_key.command()
@click.argument("file", metavar="FILE")
def show(*, file: str) -> None:
    """Print the public half of a key, a JWK Set for readers.

    FILE is the private key's, as publish takes it.
    """
    from cookie_sessions.revocation.snapshot.signing import SigningKey

    click.echo(SigningKey.from_file(file).public_set(), nl=False)


def _create(path: str, octets: bytes) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINKS, _OWNER_ONLY)
        with open(descriptor, "wb") as file:
            file.write(octets)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        there = error.errno in (errno.EEXIST, errno.ELOOP)
        fault = os.strerror(error.errno or 0)
    else:
        return
    raise ConfigurationError(
        f"There is a file {path} already, and its key would be lost. Name another."
        if there
        else f"The file {path} can't be written ({fault}). Name another."
    )
