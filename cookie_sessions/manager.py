"""The one room that knows the way of a request: load at its beginning, commit at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cookie_sessions import clock, sealer
from cookie_sessions.arrival import Arrival
from cookie_sessions.claims import MAX_FORMER_KIDS, Claims
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.cookies import LIMIT, CookieAttributes
from cookie_sessions.envelope import Head, peek
from cookie_sessions.errors import Reason, Rejected, SessionTooLarge, UsageError
from cookie_sessions.events import EventName, Events
from cookie_sessions.keys import KeyRing
from cookie_sessions.migration import Migration
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Place
from cookie_sessions.session import Content, Session
from cookie_sessions.settings import Settings

PURPOSE: Final = "session"

S = TypeVar("S", bound=Session)


class SessionManager:
    """Loads and commits sessions; safe under threads and the same for every adapter.

    Args:
        settings: our own settings.
        ring: gives the key ring in force.
        timeouts: gives the timeouts in force.
        events: told what happens.
        migration: reads and writes Flask's own cookies for a time, or None.
        look_again: asks the source of the ring for a key that the ring does not have, and says
            whether the ring is another one then; None: there is none to ask.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        ring: Callable[[], KeyRing],
        timeouts: Callable[[], Timeouts],
        events: Events,
        migration: Migration | None = None,
        look_again: Callable[[], bool] | None = None,
    ) -> None:
        self.settings = settings
        self.ring = ring
        self.timeouts = timeouts
        self.events = events
        self.codec = Codec(types=settings.types, secret_names=settings.secret_names)
        self.migration = migration
        self._look_again = look_again

    def arrival(self, header: str, *, name: str) -> Arrival:
        """Note what a request brought, without looking into it.

        Args:
            header: the Cookie header, each octet one character; empty where there is none.
            name: the name of our cookie.
        """
        return Arrival(self, header, name)

    def load(self, arrival: Arrival, *, session_class: type[S]) -> S:
        """A session that opens at its first use.

        Args:
            arrival: what the request brought.
            session_class: the class of the session.
        """
        return session_class(
            arrival, codec=self.codec, events=self.events, strict=self.settings.strict
        )

    def open_text(self, text: str, *, name: str) -> Content:
        """Open one cookie and check its claims.

        Raises:
            Rejected: it is not a living session under this name.
            Unavailable: the keys can't be had.
        """
        ring = self.ring()
        try:
            return self._open(text, name=name, ring=ring)
        except Rejected as rejected:
            if rejected.reason is not Reason.UNKNOWN_KID or self._look_again is None:
                raise
        # Another thread may have had a new ring read since this one took the old.
        if not self._look_again() and self.ring() is ring:
            raise Rejected(Reason.UNKNOWN_KID)
        return self._open(text, name=name, ring=self.ring())

    def _open(self, text: str, *, name: str, ring: KeyRing) -> Content:
        now = clock.now()
        timeouts = self.timeouts()
        migration = self.migration
        if migration is not None and migration.reads(text, now=now):
            content = migration.open(
                text, codec=self.codec, idle=timeouts.idle, revoked=ring.revoked, now=now
            )
        else:
            head, plaintext, _ = sealer.open_text(text, ring=ring, place=self._place(name), now=now)
            octets, wires = self.codec.load_payload(plaintext)
            content = Content(Claims.from_octets(octets), wires, head, plaintext)
        claims = content.claims
        verdict = timeouts.verdict(claims, sealed_at=content.head.sealed_at, now=now)
        if verdict is not None:
            raise Rejected(verdict)
        if not ring.revoked.isdisjoint(claims.former_kids):
            raise Rejected(Reason.KEY_REVOKED)
        return content

    def peek(self, text: str) -> Head | None:
        """The clear part of a cookie of either form; None where it has none."""
        migration = self.migration
        if migration is not None and migration.reads(text, now=clock.now()):
            return migration.peek(text)
        return peek(text)

    def must_rewrite(self, session: Session) -> bool:
        """Whether the session can't stay as it came.

        That is: under a former name, in a form that is not written now, or under a key that retires
        before the session ends while another one seals.
        """
        arrival = session._origin
        content = session._content
        if content is None or not isinstance(arrival, Arrival):
            return False
        if arrival.moved_from is not None or content.imported != self._writes_signed():
            return True
        ring = self.ring()
        kid = content.head.kid
        another_seals = ring.primary_kid not in (None, kid)
        return another_seals and ring.opens_until(kid) < content.claims.until

    def seal(
        self,
        session: Session,
        *,
        cookie: CookieAttributes,
        expires: int | None,
        renew: bool = True,
    ) -> list[str]:
        """Seal a session: as a refresh where nothing changed, else as a write.

        Args:
            session: what is to be kept; its values are packed now.
            cookie: the attributes of its cookie.
            expires: when the browser forgets it, in seconds since the epoch, or None.
            renew: whether the sealed end moves; False only puts it under another name or key.

        Returns:
            The lines for Set-Cookie headers.

        Raises:
            UsageError: a value can't be packed, or the session does not fit a cookie.
            Unavailable: the keys can't be had.
        """
        wires = session._settle()
        content = session._content
        signs = self._writes_signed()
        try:
            text, size = self._text(session, wires, cookie=cookie, renew=renew, signs=signs)
        except UsageError as error:
            if content is None or (content.imported == signs and session.modified):
                raise
            # What nobody changed and another key or attribute makes outgrow its cookie stays as it
            # is in the browser: the visitor did nothing that a page could be refused for.
            if content.imported == signs:
                return []
            # What only does not fit the other form is not the visitor's to pay for.
            if session.modified and not isinstance(error, _Unreadable):
                raise
            if not renew or not self._can_go_on(content):
                return []
            signs = content.imported
            text, size = self._text(session, wires, cookie=cookie, renew=renew, signs=signs)
        if content is None:
            self.events.emit(EventName.CREATED, octets=size)
        elif content.imported != signs:
            self.events.emit(EventName.MIGRATED, to="flask" if signs else "sealed")
        line = cookie.render(text, expires=expires)
        return self._with_clean_up(line, session, cookie, leaving=False)

    def claims_to_seal(self, session: Session, *, ring: KeyRing, renew: bool = True) -> Claims:
        """The claims that a session is sealed with now.

        Args:
            session: the session.
            ring: names the key that seals it.
            renew: whether the sealed end moves.
        """
        now = clock.now()
        content = session._content
        claims = _with_former_kid(session._own_claims, content.head if content else None, ring)
        if claims.imported_from and (self.migration is None or not self.migration.is_open(now)):
            claims = claims._replace(imported_from=b"")
        until = self._end(session, claims, renew=renew, now=now)
        return claims._replace(until=max(until, claims.iat))

    def _end(self, session: Session, claims: Claims, *, renew: bool, now: float) -> int:
        timeouts = self.timeouts()
        content = session._content
        if renew or content is None:
            return timeouts.until(now=now, iat=claims.iat)
        # A shorter timeout counts from when the cookie was sealed, which is about to be forgotten.
        return min(claims.until, content.head.sealed_at + timeouts.idle)

    def delete(self, session: Session, *, cookie: CookieAttributes) -> list[str]:
        """Have the browser drop the session's cookie.

        Args:
            session: whose cookie it is.
            cookie: the attributes that it was set with.

        Returns:
            The lines for Set-Cookie headers.
        """
        line = cookie.render_deletion()
        return self._with_clean_up(line, session, cookie, leaving=True)

    def adopt(self, values: Mapping[str, Any], *, session_class: type[S]) -> S:
        """A new session that holds the values of a foreign mapping."""
        session = self.load(self.arrival("", name=""), session_class=session_class)
        session.update(values)
        return session

    def _text(
        self,
        session: Session,
        wires: Mapping[Any, Wire],
        *,
        cookie: CookieAttributes,
        renew: bool,
        signs: bool,
    ) -> tuple[str, int]:
        """The cookie's text in one of the forms, and the octets that count against the limit."""
        if signs:
            text = self._signed_text(session, wires, renew=renew)
            # Browsers don't count attributes, and what Flask could set goes on being set.
            size = len(cookie.name) + len(text)
        else:
            text = self._sealed_text(session, wires, name=cookie.name, renew=renew)
            size = cookie.octets(text)
        if size > LIMIT:
            self.events.emit(EventName.OVERSIZE, octets=size)
            raise SessionTooLarge(octets=size, limit=LIMIT, by_key=self.codec.sizes(wires))
        return text, size

    def _sealed_text(
        self, session: Session, wires: Mapping[Any, Wire], *, name: str, renew: bool
    ) -> str:
        ring = self.ring()
        octets = self.claims_to_seal(session, ring=ring, renew=renew).to_octets()
        content = session._content
        if content is None or session.modified:
            plaintext = self.codec.dump_payload(octets, wires)
        else:
            plaintext = self.codec.with_claims(content.plaintext, octets)
        return sealer.seal(
            plaintext,
            ring=ring,
            place=self._place(name),
            refreshable=session.permanent,
            now=clock.now(),
        )

    def _signed_text(self, session: Session, wires: Mapping[Any, Wire], *, renew: bool) -> str:
        assert self.migration is not None
        now = int(clock.now())
        claims = session._own_claims
        until = self._end(session, claims, renew=renew, now=now)
        content = session._content
        if content is not None and not session.modified:
            _, wires = self.codec.load_payload(content.plaintext)
        try:
            values = {name: self.codec.from_wire(wire) for name, wire in wires.items()}
        except Rejected:
            values = None
        if values is None:
            raise _Unreadable(
                "The session holds a value that can't be unpacked here, so Flask's own cookie "
                "can't keep it. Register its type in COOKIE_SESSIONS_TYPES, or write 'sealed'."
            )
        # Flask counts its age limit from the signed time, so that is how the sealed end is kept.
        signed_at = max(1, min(now, until - self.timeouts().longest))
        return self.migration.write(values, signed_at=signed_at)

    def _can_go_on(self, content: Content) -> bool:
        """Whether a session may be written once more in the form that it came in."""
        migration = self.migration
        return not content.imported or (
            migration is not None and migration.may_sign(now=clock.now())
        )

    def _writes_signed(self) -> bool:
        return self.migration is not None and self.migration.writes_signed(now=clock.now())

    def _place(self, name: str) -> Place:
        return Place(PURPOSE, name, self.settings.audience)

    def _with_clean_up(
        self, line: str, session: Session, cookie: CookieAttributes, *, leaving: bool
    ) -> list[str]:
        """Delete what stands in the way as well: duplicates at other scopes, a former name."""
        arrival = session._origin
        if not isinstance(arrival, Arrival) or not arrival.header:
            return [line]
        if not leaving and arrival.moved_from is None and len(arrival.texts) < 2:
            return [line]
        lines = [line]
        stale: list[CookieAttributes] = []
        scopes = [*self.settings.former_scopes, (None, cookie.path)]
        former = arrival.former_names_to_delete() if leaving else [arrival.moved_from]
        for named in (cookie.named(name) for name in former if name is not None):
            stale.append(named)
            stale += [named.scoped(domain=domain, path=path) for domain, path in scopes]
        if len(arrival.texts) > 1:
            stale += [cookie.scoped(domain=domain, path=path) for domain, path in scopes]
            # A browser without partitions takes the twin for the cookie itself, so it goes first.
            lines.insert(0, cookie.twin().render_deletion())
        # What a browser takes for the cookie that was just set is not deleted behind it.
        others = [old for old in stale if old.identity != cookie.identity]
        return list(dict.fromkeys([*lines, *(old.render_deletion() for old in others)]))


class _Unreadable(UsageError):
    """A value of the session is of a type that this instance does not know."""


def _with_former_kid(claims: Claims, head: Head | None, ring: KeyRing) -> Claims:
    if head is None or head.kid == ring.primary.kid:
        return claims
    former = (*(kid for kid in claims.former_kids if kid != head.kid), head.kid)
    return claims._replace(former_kids=former[-MAX_FORMER_KIDS:])
