"""The contract of stores as tests, written once and run against every backend.

A backend's test module gives one fixture, ``backend``, of scope "module" or wider, and derives a
class from each part of the contract that holds for it::

    @pytest.fixture(scope="module")
    def backend() -> Iterator[MyBackend]: ...

    class TestMyStore(StoreContract): ...       # every store
    class TestScanning(ScanContract): ...       # scans is True; NoScanContract where it is False
    class TestSharing(SharedContract): ...      # shared is True: several processes
    class TestOutage(OutageContract): ...       # it has a server that can stop and hang
    class TestInTime(TimeOutContract): ...      # the same with a time-out
    class TestSweeps(CountedSweepContract): ... # ServerSweepContract where its server does it
    class TestFull(FullContract): ...           # it refuses what it has no room for

``backend`` is a :class:`Backend`, for Outage and TimeOut a :class:`Server`, for Full a
:class:`Fillable`. Tests use names of their own, so nobody has to empty anything.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cookie_sessions import clock
from cookie_sessions.stores.entry import MAX_END, MAX_NAME_OCTETS
from cookie_sessions.stores.store import ExpiringStore
from tests.together import run_together

from .backend import Backend, Fillable, Server
from .calls import (
    HOUR,
    MANY,
    NO_MOMENTS,
    ODD_NAMES,
    SECRET,
    an_hour,
    assert_no_secret,
    every_call,
    increment,
    shown,
)
from .contract_outage import FullContract, OutageContract
from .contract_scan import NoScanContract, ScanContract
from .contract_shared import SharedContract
from .contract_sweep import SweepContract
from .history import History

__all__ = [
    "Backend",
    "Fillable",
    "FullContract",
    "NoScanContract",
    "OutageContract",
    "ScanContract",
    "Server",
    "SharedContract",
    "StoreContract",
    "patient",
]

patient = pytest.mark.usefixtures("long_defaults")
"""For classes whose server, or whose disk, is there, and may be slow on a machine that is busy."""


class StoreContract(SweepContract):
    """What every store does, also one that has no server and no company."""

    def test_what_is_put_is_there_and_nothing_else(self, store: ExpiringStore, own: str) -> None:
        store.put(own + "a", b"one", ends=an_hour())
        assert store.get(own + "a") == b"one"
        assert store.get(own + "b") is None
        assert store.get((own + "a").upper()) is None

    def test_what_is_put_again_is_the_last(self, store: ExpiringStore, own: str) -> None:
        store.put(own, b"one", ends=an_hour())
        store.put(own, b"two", ends=an_hour())
        assert store.get(own) == b"two"

    def test_values_come_back_octet_by_octet(self, store: ExpiringStore, own: str) -> None:
        @settings(max_examples=40)
        @given(st.binary(max_size=2000) | st.sampled_from([bytes(range(256)), b"\r\nEND\r\n"]))
        def comes_back(value: bytes) -> None:
            store.put(own, value, ends=an_hour())
            assert store.get(own) == value
            assert store.get_many([own]) == {own: value}
            assert store.replace(own, value[::-1] + b"!", expected=value, ends=an_hour())
            assert store.get(own) == value[::-1] + b"!"

        comes_back()

    def test_values_from_none_to_max_octets_are_kept(self, store: ExpiringStore, own: str) -> None:
        for value in (b"", b"\0", secrets.token_bytes(store.max_octets)):
            store.put(own, value, ends=an_hour())
            assert store.get(own) == value

    def test_one_octet_more_is_refused_and_changes_nothing(
        self, store: ExpiringStore, own: str
    ) -> None:
        value = bytes(store.max_octets + 1)
        store.put(own, b"before", ends=an_hour())
        calls: list[Callable[[], object]] = [
            lambda: store.put(own, value, ends=an_hour()),
            lambda: store.put_many({own: b"other", own + "b": value}, ends=an_hour()),
            lambda: store.add(own + "b", value, ends=an_hour()),
            lambda: store.replace(own, value, expected=b"before", ends=an_hour()),
        ]
        for call in calls:
            with pytest.raises(ValueError, match=str(len(value))):
                call()
        assert store.get_many([own, own + "b"]) == {own: b"before"}

    def test_names_of_every_allowed_form_are_kept(self, store: ExpiringStore, own: str) -> None:
        names = {name: name.encode() for name in (own + ":_-.Aa0", own.ljust(MAX_NAME_OCTETS, "z"))}
        store.put_many(names, ends=an_hour())
        assert store.get_many(names) == names

    @pytest.mark.parametrize("name", ODD_NAMES, ids=shown)
    def test_odd_names_are_refused_by_every_method(
        self, store: ExpiringStore, own: str, name: str
    ) -> None:
        for call in every_call(store, name, own):
            with pytest.raises(ValueError, match="name") as refused:
                call()
            assert "a b" not in str(refused.value)
        assert store.get(own) is None

    @pytest.mark.parametrize("ends", NO_MOMENTS)
    def test_ends_that_are_no_moments_are_refused(
        self, store: ExpiringStore, own: str, ends: float
    ) -> None:
        calls: list[Callable[[], object]] = [
            lambda: store.put(own, b"", ends=ends),
            lambda: store.put_many({own: b""}, ends=ends),
            lambda: store.add(own, b"", ends=ends),
            lambda: store.replace(own, b"", expected=b"", ends=ends),
            lambda: store.extend([own], ends=ends),
            lambda: store.shorten([own], ends=ends),
        ]
        for call in calls:
            with pytest.raises(ValueError, match="moment"):
                call()
        assert store.get(own) is None

    def test_the_latest_end_is_kept(self, store: ExpiringStore, own: str) -> None:
        store.put(own, b"one", ends=MAX_END)
        assert store.extend([own], ends=MAX_END) == {own}
        store.shorten([own], ends=MAX_END)
        assert store.get(own) == b"one"

    def test_many_are_put_and_got_at_once(self, store: ExpiringStore, own: str) -> None:
        values = {f"{own}{number}": b"%d" % number for number in range(MANY)}
        store.put_many(values, ends=an_hour())
        assert store.get_many([*values, own + "absent"]) == values
        assert store.extend([*values, own + "absent"], ends=an_hour() + 1) == set(values)
        store.delete(values)
        assert store.get_many(values) == {}

    def test_names_may_come_twice_or_not_at_all(self, store: ExpiringStore, own: str) -> None:
        store.put_many({}, ends=an_hour())
        assert store.get_many([]) == {}
        assert store.extend([], ends=an_hour()) == set()
        store.shorten([], ends=an_hour())
        store.delete([])
        store.put(own, b"one", ends=an_hour())
        assert store.get_many(iter([own, own])) == {own: b"one"}
        assert store.extend(iter([own, own]), ends=an_hour()) == {own}
        store.delete(iter([own, own]))
        assert store.get(own) is None

    def test_what_is_deleted_is_absent(self, store: ExpiringStore, own: str) -> None:
        store.put_many({own + "a": b"a", own + "b": b"b", own + "c": b"c"}, ends=an_hour())
        store.delete([own + "a", own + "b", own + "absent"])
        assert store.get_many([own + "a", own + "b", own + "c"]) == {own + "c": b"c"}

    @pytest.mark.parametrize("ago", [0, 0.9, 1, HOUR, 10**12])
    def test_an_end_that_has_come_deletes(self, store: ExpiringStore, own: str, ago: float) -> None:
        past = int(clock.now()) - ago
        names = [own + mark for mark in "abcd"]
        store.put_many(dict.fromkeys(names, b"one"), ends=an_hour())
        store.put(names[0], b"two", ends=past)
        store.put_many({names[1]: b"two"}, ends=past)
        store.shorten([names[2]], ends=past)
        assert store.replace(names[3], b"two", expected=b"one", ends=past)
        assert store.get_many(names) == {}
        assert not store.add(names[0], b"two", ends=past)
        assert store.get(names[0]) is None

    def test_an_end_that_has_come_extends_nothing(self, store: ExpiringStore, own: str) -> None:
        store.put(own, b"one", ends=an_hour())
        assert store.extend([own, own + "absent"], ends=clock.now() - HOUR) == {own}
        assert store.get(own) == b"one"

    def test_only_what_is_absent_is_added(self, store: ExpiringStore, own: str) -> None:
        assert store.add(own, b"one", ends=an_hour())
        assert not store.add(own, b"two", ends=an_hour())
        assert store.get(own) == b"one"
        store.delete([own])
        assert store.add(own, b"three", ends=an_hour())
        assert store.get(own) == b"three"

    def test_of_eight_threads_one_adds(self, store: ExpiringStore, own: str) -> None:
        kept: list[tuple[str, bytes]] = []
        names = [f"{own}{turn}" for turn in range(20)]

        def add_all(thread: int) -> None:
            value = b"%d" % thread
            kept.extend((name, value) for name in names if store.add(name, value, ends=an_hour()))

        assert run_together(add_all, range(8)) == []
        assert sorted(name for name, _ in kept) == sorted(names)
        assert store.get_many(names) == dict(kept)

    def test_only_what_is_expected_is_replaced(self, store: ExpiringStore, own: str) -> None:
        assert not store.replace(own, b"two", expected=b"", ends=an_hour())
        assert store.get(own) is None
        store.put(own, b"one", ends=an_hour())
        for other in (b"", b"on", b"one\0", b"One"):
            assert not store.replace(own, b"two", expected=other, ends=an_hour())
            assert not store.replace(own, b"", expected=other, ends=clock.now() - HOUR)
        assert store.get(own) == b"one"
        assert store.replace(own, b"two", expected=b"one", ends=an_hour())
        assert store.get(own) == b"two"

    def test_no_increment_of_eight_threads_is_lost(self, store: ExpiringStore, own: str) -> None:
        store.put(own, b"0", ends=an_hour())
        assert run_together(lambda _: increment(store, own, times=10), range(8)) == []
        assert store.get(own) == b"80"

    def test_a_closed_store_is_used_again_and_has_lost_nothing(
        self, store: ExpiringStore, own: str
    ) -> None:
        store.put(own, b"one", ends=an_hour())
        for _ in range(2):
            store.close()
            store.close()
            assert store.get(own) == b"one"

    def test_a_store_may_be_closed_while_threads_use_it(
        self, store: ExpiringStore, own: str
    ) -> None:
        def use(thread: int) -> None:
            for _ in range(25):
                store.put(own, b"one", ends=an_hour())
                assert store.get(own) == b"one"
                if thread == 0:
                    store.close()

        assert run_together(use, range(4)) == []

    def test_a_store_shows_nothing_that_it_keeps(self, store: ExpiringStore, own: str) -> None:
        store.put(own, SECRET, ends=an_hour())
        shown = repr(store) + str(store) + store.name
        assert own not in shown
        assert SECRET.decode() not in shown
        assert store.name

    def test_a_refused_call_leaves_no_value_in_frames(self, store: ExpiringStore) -> None:
        for call in every_call(store, "a b", "other", value=SECRET):
            with pytest.raises(ValueError, match="name") as refused:
                call()
            assert_no_secret(refused.value)

    def test_ends_are_kept_to_the_second_rounded_up(self, history: History) -> None:
        assert history.was("put", "put_many", "added", "fraction") == [True, True, False]

    def test_an_end_moves_with_each_write(self, history: History) -> None:
        assert history.was("put_earlier", "replaced_earlier") == [True, True, False]
        assert history.was("put_later", "replaced_later") == [True, True, True]

    def test_extend_lengthens_and_never_shortens(self, history: History) -> None:
        assert history.was("extended", "kept_long", "kept_longer") == [True, True, True]
        assert history.was("extended_to_it", "kept_as_long") == [True, True, False]
        assert history.extended == {
            *("extended", "kept_long", "kept_longer", "kept_as_long", "extended_to_it")
        }

    def test_shorten_shortens_and_never_lengthens(self, history: History) -> None:
        assert history.was("shortened", "kept_short") == [True, True, False]
        assert history.was("never_there") == [False, False, False]

    def test_what_has_ended_is_absent_for_every_method(self, history: History) -> None:
        assert history.after_its_end == {
            "get": None,
            "get_many": {},
            "replace": False,
            "replace_with_a_past_end": False,
            "extend": set(),
            "get_after_extend_and_shorten": None,
            "add": True,
            "get_after_add": b"again",
        }

    @pytest.fixture(scope="class")
    @classmethod
    def history(cls, backend: Backend) -> Iterator[History]:
        store = backend.open()
        yield History.lived(backend, store)
        store.close()
