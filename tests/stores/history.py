"""Entries that meet an end together."""

from __future__ import annotations

import secrets
import time

import pytest

from cookie_sessions import clock
from cookie_sessions.stores.store import ExpiringStore

from .backend import Backend
from .calls import HOUR, an_hour


class History:
    """Entries of one store that met an end together, so that a real server is waited for once.

    Attributes:
        extended: what ``extend`` returned.
        after_its_end: what each method made of an entry that had ended.
    """

    def __init__(self, end: int) -> None:
        self._end = end
        self._own = f"h{secrets.token_hex(6)}."
        self._present: list[set[str]] = []
        self.extended: set[str] = set()
        self.after_its_end: dict[str, object] = {}

    @classmethod
    def lived(cls, backend: Backend, store: ExpiringStore) -> History:
        """Write, look at once, half a second before the common end, and at it."""
        for lead in (2, 6, 20, 60):
            began = time.monotonic()
            history = cls(int(clock.now()) + lead)
            replaced = history._write(store)
            history._look(store)
            backend.wait_until(history._end - 0.5)
            history._look(store)
            # A server may count by itself while the clock here stands.
            if clock.now() < history._end and time.monotonic() - began < lead:
                assert replaced == [True, True]
                break
        else:
            pytest.fail("the machine is too slow for an entry to be looked at before its end")
        backend.wait_until(history._end)
        history._look(store)
        history._ask(store, history._own + "put")
        return history

    def was(self, *marks: str) -> list[bool]:
        """Whether the entries, which all fared alike, were there: at once, before, at the end."""
        lives = [[mark in present for present in self._present] for mark in marks]
        # The first that fared otherwise is shown.
        return next((life for life in lives if life != lives[0]), lives[0])

    def _write(self, store: ExpiringStore) -> list[bool]:
        """Write all; returns whether those were replaced that should be."""
        own, end, late = self._own, self._end, self._end + HOUR
        store.put(own + "put", b"one", ends=end)
        store.put_many({own + "put_many": b"one"}, ends=end)
        store.add(own + "added", b"one", ends=end)
        store.put(own + "fraction", b"one", ends=end - 0.9)
        for mark in ("put_earlier", "replaced_earlier", "kept_long", "shortened"):
            store.put(own + mark, b"one", ends=late)
        for mark in ("put_later", "replaced_later", "extended", "kept_as_long", "kept_short"):
            store.put(own + mark, b"one", ends=end)
        store.put(own + "kept_longer", b"one", ends=end + 2)
        store.put(own + "extended_to_it", b"one", ends=end - 1 + 0.5)
        store.put(own + "put_earlier", b"two", ends=end)
        store.put(own + "put_later", b"two", ends=late)
        replaced = [
            store.replace(own + mark, b"two", expected=b"one", ends=ends)
            for mark, ends in (("replaced_earlier", end), ("replaced_later", late))
        ]
        extended = store.extend([own + "extended", own + "never_there"], ends=late)
        marks = ("kept_long", "kept_longer", "kept_as_long", "extended_to_it")
        extended |= store.extend([own + mark for mark in marks], ends=end - 0.5)
        self.extended = {name.removeprefix(own) for name in extended}
        store.shorten([own + "shortened", own + "never_there"], ends=end)
        store.shorten([own + "kept_short"], ends=late)
        return replaced

    def _look(self, store: ExpiringStore) -> None:
        marks = (
            *("put", "put_many", "added", "fraction", "put_earlier", "put_later", "shortened"),
            *("replaced_earlier", "replaced_later", "extended", "kept_long", "extended_to_it"),
            *("kept_longer", "kept_as_long", "kept_short", "never_there"),
        )
        found = store.get_many(self._own + mark for mark in marks)
        self._present.append({name.removeprefix(self._own) for name in found})

    def _ask(self, store: ExpiringStore, name: str) -> None:
        answers = self.after_its_end
        answers["get"] = store.get(name)
        answers["get_many"] = store.get_many([name])
        answers["replace"] = store.replace(name, b"two", expected=b"one", ends=an_hour())
        answers["replace_with_a_past_end"] = store.replace(name, b"", expected=b"one", ends=0)
        answers["extend"] = store.extend([name], ends=an_hour())
        store.shorten([name], ends=an_hour())
        answers["get_after_extend_and_shorten"] = store.get(name)
        answers["add"] = store.add(name, b"again", ends=an_hour())
        answers["get_after_add"] = store.get(name)
