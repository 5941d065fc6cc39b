"""One real session manager, and requests that note what each write put together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any, Final

from cookie_sessions.codec import Reference, references_of
from cookie_sessions.cookies import CookieAttributes, request_excess
from cookie_sessions.cookies.budget import NOTHING_SEEN, PROFILES
from cookie_sessions.crypto import entry_name
from cookie_sessions.errors import SessionTooLarge
from cookie_sessions.events import Events
from cookie_sessions.keys import Key, KeyRing
from cookie_sessions.manager import SessionManager
from cookie_sessions.overflow import Overflow
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings
from cookie_sessions.stores.memory import MemoryStore
from tests.jar.browser import Response, Sent

KEYS: Final = ("basket", "history", "notes")
LEAST, MOST = 100, 20_000
"""Octets of all values of a session."""

_POOL: Final = Random(0).randbytes(1 << 17)
_COOKIE: Final = CookieAttributes("session", secure=True)
_RING: Final = KeyRing(Key(bytes(range(32))))
_TIMEOUTS: Final = Timeouts(idle=86_400 * 365)
Content = dict[str, tuple[int, int]]


class WatchedStore(MemoryStore):
    """A store in memory that notes when entries were let go."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.let_go: dict[str, int] = {}

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        wanted = list(names)
        self.let_go.update(dict.fromkeys(wanted, self._server.step))
        super().shorten(wanted, ends=ends)

    def delete(self, names: Iterable[str]) -> None:
        wanted = list(names)
        self.let_go.update(dict.fromkeys(wanted, self._server.step))
        super().delete(wanted)


class Server:
    """An application whose every write has a number, and which knows what was in it.

    Args:
        profile: the deployment in front of it.
        stores: whether it has an overflow store.

    Attributes:
        step: counts what happens, so that before and after can be told.
    """

    def __init__(self, profile: str, *, stores: bool) -> None:
        self.step = 0
        self.profile = PROFILES[profile]
        self.contents: dict[int, Content] = {}
        self.store = WatchedStore(self) if stores else None
        events = Events()
        self.manager = SessionManager(
            settings=Settings(profile=self.profile, secret_names=frozenset(KEYS)),
            ring=lambda: _RING,
            timeouts=lambda: _TIMEOUTS,
            events=events,
            overflow=None
            if self.store is None
            else Overflow(self.store, events=events, cold=("notes",), cache_octets=20_000),
        )

    def content_of(self, write: int) -> dict[str, bytes]:
        """The values that a write put together."""
        return {key: _POOL[at : at + size] for key, (at, size) in self.contents[write].items()}

    def new_write(self, content: Content) -> int:
        """The number of a write with this content."""
        number = len(self.contents) + 1
        self.contents[number] = content
        return number

    def alive(self, reference: Reference) -> bool:
        """Whether the store has an entry now."""
        return self.store is not None and self.store.get(entry_name(reference.seed)) is not None


