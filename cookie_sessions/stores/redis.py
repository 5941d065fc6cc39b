"""Entries in Redis, or in what speaks as Redis does from version 6.2 on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeVar

from cookie_sessions import clock
from cookie_sessions.stores.entry import (
    checked_name,
    checked_names,
    checked_scan,
    checked_value,
    end_second,
    is_name,
)
from cookie_sessions.stores.redis_outage import AnswerNotUnderstood, redis_outages
from cookie_sessions.stores.redis_persistence import Persistence, persistence_of
from cookie_sessions.stores.redis_servers import RedisServers
from cookie_sessions.stores.redis_topology import Command
from cookie_sessions.stores.redis_url import RedisAddress
from cookie_sessions.stores.time_out import checked_timeout

MAX_OCTETS: Final = 1_048_576
"""The longest value, in octets."""

_T = TypeVar("_T")

_PAGE: Final = 500
_EARLIEST: Final = 1
_WITHOUT_END: Final = -1

_REPLACE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EXAT', ARGV[3])
return 1
"""

# What EXPIREAT with GT and LT does since version 7.0; a key without an end has the latest of all.
_MOVE: Final = """
local left = redis.call('PTTL', KEYS[1])
if left == -2 then return -2 end
if left == -1 then left = math.huge end
local now = redis.call('TIME')
local wanted = ARGV[1] * 1000 - now[1] * 1000 - math.floor(now[2] / 1000)
if (ARGV[2] == 'GT' and wanted > left) or (ARGV[2] == 'LT' and wanted < left) then
  redis.call('EXPIREAT', KEYS[1], ARGV[1])
end
return -1
"""


