"""The command that says what is in a cookie, and what of it takes the room."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import defaults
from cookie_sessions.cli.dictionary.options import DICTIONARIES, DICTIONARIES_VARIABLE
from cookie_sessions.cli.options import JSON, KEYS
from cookie_sessions.cli.refusal import EXIT_ERROR
from cookie_sessions.errors import Rejected, UsageError

if TYPE_CHECKING:
    from cookie_sessions.cli.inspect.clear import Clear
    from cookie_sessions.cli.inspect.facts import Inspection
    from cookie_sessions.cli.inspect.har import Exchange
    from cookie_sessions.cli.inspect.keyring import KeyOptions
    from cookie_sessions.cli.inspect.opening import Contents


class _Asked(NamedTuple):
    """How a session is to be opened."""

    keys: KeyOptions
    reason: str
    audience: str | None
    types: str | None
    secret_names: tuple[str, ...]
    dictionaries: str | None
    authorization: bool
    values: bool
    access_log: str | None


class _Found(NamedTuple):
    """Where the cookie was found: one header, of a HAR file or not."""

    header: str
    exchanges: tuple[Exchange, ...] = ()
    chosen: Exchange | None = None


@click.command("inspect")
@click.argument("text", nargs=-1, metavar="[COOKIE | -]")
@click.option("--har", metavar="FILE", help="A HAR file of a browser; - for stdin.")
@click.option("--list", "list_only", is_flag=True, help="Of --har: list what carries a session.")
@click.option(
    "--entry", type=click.IntRange(min=1), help="Of --har: which one. Default: the latest."
)
@click.option("--after", is_flag=True, help="Of --har: as the response leaves the cookies.")
@click.option("--name", metavar="NAME", help="The cookie's name. Default: session, or found.")
@click.option("--reason", metavar="TEXT", help="Open it with the keys; why, which is recorded.")
@KEYS
@click.option("--secret-env", metavar="NAME", help="A variable with a SECRET_KEY, instead.")
@click.option("--fallback-env", metavar="NAME", multiple=True, help="One of its fallbacks.")
@click.option("--secret-key-file", metavar="FILE", help="A file with a SECRET_KEY, instead.")
@click.option("--audience", metavar="TEXT", help="What COOKIE_SESSIONS_AUDIENCE is.")
@click.option("--types", metavar="MODULE:NAME", help="The application's registered types.")
@click.option("--secret-name", metavar="KEY", multiple=True, help="Never show its value.")
@DICTIONARIES
@click.option("--authorization", is_flag=True, help="It is from the Authorization header.")
@click.option("--values", is_flag=True, help="Show values and the subject, too.")
@click.option("--access-log", metavar="FILE", help="Append the record of the access to it.")
@JSON
def inspect(
    *,
    text: tuple[str, ...],
    har: str | None,
    list_only: bool,
    entry: int | None,
    after: bool,
    name: str | None,
    reason: str | None,
    url: str | None,
    secret_env: str | None,
    fallback_env: tuple[str, ...],
    secret_key_file: str | None,
    audience: str | None,
    types: str | None,
    secret_name: tuple[str, ...],
    dictionaries: str | None,
    authorization: bool,
    values: bool,
    access_log: str | None,
    as_json: bool,
) -> None:
    """Say what is in a cookie, and what of it takes the room.

    COOKIE is a value, name=value, or a Cookie or Set-Cookie header; - reads stdin, which keeps it
    out of the shell's history. Without --reason only what anyone can read is shown, and no key is
    used. Ends with 0, with 1 where the cookie is refused, and 2 for a wrong command line.
    """
    from cookie_sessions.cli.inspect.keyring import KeyOptions

    keys = KeyOptions(url, secret_env, fallback_env, secret_key_file)
    opens = audience is not None or types or secret_name or dictionaries or authorization
    needs_keys = keys.given or opens
    if reason is None and (needs_keys or values or access_log):
        raise click.UsageError(
            "Opening a session is access to somebody's data. Say why, which is recorded: --reason "
            "'ticket 4711'. Without it no key is used."
        )
    if bool(text) == (har is not None):
        raise click.UsageError("Give a cookie, - for stdin, or --har FILE, and one of them.")
    if har is None and (list_only or entry is not None or after):
        raise click.UsageError("--list, --entry and --after are about a HAR file: --har FILE.")
    if list_only and (reason is not None or entry is not None or after):
        raise click.UsageError(
            "--list opens nothing. Choose one that it lists: --entry NUMBER, or --after."
        )
    if har is None:
        found = _pasted(text, name)
    else:
        exchanges = _exchanges(har, name)
        if list_only:
            _tell_list(exchanges, as_json=as_json)
            return
        found = _chosen(exchanges, entry, name, after=after)
    asked = None
    if reason is not None:
        asked = _Asked(
            keys=keys,
            reason=reason,
            audience=audience,
            types=types,
            secret_names=secret_name,
            dictionaries=dictionaries,
            authorization=authorization,
            values=values,
            access_log=access_log,
        )
    _tell(_inspection(found, name, asked), asked, as_json=as_json)


def _pasted(text: tuple[str, ...], name: str | None) -> _Found:
    from cookie_sessions.cli.inspect.pasted import STDIN, header_in, text_given

    if text != (STDIN,):
        click.echo(
            "Note: a cookie on the command line stays in the shell's history, and is seen in the "
            "list of processes. Give - and send it to stdin.",
            err=True,
        )
    return _Found(header_in(text_given(text), name=name or defaults().cookie_name()))


def _exchanges(har: str, name: str | None) -> tuple[Exchange, ...]:
    from cookie_sessions.cli.inspect.har import (
        exchanges_in,
        in_time_order,
        read_har,
        refuse_without_ours,
    )

    default = defaults().cookie_name()
    exchanges = exchanges_in(read_har(har))
    ours = [each for each in exchanges if each.carries(name=name, default=default)]
    if not ours:
        raise refuse_without_ours(exchanges)
    return tuple(in_time_order(ours))


def _chosen(
    exchanges: tuple[Exchange, ...], entry: int | None, name: str | None, *, after: bool
) -> _Found:
    chosen = exchanges[-1]
    if entry is not None:
        numbered = {each.number: each for each in exchanges}
        if entry not in numbered:
            raise UsageError(
                f"Entry {entry} carries no session of ours. Those that do are listed by --list."
            )
        chosen = numbered[entry]
    header = chosen.header(name=name, default=defaults().cookie_name(), after=after)
    if header is None:
        raise UsageError(
            f"After the response of entry {chosen.number} the browser has no session of ours: it "
            f"was deleted. Leave out --after."
        )
    return _Found(header, exchanges, chosen)


def _inspection(found: _Found, name: str | None, asked: _Asked | None) -> Inspection:
    from cookie_sessions.cli.inspect.clear import clear_of
    from cookie_sessions.cli.inspect.facts import Inspection
    from cookie_sessions.cli.inspect.header import nothing_found, our_name

    try:
        ours = our_name(found.header, name=name, default=defaults().cookie_name())
    except Rejected as rejected:
        raise UsageError(
            f"The Cookie header is longer than any that is read ({rejected.reason.value}). Give "
            f"the session's cookies alone."
        ) from None
    if ours is None:
        raise nothing_found(found.header, name=name)
    now = clock.now()
    clear = clear_of(found.header, ours)
    contents, reason = None, clear.reason
    if asked is not None and reason is None:
        if clear.flasks:
            raise UsageError(
                "This is Flask's own signed cookie: it is not sealed, so there is nothing to open. "
                "Leave --reason out."
            )
        try:
            contents = _opened(clear, asked, now=now)
        except Rejected as rejected:
            reason = rejected.reason
    shows_values = asked is not None and asked.values
    return Inspection(clear, contents, reason, now, shows_values, found.exchanges, found.chosen)


def _opened(clear: Clear, asked: _Asked, *, now: float) -> Contents:
    from cookie_sessions.cli.inspect.access import checked_reason, record
    from cookie_sessions.cli.inspect.opening import Lens
    from cookie_sessions.cli.inspect.types import types_of
    from cookie_sessions.manager import PURPOSE
    from cookie_sessions.sealer import Place
    from cookie_sessions.settings.dictionary_values import dictionaries_in
    from cookie_sessions.token import PURPOSE as TOKEN_PURPOSE

    assert clear.head is not None
    told = defaults()
    settings = told.settings()
    purpose = TOKEN_PURPOSE if asked.authorization else PURPOSE
    audience = settings.audience if asked.audience is None else asked.audience
    reason = checked_reason(asked.reason)
    lens = Lens(
        asked.keys.ring(now=now),
        place=Place(purpose, clear.name, audience),
        types=settings.types if asked.types is None else types_of(asked.types),
        secret_names=settings.secret_names.union(asked.secret_names),
        dictionaries=dictionaries_in(
            asked.dictionaries or settings.dictionaries or os.environ.get(DICTIONARIES_VARIABLE)
        ),
        timeouts=told.timeouts(),
    )
    record(reason, kid=clear.head.kid, values=asked.values, path=asked.access_log)
    return lens.open(clear.whole, now=now, values=asked.values)


def _tell_list(exchanges: tuple[Exchange, ...], *, as_json: bool) -> None:
    from cookie_sessions.cli.inspect.facts import har_as_json
    from cookie_sessions.cli.inspect.view import exchanges_table, say

    say(har_as_json(exchanges) if as_json else exchanges_table(exchanges))


def _tell(inspection: Inspection, asked: _Asked | None, *, as_json: bool) -> None:
    from cookie_sessions.cli.inspect.facts import as_json as to_json
    from cookie_sessions.cli.inspect.reasons import told
    from cookie_sessions.cli.inspect.view import lines_of, say

    if as_json:
        say(to_json(inspection))
    else:
        for line in lines_of(inspection, width=shutil.get_terminal_size().columns):
            say(line)
        if asked is None and not inspection.clear.flasks:
            say("\nNothing of this is verified: that takes the keys, and --reason TEXT.")
    if inspection.reason is not None:
        click.echo(f"Error: The cookie is refused. {told(inspection.reason)}", err=True)
        sys.exit(EXIT_ERROR)
