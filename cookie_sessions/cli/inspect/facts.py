"""An inspection for machines; docs/inspect.md lists the names, which only grow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from cookie_sessions.claims import Claims
from cookie_sessions.cli.inspect.clear import Clear
from cookie_sessions.cli.inspect.har import Exchange
from cookie_sessions.cli.inspect.opening import Contents, Value
from cookie_sessions.cli.times import iso
from cookie_sessions.errors import Reason
from cookie_sessions.revocation.identity import session_id, subject_text


class Inspection(NamedTuple):
    """All that a command found.

    Attributes:
        clear: what anyone can read.
        contents: what the keys gave, or None.
        reason: why it is refused, or None.
        now: when it was looked at, in seconds since the epoch.
        values: whether values and the subject are to be shown.
        exchanges: of a HAR file, those that carry a session of ours.
        chosen: the one of them that is looked at.
    """

    clear: Clear
    contents: Contents | None
    reason: Reason | None
    now: float
    values: bool
    exchanges: Sequence[Exchange] = ()
    chosen: Exchange | None = None


def as_json(inspection: Inspection) -> str:
    """One JSON object in ASCII, without a character that would steer a terminal."""
    clear, contents = inspection.clear, inspection.contents
    facts = {
        "form": "flask" if clear.flasks else "sealed",
        "name": clear.name,
        "reason": inspection.reason,
        "har": _har(inspection),
        "envelope": _envelope(inspection),
        "cookies": [cookie._asdict() for cookie in clear.cookies],
        "octets": {
            "cookies": clear.octets,
            "text": len(clear.whole),
            "envelope": clear.envelope,
            "ciphertext": clear.ciphertext,
            "overhead": clear.overhead,
        }
        if clear.sealed
        else None,
        "claims": None if contents is None else _claims(contents, inspection),
        "values": None if contents is None else [_value(value) for value in contents.values],
    }
    # Of ASCII's control characters JSON leaves this one as it is.
    return json.dumps(facts, indent=2).replace("\x7f", "\\u007f")


def har_as_json(exchanges: Sequence[Exchange]) -> str:
    """The requests of a HAR file that carry a session of ours."""
    return json.dumps({"entries": [_exchange(each) for each in exchanges]}, indent=2)


def subject_of(claims: Claims) -> str | None:
    """The subject as text; None where it is no text, or too long to be in the cookie."""
    try:
        return None if claims.subject is None else subject_text(claims.subject)
    except UnicodeDecodeError:
        return None


def _har(inspection: Inspection) -> dict[str, Any] | None:
    if inspection.chosen is None:
        return None
    entries = [each.number for each in inspection.exchanges]
    return {**_exchange(inspection.chosen), "entries": entries}


def _exchange(each: Exchange) -> dict[str, Any]:
    return {
        "entry": each.number,
        "at": each.when,
        "request": each.what,
        "status": each.status,
        "sends": bool(each.cookies),
        "sets": bool(each.set_cookies),
    }


def _envelope(inspection: Inspection) -> dict[str, Any] | None:
    head = inspection.clear.head
    if head is None:
        version = inspection.clear.version
        return None if version is None else {"version": version}
    return {
        "version": inspection.clear.version,
        "flags": head.flags,
        "refreshable": head.refreshable,
        "kid": head.kid.hex(),
        "sealed_at": iso(head.sealed_at),
        "age": int(inspection.now) - head.sealed_at,
        "verified": inspection.contents is not None,
    }


def _claims(contents: Contents, inspection: Inspection) -> dict[str, Any]:
    claims = contents.claims
    return {
        "session": session_id(claims.sid).hex(),
        "began": iso(claims.iat),
        "since": iso(claims.since / 1000),
        "ends": iso(claims.until),
        "ended": int(inspection.now) > claims.until,
        "proved": iso(claims.auth_time),
        "has_subject": claims.subject is not None,
        "subject": subject_of(claims) if inspection.values else None,
        "bound": bool(claims.bindings),
        "former_kids": [kid.hex() for kid in claims.former_kids],
        "imported": bool(claims.imported_from),
        "remembered_for": claims.lasts,
        "beside": bool(claims.beside),
        "unknown_claims": len(claims.unknown),
        "refused": contents.refusal,
        "octets": contents.sealed.claims.octets,
        "text": contents.sealed.claims.text,
    }


def _value(value: Value) -> dict[str, Any]:
    part = value.part
    return {
        "key": value.key,
        "type": value.kind,
        "packed": part.packed,
        "shrunk": part.shrunk,
        "compressed": part.compressed,
        "octets": part.octets,
        "text": part.text,
        "dictionary": value.dictionary,
        "secret": part.secret,
        "stored": None
        if part.stored is None
        else {"octets": part.stored.octets, "until": iso(part.stored.until)},
        "value": value.text,
    }
