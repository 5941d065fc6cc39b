"""The core without a framework: one site whose clock stands until a test moves it."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions import clock, sealer
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import Event, EventName, Events
from cookie_sessions.keys import Key, KeyRing
from cookie_sessions.manager import PURPOSE, SessionManager
from cookie_sessions.overflow import CACHE_OCTETS, Overflow
from cookie_sessions.policy import Timeouts
from cookie_sessions.sealer import Place
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings
from cookie_sessions.stores.store import ExpiringStore

START = 1_750_000_000.5
HOUR = 3600
BROKEN = b"\xc1\x40"
"""A value of a form that is reserved: no release reads it yet."""


def key(number: int) -> Key:
    """One of many keys, always the same for a number."""
    return Key(number.to_bytes(32, "big"))


class WatchedCodec(Codec):
    """A codec that notes what it is asked to do."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(types=settings.types, secret_names=settings.secret_names)
        self.opened = 0
        self.unpacked: list[Wire] = []
        self.packed: list[object] = []

    def load_payload(self, plaintext: bytes) -> tuple[bytes, dict[object, Wire]]:
        self.opened += 1
        return super().load_payload(plaintext)

    def from_wire(self, wire: Wire) -> Any:
        self.unpacked.append(wire)
        return super().from_wire(wire)

    def pack(self, value: object, *, name: object = None) -> bytes:
        self.packed.append(name)
        return super().pack(value, name=name)


class Site:
    """One application: keys, timeouts, settings, and what happened.

    Args:
        monkeypatch: stops the clock.
        far: the overflow store, or None.
        cache_octets: of the values from there that are remembered.
        settings: ours, their names in lower case.
    """

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        /,
        *,
        far: ExpiringStore | None = None,
        cache_octets: int = CACHE_OCTETS,
        **settings: Any,
    ) -> None:
        self.now = START
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.keys: KeyRing | None = KeyRing(key(1))
        self.timeouts = Timeouts(idle=HOUR)
        self.cookie = CookieAttributes("session")
        self.happened: list[Event] = []
        events = Events()
        events.subscribe(self.happened.append)
        given = Settings.from_mapping(
            {f"COOKIE_SESSIONS_{name.upper()}": value for name, value in settings.items()}
        )
        self.manager = SessionManager(
            settings=given,
            ring=self._ring,
            timeouts=lambda: self.timeouts,
            events=events,
            overflow=None
            if far is None
            else Overflow(
                far,
                events=events,
                hot=given.hot,
                cold=given.cold,
                max_octets=given.overflow_octets,
                cache_octets=cache_octets,
            ),
        )
        self.codec = self.manager.codec = WatchedCodec(given)

    def _ring(self) -> KeyRing:
        if self.keys is None:
            raise Unavailable("the keys are out for lunch")
        return self.keys

    @property
    def names(self) -> list[EventName]:
        """The names of the events so far."""
        return [event.name for event in self.happened]

    @property
    def reasons(self) -> list[str]:
        """The reasons of the refusals so far."""
        return [str(event.reason) for event in self.happened if event.name is EventName.REJECTED]

    def arrive(self, *texts: str, name: str | None = None) -> Session:
        """A request that brings these cookies under one name."""
        return self.arrive_with("; ".join(f"{name or self.cookie.name}={text}" for text in texts))

    def arrive_with(self, header: str) -> Session:
        """A request that brings this Cookie header."""
        arrival = self.manager.arrival(header, name=self.cookie.name)
        return self.manager.load(arrival, session_class=Session)

    def respond(self, session: Session) -> list[str]:
        """What an adapter does at the end of a request: the lines for Set-Cookie."""
        session._commit()
        if not session._settle():
            return self.manager.delete(session, cookie=self.cookie) if session.modified else []
        if not session.modified and not session.permanent:
            return []
        return self.manager.seal(session, cookie=self.cookie, expires=None)

    def write(self, session: Session) -> str:
        """Respond, and return the text of the cookie that was set."""
        pairs = [line.partition(";")[0] for line in self.respond(session)]
        (text,) = filter(None, (pair.removeprefix(f"{self.cookie.name}=") for pair in pairs))
        return text

    def store(self, /, **values: Any) -> str:
        """The text of a new session's cookie with these values."""
        session = self.arrive()
        session.update(values)
        return self.write(session)

    def forge(self, plaintext: bytes) -> str:
        """Any octets as payload, sealed as a cookie of this site."""
        return sealer.seal(
            plaintext,
            ring=self._ring(),
            place=Place(PURPOSE, self.cookie.name, self.manager.settings.audience),
            refreshable=False,
            now=self.now,
        )

    def payload(self, wires: dict[Any, Wire], *, claims: Claims | None = None) -> bytes:
        """The payload of a session with these values, as they stand on the wire."""
        until = int(self.now) + self.timeouts.idle
        claims = claims or Claims.begin(now=self.now, until=until)
        return self.codec.dump_payload(claims.to_octets(), wires)

    def open(self, text: str) -> bytes:
        """The payload of a cookie's text."""
        place = Place(PURPOSE, self.cookie.name, self.manager.settings.audience)
        return sealer.open_text(text, ring=self._ring(), place=place, now=self.now).plaintext
