"""Whether readers take a snapshot; asked of the very code that readers run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.cli.revocations.quiet import quiet_events
from cookie_sessions.cli.times import duration
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import Event
from cookie_sessions.revocation.identity import IndexKey
from cookie_sessions.revocation.snapshot.fault import Fault, SnapshotRefused
from cookie_sessions.revocation.snapshot.reader import SnapshotList
from cookie_sessions.revocation.snapshot.signing import PublicKey, public_keys
from cookie_sessions.revocation.snapshot.source import Source, source_from_url
from cookie_sessions.revocation.snapshot.table import Table
from cookie_sessions.revocation.snapshot.token import Token, verified

_PUBLISH: Final = "Publish it again: cookie-sessions revocations publish."

FAULTS: Final[Mapping[Fault, str]] = {
    Fault.UNREACHABLE: "It can't be read there. Correct the place, or see what its server says.",
    Fault.TOO_LARGE: "It is larger than readers take. See whether it is a snapshot at all.",
    Fault.MALFORMED: f"It is no snapshot, or one of another release's form. {_PUBLISH}",
    Fault.BAD_SIGNATURE: "It was not signed by the key that it names: somebody changed it.",
    Fault.UNKNOWN_KEY: "It was signed by a key that is not among those given. Give readers the "
    "public key of whoever publishes.",
    Fault.WRONG_AUDIENCE: "It was signed for others. Give publish and readers one --audience, "
    "COOKIE_SESSIONS_SNAPSHOT_AUDIENCE.",
    Fault.WRONG_INDEX: "Its subjects are named under another index key. Give whoever publishes and "
    "readers one COOKIE_SESSIONS_INDEX_KEY.",
    Fault.EXPIRED: f"It has ended. See why nobody published a newer one. {_PUBLISH}",
    Fault.NOT_YET_VALID: "It is from a time to come. Correct the clock of whoever publishes, or "
    "this one's.",
    Fault.OLD_SEQUENCE: "It is older than one that was there a moment ago.",
    Fault.TRUNCATED: "The table is cut short. Copy it on before the signed file, and whole.",
    Fault.MISMATCH: "The table is not the one that the signed file names. Copy both on, the table "
    "first.",
}
"""What each fault means, and what to do."""


class Examination(NamedTuple):
    """What was found.

    Attributes:
        name: where it is.
        fault: why no reader takes it; empty where they do.
        token: the signed file; None where it is refused.
        table: the other; None where it is refused.
    """

    name: str
    fault: str
    token: Token | None = None
    table: Table | None = None

    def warning(self, now: float) -> str:
        """What will go wrong unless somebody acts; empty where nothing will.

        Args:
            now: seconds since the epoch.
        """
        token = self.token
        if token is None or token.ends - now >= (token.ends - token.issued) / 4:
            return ""
        return (
            f"It ends in {duration(max(0.0, token.ends - now))}, and was made for "
            f"{duration(token.ends - token.issued)}. See why nobody published a newer one. "
            f"{_PUBLISH}"
        )


def examine(place: str, *, keys: str, audience: str, index_key: str | None) -> Examination:
    """Fetch a snapshot and verify it.

    Args:
        place: ``https://...`` or ``file:PATH`` of the signed file.
        keys: public keys as a JWK Set, or ``file:PATH`` of one.
        audience: for whom it must be signed.
        index_key: the readers'; None: not known.

    Raises:
        ConfigurationError: the place, or the keys, can't be used.
    """
    source = source_from_url(place)
    known = public_keys(keys)
    try:
        token, table = _taken(source, known, audience, index_key)
    except SnapshotRefused as refused:
        return Examination(source.name, FAULTS[refused.fault])
    return Examination(source.name, "", token, table)


def _taken(
    source: Source, keys: Mapping[str, PublicKey], audience: str, index_key: str | None
) -> tuple[Token, Table]:
    octets = source.token("").octets
    assert octets is not None
    token = verified(octets, keys, audience=audience, now=clock.now())
    if index_key is not None and IndexKey(index_key.encode()).check.hex() != token.index_check:
        raise SnapshotRefused(Fault.WRONG_INDEX)
    events = quiet_events()
    faults: list[Fault] = []

    def note(event: Event) -> None:
        if "fault" in event.details:
            faults.append(Fault(str(event.details["fault"])))

    events.subscribe(note)
    reader = SnapshotList(
        source,
        keys=keys,
        audience=audience,
        index_check=bytes.fromhex(token.index_check),
        events=events,
    )
    try:
        return reader.state()
    except Unavailable:
        raise SnapshotRefused(faults[-1] if faults else Fault.EXPIRED) from None
