"""One session on its way into one response: its form, its limits, and what goes where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cookie_sessions import clock, sealer
from cookie_sessions.arrival import Arrival
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Wire, references_of
from cookie_sessions.content import Content
from cookie_sessions.cookies import CookieAttributes, Excess, Surroundings
from cookie_sessions.departure import Departure, Written
from cookie_sessions.envelope import text_octets
from cookie_sessions.errors import (
    Rejected,
    SessionTooLarge,
    Unavailable,
    UsageError,
)
from cookie_sessions.events import EventName
from cookie_sessions.session import Session
from cookie_sessions.succession import Succession

if TYPE_CHECKING:
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.stowage import Stowage


class Commit:
    """Writes a session, or drops it, in one response.

    Args:
        manager: whose settings, keys and stores apply.
        session: the session.
        cookie: the attributes of its cookie.
        surroundings: what else the request and the response carry.
    """

    __slots__ = (
        "_began",
        "_departure",
        "_kept",
        "_kid",
        "_manager",
        "_place",
        "_session",
        "_succession",
    )

    def __init__(
        self,
        manager: SessionManager,
        session: Session,
        cookie: CookieAttributes,
        surroundings: Surroundings,
    ) -> None:
        self._manager = manager
        self._session = session
        self._began = clock.ticks()
        self._kid = b""
        self._kept: Mapping[Any, Wire] = {}
        self._succession = Succession(manager, session)
        origin = session._origin
        arrival = origin if isinstance(origin, Arrival) else None
        self._place = (arrival or manager).place(cookie.name)
        self._departure = (Departure if arrival is None else arrival.departure)(
            arrival,
            cookie,
            settings=manager.settings,
            surroundings=surroundings,
        )

    def lines(self, *, expires: int | None, renew: bool) -> list[str]:
        """The Set-Cookie lines that keep the session; none where it stays as it came.

        Args:
            expires: when the browser forgets it, in seconds since the epoch, or None.
            renew: whether the sealed end moves.

        Raises:
            UsageError: a value can't be packed, or the session is too large.
            Unavailable: keys or stores do not answer.
        """
        session = self._session
        self._manager.settle(session)
        wires = session._settle()
        content = session._content
        succession = self._succession
        if not succession.begin():
            return []
        if succession.unchecked:
            if not session.modified:
                return []
            renew = False
        try:
            return self._lines(wires, content, expires=expires, renew=renew)
        except BaseException:
            # A worker that is told to stop, too: the visitor has no other cookie yet.
            succession.take_back()
            raise

    def _lines(
        self,
        wires: dict[Any, Wire],
        content: Content | None,
        *,
        expires: int | None,
        renew: bool,
    ) -> list[str]:
        session = self._session
        signs = self._manager.writes_signed()
        try:
            written = self._write(wires, expires=expires, renew=renew, signs=signs)
        except UsageError as error:
            if content is None or (content.imported == signs and session.modified):
                raise
            # What nobody changed and another key or attribute makes outgrow its cookie stays as it
            # is in the browser: the visitor did nothing that a page could be refused for.
            if content.imported == signs:
                self._succession.take_back()
                return []
            # What only does not fit the other form is not the visitor's to pay for.
            if session.modified and not isinstance(error, _Unreadable):
                raise
            if not renew or not self._can_go_on(content):
                self._succession.take_back()
                return []
            signs = content.imported
            written = self._write(wires, expires=expires, renew=renew, signs=signs)
        self._tell(written, content, signs=signs)
        sampler = self._manager.sampler
        if sampler is not None and self._kept and session.modified:
            sampler.note(session, self._kept)
        return written.lines

    def deletion(self) -> list[str]:
        """The Set-Cookie lines that make the browser drop the session.

        Raises:
            Unavailable: it was somebody's, and the revocation list does not answer.
        """
        self._succession.end()
        self._let_go({})
        written = self._departure.delete()
        self._tell_cut(written)
        return written.lines

    def _tell_cut(self, written: Written) -> None:
        cut = written.cut
        if cut is not None:
            self._manager.events.emit(
                EventName.COOKIES_CUT, way="set", lines=cut.octets, kept=cut.limit
            )

    def _tell(self, written: Written, content: Content | None, *, signs: bool) -> None:
        """Tell what became of the session, where anybody listens."""
        to = ""
        if content is None:
            name = EventName.CREATED
        elif content.imported != signs:
            name, to = EventName.MIGRATED, "flask" if signs else "sealed"
        else:
            name = EventName.WRITTEN if self._session.modified else EventName.REFRESHED
        events = self._manager.events
        if events.wants(name):
            events.emit(
                name,
                reason=None,
                octets=written.octets,
                chunks=written.chunks,
                seconds=clock.ticks() - self._began,
                kid="" if signs else self._kid.hex(),
                **({"to": to} if to else {}),
            )

    def rehearse(self, wires: Mapping[Any, Wire], *, claims: Claims) -> Mapping[Any, Wire]:
        """The session's values as the cookies will hold them; nothing is sealed or stored.

        Args:
            wires: the values as the session holds them.
            claims: those that the session will be sealed with.

        Returns:
            The values, with references in place of those that the store will have to take.
        """
        manager = self._manager
        session = self._session
        if manager.overflow is None:
            return wires
        from cookie_sessions.stowage import Stowage

        def write(stowage: Stowage) -> Written:
            octets = text_octets(len(self._plaintext(None, stowage.wires, claims)))
            return self._departure.write("A" * octets, expires=0 if session.permanent else None)

        stowage = Stowage(
            manager.overflow, manager.codec, wires, until=claims.until, rehearsal=True
        )
        if session.modified:
            stowage.move_cold()
        if _fit(stowage, write, lambda written: written.excess).crowded is None:
            return stowage.wires
        relief = stowage.copy()
        lighter = _fit(relief, write, lambda written: written.crowded)
        fits = lighter.crowded is None and relief.excess is None
        return relief.wires if fits else stowage.wires

    def _write(
        self, wires: Mapping[Any, Wire], *, expires: int | None, renew: bool, signs: bool
    ) -> Written:
        if signs:
            text = self._signed_text(wires, renew=renew)
            written = self._departure.write_signed(text, expires=expires)
        else:
            written = self._write_sealed(wires, expires=expires, renew=renew)
        if written.excess is not None:
            raise self._too_large(written.excess, wires, signs=signs)
        if signs:
            # Flask's own form holds no references.
            self._let_go({})
        self._tell_cut(written)
        if written.crowded is not None and not written.crowded.is_of_lines:
            self._manager.events.emit(EventName.CROWDED, octets=written.crowded.octets)
        return written

    def _write_sealed(
        self, wires: Mapping[Any, Wire], *, expires: int | None, renew: bool
    ) -> Written:
        """Seal the session, and move to the overflow store what keeps it from fitting."""
        manager = self._manager
        session = self._session
        ring = manager.ring()
        self._kid = ring.primary.kid
        claims = manager.claims_to_seal(session, ring=ring, renew=renew)
        self._succession.note_end(claims.until)
        # What nobody changed is copied as it stands.
        copied = None if session.modified else session._content

        def write(copied: Content | None, wires: Mapping[Any, Wire]) -> Written:
            text = sealer.seal(
                self._plaintext(copied, wires, claims),
                ring=ring,
                place=self._place,
                refreshable=self._slides(copied, claims),
                now=clock.now(),
            )
            return self._departure.write(text, expires=expires)

        if manager.overflow is None:
            written = write(copied, wires)
            if written.excess is None:
                self._succession.register(claims)
            self._kept = wires
            return written
        # Only applications with a store load the code that fills it.
        from cookie_sessions.stowage import Stowage

        if copied is not None:
            # The cookie will hold what it holds now: a change that was forgotten moves nothing.
            _, wires = manager.codec.load_payload(copied.plaintext)
        stowage = Stowage(
            manager.overflow,
            manager.codec,
            wires,
            until=claims.until,
            refreshes=copied is not None,
        )
        if copied is None:
            stowage.move_cold()

        def write_stowed(stowage: Stowage) -> Written:
            return write(None if stowage.changed else copied, stowage.wires)

        written = _fit(stowage, write_stowed, lambda written: written.excess)
        excess = written.excess or stowage.excess
        if excess is not None:
            raise self._too_large(excess, stowage.wires)
        if written.crowded is not None:
            # Others take the room: what only they make necessary is never an error.
            relief = stowage.copy()
            lighter = _fit(relief, write_stowed, lambda written: written.crowded)
            if lighter.crowded is None and relief.excess is None and self._stored(relief):
                written, stowage = lighter, relief
        # Nothing that the browser will be told to name may be missing from the store.
        stowage.store()
        self._succession.register(claims)
        self._let_go(stowage.wires)
        self._kept = stowage.wires
        return written

    def _slides(self, copied: Content | None, claims: Claims) -> bool:
        """Whether the end of what is sealed now moves with its use."""
        timeouts = self._manager.timeouts()
        if timeouts.lasts(claims) is not None:
            return False
        # Of a change that was forgotten nothing is sealed.
        permanent = self._session.permanent if copied is None else copied.head.refreshable
        return timeouts.all_slide or permanent

    def _stored(self, stowage: Stowage) -> bool:
        try:
            stowage.store()
        except Unavailable:
            self._manager.events.emit(EventName.UNAVAILABLE)
            return False
        return True

    def _let_go(self, wires: Mapping[Any, Wire]) -> None:
        """Have the store forget what the session kept there and does not name any more."""
        overflow = self._manager.overflow
        if overflow is None:
            return
        session = self._session
        named = {reference.seed for reference in references_of(wires).values()}
        former = () if session._content is None else session._content.references
        overflow.retire([each for each in former if each.seed not in named])
        overflow.delete(session._ended)

    def _too_large(
        self, excess: Excess, wires: Mapping[Any, Wire], *, signs: bool = False
    ) -> SessionTooLarge:
        manager = self._manager
        if excess.is_of_lines:
            manager.events.emit(
                EventName.COOKIES_CUT, way="set", lines=excess.octets, kept=excess.limit
            )
        else:
            manager.events.emit(EventName.OVERSIZE, octets=excess.octets)
        remedies = [excess.remedy] if excess.remedy else []
        if manager.overflow is None and not signs:
            remedies.insert(0, "COOKIE_SESSIONS_OVERFLOW names a store that takes the rest.")
        return SessionTooLarge(
            octets=excess.octets,
            limit=excess.limit,
            by_key=manager.codec.sizes(wires, stored=excess.is_of_store),
            why=excess.why,
            remedy=" ".join(remedies),
            unit="Set-Cookie lines" if excess.is_of_lines else "octets",
        )

    def _plaintext(
        self, copied: Content | None, wires: Mapping[Any, Wire], claims: Claims
    ) -> bytes:
        codec = self._manager.codec
        if copied is not None:
            return codec.with_claims(codec.without_withdrawn(copied.plaintext), claims.to_octets())
        return codec.dump_payload(claims.to_octets(), codec.repacked(wires))

    def _signed_text(self, wires: Mapping[Any, Wire], *, renew: bool) -> str:
        manager = self._manager
        assert manager.migration is not None
        now = int(clock.now())
        session = self._session
        claims = session._own_claims
        until = manager.end_of(session, claims, renew=renew, now=now)
        content = session._content
        if content is not None and not session.modified:
            _, wires = manager.codec.load_payload(content.plaintext)
        try:
            values = {name: manager.codec.from_wire(wire) for name, wire in wires.items()}
        except Rejected:
            values = None
        if values is None:
            raise _Unreadable(
                "The session holds a value that can't be unpacked here, so Flask's own cookie "
                "can't keep it. Register its type in COOKIE_SESSIONS_TYPES, or write 'sealed'."
            )
        # Flask counts its age limit from the signed time, so that is how the sealed end is kept.
        signed_at = max(1, min(now, until - manager.timeouts().longest))
        return manager.migration.write(values, signed_at=signed_at)

    def _can_go_on(self, content: Content) -> bool:
        """Whether a session may be written once more in the form that it came in."""
        migration = self._manager.migration
        return not content.imported or (
            migration is not None and migration.may_sign(now=clock.now())
        )


def _fit(
    stowage: Stowage,
    write: Callable[[Stowage], Written],
    tight: Callable[[Written], Excess | None],
) -> Written:
    """Write, and move values to the store until nothing is too tight or nothing can be moved."""
    while True:
        written = write(stowage)
        over = tight(written)
        if over is None or not stowage.lighten(over.octets - over.limit):
            return written


class _Unreadable(UsageError):
    """A value of the session is of a type that this instance does not know."""
