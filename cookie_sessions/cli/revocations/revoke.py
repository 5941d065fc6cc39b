"""The command that ends sessions: one, a subject's, a key's, or all."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from cookie_sessions import clock
from cookie_sessions.cli.defaults import typed
from cookie_sessions.cli.given import text_of
from cookie_sessions.cli.options import DRY_RUN, JSON
from cookie_sessions.cli.refusal import Refused
from cookie_sessions.cli.revocations.place import NEW_LIST, list_options, opened
from cookie_sessions.cli.times import duration, moment, since_epoch
from cookie_sessions.clock import SKEW
from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.errors import UsageError

if TYPE_CHECKING:
    from cookie_sessions.cli.revocations.place import Place

_NOW: Final = "now"
_SESSION: Final = "the session, and what has taken its place since"
_SID_DIGITS: Final = 32
_KID_DIGITS: Final = 2 * KID_OCTETS


class Ending(NamedTuple):
    """What is to be ended.

    Attributes:
        what: "session", "subject", "all", "key" or "reference".
        told: what that is, for people; never what was typed, but a key's id.
        end: ends it.
        check: raises where it can't be ended, and writes nothing.
        next: a command that is to follow, or None.
    """

    what: str
    told: str
    end: Callable[[Place], None]
    check: Callable[[Place], object] = lambda _: None
    next: str | None = None


def moment_or_now(text: str) -> int | str:
    """Read a moment as ``since_epoch`` does, or the word ``now``.

    Raises:
        click.BadParameter: it is neither.
    """
    return text if text == _NOW else since_epoch(text)


@click.command("revoke")
@click.option("--sid", metavar="SID", help="One session, by session.sid. @FILE, @- for stdin.")
@click.option("--subject", metavar="SUBJECT", help="All sessions of a user, by session.subject.")
@click.option(
    "--all-before",
    type=moment_or_now,
    metavar="MOMENT",
    help="All sessions that began before it (UTC); the word now for all there are.",
)
@click.option("--key", metavar="KID", help="All sessions that a key seals or ever sealed.")
@click.option("--reference", metavar="REF", help="One session, by its reference in the register.")
@list_options
@JSON
@DRY_RUN
@NEW_LIST
@click.option("--force", is_flag=True, help="Confirm --all-before, which logs everybody out.")
def revoke_sessions(
    *,
    sid: str | None,
    subject: str | None,
    all_before: int | str | None,
    key: str | None,
    reference: str | None,
    url: str | None,
    index_key_file: str | None,
    as_json: bool,
    dry_run: bool,
    new_list: bool,
    force: bool,
) -> None:
    """End sessions now, wherever their cookies are.

    Writes the application's list of ended sessions. There is no way back, and who signs in
    afterwards is not concerned.
    """
    endings = [
        make(given)
        for make, given in (
            (_session, sid),
            (_subject, subject),
            (_key, key),
            (_reference, reference),
        )
        if given is not None
    ]
    if all_before is not None:
        endings.append(_all(all_before, force=force))
    if len(endings) != 1:
        raise click.UsageError(
            "Say what to end by exactly one of --sid, --subject, --all-before, --key and "
            "--reference."
        )
    (ending,) = endings
    with opened(url, index_key_file, writes=not dry_run, new_list=new_list) as place:
        place.refuse_if_unused(new_list=new_list, so="Nothing was ended.")
        ending.check(place)
        if not dry_run:
            ending.end(place)
        _tell(ending, place, as_json=as_json, dry_run=dry_run)


def _session(given: str) -> Ending:
    sid = _digits(
        text_of(given),
        _SID_DIGITS,
        "A session's id has 32 hexadecimal digits, as session.sid gives them.",
    )

    def end(place: Place) -> None:
        from cookie_sessions.revocation.identity import reference_of

        place.revocations.revoke(sid)
        if place.revocations.registry is not None:
            reference = reference_of(bytes.fromhex(sid))
            place.revocations.registry.forget([reference], subject=None)

    return Ending("session", _SESSION, end)


def _subject(subject: str) -> Ending:
    if not subject:
        raise UsageError(
            "The subject is empty, as where a variable of the shell is not set. Nothing was ended. "
            "Write --subject as session.subject was set."
        )
    return Ending(
        "subject",
        "all sessions of the subject",
        lambda place: place.revocations.revoke_subject(subject),
        lambda place: place.check_index(),
    )


def _all(before: int | str, *, force: bool) -> Ending:
    at = None if isinstance(before, str) else before
    if at is not None and at > clock.now():
        raise UsageError(
            "The moment of --all-before is still to come. Name one that has passed, or now."
        )
    if not force:
        raise Refused(
            "This would log everybody out"
            + ("" if at is None else f" whose session began before {moment(at)}")
            + ". Nothing was ended. If that is what you want, add --force."
        )
    told = (
        "all sessions"
        if at is None
        else f"all sessions that began before {moment(at)}, or up to {duration(2 * SKEW)} later as "
        f"clocks differ"
    )
    return Ending("all", told, lambda place: place.revocations.revoke_all(before=at))


def _key(given: str) -> Ending:
    kid = _digits(
        given,
        _KID_DIGITS,
        f"A key's id has 8 hexadecimal digits. {typed('keys list')} shows them.",
    )
    return Ending(
        "key",
        f"all sessions that the key {kid} seals or ever sealed",
        lambda place: place.revocations.revoke_key(kid),
        next=typed(f"keys revoke {kid}"),
    )


def _reference(reference: str) -> Ending:
    def check(place: Place) -> None:
        registry = place.register()
        if not place.check_index() or registry.find(reference, subject=None) is None:
            raise _no_such_reference()

    def end(place: Place) -> None:
        if not place.revocations.end_reference(reference):
            raise _no_such_reference()

    return Ending("reference", _SESSION, end, check)


def _no_such_reference() -> UsageError:
    return UsageError(
        f"The register has no session of that reference: it has ended, or the application keeps no "
        f"register (COOKIE_SESSIONS_REGISTER). Those that it has are listed by "
        f"{typed('revocations signed-in --subject SUBJECT')}. Nothing was ended."
    )


def _digits(text: str, count: int, told: str) -> str:
    """So many hexadecimal digits, in lower case; what was written instead is not repeated."""
    if len(text) != count or not set(text) <= set(string.hexdigits):
        raise UsageError(f"{told} Nothing was ended.")
    return text.lower()


def _tell(ending: Ending, place: Place, *, as_json: bool, dry_run: bool) -> None:
    published = place.is_published()
    if as_json:
        facts = {
            "ended": ending.what,
            "dry_run": dry_run,
            "store": place.store.name,
            "within": place.settings.revocations_staleness,
            "published": published,
            "next": ending.next,
        }
        click.echo(json.dumps(facts, indent=2))
        return
    if dry_run:
        click.echo(f"Dry run: nothing is written. This would be ended: {ending.told}.")
        return
    click.echo(f"Ended: {ending.told}.\nThis counts everywhere {place.within()}.")
    if published:
        click.echo(f"Who reads snapshots hears of it by the next: {typed('revocations publish')}")
    if ending.next is not None:
        click.echo(
            f"The list forgets it once no session of now can live; the ring does not: {ending.next}"
        )
