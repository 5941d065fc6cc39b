"""What a session is beside its values: its id, whose it is, and how it ends.

Over the few things that a session keeps and does, as the surface of a dict is over its operations.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.errors import Unavailable, UsageError
from cookie_sessions.events import EventName, Events
from cookie_sessions.intent import NOTHING, Handover, Intent
from cookie_sessions.mapping import DictSurface

if TYPE_CHECKING:
    from cookie_sessions.codec import Reference, Wire
    from cookie_sessions.content import Content, Origin
    from cookie_sessions.session import Session


_NOBODYS: Final = (None, None, None)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


class Identity(DictSurface):
    """The part of :class:`cookie_sessions.session.Session` that lists of ended sessions concern."""

    _origin: Origin
    _events: Events
    _intent: Intent = NOTHING
    _subject_key: str
    _damaged: dict[Any, Wire]
    _content: Content | None
    _claims: Claims | None
    _ended: tuple[Reference, ...]
    _written: bool
    _unavailable: bool
    _left: bool
    _main_owner: bytes | None

    if TYPE_CHECKING:

        @property
        def _holds_something(self) -> bool: ...

        def _held(self) -> dict[Any, Wire]: ...

        def _assigned(self, name: Any) -> bool: ...

        def _opened(self) -> dict[Any, Wire]: ...

        def _writable(self) -> dict[Any, Wire]: ...

        def _become_unavailable(self) -> None: ...

    @property
    def sid(self) -> str:
        """The session's id, 32 hexadecimal digits. Never put it into a page, log or URL."""
        return self._own_claims.sid.hex()

    @property
    def new(self) -> bool:
        """Whether no valid cookie brought this session."""
        self._opened()
        return self._content is None

    @property
    def created_at(self) -> datetime:
        """When the session began, in UTC."""
        return datetime.fromtimestamp(self._own_claims.iat, UTC)

    @property
    def subject(self) -> Any:
        """Whom the session belongs to: what was set here, else the value of the subject key.

        What another request set comes back as text, and as None where it was no text, number or
        UUID, or was longer than 128 octets: lists name subjects by hashes, and need no more.
        """
        if self._intent.subject is not None:
            return self._intent.subject
        from cookie_sessions.revocation.identity import subject_text

        octets = self._own_claims.subject
        return self.get(self._subject_key) if octets is None else subject_text(octets)

    @subject.setter
    def subject(self, value: Any) -> None:
        """Sign somebody in; the session gets a new id when it is committed.

        None takes back what was set: the value of the subject key says it then, if there is one.
        """
        self._writable()
        if not self._unavailable:
            self._forget_subject()
            self._ask().subject = value
            if value is not None:
                self._sign_in(proved=True)
            self._written = True

    @property
    def reference(self) -> str:
        """What the register of signed-in sessions calls this one; may be shown, opens nothing."""
        from cookie_sessions.revocation.identity import reference_of

        return reference_of(self._own_claims.sid)

    def describe(self, label: str) -> None:
        """Say what the register is to call this session, such as a browser and a place.

        Args:
            label: text for the person whose session it is; its first 100 characters are kept.

        Raises:
            UsageError: it is no text.
        """
        if not _is_text(label):
            raise UsageError(
                f"A session is described by a text, and this is a {type(label).__name__}. Pass "
                f"text such as 'Firefox on Linux'."
            )
        self._writable()
        if not self._unavailable:
            self._ask().label = label
            self._written = True

    def remember(self, remembered: bool = True) -> None:  # noqa: FBT001, FBT002
        """Keep the user signed in for longer, as they chose when they signed in.

        The session lives for ``COOKIE_SESSIONS_REMEMBER_TIMEOUT`` from its sign-in, whether it is
        used or not, and the browser keeps it when its window is closed. Signing out ends that.

        Args:
            remembered: False takes it back.

        Raises:
            UsageError: the settings remember no session, or it has lived for that long already.
        """
        seconds = self._origin.remembered() if remembered else 0
        self._writable()
        if not self._unavailable:
            begun = self._own_claims.iat
            if remembered and not self._intent.signs_in and clock.now() > begun + seconds:
                raise UsageError(
                    "The session began longer ago than a remembered one lives, so it would be over "
                    "at once. Sign the user in before it is remembered: set session.subject, or "
                    "call session.mark_authenticated()."
                )
            self._ask().remembers = seconds
            self["_permanent"] = remembered

    def regenerate(self) -> None:
        """Give the session a new id and keep its values.

        To be called when a visitor signs in, so that an id planted before is worth nothing. The
        old id ends after a grace of a few seconds, in which it can only be read, for requests of
        the same page that still carry it. It ends there only if the session is somebody's.
        """
        self._go_on(Handover.GRACE)

    def supersede(self) -> None:
        """Give the session a new id, and end the old one at once: all its older copies are refused.

        To be called when a privilege ends, and when an older state must not come back. As with
        :meth:`regenerate`, the old id ends only if the session is somebody's.
        """
        self._go_on(Handover.AT_ONCE)

    def revoke_others(self) -> None:
        """Sign the user out everywhere else: end all their sessions but this one.

        Raises:
            UsageError: there is no revocation list, or the session is nobody's.
            Unavailable: the list does not answer; in Flask the visitor gets a 503.
        """
        self._writable()
        if self._unavailable:
            return
        try:
            self._ask().since = self._origin.end_others(cast("Session", self))
        except Unavailable:
            self._become_unavailable()
            raise
        self._written = True

    def destroy(self, *, revoke: bool | None = None) -> None:
        """End the session: drop its values and its id. What is stored next is a new session.

        With a revocation list every copy of its cookie is refused from now on.

        Args:
            revoke: whether it goes on the list; None: if it is somebody's, or used with a main one
                that is, so that nobody fills the list with sessions that begin and end.

        Raises:
            Unavailable: the list does not answer; in Flask the visitor gets a 503, and the session
                is as it was.
        """
        self._writable()
        if self._unavailable:
            return
        if self._content is not None:
            asked = self._is_somebodys if revoke is None else revoke
            try:
                self._origin.end(self._content, asked=asked)
            except Unavailable:
                self._become_unavailable()
                raise
        self.clear()
        if self._content is not None:
            self._left = True
            self._ended += self._content.references
        self._claims = None
        self._content = None
        self._intent = NOTHING
        self._events.emit(EventName.DESTROYED)

    @property
    def _is_somebodys(self) -> bool | None:
        """True where the main session is, beside which it is used; None: its own claims say."""
        return None if self._main_owner is None else True

    def _sign_in(self, *, proved: bool, again: bool = False) -> None:
        """Note that the session begins anew as the user's; from now on the id is a new one.

        Args:
            proved: whether the user has just proved who they are, and not only brought something.
            again: whether they are to be the one whose session it was before.
        """
        intent = self._ask()
        # A proof beside a sign-in in the same request makes it no less of one.
        intent.reauthenticates = again and (intent.reauthenticates or not intent.signs_in)
        intent.signs_in = True
        intent.proved_at = clock.now() if proved else None
        intent.hand_over(Handover.AT_ONCE)
        content = self._content
        if content is not None and self._own_claims.sid == content.claims.sid:
            self._claims = self._own_claims.renamed()
        self._shed()

    def _shed(self) -> tuple[str, ...]:
        """Drop what an attacker may know, if the session is another's now; gives the names."""
        return self._origin.shed(cast("Session", self))

    def _sign_out(self) -> None:
        """Note that the user has left, whatever is still in the session."""
        self._writable()
        if not self._unavailable:
            self._forget_subject()
            self._ask().hand_over(Handover.AT_ONCE)
            self._written = True

    def _forget_subject(self) -> None:
        intent = self._intent
        if intent is not NOTHING:
            intent.subject = None
            intent.signs_in = False
            intent.proved_at = None
        claims = self._claims
        if claims is not None and (claims.subject, claims.auth_time, claims.lasts) != _NOBODYS:
            self._claims = claims._replace(subject=None, auth_time=None, lasts=None)

    def _go_on(self, how: Handover) -> None:
        self._writable()
        if self._unavailable:
            return
        self._claims = self._own_claims.renamed()
        self._ask().hand_over(how)
        if self._holds_something:
            self._written = True
        self._events.emit(EventName.REGENERATED)

    def _ask(self) -> Intent:
        """What this request asks of the session, to be added to."""
        if self._intent is NOTHING:
            self._intent = Intent()
        return self._intent

    @property
    def _own_claims(self) -> Claims:
        """What the session says of itself; a new session's claims begin at the first look."""
        self._opened()
        if self._claims is None:
            self._claims = self._origin.begin()
        return self._claims
