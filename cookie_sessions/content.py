"""A session as its cookie brought it, and where it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from cookie_sessions.claims import Claims
from cookie_sessions.codec import Reference, Wire
from cookie_sessions.envelope import Head
from cookie_sessions.errors import Unavailable

if TYPE_CHECKING:
    from cookie_sessions.policy.binding import Anomaly
    from cookie_sessions.session import Session


class Content(NamedTuple):
    """A session as its cookie brought it.

    Attributes:
        claims: what it says of itself.
        wires: its values as they stand in the payload, by key.
        head: the clear part of its cookie.
        plaintext: its payload, to be copied by a refresh.
        imported: whether Flask's own cookie brought it.
        references: what it keeps in the overflow store.
        owner: the value as it stands in the payload that says whose session it is, or None.
        fading: whether another request gave it a new id a moment ago, so that it is only read.
        unchecked: whether the revocation list could not be asked, so that its end stays.
        anomaly: how its client differs from the one that it is bound to, or None.
        needs_reseal: whether another key than the ring's primary sealed it.
        newer_client: whether its browser has a newer version than it is bound to.
    """

    claims: Claims
    wires: dict[Any, Wire]
    head: Head
    plaintext: bytes
    imported: bool = False
    references: tuple[Reference, ...] = ()
    owner: Wire = None
    fading: bool = False
    unchecked: bool = False
    anomaly: Anomaly | None = None
    newer_client: bool = False
    needs_reseal: bool = True

    def __repr__(self) -> str:
        return f"<Content of {len(self.wires)} values>"


class Early(NamedTuple):
    """What was opened and fetched before its session was used, or why it could not be.

    Attributes:
        content: the session as it came; None where no living one did.
        values: what it keeps elsewhere, by key.
    """

    content: Content | Unavailable | None
    values: Mapping[Any, Wire] | Unavailable

    def __repr__(self) -> str:
        return "<Early>"

    def opened(self) -> Content | None:
        """The session as it came.

        Raises:
            Unavailable: it could not be opened.
        """
        if isinstance(self.content, Unavailable):
            raise self.content.with_traceback(None)
        return self.content

    def fetched(self, wires: Mapping[Any, Wire]) -> dict[Any, Wire]:
        """Those of some values that are kept elsewhere and were there.

        Raises:
            Unavailable: the store did not answer.
        """
        values = self.values
        if isinstance(values, Unavailable):
            raise values.with_traceback(None)
        return {key: values[key] for key in wires if key in values}


class Origin(Protocol):
    """Where a session comes from."""

    @property
    def anomaly(self) -> Anomaly | None:
        """How the client differs from that of the session that was opened or, for it, was not."""
        ...

    @property
    def by_header(self) -> bool:
        """Whether the Authorization header brought what is there, and no cookie."""
        ...

    def open(self) -> Content | None:
        """Decrypt and check; None without a living session, Unavailable without keys or stores."""
        ...

    def tell(self, anomaly: Anomaly) -> Anomaly:
        """Have the application hear of an anomaly; it may give it a more severe verdict."""
        ...

    def turn_away(self) -> None:
        """Note that what was opened counts as refused: its client is another one."""
        ...

    def bound(self, claims: Claims, *, content: Content | None, renew: bool) -> Claims:
        """Claims that are sealed now, bound to the client where the settings say so."""
        ...

    def begin(self) -> Claims:
        """The claims of a session that begins now."""
        ...

    def shed(self, session: Session) -> tuple[str, ...]:
        """Drop what is not its owner's, if that is another now; gives the names."""
        ...

    def remembered(self) -> int:
        """How long a session lives that is remembered, in seconds; UsageError where none is."""
        ...

    def fetch(self, wires: Mapping[Any, Wire]) -> Mapping[Any, Wire]:
        """Values that are kept elsewhere, by key; what is lost is left out.

        Raises:
            Unavailable: the store does not answer.
        """
        ...

    def end(self, content: Content, *, asked: bool | None) -> None:
        """Put a session on the revocation list, if there is one.

        Args:
            content: the session as it came.
            asked: whether it is to be; None: if it is somebody's.

        Raises:
            Unavailable: the list does not answer.
        """
        ...

    def end_others(self, session: Session) -> int:
        """End all sessions of a session's subject.

        Returns:
            From when a session counts that goes on, in milliseconds since the epoch.

        Raises:
            UsageError: there is no list, or the session is nobody's.
            Unavailable: the list does not answer.
        """
        ...
