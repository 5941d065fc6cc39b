"""What a commit does to a session's identity: its id, whose it is, and from when it counts.

Whether the session may be written at all is asked here once more, so that a slow request brings no
session back that was ended while it ran.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.content import Content
from cookie_sessions.ending import end
from cookie_sessions.errors import Reason, Rejected, Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.fixation import goes_on, is_anothers
from cookie_sessions.intent import Handover
from cookie_sessions.ownership import former_subject, subject_in, subject_of
from cookie_sessions.session import Session

if TYPE_CHECKING:
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.revocation.entries import Ended
    from cookie_sessions.revocation.registry import Registry
    from cookie_sessions.revocation.revocations import Revocations

_REASONS: Final = {"revoked": Reason.REVOKED, "key_revoked": Reason.KEY_REVOKED}


class Succession:
    """Carries out what the application asked to become of a session's identity.

    Args:
        manager: whose settings and lists apply.
        session: the session; its values have been packed.

    Attributes:
        unchecked: whether the list could not be asked, so that the session's end must not move.
    """

    __slots__ = (
        "_begins",
        "_decides",
        "_entry",
        "_fades",
        "_left",
        "_manager",
        "_session",
        "_stays",
        "_subject",
        "_taken",
        "unchecked",
    )

    def __init__(self, manager: SessionManager, session: Session) -> None:
        self._manager = manager
        self._session = session
        self._taken: tuple[bytes, ...] = ()
        self._entry: Ended | None = None
        self._subject: bytes | None = None
        self._begins = False
        self._decides = False
        self._fades = False
        self._left: Content | None = None
        self._stays = False
        self.unchecked = False

    def begin(self) -> bool:
        """Check the session again, and give it the claims that it goes on under.

        Returns:
            Whether it may be written. False: it was ended, or another request gave it a new id.

        Raises:
            UsageError: the subject can't be packed.
            Unavailable: the list does not answer.
        """
        session = self._session
        content = session._content
        manager = self._manager
        if (
            content is not None
            and manager.revocations is None
            and goes_on(session, content, manager=manager)
        ):
            # There is no list to ask.
            return True
        self._subject = subject_of(session, manager=self._manager)
        if content is None:
            claims = self._owned(session._own_claims)
            if session._intent.proved_at is not None:
                claims = claims._replace(auth_time=claims.iat)
            session._claims = self._remembered(self._counted(claims))
            return True
        former = former_subject(content, manager=self._manager)
        changed = former != self._subject
        intent = session._intent
        signs_in = intent.signs_in or (changed and self._subject is not None)
        another = changed or is_anothers(session, manager=self._manager)
        self._stays = intent.reauthenticates and not another
        # A sign-in begins anew, so its end is not that of what could not be checked. Who goes on
        # after a proof is no sign-in: what was ended meanwhile does not come back by it.
        self.unchecked = content.unchecked
        if (self._stays or not signs_in) and not self._still_counts(content, former):
            return False
        self.unchecked = self.unchecked and not signs_in
        # Who signs in or out, here or elsewhere, has the last word; all else is left to the request
        # that was first.
        self._decides = signs_in or changed or (self._fades and intent.since > 0)
        if self._fades and not self._decides:
            return self._faded()
        claims = session._own_claims
        if self._decides:
            intent = session._ask()
            intent.hand_over(Handover.AT_ONCE)
        if intent.handover and claims.sid == content.claims.sid:
            claims = claims.renamed()
        if self.unchecked:
            claims = self._under_old_id(content, claims)
        claims = self._owned(claims)
        self._begins = signs_in
        if signs_in:
            proved = intent.proved_at is not None
            claims = self._counted(claims.restarted(now=clock.now(), proved=proved))
        elif changed:
            # What somebody proved who has left says nothing of whoever comes.
            claims = claims._replace(auth_time=None)
        if intent.since and not signs_in:
            claims = claims._replace(since=max(claims.since, intent.since))
        session._claims = claims = self._remembered(claims, left=changed and not signs_in)
        return claims.sid == content.claims.sid or self._hand_over(content, former, claims)

    def settle_id(self) -> bytes:
        """The id that the session will have once it is committed, as things stand.

        Where a new one is due it gets it now, so that what is derived from it stays good.

        Returns:
            16 octets.

        Raises:
            UsageError: the subject can't be packed.
            Unavailable: a store does not answer that keeps the subject.
        """
        session = self._session
        claims = session._own_claims
        content = session._content
        if content is None or claims.sid != content.claims.sid:
            return claims.sid
        intent = session._intent
        key = self._manager.settings.subject_key
        # Values are packed when they are committed: until then one that was stored is live alone.
        same = key not in session._live and session._opened().get(key) is content.owner
        if not (same and intent.subject is None and claims.subject == content.claims.subject):
            manager = self._manager
            former = former_subject(content, manager=manager)
            same = former == subject_of(session, manager=manager)
        if not same or intent.signs_in or intent.handover:
            session._claims = claims = claims.renamed()
        return claims.sid

    def note_end(self, until: int) -> None:
        """Have later revocations outlive the session that is sealed now.

        Raises:
            Unavailable: the list does not answer.
        """
        revocations = self._manager.revocations
        if revocations is not None:
            revocations.note_end(until, needed=self._subject is not None)

    def register(self, claims: Claims) -> None:
        """Have the register say where the session is.

        Args:
            claims: those that it was sealed with.

        Raises:
            Unavailable: the store does not answer.
        """
        revocations = self._manager.revocations
        registry = None if revocations is None else revocations.registry
        if revocations is None or registry is None:
            return
        try:
            if self._subject is not None:
                self._enter(registry, self._subject, claims)
            elif self._left is not None:
                # Somebody signed out, and something of the session is left that is nobody's.
                self._leave(registry, self._left)
        except Unavailable:
            if not revocations.accepts_unchecked:
                raise
            self._manager.events.emit(EventName.UNAVAILABLE)

    def _enter(self, registry: Registry, subject: bytes, claims: Claims) -> None:
        session = self._session
        content = session._content
        label = session._intent.label
        now = clock.now()
        common: dict[str, Any] = {"subject": subject, "since": claims.since, "ends": claims.until}
        begins = content is None or (self._begins and not self._stays)
        if content is not None and not begins and label is None:
            former = content.claims
            if (former.sid, former.since) == (claims.sid, claims.since):
                last = content.head.sealed_at
                registry.seen(sid=claims.sid, label=None, now=now, last=last, **common)
                return
            if registry.move(old_sid=former.sid, sid=claims.sid, now=now, **common):
                return
        if content is not None and (begins or content.claims.sid != claims.sid):
            self._leave(registry, content)
        label = label or ""
        registry.note(sid=claims.sid, created=claims.iat, label=label, now=now, **common)

    def _leave(self, registry: Registry, content: Content) -> None:
        from cookie_sessions.revocation.identity import reference_of

        registry.forget([reference_of(content.claims.sid)], subject=None)

    def take_back(self) -> None:
        """Undo what the list was told: no cookie of the new id will be set."""
        revocations = self._manager.revocations
        if revocations is not None and self._entry is not None:
            for identity in self._taken:
                revocations.take_back(identity, self._entry)

    def end(self) -> None:
        """End the session that the browser is told to forget, if it was somebody's.

        Raises:
            Unavailable: the list does not answer.
        """
        content = self._session._content
        if content is not None:
            end(content, asked=self._session._is_somebodys, manager=self._manager)

    def _owned(self, claims: Claims) -> Claims:
        """The claims with the subject that was set in this request, if one was."""
        if self._session._intent.subject is None:
            return claims
        return claims._replace(subject=self._subject)

    def _remembered(self, claims: Claims, *, left: bool = False) -> Claims:
        """The claims of a session that is remembered, or not any more."""
        seconds = self._session._intent.remembers
        if seconds is not None:
            return claims._replace(lasts=seconds or None)
        anew = left or (self._begins and not self._stays)
        return claims._replace(lasts=None) if anew else claims

    def _counted(self, claims: Claims) -> Claims:
        """A session that begins now, from when no mark refuses it."""
        revocations = self._manager.revocations
        if revocations is None:
            return claims
        since = revocations.since(self._subject, now=claims.iat)
        return claims._replace(since=max(claims.since, since))

    def _still_counts(self, content: Content, subject: bytes | None) -> bool:
        revocations = self._manager.revocations
        if revocations is None:
            return True
        # Nobody's session has no entry to be taken by one of several requests, so the store says.
        fresh = subject is None and self._session._intent.handover is not Handover.NONE
        # Who signed out all others is not met by the mark that this made.
        since = max(content.claims.since, self._session._intent.since)
        checked = revocations.check(
            content.claims._replace(subject=subject, since=since),
            kid=content.head.kid,
            signed=content.imported,
            fresh=fresh or self._session.modified,
        )
        self.unchecked = self.unchecked or checked.unchecked
        standing = checked.standing.value
        self._fades = content.fading or standing == "fades"
        if standing in _REASONS:
            self._manager.events.emit(EventName.REJECTED, reason=_REASONS[standing])
            return False
        return True

    def _faded(self) -> bool:
        """False; and told where a change is lost by it, and not only a refresh."""
        if self._session.modified:
            self._manager.events.emit(EventName.FADED)
        return False

    def _under_old_id(self, content: Content, claims: Claims) -> Claims:
        """A session that may have ended, of which nobody could be asked, gets no id to live by."""
        revocations = self._manager.revocations
        if revocations is None or claims.sid == content.claims.sid:
            return claims
        revocations.tell_not_revoked("unavailable")
        return claims._replace(sid=content.claims.sid)

    def _hand_over(self, content: Content, former: bytes | None, claims: Claims) -> bool:
        """Have the old id end; False if another request was first."""
        revocations = self._manager.revocations
        if revocations is None or former is None:
            return True
        if revocations.read_only:
            revocations.tell_not_revoked("read_only")
            return True
        try:
            return self._handed_over(revocations, content, former, claims)
        except Unavailable:
            if not revocations.accepts_unchecked:
                raise
            if self._begins:
                revocations.tell_not_revoked("unavailable")
            else:
                self.unchecked = True
                self._session._claims = self._under_old_id(content, claims)
            return True

    def _handed_over(
        self, revocations: Revocations, content: Content, former: bytes, claims: Claims
    ) -> bool:
        from cookie_sessions.revocation.entries import Ended
        from cookie_sessions.revocation.identity import ids_of, session_id

        # Its own names alone refuse the session that goes on.
        self._session._claims = claims._replace(imported_from=b"")
        if self._decides:
            ids = ids_of(content.claims, signed=content.imported)
            revocations.end(ids, until=content.claims.until)
            self._left = content
            return True
        now = clock.now()
        grace = self._manager.settings.regenerate_grace
        fades = self._session._intent.handover is Handover.GRACE and grace > 0
        entry = Ended(
            at=int((now + grace * fades) * 1000),
            fades=fades,
            successor=session_id(claims.sid),
        )
        until = content.claims.until
        # The signed cookie that it was taken over from goes with it.
        own, *others = ids_of(content.claims, signed=content.imported)
        if not revocations.succeed(own, entry, until=until):
            return self._faded()
        for other in others:
            revocations.succeed(other, entry, until=until)
        self._taken, self._entry = (own, *others), entry
        return True


def is_left(manager: SessionManager, session: Session) -> bool:
    """Whether a session that came was destroyed, or is no longer whose it was.

    Args:
        manager: whose settings and lists apply.
        session: the session; it has been committed.
    """
    content = session._content
    if session._left or content is None:
        return session._left
    try:
        former = subject_in(content, manager=manager)
    except (Rejected, Unavailable):
        # Whose it was can't be told here, so nobody is known to have left.
        return False
    return former is not None and former != subject_of(session, manager=manager)