class RedisStore:
    """Keeps entries in a Redis: what a call has returned is seen by all who ask the same primary.

    The server's own clock decides when an entry ends. It should be within a second of the
    application's, as ``add`` and only ``add`` also asks the latter whether an end has come.
    Whether entries outlive a restart or a fail-over is the server's configuration (``appendonly``,
    ``min-replicas-to-write``); a primary that fails may take the last writes with it. One with a
    ``maxmemory-policy`` other than ``noeviction`` drops living entries when its memory is full:
    :meth:`maxmemory_policy` says which it has, and what must not be lost needs ``noeviction``;
    :meth:`persistence` says what it writes to its disk.

    A read whose connection broke is asked once more; a write never. A scan of a cluster may miss
    names whose slots move meanwhile; where the primaries change it is Unavailable.

    With a time-out each question, of up to 500 entries or 4 MB, has that long for all it waits for:
    finding the primary, connecting (half of it for each address), signing in, the answer, and being
    asked once more. An answer that has begun and comes in pieces may take longer.

    Args:
        url: ``redis://``, ``rediss://`` (TLS, certificates are verified), ``unix://``,
            ``redis+cluster://host:port,host:port`` or
            ``redis+sentinel://host:port,host:port/service/db``, with ``?prefix=``.
        timeout: seconds that one call may wait for a server that does not answer. None: 1 to
            connect and 1.5 for an answer, in a cluster 1.

    Raises:
        ConfigurationError: the URL is none of these, the time-out is not above 0 and at most 60, or
            the client is not installed.
    """

    max_octets: int = MAX_OCTETS
    evicts: bool = False
    scans: bool = True
    shared: bool = True

    def __init__(self, url: str, *, timeout: float | None = None) -> None:
        address = RedisAddress.from_url(url)
        self.name: str = address.name
        self._prefix = address.prefix
        self._servers = RedisServers(address, timeout=checked_timeout(timeout))

    def __repr__(self) -> str:
        return f"<RedisStore {self.name}>"

    @redis_outages
    def get(self, name: str) -> bytes | None:
        """The value of an entry, or None where there is none."""
        key = self._prefix + checked_name(name)
        value = self._servers.run([Command(key, ("GET", key))], again=True)[0]
        return None if value is None else _as(bytes, value)

    @redis_outages
    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """The values of those entries that are there, in one round trip to each server."""
        wanted = checked_names(names)
        keys = [self._prefix + name for name in wanted]
        values = self._servers.run([Command(key, ("GET", key)) for key in keys], again=True)
        found = zip(wanted, values, strict=True)
        return {name: _as(bytes, value) for name, value in found if value is not None}

    @redis_outages
    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """Keep a value, whatever was there before."""
        self._servers.run([self._setting(name, value, end_second(ends))])

    @redis_outages
    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """Keep several values with one end, in one round trip to each server."""
        end = end_second(ends)
        self._servers.run([self._setting(name, value, end) for name, value in values.items()])

    @redis_outages
    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """Keep a value where there is none."""
        end = end_second(ends)
        setting = self._setting(name, value, end, "NX")
        if end <= clock.now():
            return False
        return bool(self._servers.run([setting])[0])

    @redis_outages
    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """Keep a value if the present one equals ``expected``; the server compares."""
        key = self._prefix + checked_name(name)
        end = max(_EARLIEST, end_second(ends))
        checked_value(value, max_octets=MAX_OCTETS)
        script = ("EVAL", _REPLACE, 1, key, expected, value, end)
        return bool(self._servers.run([Command(key, script)])[0])

    @redis_outages
    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """Move ends forward; an end that is later already stays."""
        wanted, end = checked_names(names), end_second(ends)
        living = zip(wanted, self._moved(wanted, end, "GT"), strict=True)
        return {name for name, present in living if present == _WITHOUT_END or present >= end}

    @redis_outages
    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """Move ends back; an end that is earlier already stays."""
        self._moved(checked_names(names), end_second(ends), "LT")

    @redis_outages
    def delete(self, names: Iterable[str]) -> None:
        """Have entries be absent."""
        keys = [self._prefix + name for name in checked_names(names)]
        self._servers.run([Command(key, ("DEL", key)) for key in keys])

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """The names that begin with a prefix, in pages; each looks at some 500 keys of a server."""
        return self._pages(self._prefix + checked_scan(prefix))

    def sweep(self) -> int:
        """Nothing, and 0: the server removes by itself what has ended."""
        return 0

    @redis_outages
    def maxmemory_policy(self) -> str:
        """What the server does when its memory is full, such as "noeviction".

        Returns:
            The policy; of a cluster with several the first that is not "noeviction".
        """
        primaries = self._servers.primaries()
        memory = [self._servers.ask(primary, "INFO", "memory") for primary in primaries]
        policies = [_as(str, _as(dict, section).get("maxmemory_policy")) for section in memory]
        return next((policy for policy in policies if policy != "noeviction"), policies[0])

    @redis_outages
    def persistence(self) -> list[Persistence]:
        """What the server writes to its disk; of a cluster, what each primary does."""
        primaries = self._servers.primaries()
        return [persistence_of(self._servers, primary) for primary in primaries]

    @redis_outages
    def close(self) -> None:
        """Close the connections. A later call makes new ones."""
        self._servers.close()

    def _pages(self, prefix: str) -> Iterator[list[str]]:
        for primary in self._primaries():
            cursor = 0
            while True:
                cursor, page = self._page(primary, cursor, prefix)
                yield page
                if not cursor:
                    break

    @redis_outages
    def _primaries(self) -> list[str]:
        return self._servers.primaries()

    @redis_outages
    def _page(self, primary: str, cursor: int, prefix: str) -> tuple[int, list[str]]:
        # No character of a name or a prefix has a meaning in a pattern.
        asked = ("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", _PAGE)
        cursor, keys = self._servers.ask(primary, *asked)
        found = [_as(bytes, key).decode("latin-1") for key in _as(list, keys)]
        names = [key[len(self._prefix) :] for key in found]
        return cursor, [name for name in names if is_name(name)]

    def _setting(self, name: str, value: bytes, end: int, *condition: str) -> Command:
        key = self._prefix + checked_name(name)
        checked_value(value, max_octets=MAX_OCTETS)
        return Command(key, ("SET", key, value, "EXAT", max(_EARLIEST, end), *condition))

    def _moved(self, names: list[str], end: int, which: str) -> list[int]:
        """Move ends as EXPIREAT does with GT or LT.

        Returns:
            For each name its end, -1 for one that is there and ends later, or a smaller number for
            one that is not there.
        """
        keys = [self._prefix + name for name in names]
        if not self._servers.know("EXPIRETIME"):
            end = max(_EARLIEST, end)
            moves = [Command(key, ("EVAL", _MOVE, 1, key, end, which)) for key in keys]
            return [_as(int, answer) for answer in self._servers.run(moves)]
        # The second command sees what is there after the first, whoever came in between.
        pairs = [
            command
            for key in keys
            for command in (
                Command(key, ("EXPIREAT", key, end, which)),
                Command(key, ("EXPIRETIME", key)),
            )
        ]
        return [_as(int, answer) for answer in self._servers.run(pairs)[1::2]]


def _as(kind: type[_T], answer: object) -> _T:
    if not isinstance(answer, kind):
        raise AnswerNotUnderstood
    return answer
