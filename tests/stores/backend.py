"""What a store under test is, and what its tests are given."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol

import pytest

from cookie_sessions.stores.store import ExpiringStore


class Backend(Protocol):
    """A real store under test."""

    def open(self, *, timeout: float | None = None) -> ExpiringStore:
        """A new object; all objects of a shared store see the same entries."""
        ...

    def wait_until(self, moment: float) -> None:
        """Return when ``moment`` has come for the store, and not more than 0.1 s later.

        ``moving_clock`` has it for stores that ask ``cookie_sessions.clock.now``, and
        ``sleep_until`` for those whose server has a clock.
        """
        ...


class Server(Backend, Protocol):
    """A store whose server can fail. After ``start`` entries may be gone."""

    def stop(self) -> None:
        """End the server: connections are refused."""
        ...

    def start(self) -> None:
        """Start it again in the same place; returns when it answers."""
        ...

    def pause(self) -> None:
        """Have it accept connections, or keep those there are, and not answer (SIGSTOP)."""
        ...

    def resume(self) -> None:
        """Have it answer again (SIGCONT)."""
        ...


class Fillable(Backend, Protocol):
    """A store that can be full."""

    def full(self) -> AbstractContextManager[ExpiringStore]:
        """A store that has room for an entry of 100 octets, and none for 10,000 such entries.

        At the end of the context there is room again, in the store that it gave too.
        """
        ...


class Parts:
    @pytest.fixture
    def store(self, backend: Backend) -> Iterator[ExpiringStore]:
        store = backend.open()
        yield store
        store.close()

    @pytest.fixture
    def own(self) -> str:
        """The beginning of names that are this test's own."""
        return f"t{secrets.token_hex(6)}."
