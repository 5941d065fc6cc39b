"""The commands ``cookie-sessions``: ``doctor``, ``inspect``, ``revoke``, and three groups."""

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
from cookie_sessions.cli.inspect.command import inspect
from cookie_sessions.cli.late import LateGroup
from cookie_sessions.cli.lending import export_subkeys
from cookie_sessions.cli.making import copy, from_secret_key, init
from cookie_sessions.cli.merging import merge
from cookie_sessions.cli.reading import export_env, list_keys, verify
from cookie_sessions.cli.refusal import TellingGroup
from cookie_sessions.cli.revocations.publishing import publish, verify_snapshot
from cookie_sessions.cli.revocations.reading import count, list_entries, prune, signed_in
from cookie_sessions.cli.revocations.revoke import revoke_sessions
from cookie_sessions.cli.revocations.snapshot_key import snapshot_key


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
    export_subkeys,
    from_secret_key,
):
    keys.add_command(_command)


@click.group(cls=TellingGroup)
def revocations() -> None:
    """Look after the list of ended sessions.

    Ends with 0 if it is done, 1 for an error, 2 for a wrong command line, 4 (verify) for warnings.
    """


for _command in (list_entries, count, prune, signed_in, publish, verify_snapshot, snapshot_key):
    revocations.add_command(_command)


_FOLDER = "cookie_sessions.cli.dictionary"


@click.group(
    cls=LateGroup,
    where={
        "train": (f"{_FOLDER}.train", "train"),
        "inspect": (f"{_FOLDER}.inspect", "inspect_dictionaries"),
        "install": (f"{_FOLDER}.install", "install"),
        "promote": (f"{_FOLDER}.install", "promote_dictionary"),
        "withdraw": (f"{_FOLDER}.install", "withdraw"),
    },
)
def dictionary() -> None:
    """Make a dictionary of what an application's sessions share, and roll it out.

    Ends with 0 if it is done, 1 for an error, 2 for a wrong command line, 3 if some instance may
    not know a dictionary yet and it is not forced.
    """


@click.group(cls=TellingGroup)
@click.version_option(__version__, package_name="cookie-sessions")
def program() -> None:
    """Look after the sessions of cookie_sessions."""


program.add_command(keys)
program.add_command(revoke_sessions)
program.add_command(revocations)
program.add_command(dictionary)
program.add_command(inspect)
program.add_command(doctor)
