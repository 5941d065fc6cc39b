"""The commands about signed copies of a list: publish and verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import REVOCATIONS, defaults
from cookie_sessions.cli.options import JSON
from cookie_sessions.cli.refusal import EXIT_ERROR, EXIT_WARNINGS
from cookie_sessions.cli.revocations.place import (
    NEW_LIST,
    index_key,
    index_key_option,
    list_options,
    opened,
)
from cookie_sessions.cli.times import duration, iso, moment_from, seconds
from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.cli.revocations.examination import Examination
    from cookie_sessions.revocation.snapshot.token import Token

_AUDIENCE: Final = click.option(
    "--audience",
    metavar="NAME",
    help="For whom it is signed. Default: the setting COOKIE_SESSIONS_SNAPSHOT_AUDIENCE, or "
    "cookie_sessions.",
)


@click.command()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    metavar="DIR",
    help="Where both files go. It must be there.",
)
@click.option(
    "--signing-key",
    required=True,
    metavar="FILE",
    help="The private key that snapshot-key new made.",
)
@click.option(
    "--lasts",
    type=seconds,
    metavar="DURATION",
    default=3600,
    show_default="1h",
    help="How long it counts, at most 24h. Publish several times as often.",
)
@click.option(
    "--ttl",
    type=seconds,
    metavar="DURATION",
    default=60,
    show_default="1m",
    help="After how long readers look for a newer one.",
)
@_AUDIENCE
@list_options
@JSON
@NEW_LIST
def publish(
    *,
    folder: Path,
    signing_key: str,
    lasts: int,
    ttl: int,
    audience: str | None,
    url: str | None,
    index_key_file: str | None,
    as_json: bool,
    new_list: bool,
) -> None:
    """Write a signed copy of the list, for others to read.

    Two files, ready for a bucket or a web server, for those who have no store. Readers with a valid
    copy go by it until it ends, so run this much more often than --lasts says.
    """
    from cookie_sessions.revocation.facts import SNAPSHOT_SECONDS
    from cookie_sessions.revocation.snapshot.publisher import SIGNED_FILE, last_sequence
    from cookie_sessions.revocation.snapshot.publisher import publish as write
    from cookie_sessions.revocation.snapshot.signing import SigningKey

    if not 0 < ttl <= lasts <= SNAPSHOT_SECONDS:
        raise click.UsageError("--lasts is at most 24h, and --ttl at most as long as --lasts.")
    key = SigningKey.from_file(signing_key)
    with opened(url, index_key_file, writes=True, new_list=new_list) as place:
        if place.settings.index_key is None:
            raise ConfigurationError(
                "There is no index key, and without it no reader of a snapshot can tell whose "
                "sessions are ended. Set COOKIE_SESSIONS_INDEX_KEY to one secret for the "
                "applications that write the list, its readers and this command."
            )
        place.refuse_if_unused(
            new_list=new_list,
            so="Nothing was published, because an empty copy would bring ended sessions back.",
        )
        index = place.written.index()
        now = clock.now()
        audience = audience or place.settings.snapshot_audience
        # The number comes before the entries, so that of two copies the later number has all that
        # the earlier has.
        sequence = place.written.next_sequence(above=last_sequence(folder, key, audience=audience))
        entries = place.written.listed(now=now)
        counts = {
            "sessions": len(list(entries.sessions)),
            "subjects": len(list(entries.subjects)),
            "keys": len(list(entries.kids)),
        }
        token = write(
            entries,
            folder,
            key=key,
            audience=audience,
            index_check=index.check,
            sequence=sequence,
            now=now,
            lasts=lasts,
            ttl=ttl,
        )
    if as_json:
        click.echo(json.dumps({**_facts(token), **counts}, indent=2))
        return
    click.echo(
        f"Snapshot {token.sequence} is in {folder}: {_counted(counts)}; {token.length:,} octets.\n"
        f"It counts until {moment_from(token.ends, token.issued)}, and readers look for the next "
        f"after {duration(token.ttl)}.\n"
        f"If you copy it on, {token.file} goes first, then {SIGNED_FILE}."
    )


@click.command("verify")
@click.option("--folder", metavar="DIR", help="Where publish wrote it.")
@click.option(
    "--url",
    metavar="URL",
    help="Where readers fetch it: https://host/path/revocations.jwt. Default: what follows "
    f"snapshot: in {REVOCATIONS}.",
)
@click.option(
    "--keys",
    metavar="FILE",
    help="The public keys, a JWK Set. Default: the setting COOKIE_SESSIONS_SNAPSHOT_KEYS.",
)
@_AUDIENCE
@index_key_option
@JSON
def verify_snapshot(
    *,
    folder: str | None,
    url: str | None,
    keys: str | None,
    audience: str | None,
    index_key_file: str | None,
    as_json: bool,
) -> None:
    """Say whether readers take a snapshot, and what is in it.

    Reads both files as a reader does. Where the index key is known, it compares that too. Ends with
    0 if all is well, 1 if no reader takes it, 4 if it ends soon.
    """
    from cookie_sessions.cli.revocations.examination import examine
    from cookie_sessions.settings import Settings

    if folder is not None and url is not None:
        raise click.UsageError("Give --folder or --url, not both.")
    config = defaults().config()
    signed_for = config.get("COOKIE_SESSIONS_SNAPSHOT_AUDIENCE") or Settings().snapshot_audience
    examined = examine(
        _place(folder, url, config.get(REVOCATIONS)),
        keys=_keys(keys, config.get("COOKIE_SESSIONS_SNAPSHOT_KEYS")),
        audience=audience or signed_for,
        index_key=index_key(index_key_file),
    )
    now = clock.now()
    warning = examined.warning(now)
    (_tell_json if as_json else _tell)(examined, warning, now)
    if examined.fault:
        sys.exit(EXIT_ERROR)
    if warning:
        sys.exit(EXIT_WARNINGS)


def _place(folder: str | None, url: str | None, setting: object) -> str:
    from cookie_sessions.revocation.snapshot.publisher import SIGNED_FILE
    from cookie_sessions.settings import SNAPSHOT

    if folder is not None:
        return f"file:{Path(folder) / SIGNED_FILE}"
    if url is not None:
        return url.removeprefix(SNAPSHOT)
    if isinstance(setting, str) and setting.startswith(SNAPSHOT):
        return setting.removeprefix(SNAPSHOT)
    raise click.UsageError("Say where the snapshot is: --folder or --url.")


def _keys(given: str | None, setting: object) -> str:
    if given is not None:
        return given if given.startswith("file:") else f"file:{given}"
    if isinstance(setting, str) and setting:
        return setting
    raise click.UsageError(
        "Name the file of the public keys, which snapshot-key new printed: --keys."
    )


def _tell(examined: Examination, warning: str, now: float) -> None:
    if examined.token is None or examined.table is None:
        click.echo(f"error: {examined.name}: {examined.fault}", err=True)
        return
    token, table = examined.token, examined.table
    counts = {"sessions": table.sessions, "subjects": table.subjects, "keys": len(table.kids)}
    told = f"{examined.name}: snapshot {token.sequence}, {_counted(counts)}"
    if table.mark:
        told += f", and all sessions that began by {moment_from(table.mark / 1000, now)}"
    click.echo(
        f"{told}.\nMade {moment_from(token.issued, now)}, counts until "
        f"{moment_from(token.ends, now)}, readers look again after {duration(token.ttl)}."
    )
    if warning:
        click.echo(f"warning: {warning}", err=True)


def _tell_json(examined: Examination, warning: str, _: float) -> None:
    told: dict[str, Any] = {
        "ok": not (examined.fault or warning),
        "errors": [examined.fault] if examined.fault else [],
        "warnings": [warning] if warning else [],
    }
    if examined.token is not None and examined.table is not None:
        table = examined.table
        told |= _facts(examined.token) | {
            "sessions": table.sessions,
            "subjects": table.subjects,
            "keys": len(table.kids),
            "mark": table.mark or None,
        }
    click.echo(json.dumps(told, indent=2))


def _facts(token: Token) -> dict[str, Any]:
    return {
        "sequence": token.sequence,
        "issued": iso(token.issued),
        "ends": iso(token.ends),
        "ttl": token.ttl,
        "file": token.file,
        "octets": token.length,
    }


def _counted(counts: dict[str, int]) -> str:
    told = (
        f"{number:,} {name.removesuffix('s') if number == 1 else name}"
        for name, number in counts.items()
    )
    return ", ".join(told)
