"""A site whose baskets are always in the store, and whose visitor never is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import pytest

from cookie_sessions.codec import Reference, references_of
from cookie_sessions.errors import Unavailable
from cookie_sessions.events import EventName
from cookie_sessions.overflow import Overflow
from cookie_sessions.stores.memory import MemoryStore
from tests.plain import Site

CANARY = "canary of the data"


class WatchedStore(MemoryStore):
    """A store in memory that notes what it is asked to do, and can be out of reach."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []
        self.reachable = True

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if not self.reachable:
            raise Unavailable("The store does not answer.")

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        self._note("get")
        return super().get_many(names)

    def put_many(self, values: Mapping[str, bytes], *, ends: float) -> None:
        self._note("put")
        super().put_many(values, ends=ends)

    def extend(self, names: Iterable[str], *, ends: float) -> set[str]:
        self._note("extend")
        return super().extend(names, ends=ends)

    def shorten(self, names: Iterable[str], *, ends: float) -> None:
        self._note("shorten")
        super().shorten(names, ends=ends)

    def delete(self, names: Iterable[str]) -> None:
        self._note("delete")
        super().delete(names)

    @property
    def names(self) -> list[str]:
        """The names of the entries that have not ended."""
        return [name for page in self.scan("") for name in page]


class Shop(Site):
    """A site whose baskets are always in the store, and whose visitor never is."""

    def __init__(self, patch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.entries = WatchedStore()
        given: dict[str, Any] = {
            "cold": ["basket"],
            "hot": ["user"],
            "overflow": "memory:",
            "cache_octets": 1,
        }
        super().__init__(patch, far=self.entries, **(given | settings))

    @property
    def overflow(self) -> Overflow:
        assert self.manager.overflow is not None
        return self.manager.overflow

    def references(self, text: str) -> dict[Any, Reference]:
        """What a cookie keeps in the store."""
        return references_of(self.manager.open_text(text, name="session").wires)

    def with_references(self, references: Mapping[Any, Reference]) -> str:
        """A cookie of this shop that names these entries."""
        return self.forge(
            self.payload({key: each.to_segment() for key, each in references.items()})
        )


def noise(octets: int, seed: int = 0) -> bytes:
    return Random(seed).randbytes(octets)


def lost(shop: Shop, text: str) -> bool:
    """Whether the basket of a cookie is absent, with one event and without an error."""
    shop.happened.clear()
    session = shop.arrive(text)
    assert session["user"] == "Ada"
    with pytest.raises(KeyError):
        session["basket"]
    assert "basket" not in session
    assert session.get("basket") is None
    assert dict(session) == {"user": "Ada"}
    assert len(session) == 1
    assert not session.modified
    return shop.names == [EventName.VALUE_LOST]


def ends_of(shop: Shop) -> dict[str, int]:
    return {name: entry.end for name, entry in shop.entries._entries.items()}
