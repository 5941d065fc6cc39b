"""Entries in Memcached: fast, shared, and gone whenever memory is short or a server restarts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from typing import Final

from cookie_sessions.stores.entry import (
    checked_name,
    checked_names,
    checked_value,
    end_second,
)
from cookie_sessions.stores.memcached_item import has_come, item, living, time_to_live
from cookie_sessions.stores.memcached_server import Connection, MemcachedServer, ServerFailed
from cookie_sessions.stores.memcached_url import servers_and_prefix
from cookie_sessions.stores.outage import outages
from cookie_sessions.stores.time_out import checked_timeout

MAX_OCTETS: Final = 1_000_000
"""A server's item is at most 1 MiB, together with its key and what the server adds."""

_NAMES_AT_ONCE: Final = 25
_OCTETS_AT_ONCE: Final = 4_000_000
_TRIES: Final = 50

_outages = outages(ServerFailed, tell=str)


class MemcachedStore:
    """Keeps entries on one or more Memcached servers, which may forget any of them at any time.

    Every name lives on one server, chosen by a hash of both (rendezvous hashing): processes that
    name the same servers agree, in whatever order they name them, and one more server takes over
    only its own share. Nothing moves by itself. While a server is lost, calls that need one of its
    names raise Unavailable and all others go on; when it comes back, its entries are absent.
    To ask another server instead would bring old values back once the first one returns.

    An item begins with its end, because the server's own touch compares nothing: an end is moved by
    reading the item and setting it again, if it has not changed meanwhile. So extend and shorten
    send each value twice over the network. This process's clock decides what has ended; the
    server's own time to live is a little longer and only frees memory.

    Args:
        url: ``memcached://host:port,host:port?prefix=``. A port may be left out, and is 11211 then.
        timeout: seconds that one call may wait for a server that does not answer: connecting (half
            of it for each address) and the answer together. It counts anew with each portion of a
            large call that was answered. None: 1 to connect and 2 of silence.

    Raises:
        ConfigurationError: the URL is none of this form, the time-out is not above 0 and at most
            60, or pymemcache is missing.
    """

    evicts = True
    scans = False
    shared = True
    max_octets = MAX_OCTETS

    def __init__(self, url: str, *, timeout: float | None = None) -> None:
        servers, self._prefix = servers_and_prefix(url)
        seconds = checked_timeout(timeout)
        self._servers = [MemcachedServer(host, port, timeout=seconds) for host, port in servers]
        self.name = "memcached://" + ",".join(server.address for server in self._servers)

    def __repr__(self) -> str:
        return f"<MemcachedStore {self.name}>"

    @_outages
    def get(self, name: str) -> bytes | None:
        """As :meth:`ExpiringStore.get`."""
        key = self._prefix + checked_name(name)
        with self._server(key).connection() as client:
            found = living(client.get(key))
        return None if found is None else found[1]

    @_outages
    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """As :meth:`ExpiringStore.get_many`: one round trip for each server and 25 names."""
        values = {}
        for server, keys in self._by_server(checked_names(names)):
            with server.connection() as client:
                for some in _parts(keys, _NAMES_AT_ONCE):
                    for key, present in client.get_many(some).items():
                        found = living(present)
                        if found is not None:
                            values[self._name(key)] = found[1]
        return values

    @_outages
    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """As :meth:`ExpiringStore.put`."""
        self._put_all({name: value}, ends)

    @_outages
    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """As :meth:`ExpiringStore.put_many`: one round trip for each server and 4 MB."""
        self._put_all(values, ends)

    @_outages
    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """As :meth:`ExpiringStore.add`."""
        key = self._prefix + checked_name(name)
        end = end_second(ends)
        written = item(checked_value(value, max_octets=MAX_OCTETS), end)
        if has_come(end):
            return False
        with self._server(key).connection() as client:
            for _ in range(_TRIES):
                if client.add(key, written, expire=time_to_live(end)):
                    return True
                # An entry that has ended may still lie there, until the server's slack is over.
                present, mark = client.gets(key)
                if living(present) is not None:
                    return False
                if present and client.cas(key, written, mark, expire=time_to_live(end)):
                    return True
        raise _overtaken()

    @_outages
    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """As :meth:`ExpiringStore.replace`."""
        key = self._prefix + checked_name(name)
        end = end_second(ends)
        written = item(checked_value(value, max_octets=MAX_OCTETS), end)
        with self._server(key).connection() as client:
            for _ in range(_TRIES):
                present, mark = client.gets(key)
                found = living(present)
                if found is None or found[1] != expected:
                    return False
                if client.cas(key, written, mark, expire=time_to_live(end)):
                    return True
        raise _overtaken()

    @_outages
    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """As :meth:`ExpiringStore.extend`: each value goes over the network twice."""
        end = end_second(ends)
        return self._move(checked_names(names), end, stays=lambda present: present >= end)

    @_outages
    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """As :meth:`ExpiringStore.shorten`: each value goes over the network twice."""
        end = end_second(ends)
        if has_come(end):
            self._delete_all(checked_names(names))
        else:
            self._move(checked_names(names), end, stays=lambda present: present <= end)

    @_outages
    def delete(self, names: Iterable[str]) -> None:
        """As :meth:`ExpiringStore.delete`."""
        self._delete_all(checked_names(names))

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """Memcached can't list what it holds.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("Memcached can't list names. Use another kind of store for it.")

    def sweep(self) -> int:
        """Nothing, and 0: the server removes by itself what has ended."""
        return 0

    def close(self) -> None:
        """As :meth:`ExpiringStore.close`."""
        for server in self._servers:
            server.close()

    def _put_all(self, values: Mapping[str, bytes], ends: float) -> None:
        end = end_second(ends)
        names = checked_names(values)
        for value in values.values():
            checked_value(value, max_octets=MAX_OCTETS)
        if has_come(end):
            self._delete_all(names)
            return
        for server, keys in self._by_server(names):
            longest = max(len(values[self._name(key)]) for key in keys)
            at_once = max(1, _OCTETS_AT_ONCE // (longest + 1))
            with server.connection() as client:
                for some in _parts(keys, min(at_once, _NAMES_AT_ONCE)):
                    items = {key: item(values[self._name(key)], end) for key in some}
                    if client.set_many(items, expire=time_to_live(end)):
                        raise ServerFailed(
                            "did not keep what it was given, and said no more. See what stands "
                            "between this process and the server"
                        )

    def _delete_all(self, names: list[str]) -> None:
        for server, keys in self._by_server(names):
            with server.connection() as client:
                client.delete_many(keys)

    def _move(self, names: list[str], end: int, *, stays: Callable[[int], bool]) -> set[str]:
        """Give entries another end, where theirs does not stay; the names of those that are there.

        An entry that another process changes between our reading and our writing is read again.
        """
        there: set[str] = set()
        for server, keys in self._by_server(names):
            with server.connection() as client:
                for some in _parts(keys, _NAMES_AT_ONCE):
                    there |= _moved(client, some, end, stays)
        return {self._name(key) for key in there}

    def _by_server(self, names: list[str]) -> Iterable[tuple[MemcachedServer, list[str]]]:
        shares: dict[MemcachedServer, list[str]] = {}
        for name in names:
            key = self._prefix + name
            shares.setdefault(self._server(key), []).append(key)
        return shares.items()

    def _server(self, key: str) -> MemcachedServer:
        if len(self._servers) == 1:
            return self._servers[0]
        return max(self._servers, key=lambda server: _weight(server, key))

    def _name(self, key: str) -> str:
        return key[len(self._prefix) :]


def _moved(client: Connection, keys: list[str], end: int, stays: Callable[[int], bool]) -> set[str]:
    there = set()
    for _ in range(_TRIES):
        changed = []
        for key, (present, mark) in client.gets_many(keys).items():
            found = living(present)
            if found is None:
                continue
            if stays(found[0]):
                there.add(key)
                continue
            kept = client.cas(key, item(found[1], end), mark, expire=time_to_live(end))
            if kept:
                there.add(key)
            elif kept is False:
                changed.append(key)
        if not changed:
            return there
        keys = changed
    raise _overtaken()


def _weight(server: MemcachedServer, key: str) -> bytes:
    return blake2b(f"{server.address} {key}".encode(), digest_size=8).digest()


def _parts(keys: list[str], at_most: int) -> Iterator[list[str]]:
    for start in range(0, len(keys), at_most):
        yield keys[start : start + at_most]


def _overtaken() -> ServerFailed:
    return ServerFailed(
        f"found an item changed by others {_TRIES} times in a row, between reading and writing it"
    )
