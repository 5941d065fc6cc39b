"""The one room that knows the way of a request: load at its beginning, commit at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cookie_sessions import clock, sealer
from cookie_sessions.arrival import Arrival
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Wire, references_of
from cookie_sessions.content import Content
from cookie_sessions.cookies import NOTHING_SEEN, Surroundings
from cookie_sessions.envelope import Head, peek, sliding_since
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.events import Events
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Place
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings

if TYPE_CHECKING:
    from cookie_sessions.bond import Bond
    from cookie_sessions.client import Client
    from cookie_sessions.commit import Commit
    from cookie_sessions.cookies import CookieAttributes
    from cookie_sessions.dictionaries.sampler import Sampler
    from cookie_sessions.migration import Migration
    from cookie_sessions.overflow import Overflow
    from cookie_sessions.policy.binding import Anomaly
    from cookie_sessions.revocation.revocations import Revocations

PURPOSE: Final = "session"

S = TypeVar("S", bound=Session)


class SessionManager:
    """Loads and commits sessions; safe under threads and the same for every adapter.

    Args:
        settings: our own settings.
        ring: gives the key ring in force.
        timeouts: gives the timeouts in force.
        events: told what happens.
        codec: packs and unpacks values; None: one that the settings describe.
        migration: reads and writes Flask's own cookies for a time, or None.
        overflow: keeps what cookies have no room for, or None.
        revocations: knows which sessions have ended, or None.
        look_again: asks the source of the ring for a key that the ring does not have, and says
            whether the ring is another one then; None: there is none to ask.
        beside: names the session without which those of this manager are refused, 8 octets, or None
            where there is none at the moment; None: they stand alone.
        hooks: called with each anomaly of a session's client; more may come later.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        ring: Callable[[], KeyRing],
        timeouts: Callable[[], Timeouts],
        events: Events,
        codec: Codec | None = None,
        migration: Migration | None = None,
        overflow: Overflow | None = None,
        revocations: Revocations | None = None,
        look_again: Callable[[], bool] | None = None,
        beside: Callable[[], bytes | None] | None = None,
        hooks: Sequence[Callable[[Anomaly], Any]] = (),
    ) -> None:
        self.settings = settings
        self.ring = ring
        self.timeouts = timeouts
        self.events = events
        self.codec = codec or settings.codec()
        self.migration = migration
        self.overflow = overflow
        self.revocations = revocations
        self.shed_names = settings.secret_names | settings.pre_login
        self.look_again = look_again
        self.beside = beside
        # Cookies have few names: they are settings, never input.
        self._places: dict[str, Place] = {}
        # Judges clients; None where sessions are bound to none.
        self.bond: Bond | None = None
        if settings.binding is not None:
            # Only applications that bind their sessions load the code for it.
            from cookie_sessions.bond import Bond

            self.bond = Bond(settings, events=events, hooks=hooks)
        # Counts what sessions share; None where nothing is looked at.
        self.sampler: Sampler | None = None
        if settings.sample is not None:
            self.sampler = self._begin_sampler(settings.sample)

    def _begin_sampler(self, path: str) -> Sampler:
        # Only applications that sample their sessions load the code for it.
        from cookie_sessions.dictionaries.sampler import Sampler
        from cookie_sessions.ownership import subject_of

        sampler = Sampler(
            path,
            rate=self.settings.sample_rate,
            least=self.settings.sample_subjects,
            secret_names=self.settings.secret_names,
            codec=self.codec,
            ring=self.ring,
            subject_of=lambda session: subject_of(session, manager=self),
            events=self.events,
        )
        sampler.start()
        return sampler

    def arrival(
        self, header: str, *, name: str, client: Callable[[], Client] | None = None
    ) -> Arrival:
        """Note what a request brought, without looking into it.

        Args:
            header: the Cookie header, each octet one character; empty where there is none.
            name: the name of our cookie.
            client: gives the client that sent it, or None; asked where there is a ``bond``.
        """
        return Arrival(self, header, name, client)

    def load(self, arrival: Arrival, *, session_class: type[S]) -> S:
        """A session that opens at its first use.

        Args:
            arrival: what the request brought.
            session_class: the class of the session.
        """
        return session_class(
            arrival,
            codec=self.codec,
            events=self.events,
            strict=self.settings.strict,
            subject_key=self.settings.subject_key,
        )

    def open_text(self, text: str, *, name: str, place: Place | None = None) -> Content:
        """Open one cookie and check its claims.

        Args:
            text: its value.
            name: its name.
            place: where the value was found, if not in a cookie.

        Raises:
            Rejected: it is not a living session under this name.
            Unavailable: the keys can't be had.
        """
        ring = self.ring()
        place = place or self.place(name)
        try:
            return self._open(text, place=place, ring=ring)
        except Rejected as rejected:
            if rejected.reason is not Reason.UNKNOWN_KID or self.look_again is None:
                raise
        newer = self.newer_ring(ring)
        if newer is None:
            raise Rejected(Reason.UNKNOWN_KID)
        return self._open(text, place=place, ring=newer)

    def newer_ring(self, ring: KeyRing) -> KeyRing | None:
        """Ask for a key that a ring does not have; None where there is no other ring now.

        Raises:
            Unavailable: the keys can't be had.
        """
        if self.look_again is None:
            return None
        # Another thread may have had a new ring read since this one took the old.
        looked = self.look_again()
        newer = self.ring()
        return newer if looked or newer is not ring else None

    def _open(self, text: str, *, place: Place, ring: KeyRing) -> Content:
        now = clock.now()
        timeouts = self.timeouts()
        migration = self.migration if place.purpose == PURPOSE else None
        if migration is not None and migration.reads(text, now=now):
            content = migration.open(
                text, codec=self.codec, idle=timeouts.idle, revoked=ring.revoked, now=now
            )
            content = content._replace(owner=content.wires.get(self.settings.subject_key))
        else:
            head, plaintext, reseal = sealer.open_text(text, ring=ring, place=place, now=now)
            octets, wires = self.codec.load_payload(plaintext)
            far = () if self.overflow is None else tuple(references_of(wires).values())
            claims = Claims.from_octets(octets)
            owner = wires.get(self.settings.subject_key)
            content = Content(
                claims, wires, head, plaintext, references=far, owner=owner, needs_reseal=reseal
            )
        claims = content.claims
        verdict = timeouts.verdict(claims, sealed_at=content.head.sealed_at, now=now)
        if verdict is not None:
            raise Rejected(verdict)
        if self.beside is not None and claims.beside != self.beside():
            raise Rejected(Reason.BINDING_MISMATCH)
        if claims.former_kids and not ring.revoked.isdisjoint(claims.former_kids):
            raise Rejected(Reason.KEY_REVOKED)
        return content if self.revocations is None else self._checked(content, self.revocations)

    def _checked(self, content: Content, revocations: Revocations) -> Content:
        """Ask the revocation list, in the one place where sessions are opened."""
        # Only applications with a list ask whose a session is when it is opened.
        from cookie_sessions.ownership import subject_in

        claims = content.claims._replace(subject=subject_in(content, manager=self))
        checked = revocations.check(claims, kid=content.head.kid, signed=content.imported)
        match checked.standing.value:
            case "revoked":
                raise Rejected(Reason.REVOKED, recent=checked.recent)
            case "key_revoked":
                raise Rejected(Reason.KEY_REVOKED)
            case "fades":
                return content._replace(fading=True)
            case "lives":
                return content._replace(unchecked=True) if checked.unchecked else content

    def peek(self, text: str) -> Head | None:
        """The clear part of a cookie of either form; None where it has none."""
        migration = self.migration
        if migration is not None and migration.reads(text, now=clock.now()):
            return migration.peek(text)
        return peek(text)

    def sliding_since(self, text: str) -> int | None:
        """When a cookie of either form was sealed whose end moves with its use; None for others."""
        if self.migration is None:
            return sliding_since(text)
        head = self.peek(text)
        return head.sealed_at if head is not None and head.refreshable else None

    def must_rewrite(self, session: Session) -> bool:
        """Whether the session can't stay as it came.

        That is: under a former name, in a form that is not written now, or under a key that retires
        before the session ends while another one seals.
        """
        arrival = session._origin
        content = session._content
        if content is None or not isinstance(arrival, Arrival):
            return False
        if arrival.moved_from is not None or content.imported != self.writes_signed():
            return True
        if not content.needs_reseal:
            return False
        ring = self.ring()
        kid = content.head.kid
        another_seals = ring.primary_kid not in (None, kid)
        return another_seals and ring.opens_until(kid) < content.claims.until

    def settle(self, session: Session) -> None:
        """Pack what was changed, and leave behind what is not the present owner's.

        To be called once the response is made, before it is decided whether there is anything to
        keep.

        Raises:
            UsageError: a value can't be packed.
        """
        session._settle()
        # A cold start opens a session first, and need not wait for what only responses load.
        from cookie_sessions.fixation import shed

        shed(session, manager=self)

    def seal(
        self,
        session: Session,
        *,
        cookie: CookieAttributes,
        expires: int | None,
        renew: bool = True,
        surroundings: Surroundings = NOTHING_SEEN,
    ) -> list[str]:
        """Seal a session: as a refresh where nothing changed, else as a write.

        Args:
            session: what is to be kept; its values are packed now.
            cookie: the attributes of its cookie.
            expires: when the browser forgets it, in seconds since the epoch, or None.
            renew: whether the sealed end moves; False only puts it under another name or key.
            surroundings: what else the request and the response carry.

        Returns:
            The lines for Set-Cookie headers.

        Raises:
            UsageError: a value can't be packed, or the session does not fit a cookie.
            Unavailable: the keys can't be had.
        """
        from cookie_sessions.continuation import continuation

        line = continuation(
            self, session, cookie=cookie, expires=expires, renew=renew, surroundings=surroundings
        )
        if line is not None:
            return [line]
        return self._commit(session, cookie, surroundings).lines(expires=expires, renew=renew)

    def claims_to_seal(self, session: Session, *, ring: KeyRing, renew: bool = True) -> Claims:
        """The claims that a session is sealed with now.

        Args:
            session: the session.
            ring: names the key that seals it.
            renew: whether the sealed end moves.
        """
        now = clock.now()
        content = session._content
        claims = session._own_claims
        if content is not None and content.head.kid != ring.primary.kid:
            claims = claims.sealed_before(content.head.kid)
        if claims.imported_from and (self.migration is None or not self.migration.is_open(now)):
            claims = claims._replace(imported_from=b"")
        if self.beside is not None:
            claims = claims._replace(beside=self.beside() or b"")
        until = self.end_of(session, claims, renew=renew, now=now)
        claims = claims._replace(until=max(until, claims.iat))
        return session._origin.bound(claims, content=content, renew=renew)

    def end_of(self, session: Session, claims: Claims, *, renew: bool, now: float) -> int:
        """When a session ends that is sealed now, in seconds since the epoch."""
        timeouts = self.timeouts()
        content = session._content
        if renew or content is None:
            return timeouts.until(now=now, claims=claims)
        # A shorter timeout counts from when the cookie was sealed, which is about to be forgotten.
        return timeouts.kept_until(claims, sealed_at=content.head.sealed_at)

    def rehearse(
        self,
        session: Session,
        wires: Mapping[Any, Wire],
        *,
        claims: Claims,
        cookie: CookieAttributes,
        surroundings: Surroundings = NOTHING_SEEN,
    ) -> Mapping[Any, Wire]:
        """A session's values as its cookies would hold them now; nothing is sealed or stored.

        Args:
            session: the session.
            wires: its values as they stand in the payload.
            claims: those that it is sealed with.
            cookie: the attributes of its cookie.
            surroundings: what else the request and the response carry.
        """
        return self._commit(session, cookie, surroundings).rehearse(wires, claims=claims)

    def delete(
        self,
        session: Session,
        *,
        cookie: CookieAttributes,
        surroundings: Surroundings = NOTHING_SEEN,
    ) -> list[str]:
        """Have the browser drop the session's cookie.

        Args:
            session: whose cookie it is.
            cookie: the attributes that it was set with.
            surroundings: what else the request and the response carry.

        Returns:
            The lines for Set-Cookie headers.
        """
        return self._commit(session, cookie, surroundings).deletion()

    def adopt(self, values: Mapping[str, Any], *, session_class: type[S]) -> S:
        """A new session that holds the values of a foreign mapping."""
        session = self.load(self.arrival("", name=""), session_class=session_class)
        session.update(values)
        return session

    def _commit(
        self, session: Session, cookie: CookieAttributes, surroundings: Surroundings
    ) -> Commit:
        from cookie_sessions.commit import Commit

        return Commit(self, session, cookie, surroundings)

    def writes_signed(self) -> bool:
        """Whether Flask's own form is written now."""
        return self.migration is not None and self.migration.writes_signed(now=clock.now())

    def place(self, name: str) -> Place:
        """Where the value of a cookie of this name belongs."""
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = Place(PURPOSE, name, self.settings.audience)
        return place
