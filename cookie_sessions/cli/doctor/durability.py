"""Whether a Redis still has a list of ended sessions after it has restarted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cookie_sessions.stores.redis_persistence import Persistence

_ALWAYS: Final = "always"
_FIX: Final = "set appendonly yes and appendfsync always"
_RETURNS: Final = "would live again"


class Durability(NamedTuple):
    """What its settings mean, each a clause.

    Attributes:
        warnings: what will be lost.
        notes: what it does not tell.
    """

    warnings: tuple[str, ...]
    notes: tuple[str, ...]


def durability(servers: Iterable[Persistence]) -> Durability:
    """What the settings of a Redis mean for a list.

    Args:
        servers: what each of those that take writes does.
    """
    found = [(_warning(each), _note(each)) for each in servers]
    # The servers of a cluster mostly have one configuration.
    warnings = dict.fromkeys(warning for warning, _ in found if warning)
    notes = dict.fromkeys(note for _, note in found if note)
    return Durability(tuple(warnings), tuple(notes))


def _warning(server: Persistence) -> str:
    if server.appends is False:
        if server.saves:
            return (
                f"it writes to its disk at save points alone (save {server.saves}), so after a "
                f"restart what was signed out since the last of them {_RETURNS}: {_FIX}"
            )
        told = "appendonly is no" if server.saves is None else 'appendonly is no, save is ""'
        return (
            f"it does not write each change to its disk ({told}), so after a restart what was "
            f"signed out {_RETURNS}: {_FIX}"
        )
    if server.appends and server.syncs not in (_ALWAYS, None):
        return (
            f"its appendfsync is {server.syncs}, so after a loss of power what was signed out last "
            f"{_RETURNS}: set appendfsync {_ALWAYS}"
        )
    return ""


def _note(server: Persistence) -> str:
    if server.appends is None:
        return (
            f"it does not say whether it writes each change to its disk (appendonly): see that it "
            f"does, or after a restart what was signed out {_RETURNS}"
        )
    if server.appends and server.syncs is None:
        return (
            f"its appendfsync is not told to this user: see that it is {_ALWAYS}, or after a loss "
            f"of power what was signed out last {_RETURNS}"
        )
    return ""
