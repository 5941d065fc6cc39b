"""What one response does to the browser's cookies under our name: set, delete, and count them."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

from cookie_sessions.cookies import (
    LIMIT,
    CookieAttributes,
    Excess,
    LineLimit,
    Surroundings,
    capacity,
    chunk_names,
    line_excess,
    request_excess,
    response_excess,
    split,
)
from cookie_sessions.settings import Settings

if TYPE_CHECKING:
    from cookie_sessions.arrival import Arrival

_PAIR: Final = len("=; ")


class Written(NamedTuple):
    """The lines that set a session.

    Attributes:
        lines: the values of Set-Cookie headers, in the order in which they must stand.
        octets: what its cookies take with their names and attributes.
        excess: the limit that they break, or None.
        crowded: the limit that they break together with the cookies of others, or with the
            deletions that those ask for, or because there are too many lines, or None.
        chunks: how many cookies it takes.
        cut: what an adapter keeps of the response's lines, where some will be lost, or None.
    """

    lines: list[str]
    octets: int = 0
    excess: Excess | None = None
    crowded: Excess | None = None
    chunks: int = 1
    cut: Excess | None = None


class Departure:
    """Knows every name and scope under which a cookie of ours may stand in the browser.

    What a response sets and deletes bears identical attributes, chunks come before their head (so
    a response that is cut short leaves an unsplit session whole), and no name is set twice. What is
    there to be deleted can be up to others, so deletions that a response has no room for are left
    out, and never make it an error.

    Args:
        arrival: what the request brought; None where it is not known.
        cookie: the name and attributes of the cookie.
        settings: tells former scopes, and the profile of the deployment.
        surroundings: what else the request and the response carry.
    """

    __slots__ = ("_arrival", "_cookie", "_profile", "_settings", "_surroundings")

    def __init__(
        self,
        arrival: Arrival | None,
        cookie: CookieAttributes,
        *,
        settings: Settings,
        surroundings: Surroundings,
    ) -> None:
        self._arrival = arrival if arrival is not None and arrival.header else None
        self._cookie = cookie
        self._settings = settings
        self._profile = settings.profile
        self._surroundings = surroundings

    def write(self, text: str, *, expires: int | None) -> Written:
        """Set a session's text, as one cookie or several, and delete what it leaves behind.

        Args:
            text: the sealed text.
            expires: when the browser forgets it, in seconds since the epoch, or None.
        """
        room = LIMIT - self._cookie.octets("")
        if len(text) > capacity(room):
            return Written([], len(text), Excess(len(text), capacity(room), "cookies"))
        values = split(text, room=room)
        cookies = _with_chunks(self._cookie)[: len(values)]
        pairs = list(zip(cookies, values, strict=True))
        octets = sum([cookie.octets(value) for cookie, value in pairs])
        lines = [cookie.render(value, expires=expires) for cookie, value in reversed(pairs)]
        ours = sum([len(cookie.name) + len(value) + _PAIR for cookie, value in pairs])
        broken = request_excess(
            self._profile, cookie=ours, surroundings=self._surroundings
        ) or self._response_excess(lines)
        limit = self._surroundings.lines()
        narrow = line_excess(limit, lines=len(lines))
        if limit is not None and (limit.strict or self._settings.strict):
            broken = broken or narrow
        if broken is not None:
            return Written(lines, octets, broken)
        names = [cookie.name for cookie in cookies]
        lines, left_out, cut = self._with_clean_up(lines, names, limit, leaving=False)
        crowded = narrow or self._crowded(ours) or left_out
        return Written(lines, octets, None, crowded, len(pairs), cut)

    def write_signed(self, text: str, *, expires: int | None) -> Written:
        """Set a session in Flask's own form, which is one cookie and is counted as browsers do.

        Args:
            text: the signed text.
            expires: as for :meth:`write`.
        """
        octets = len(self._cookie.name) + len(text)
        broken = Excess(octets, LIMIT, "signed") if octets > LIMIT else None
        line = self._cookie.render(text, expires=expires)
        limit = self._surroundings.lines()
        lines, _, cut = self._with_clean_up([line], [self._cookie.name], limit, leaving=False)
        return Written(lines, octets, broken, cut=cut)

    def delete(self) -> Written:
        """Make the browser drop the session."""
        own = self._cookie.render_deletion()
        limit = self._surroundings.lines()
        lines = [own]
        if limit is not None and self._arrival is not None and self._arrival.moved_from is not None:
            # Only the cookie of the former name came: where there is one line, it is for that one.
            former = self._cookie.named(self._arrival.moved_from).render_deletion()
            lines = [own, former] if limit.kept > 1 else [former]
        lines, _, cut = self._with_clean_up(lines, [], limit, leaving=True)
        return Written(lines, cut=cut)

    def _response_excess(self, lines: list[str]) -> Excess | None:
        return response_excess(self._profile, lines=lines, surroundings=self._surroundings)

    def _crowded(self, ours: int) -> Excess | None:
        """The limit that the next request would break with the cookies of others, or None."""
        arrival = self._arrival
        profile = self._profile
        if arrival is None:
            return None
        if profile.request is None and len(arrival.header) + ours <= profile.cookie_line:
            return None
        others = max(0, len(arrival.header) - arrival.octets)
        return request_excess(profile, cookie=others + ours, surroundings=self._surroundings)

    def _with_clean_up(
        self, lines: list[str], kept: list[str], limit: LineLimit | None, *, leaving: bool
    ) -> tuple[list[str], Excess | None, Excess | None]:
        """Delete what stands in the way as well; gives the limits that cut this short, or None.

        The first is one of octets, the second that of lines, where more is lost than deletions of
        chunks: a chunk without its head says nothing.
        """
        twins, gone = self._in_the_way(kept, leaving=leaving)
        whole = list(dict.fromkeys([*twins, *lines, *gone]))
        broken = self._response_excess(whole) if len(whole) > len(lines) else None
        if broken is None and limit is None:
            return whole, None, None
        # A chunk without its head says nothing, so heads go first.
        chunks = tuple(f"{chunk}=" for name in self._names_ever() for chunk in chunk_names(name))
        further = [line for line in whole if line not in lines]
        sent = list(lines)
        missed = 0
        for line in sorted(further, key=lambda line: line.startswith(chunks)):
            if line_excess(limit, lines=len(sent) + 1) is not None:
                missed += not line.startswith(chunks)
            elif self._response_excess([*sent, line]) is None:
                sent.append(line)
        wanted = len(sent) + missed + (0 if limit is None else limit.others)
        return [line for line in whole if line in sent], broken, line_excess(limit, lines=wanted)

    def _in_the_way(self, kept: list[str], *, leaving: bool) -> tuple[list[str], list[str]]:
        """Deletions of unused chunks, duplicates and a former name: before our lines, and after."""
        arrival = self._arrival
        if arrival is None:
            return [], []
        cookie = self._cookie
        chunks = arrival.chunks(cookie.name)
        doubled = len(arrival.texts) > 1
        if not (leaving or chunks or doubled or arrival.moved_from is not None):
            return [], []
        stale = [cookie.named(name) for name in chunks if name not in kept]
        former = arrival.former_names_to_delete() if leaving else [arrival.moved_from]
        for name in former:
            if name is not None:
                stale += self._everywhere([name, *arrival.chunks(name)])
        twins: list[CookieAttributes] = []
        if doubled:
            names = [cookie.name, *chunks]
            stale += self._everywhere(names)
            # A browser without partitions takes the twin for the cookie itself, so it goes first.
            twins = [cookie.named(name).twin() for name in names]
        # What a browser takes for a cookie that was just set is not deleted behind it.
        present = {cookie.named(name).identity for name in kept}
        gone = [old for old in stale if old.identity not in present]
        return [old.render_deletion() for old in twins], [old.render_deletion() for old in gone]

    def _names_ever(self) -> list[str]:
        return [self._cookie.name, *[name for name, _ in self._settings.previous_names]]

    def _everywhere(self, names: Iterable[str]) -> list[CookieAttributes]:
        """Cookies of these names at every scope that is, or was, in use."""
        cookie = self._cookie
        scopes = [*self._settings.former_scopes, (None, cookie.path)]
        return [
            place
            for named in map(cookie.named, names)
            for place in (
                named,
                *(named.scoped(domain=domain, path=path) for domain, path in scopes),
            )
        ]


@functools.lru_cache(maxsize=64)
def _with_chunks(cookie: CookieAttributes) -> tuple[CookieAttributes, ...]:
    return (cookie, *(cookie.named(name) for name in chunk_names(cookie.name)))
