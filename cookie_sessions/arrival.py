"""What one request brought: duplicates, forms and former names of our cookie are decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions import clock
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Reference, Wire
from cookie_sessions.content import Content, Early
from cookie_sessions.cookies import chunk_names, find, head_text, is_split, join
from cookie_sessions.errors import Reason, Rejected, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.sealer import Place
from cookie_sessions.session import Session

if TYPE_CHECKING:
    from cookie_sessions.client import Client
    from cookie_sessions.departure import Departure
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.policy.binding import Anomaly

MAX_OPENS: Final = 4
"""Cookies of one name that are opened for a request; more are refused unopened."""

# In Python 3.11 looking a member up in its enumeration costs more than asking who listens.
_OPENED: Final = EventName.OPENED

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


class Arrival:
    """The cookies of one request under our name, opened at the session's first use.

    Args:
        manager: whose settings and keys apply.
        header: the request's Cookie header, each octet one character, or empty.
        name: the cookie's name.
        client: gives the client that sent it, or None where nobody asks.

    Attributes:
        by_header: whether the Authorization header brought what is here, and no cookie.
        anomaly: how the client differs from that of the session that was opened, or was refused
            for it; None before, and where it does not differ.
    """

    by_header: bool = False
    anomaly: Anomaly | None = None
    moved_from: str | None = None
    reasons: frozenset[Reason] = frozenset()

    _seen: Client | None = None
    _opens_left: int = MAX_OPENS
    _recent: bool = False
    _early: Early | None = None

    def __init__(
        self,
        manager: SessionManager,
        header: str,
        name: str,
        client: Callable[[], Client] | None = None,
    ) -> None:
        self._manager = manager
        self._client = client
        self._texts: dict[str, tuple[str, ...]] = {}
        self.header = header
        self.name = name

    @property
    def departure(self) -> type[Departure]:
        """The way by which a response answers."""
        from cookie_sessions.departure import Departure

        return Departure

    @property
    def texts(self) -> tuple[str, ...]:
        """The different values of the cookies with our name: whole texts, and heads of others."""
        return self._find(self.name) if self.header else ()

    def chunks(self, name: str) -> list[str]:
        """The names of the chunks that arrived behind a name, whatever they hold.

        Args:
            name: our name or a former one.
        """
        if f"{name}." not in self.header:
            return []
        return [chunk for chunk in chunk_names(name) if self._find(chunk)]

    @property
    def octets(self) -> int:
        """What our own cookies take of the Cookie header, with names and separators."""
        return self._octets([self.name, *self.chunks(self.name)])

    def sliding_since(self) -> int | None:
        """When the cookie was sealed that would be refreshed, by its clear part; None without one.

        That is the one sealed last among those that say refreshable, whoever sent them: only
        opening tells more.

        Returns:
            Seconds since the epoch.
        """
        if not self.header:
            return None
        since = self._manager.sliding_since
        texts = self._find(self.name)
        if len(texts) == 1 and not is_split(texts[0]):
            return since(texts[0])
        texts = self._texts_of_any_name()
        clear = [head_text(text) if is_split(text) else text for text in texts]
        return max((at for text in clear if (at := since(text)) is not None), default=None)

    @property
    def spent(self) -> bool:
        """Whether all that arrived was refused, for reasons that no other instance would lift.

        What was revoked a moment ago is not: another response may be on its way that replaces it.
        """
        return bool(self.reasons) and self.reasons <= _GONE and not self._recent

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
        if self._early is not None:
            return self._early.opened()
        events = self._manager.events
        began = clock.ticks() if events.wants(_OPENED) else None
        content = self._open_under(self.name)
        if content is None and not self.texts:
            for former in self._former_names():
                if content is None:
                    content = self._open_under(former)
                    self.moved_from = None if content is None else former
        if content is not None:
            self.anomaly = content.anomaly
        for reason in sorted(self.reasons) if self.reasons else ():
            events.emit(EventName.REJECTED, reason=reason)
        if content is not None and began is not None:
            self._tell_opened(content, seconds=clock.ticks() - began)
        return content

    def open_early(self) -> None:
        """Do now what the session's first use would: open it, and fetch what is kept elsewhere.

        For a thread in which waiting holds nobody up. What :meth:`open` and :meth:`fetch` are
        asked for later they give from here, and raise what was raised here.
        """
        values: Mapping[Any, Wire] | Unavailable = {}
        try:
            content = self.open()
        except Unavailable as error:
            self._early = Early(error, values)
            return
        if content is not None and content.references:
            far = {key: wire for key, wire in content.wires.items() if Reference.of(wire)}
            try:
                values = self._ask_for(far)
            except Unavailable as error:
                values = error
        self._early = Early(content, values)

    def tell(self, anomaly: Anomaly) -> Anomaly:
        """Have the application hear of an anomaly; it may give it a more severe verdict."""
        bond = self._manager.bond
        return anomaly if bond is None else bond.tell(anomaly)

    def turn_away(self) -> None:
        """Note that what was opened counts as refused; its cookie stays in the browser."""
        self._refuse(Reason.BINDING_MISMATCH)
        self.moved_from = None
        self._manager.events.emit(EventName.REJECTED, reason=Reason.BINDING_MISMATCH)

    def bound(self, claims: Claims, *, content: Content | None, renew: bool) -> Claims:
        """Claims that are sealed now, bound to the client where the settings say so.

        Args:
            claims: the session's.
            content: the session as it came, or None.
            renew: whether it is written or refreshed, and not just resealed.
        """
        bond = self._manager.bond
        client = None if bond is None else self._sender
        if bond is None or client is None:
            return claims
        return bond.bound(claims, client, content=content, renew=renew)

    def _refuse(self, reason: Reason) -> None:
        self.reasons |= {reason}

    @property
    def _sender(self) -> Client | None:
        if self._seen is None and self._client is not None:
            self._seen = self._client()
        return self._seen

    def _check_client(self, content: Content) -> Content:
        bond = self._manager.bond
        client = None if bond is None else self._sender
        if bond is None or client is None:
            return content
        content = bond.check(content, client)
        if content.anomaly is not None and content.anomaly.verdict == "reject":
            self.anomaly = content.anomaly
            raise Rejected(Reason.BINDING_MISMATCH)
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

    def place(self, name: str) -> Place:
        """Where a value belongs that came, or is to go, this way.

        Args:
            name: our name or a former one.
        """
        return self._manager.place(name)

    def begin(self) -> Claims:
        """The claims of a session that begins now."""
        now = clock.now()
        claims = Claims.begin(now=now, until=int(now))
        return claims._replace(until=self._manager.timeouts().until(now=now, claims=claims))

    def shed(self, session: Session) -> tuple[str, ...]:
        """Drop what is not its owner's, if that is another now; gives the names.

        Raises:
            UsageError: whose it is can't be packed.
        """
        from cookie_sessions.fixation import shed

        return shed(session, manager=self._manager)

    def remembered(self) -> int:
        """How long a session lives that is remembered, in seconds.

        Raises:
            UsageError: none is, as the settings say.
        """
        remember = self._manager.timeouts().remember
        if remember is None:
            raise UsageError(
                "No session is remembered: COOKIE_SESSIONS_REMEMBER_TIMEOUT is not set. Set it to "
                "the seconds that a session lives which is, or take remember() out."
            )
        return remember

    def fetch(self, wires: Mapping[Any, Wire]) -> Mapping[Any, Wire]:
        """Values that the cookie only refers to; none where no overflow store is configured.

        Raises:
            Unavailable: the store does not answer.
        """
        found = self._ask_for(wires) if self._early is None else self._early.fetched(wires)
        for _ in wires.keys() - found.keys():
            self._manager.events.emit(EventName.VALUE_LOST)
        return found

    def _ask_for(self, wires: Mapping[Any, Wire]) -> Mapping[Any, Wire]:
        manager = self._manager
        return {} if manager.overflow is None else manager.overflow.fetch(manager.codec, wires)

    def end(self, content: Content, *, asked: bool | None) -> None:
        """Put a session on the revocation list, if there is one.

        Raises:
            Unavailable: the list does not answer.
        """
        from cookie_sessions.ending import end

        end(content, asked=asked, manager=self._manager)

    def end_others(self, session: Session) -> int:
        """End all sessions of a session's subject; gives from when one counts that goes on.

        Raises:
            UsageError: there is no list, or the session is nobody's.
            Unavailable: the list does not answer.
        """
        from cookie_sessions.ending import end_others

        return end_others(session, manager=self._manager)

    def _tell_opened(self, content: Content, *, seconds: float) -> None:
        name = self.moved_from or self.name
        names = [name, *self.chunks(name)]
        self._manager.events.emit(
            _OPENED,
            octets=self._octets(names),
            chunks=len(names),
            seconds=seconds,
            kid=content.head.kid.hex(),
        )

    def _octets(self, names: list[str]) -> int:
        return sum([len(name) + len(text) + 3 for name in names for text in self._find(name)])

    def _former_names(self) -> list[str]:
        now = clock.now()
        names = self._manager.settings.previous_names
        return [name for name, until in names if now < until and name != self.name]

    def _texts_of_any_name(self) -> tuple[str, ...]:
        former = self._former_names() if not self.texts else ()
        return self.texts or tuple(text for name in former for text in self._find(name))

    def _find(self, name: str) -> tuple[str, ...]:
        texts = self._texts.get(name)
        if texts is None:
            try:
                texts = find(self.header, name, commas=self._manager.settings.join_by_commas)
            except Rejected as rejected:
                self._refuse(rejected.reason)
                texts = ()
            self._texts[name] = texts
        return texts

    def _open_under(self, name: str) -> Content | None:
        texts = self._find(name)
        if not texts:
            return None
        if len(texts) > self._opens_left:
            self._refuse(Reason.AMBIGUOUS)
            return None
        self._opens_left -= len(texts)
        opened: list[tuple[str, Content]] = []
        for text in texts:
            try:
                whole = join(text, name=name, find=self._find) if is_split(text) else text
                content = self._manager.open_text(whole, name=name)
                content = content if self._client is None else self._check_client(content)
            except Rejected as rejected:
                self._refuse(rejected.reason)
                self._recent = self._recent or rejected.recent
                continue
            if len(texts) == 1:
                return content
            opened.append((text, content))
        if len(opened) > 1:
            opened = _without_predecessors(opened)
        if len(opened) > 1 and len({content.claims.sid for _, content in opened}) > 1:
            self.reasons = frozenset({Reason.AMBIGUOUS})
            return None
        if not opened:
            return None
        # One cookie that opens is enough: what else arrived under the name says nothing.
        self.reasons = frozenset()
        return max(opened, key=lambda pair: (pair[1].head.sealed_at, pair[0]))[1]


def _without_predecessors(opened: list[tuple[str, Content]]) -> list[tuple[str, Content]]:
    """Leave out the signed cookies from which another of the sessions was taken over."""
    taken = {content.claims.imported_from for _, content in opened if not content.imported}
    return [
        (text, content)
        for text, content in opened
        if not (content.imported and content.claims.imported_from in taken)
    ]