class Visit:
    """One request: what it sent is fixed when it begins, what it does comes later.

    Args:
        server: who answers.
        sent: what the browser sent, and what must come of it.
        random: decides what the page does.

    Attributes:
        lost: how many values the store had lost, each with its excuse.
        refused: whether the session was too large to be written.
    """

    def __init__(self, server: Server, sent: Sent, random: Random) -> None:
        self._server = server
        self._sent = sent
        self._random = random
        arrival = server.manager.arrival(sent.header, name=_COOKIE.name)
        self._session = server.manager.load(arrival, session_class=Session)
        self.lost = 0
        self.refused = False

    def read(self) -> None:
        """Check that the session is exactly what one write put together, or not there."""
        session, expected = self._session, self._sent.session
        if expected is None:
            assert session.new, f"a session where {self._sent.excused}"
            assert len(session) == 0, "values without a session"
            return
        assert not session.new, "a session was lost, and its cookies are all there"
        assert expected.write is not None
        references = references_of(session._opened())
        assert session["write"] == expected.write, "another session than the head's"
        content = self._server.content_of(expected.write)
        for key in self._random.sample(KEYS, len(KEYS)):
            found = session.get(key)
            if found is None and key in content:
                self._excuse(references.get(key), expected)
                continue
            assert found == content.get(key), f"{key} is of another write than its session"
        assert set(session) <= {"write", *content, "_permanent"}

    def answer(self) -> Response | None:
        """Do what the page does, and commit; None where no cookie is sent."""
        session, random, server = self._session, self._random, self._server
        act = random.choices(_ACTS, _WEIGHTS)[0]
        write = act(self)
        session._commit()
        server.step += 1
        wires = session._settle()
        if not wires:
            lines = server.manager.delete(session, cookie=_COOKIE) if session.modified else []
            return self._response(lines, None) if lines else None
        if not session.modified and random.random() < 0.8:
            return None
        try:
            lines = server.manager.seal(session, cookie=_COOKIE, expires=_expires(random))
        except SessionTooLarge as error:
            self.refused = error.octets > error.limit
            return None
        return self._response(lines, write) if lines else None

    def _response(self, lines: list[str], write: int | None) -> Response:
        server = self._server
        dead: frozenset[str] = frozenset()
        if server.store is not None and write is not None:
            # What was lost before is copied forward, and stays lost.
            kept = references_of({**self._session._opened(), **self._session._damaged})
            dead = frozenset(
                entry_name(each.seed) for each in kept.values() if not server.alive(each)
            )
        response = Response(lines, write=write, committed=server.step, dead=dead)
        assert max(map(len, lines)) <= 4096, "a cookie that browsers drop"
        octets = sum([len(name) + len(value) + 3 for name, value in response.values.items()])
        broken = request_excess(server.profile, cookie=octets, surroundings=NOTHING_SEEN)
        assert broken is None, "our own cookies are over the budget"
        return response

    def _excuse(self, reference: Reference | None, expected: Response) -> None:
        assert reference is not None, "a value that was in the cookie is lost"
        assert not self._server.alive(reference), "a value is lost that the store has"
        name = entry_name(reference.seed)
        assert self._server.store is not None
        let_go = self._server.store.let_go.get(name)
        assert let_go is not None, "a value is lost that no response ever gave up"
        assert name in expected.dead or let_go > expected.committed, (
            "a value is lost, and no later response gave it up"
        )
        self.lost += 1

    def _read_only(self) -> int | None:
        write: int | None = self._session.get("write")
        return write

    def _replace_all(self) -> int:
        size = int(LEAST * (MOST / LEAST) ** self._random.random())
        cuts = sorted(self._random.randrange(size + 1) for _ in range(len(KEYS) - 1))
        sizes = [end - start for start, end in zip([0, *cuts], [*cuts, size], strict=True)]
        return self._store({key: self._piece(size) for key, size in zip(KEYS, sizes, strict=True)})

    def _replace_one(self) -> int:
        before: Mapping[str, Any] = self._session
        write = before.get("write")
        content = dict(self._server.contents[write]) if write is not None else {}
        content[self._random.choice(KEYS)] = self._piece(self._random.randrange(6000))
        return self._store(content, over=write)

    def _rename(self) -> int | None:
        self._session.regenerate()
        return self._read_only()

    def _clear(self) -> None:
        self._session.clear()

    def _destroy(self) -> int | None:
        self._session.destroy()
        return self._replace_all() if self._random.random() < 0.5 else None

    def _piece(self, size: int) -> tuple[int, int]:
        return self._random.randrange(len(_POOL) - size), size

    def _store(self, content: Content, *, over: int | None = None) -> int:
        number = self._server.new_write(content)
        before = {} if over is None else self._server.contents[over]
        for key, (at, size) in content.items():
            if before.get(key) != (at, size):
                self._session[key] = _POOL[at : at + size]
        self._session["write"] = number
        return number


_ACTS: Final = (
    Visit._read_only,
    Visit._replace_all,
    Visit._replace_one,
    Visit._rename,
    Visit._clear,
    Visit._destroy,
)
_WEIGHTS: Final = (20, 40, 25, 5, 2, 3)


def _expires(random: Random) -> int | None:
    return 1_900_000_000 if random.random() < 0.5 else None
