"""Writers that are overtaken by others each time they try; the others are imitated here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.errors import Unavailable
from cookie_sessions.revocation.cells import Cells
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.stores import MemoryStore
from cookie_sessions.stores.memcached import MemcachedStore
from cookie_sessions.stores.memcached_item import item
from cookie_sessions.stores.sqlite import SQLiteStore
from cookie_sessions.stores.sqlite_file import SQLiteFile

LATER = 60


class Overtaken:
    """A connection on which somebody else always comes first."""

    def __init__(self, *, present: bytes, kept: bool | None = False) -> None:
        self.present = present
        self.kept = kept

    @contextmanager
    def connection(self) -> Iterator[Overtaken]:
        yield self

    def add(self, _key: str, _value: bytes, **_: int) -> bool:
        return False

    def cas(self, _key: str, _value: bytes, _mark: bytes, **_: int) -> bool | None:
        return self.kept

    def gets(self, _key: str) -> tuple[bytes, bytes]:
        return self.present, b"1"

    def gets_many(self, keys: list[str]) -> dict[str, tuple[bytes, bytes]]:
        return {key: self.gets(key) for key in keys}


def memcached(monkeypatch: pytest.MonkeyPatch, other: Overtaken) -> MemcachedStore:
    store = MemcachedStore("memcached://127.0.0.1:9")
    monkeypatch.setattr(store, "_servers", (other,))
    return store


@pytest.mark.parametrize(
    "write",
    [
        lambda store, later: store.replace("a", b"2", expected=b"1", ends=later),
        lambda store, later: store.extend(["a"], ends=later + 60),
    ],
)
def test_a_writer_of_an_imitated_memcached_gives_up_after_so_many_tries(
    monkeypatch: pytest.MonkeyPatch, write: Callable[[MemcachedStore, float], object]
) -> None:
    later = clock.now() + LATER
    store = memcached(monkeypatch, Overtaken(present=item(b"1", int(later))))
    with pytest.raises(Unavailable, match="changed by others"):
        write(store, later)


def test_an_ended_entry_of_an_imitated_memcached_that_stays_is_given_up_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = memcached(monkeypatch, Overtaken(present=item(b"1", 5)))
    with pytest.raises(Unavailable, match="changed by others"):
        store.add("a", b"2", ends=clock.now() + LATER)


def test_an_entry_that_an_imitated_memcached_has_lost_meanwhile_is_not_extended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later = clock.now() + LATER
    store = memcached(monkeypatch, Overtaken(present=item(b"1", int(later)), kept=None))
    assert store.extend(["a"], ends=later + 60) == set()


def test_a_mark_of_a_list_that_others_always_change_is_unavailable() -> None:
    class Busy(MemoryStore):
        def add(self, name: str, value: bytes, *, ends: float) -> bool:
            return False

    recent = Recent(seconds=0.0)
    with pytest.raises(Unavailable, match="changed by others"):
        Cells(Busy(), recent=recent).raise_to("mark", 5, ends=clock.now() + LATER)


def test_a_thread_that_never_gets_its_turn_at_a_file_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SQLiteStore(tmp_path / "x.db", timeout=0.1)
    store.put("a", b"1", ends=clock.now() + LATER)
    file: SQLiteFile = store._file
    monkeypatch.setattr(file, "_writing_seconds", 0.05)
    told: list[str] = []

    def write() -> None:
        try:
            store.put("a", b"2", ends=clock.now() + LATER)
        except Unavailable as error:
            told.append(str(error))

    with file._writing:
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert "kept busy by other writers" in told[0]
    assert store.get("a") == b"1"
