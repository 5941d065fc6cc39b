"""The one room that knows the way of a request: load at its beginning, commit at its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from cookie_sessions import clock, sealer
from cookie_sessions.claims import MAX_FORMER_KIDS, Claims
from cookie_sessions.codec import Codec
from cookie_sessions.cookies import LIMIT, CookieAttributes, find
from cookie_sessions.envelope import Head, peek
from cookie_sessions.errors import Reason, Rejected, SessionTooLarge
from cookie_sessions.events import EventName, Events
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Place
from cookie_sessions.session import Content, Session
from cookie_sessions.settings import Settings

PURPOSE: Final = "session"
MAX_OPENS: Final = 4
"""Cookies of one name that are opened for a request; more are refused unopened."""

_GONE: Final = frozenset(
    {
        Reason.BAD_SEAL,
        Reason.KEY_REVOKED,
        Reason.REVOKED,
        Reason.EXPIRED_IDLE,
        Reason.EXPIRED_ABSOLUTE,
    }
)
"""No instance will ever open these again; the others may be another instance's."""


S = TypeVar("S", bound=Session)


class Arrival:
    """The cookies of one request under our name, opened at the session's first use.

    Args:
        manager: whose settings and keys apply.
        header: the request's Cookie header, each octet one character, or empty.
        name: the cookie's name.
    """

    __slots__ = ("_manager", "_opens_left", "_texts", "header", "moved_from", "name", "reasons")

    def __init__(self, manager: SessionManager, header: str, name: str) -> None:
        self._manager = manager
        self._opens_left = MAX_OPENS
        self._texts: dict[str, tuple[str, ...]] = {}
        self.header = header
        self.name = name
        self.reasons: set[Reason] = set()
        self.moved_from: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """The different values of the cookies with our name."""
        return self._find(self.name) if self.header else ()

    def peek(self) -> Head | None:
        """The clear part of the cookie that would be refreshed; None where there is none.

        That is the one sealed last among those that say refreshable, whoever sent them: only
        opening tells more.
        """
        if not self.header:
            return None
        texts = self.texts or [text for name in self._former_names() for text in self._find(name)]
        heads = [head for text in texts if (head := peek(text)) is not None and head.refreshable]
        return max(heads, key=lambda head: head.sealed_at) if heads else None

    @property
    def spent(self) -> bool:
        """Whether all that arrived was refused, for reasons that no other instance would lift."""
        return bool(self.reasons) and self.reasons <= _GONE

    def open(self) -> Content | None:
        """Open what arrived, check its claims, and decide between duplicates.

        A former name is looked at only where nothing came under the present one, so a ``__Host-``
        cookie can't be shadowed by one that a sibling subdomain planted.

        Returns:
            The session's content, or None where there is no living session.

        Raises:
            Unavailable: the keys can't be had.
        """
        if not self.header:
            return None
        content = self._open_under(self.name)
        if content is None and not self.texts:
            for former in self._former_names():
                if content is None:
                    content = self._open_under(former)
                    self.moved_from = None if content is None else former
        for reason in sorted(self.reasons):
            self._manager.events.emit(EventName.REJECTED, reason=reason)
        return content

    def former_names_to_delete(self) -> list[str]:
        """The former names whose cookies may bring a session back once ours is deleted.

        Cookies that don't open here are another application's and stay. One that the bound on
        opening left unopened goes too: signing out matters more.
        """
        names = self._former_names() if self.header else []
        return [name for name in names if self._find(name) and self._may_open(name)]

    def _may_open(self, name: str) -> bool:
        texts = self._find(name)
        return len(texts) > self._opens_left or self._open_under(name) is not None

    def begin(self) -> Claims:
        """The claims of a session that begins now."""
        now = clock.now()
        return Claims.begin(now=now, until=self._manager.timeouts().until(now=now, iat=int(now)))

    def _former_names(self) -> list[str]:
        now = clock.now()
        names = self._manager.settings.previous_names
        return [name for name, until in names if now < until and name != self.name]

    def _find(self, name: str) -> tuple[str, ...]:
        texts = self._texts.get(name)
        if texts is None:
            try:
                texts = find(self.header, name, commas=self._manager.settings.join_by_commas)
            except Rejected as rejected:
                self.reasons.add(rejected.reason)
                texts = ()
            self._texts[name] = texts
        return texts

    def _open_under(self, name: str) -> Content | None:
        texts = self._find(name)
        if len(texts) > self._opens_left:
            self.reasons.add(Reason.AMBIGUOUS)
            return None
        self._opens_left -= len(texts)
        opened: list[tuple[str, Content]] = []
        for text in texts:
            try:
                opened.append((text, self._manager.open_text(text, name=name)))
            except Rejected as rejected:
                self.reasons.add(rejected.reason)
        if len(opened) > 1 and len({content.claims.sid for _, content in opened}) > 1:
            self.reasons = {Reason.AMBIGUOUS}
            return None
        if not opened:
            return None
        # One cookie that opens is enough: what else arrived under the name says nothing.
        self.reasons.clear()
        if len(opened) == 1:
            return opened[0][1]
        return max(opened, key=lambda pair: (pair[1].head.sealed_at, pair[0]))[1]


