"""A browser's cookie jar for one host, as far as it can make a session come apart."""

from __future__ import annotations

from random import Random
from typing import Final, NamedTuple

HEAD: Final = "session"
FOREIGN: Final = ("theme", "sessions", "session.9", "session.01", "session.1.1", "_ga")
"""Cookies of other applications; some of their names begin as ours do."""


class Response:
    """The Set-Cookie lines of one response on their way to the browser.

    Args:
        lines: the values of its Set-Cookie headers.
        write: what names the content that the session has in it; None where it is deleted.
        committed: when it was made, by the simulation's count of steps.
        dead: names of entries that the store had lost already when it was made.
    """

    def __init__(
        self, lines: list[str], *, write: int | None, committed: int, dead: frozenset[str]
    ) -> None:
        self.lines = lines
        self.write = write
        self.committed = committed
        self.dead = dead
        self.arrived = 0
        self.first = self.last = 0
        self.values: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(";")[0].partition("=")
            if "; Max-Age=0" not in line:
                assert name not in self.values, "one response sets one name twice"
                self.values[name] = value

    @property
    def whole(self) -> bool:
        """Whether every line has arrived."""
        return self.arrived == len(self.lines)

    def overlaps(self, other: Response) -> bool:
        """Whether lines of the one arrived between those of the other."""
        return self.first < other.last and other.first < self.last


class Cookie(NamedTuple):
    """What the jar holds under one name, and which response set it."""

    value: str
    setter: Response


class Sent(NamedTuple):
    """What a request carries, and what is to be expected of it.

    Attributes:
        header: the Cookie header.
        session: the response whose session must open; None where none can.
        excused: why none can, for the count.
    """

    header: str
    session: Response | None
    excused: str


class Jar:
    """Keeps cookies by name, and why a name of ours has what it has.

    Args:
        random: decides the order in which they are sent, which nobody may rely on.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._ours: dict[str, Cookie] = {}
        self._foreign: dict[str, str] = {}
        self._gone: dict[str, Response | None] = {}
        self._steps = 0

    def receive(self, response: Response) -> None:
        """Take the next line of a response."""
        line = response.lines[response.arrived]
        name, _, value = line.partition(";")[0].partition("=")
        self._steps += 1
        response.first = response.first or self._steps
        response.last = self._steps
        response.arrived += 1
        if "; Max-Age=0" in line:
            self._ours.pop(name, None)
            self._gone[name] = response
        else:
            self._ours[name] = Cookie(value, response)

    def evict(self) -> None:
        """Drop one of our cookies, as browsers may at any time."""
        if self._ours:
            name = self._random.choice(list(self._ours))
            del self._ours[name]
            self._gone[name] = None

    def visit_another(self) -> None:
        """Let another application of the host set or delete one of its cookies."""
        name = self._random.choice(FOREIGN)
        if self._random.random() < 0.3:
            self._foreign.pop(name, None)
        else:
            value = self._random.choice(("~1AAAAAAx", "", "~2" + "A" * 30, "dark"))
            self._foreign[name] = value + "x" * self._random.randrange(900)

    def send(self) -> Sent:
        """What the next request carries."""
        pairs = [(name, cookie.value) for name, cookie in self._ours.items()]
        pairs += self._foreign.items()
        self._random.shuffle(pairs)
        header = "; ".join([f"{name}={value}" for name, value in pairs])
        head = self._ours.get(HEAD)
        if head is None:
            return Sent(header, None, self._why_no_head())
        setter = head.setter
        for name, value in setter.values.items():
            cookie = self._ours.get(name)
            if cookie is None or cookie.value != value:
                return Sent(header, None, self._why(name, cookie, setter))
        return Sent(header, setter, "")

    @property
    def octets(self) -> int:
        """What our own cookies take of the Cookie header."""
        return sum([len(name) + len(cookie.value) + 3 for name, cookie in self._ours.items()])

    def _why_no_head(self) -> str:
        if HEAD not in self._gone:
            return "there was none yet"
        response = self._gone[HEAD]
        if response is None:
            return "the head was evicted"
        assert response.write is None, "a session was deleted by a response that keeps one"
        return "the session was ended"

    def _why(self, name: str, cookie: Cookie | None, setter: Response) -> str:
        """Why a chunk is not there although its head is; fails where there is no reason."""
        culprit = self._gone[name] if cookie is None else cookie.setter
        if culprit is None:
            return "a chunk was evicted"
        if not culprit.whole:
            return "another response was cut"
        excused = culprit is not setter and culprit.overlaps(setter)
        assert excused, (
            f"{name} is not the one that came with its head, and no response was cut, no cookie "
            f"evicted, and no two responses arrived at once"
        )
        return "two responses arrived at once"
