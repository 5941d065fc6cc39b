"""The commands ``cookie-sessions``: ``doctor``, and the group ``keys``."""

from __future__ import annotations

import click

from cookie_sessions import __version__
from cookie_sessions.cli.changing import (
    add,
    destroy,
    promote,
    retire,
    revoke,
    rotate,
    set_lengths,
)
from cookie_sessions.cli.doctor.command import doctor
from cookie_sessions.cli.making import copy, from_secret_key, init
from cookie_sessions.cli.merging import merge
from cookie_sessions.cli.reading import export_env, list_keys, verify
from cookie_sessions.cli.refusal import TellingGroup


@click.group(cls=TellingGroup)
def keys() -> None:
    """Make, rotate and look after the keys of sessions.

    Ends with 0 if it is done, 1 for an error, 2 for a wrong command line, 3 if it would log people
    out and is not forced, 4 (verify) for warnings.
    """


for _command in (
    init,
    add,
    list_keys,
    rotate,
    promote,
    retire,
    revoke,
    destroy,
    set_lengths,
    merge,
    copy,
    verify,
    export_env,
    from_secret_key,
):
    keys.add_command(_command)


@click.group(cls=TellingGroup)
@click.version_option(__version__, package_name="cookie-sessions")
def program() -> None:
    """Look after the sessions of cookie_sessions."""


program.add_command(keys)
program.add_command(doctor)