class SessionManager:
    """Loads and commits sessions; safe under threads and the same for every adapter.

    Args:
        settings: our own settings.
        ring: gives the key ring in force.
        timeouts: gives the timeouts in force.
        events: told what happens.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        ring: Callable[[], KeyRing],
        timeouts: Callable[[], Timeouts],
        events: Events,
    ) -> None:
        self.settings = settings
        self.ring = ring
        self.timeouts = timeouts
        self.events = events
        self.codec = Codec(types=settings.types, secret_names=settings.secret_names)

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
        now = clock.now()
        ring = self.ring()
        head, plaintext, _ = sealer.open_text(text, ring=ring, place=self._place(name), now=now)
        octets, wires = self.codec.load_payload(plaintext)
        claims = Claims.from_octets(octets)
        verdict = self.timeouts().verdict(claims, sealed_at=head.sealed_at, now=now)
        if verdict is not None:
            raise Rejected(verdict)
        if not ring.revoked.isdisjoint(claims.former_kids):
            raise Rejected(Reason.KEY_REVOKED)
        return Content(claims, wires, head, plaintext)

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
        now = clock.now()
        wires = session._settle()
        ring = self.ring()
        content = session._content
        head = content.head if content else None
        claims = _with_former_kid(session._own_claims, head, ring)
        until = self.timeouts().until(now=now, iat=claims.iat) if renew else claims.until
        octets = claims.to_octets(until=max(until, claims.iat))
        if content is not None and not session.modified:
            plaintext = self.codec.with_claims(content.plaintext, octets)
        else:
            plaintext = self.codec.dump_payload(octets, wires)
        text = sealer.seal(
            plaintext,
            ring=ring,
            place=self._place(cookie.name),
            refreshable=session.permanent,
            now=now,
        )
        size = cookie.octets(text)
        if size > LIMIT:
            self.events.emit(EventName.OVERSIZE, octets=size)
            raise SessionTooLarge(octets=size, limit=LIMIT, by_key=self.codec.sizes(wires))
        if head is None:
            self.events.emit(EventName.CREATED, octets=size)
        line = cookie.render(text, expires=expires)
        return [line, *self._clean_up(session, cookie, leaving=False)]

    def delete(self, session: Session, *, cookie: CookieAttributes) -> list[str]:
        """Have the browser drop the session's cookie.

        Args:
            session: whose cookie it is.
            cookie: the attributes that it was set with.

        Returns:
            The lines for Set-Cookie headers.
        """
        line = cookie.render_deletion()
        return [line, *self._clean_up(session, cookie, leaving=True)]

    def adopt(self, values: Mapping[str, Any], *, session_class: type[S]) -> S:
        """A new session that holds the values of a foreign mapping."""
        session = self.load(self.arrival("", name=""), session_class=session_class)
        session.update(values)
        return session

    def _place(self, name: str) -> Place:
        return Place(PURPOSE, name, self.settings.audience)

    def _clean_up(self, session: Session, cookie: CookieAttributes, *, leaving: bool) -> list[str]:
        """Delete what stands in the way: duplicates at other scopes, a former name."""
        arrival = session._origin
        if not isinstance(arrival, Arrival) or not arrival.header:
            return []
        if not leaving and arrival.moved_from is None and len(arrival.texts) < 2:
            return []
        stale: list[CookieAttributes] = []
        scopes = [*self.settings.former_scopes, (None, cookie.path)]
        former = arrival.former_names_to_delete() if leaving else [arrival.moved_from]
        for named in (cookie.named(name) for name in former if name is not None):
            stale.append(named)
            stale += [named.scoped(domain=domain, path=path) for domain, path in scopes]
        if len(arrival.texts) > 1:
            stale += [cookie.scoped(domain=domain, path=path) for domain, path in scopes]
        # What a browser takes for the cookie that was just set is not deleted behind it.
        others = [old for old in stale if old.identity != cookie.identity]
        return list(dict.fromkeys(old.render_deletion() for old in others))


def _with_former_kid(claims: Claims, head: Head | None, ring: KeyRing) -> Claims:
    if head is None or head.kid == ring.primary.kid:
        return claims
    former = (*(kid for kid in claims.former_kids if kid != head.kid), head.kid)
    return claims._replace(former_kids=former[-MAX_FORMER_KIDS:])
