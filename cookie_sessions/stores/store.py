"""The one contract of all stores: octets under a name, until a moment.

What is kept here is small, may be asked for by many processes at once, and ends by itself. What a
store can't do it says by an attribute, so that nobody relies on it by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol


class ExpiringStore(Protocol):
    """Keeps octets under names, each until its end, for any number of threads and processes.

    **Time.** An end is a moment in seconds since the epoch, kept to the second, rounded up. From
    its end on an entry is absent: every store compares the end itself, or its server does; none
    relies on a sweeper that comes later. An end *has come* when, rounded up, it is not later than
    the present. A store whose server compares may differ from the caller's clock by what the two
    clocks differ.

    **Absence and error.** What is not there, has ended, or was evicted by a store that evicts, is
    an absence: None, False, or left out. A store that does not answer, is full, refuses the
    credentials or answers nonsense raises :class:`~cookie_sessions.errors.Unavailable`; its message
    names the store and never what was stored. After an error of a write nobody knows whether it was
    done, or will be yet, when a server that hung goes on: asking again is the caller's to decide,
    and no store does it by itself. Each call returns or raises within a few seconds, also while the
    server hangs, and the first call after a server has come back works, or the second. A store that
    was made with a ``timeout`` waits about that long instead, however many waits a call consists
    of; finding the addresses of a host's name is the system's, and comes on top.

    **Order.** What a call has returned is seen by every later call, from whatever process: reads go
    where writes go (a primary, a consistent read).

    **Arguments** are checked before anything is asked or kept: a name, an end or a value that
    ``cookie_sessions.stores.entry`` refuses is a ValueError of the whole call. A store puts its
    own prefix before names, so that other applications may share a server. A name that is given
    twice counts once; no names at all are no work.

    **Threads and forks.** One object serves all threads of a process. A process that was forked
    from one that used it may use it too: neither ever talks on the other's connection.

    Attributes:
        name: what the store is called in messages and metrics; never holds a password.
        max_octets: the longest value that it keeps.
        evicts: whether entries may vanish before their end while memory is short. What must not be
            lost is refused by such a store's user. What is left after a restart of a server is
            not said by it: its operator decides that.
        scans: whether :meth:`scan` works.
        shared: whether other processes see the same entries.
    """

    name: str
    max_octets: int
    evicts: bool
    scans: bool
    shared: bool

    def get(self, name: str) -> bytes | None:
        """The value of an entry, or None where there is none."""
        ...

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        """The values of those entries that are there, in one round trip where the store has one.

        They need not all be of one moment.
        """
        ...

    def put(self, name: str, value: bytes, *, ends: float) -> None:
        """Keep a value, whatever was there before. An end that has come deletes.

        Raises:
            ValueError: the name, the end, or a value longer than ``max_octets``; so for all
                methods.
            Unavailable: as said above; so for all methods.
        """
        ...

    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        """Keep several values with one end. After Unavailable some of them may be kept."""
        ...

    def add(self, name: str, value: bytes, *, ends: float) -> bool:
        """Keep a value where there is none; of many at once exactly one is told True.

        Returns:
            Whether the value was kept: False where one is there, or where the end has come.
        """
        ...

    def replace(self, name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        """Compare and set: keep a value if the present one equals ``expected``.

        An end that has come makes it compare and delete.

        Returns:
            Whether the present one equalled ``expected``; False also where there is none.
        """
        ...

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        """Move ends forward; an end that is later already stays.

        Returns:
            The names whose entries are there, and now live at least until ``ends``.
        """
        ...

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        """Move ends back; an end that is earlier already stays, and absences stay absences.

        An end that has come deletes.
        """
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Have entries be absent."""
        ...

    def scan(self, prefix: str) -> Iterator[list[str]]:
        """The names that begin with a prefix, in pages, in no order.

        What is kept all the while is met at least once; what comes or goes meanwhile may be. No
        page asks the server for more than a bounded amount of work, so a page may be empty.

        Args:
            prefix: the beginning of the names; empty for all of them.

        Raises:
            NotImplementedError: ``scans`` is False; said at the call, not at the first page.
        """
        ...

    def sweep(self) -> int:
        """Remove what has ended and still takes room in the store; no living entry is touched.

        Nothing depends on it: what has ended is absent before. One that is replaced or extended
        meanwhile stays. It may take long, and keeps no other call waiting for more than a moment.

        Returns:
            How many entries were removed; 0 where the server does it by itself.
        """
        ...

    def close(self) -> None:
        """Give back connections and files; nothing that is kept is lost by it.

        A store may be used again afterwards.
        """
        ...
