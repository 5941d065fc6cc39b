"""What is remembered of a store: for a stated time, within a bound, and never past an own write."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions import clock
from cookie_sessions.revocation.facts import Question
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.stores.memory import MemoryStore
from tests.together import run_together

from .world import list_of, named

NOW = 1_750_000_000.5
PATIENCE = 60


def read(recent: Recent, store: Mapping[str, bytes], names: list[str], *, now: float) -> Any:
    """What a list does with each question."""
    known = recent.values(names, now=now)
    if known is not None:
        return known
    begun = recent.begin()
    found = {name: store[name] for name in names if name in store}
    recent.keep(names, found, asked=now, begun=begun)
    return found


def test_an_answer_counts_for_the_stated_time_and_no_longer() -> None:
    recent = Recent(seconds=2.0)
    read(recent, {"a": b"one"}, ["a", "absent"], now=NOW)
    for later in (0, 1.0, 1.999):
        assert recent.values(["a", "absent"], now=NOW + later) == {"a": b"one"}
    assert recent.values(["a"], now=NOW + 2.0) is None
    assert recent.values(["a"], now=NOW + 3600) is None


def test_an_answer_is_as_old_as_the_question_and_not_as_the_answer() -> None:
    recent = Recent(seconds=2.0)
    begun = recent.begin()
    # The store took a second and a half for it.
    recent.keep(["a"], {}, asked=NOW, begun=begun)
    assert recent.values(["a"], now=NOW + 1.5) == {}
    assert recent.values(["a"], now=NOW + 2.5) is None


def test_all_that_is_asked_must_be_remembered() -> None:
    recent = Recent(seconds=2.0)
    read(recent, {}, ["a"], now=NOW)
    read(recent, {}, ["b"], now=NOW + 1)
    assert recent.values(["a", "b"], now=NOW + 1) == {}
    assert recent.values(["a", "b"], now=NOW + 2.5) is None
    assert recent.values(["a", "c"], now=NOW + 1) is None
    assert recent.values([], now=NOW) == {}


def test_a_staleness_of_0_remembers_nothing() -> None:
    recent = Recent(seconds=0)
    read(recent, {"a": b"one"}, ["a"], now=NOW)
    assert recent.values(["a"], now=NOW) is None


def test_what_is_read_anew_takes_the_place_of_what_was_read_before() -> None:
    recent = Recent(seconds=2.0)
    store = {"a": b"one"}
    read(recent, store, ["a"], now=NOW)
    store["a"] = b"two"
    assert read(recent, store, ["a"], now=NOW + 1) == {"a": b"one"}
    assert read(recent, store, ["a"], now=NOW + 2) == {"a": b"two"}
    del store["a"]
    assert read(recent, store, ["a"], now=NOW + 4) == {}


def test_a_clock_that_is_set_back_makes_nothing_count_for_longer() -> None:
    recent = Recent(seconds=2.0)
    read(recent, {}, ["a"], now=NOW)
    assert recent.values(["a"], now=NOW - 0.001) is None
    assert recent.values(["a"], now=NOW - 3600) is None


def test_what_was_read_before_the_clock_was_set_back_does_not_count_again() -> None:
    """An hour after it was set back by an hour the clock shows the moment of the question again."""
    recent = Recent(seconds=2.0)
    read(recent, {}, ["a"], now=NOW)
    assert recent.values(["a"], now=NOW - 3600) is None
    assert recent.values(["a"], now=NOW + 0.5) is None


@pytest.mark.parametrize("most", [1, 2, 10, 100])
def test_the_number_of_entries_is_bounded(most: int) -> None:
    recent = Recent(seconds=2.0, most=most)
    for number in range(50 * most):
        read(recent, {}, [f"n{number}"], now=NOW)
        assert len(recent._young) + len(recent._old) <= most
    assert recent.values([f"n{50 * most - 1}"], now=NOW) == {}


def test_the_entries_read_last_are_the_ones_that_are_kept() -> None:
    recent = Recent(seconds=2.0, most=100)
    for number in range(1000):
        read(recent, {}, [f"n{number}"], now=NOW)
    kept = [number for number in range(1000) if recent.values([f"n{number}"], now=NOW) == {}]
    assert kept == list(range(kept[0], 1000))
    assert len(kept) >= 50


def test_what_this_process_wrote_is_read_again() -> None:
    recent = Recent(seconds=2.0)
    read(recent, {"a": b"one", "b": b"one"}, ["a", "b"], now=NOW)
    recent.forget("a")
    assert recent.values(["a"], now=NOW) is None
    assert recent.values(["b"], now=NOW) == {"b": b"one"}
    recent.forget("never read")


def test_what_was_written_is_read_again_in_whichever_half_it_stood() -> None:
    for others in range(10):
        recent = Recent(seconds=2.0, most=8)
        read(recent, {"a": b"one"}, ["a"], now=NOW)
        for number in range(others):
            read(recent, {}, [f"n{number}"], now=NOW)
        recent.forget("a")
        assert recent.values(["a"], now=NOW) is None


# A write is: forget, have the store write, forget. A read is: begin, have the store read, keep.
WRITE = ("forget", "write", "forget")
READ = ("begin", "read", "keep")


def interleavings() -> Iterator[tuple[str, ...]]:
    """All orders of the steps of one write and two reads, each in its own order."""
    whose = sorted(set(itertools.permutations("wwwrrrsss")))
    for order in whose:
        steps = {"w": iter(WRITE), "r": iter(READ), "s": iter(READ)}
        yield tuple(f"{one}:{next(steps[one])}" for one in order)


def test_in_no_order_of_steps_is_something_old_remembered_after_a_write() -> None:
    for order in interleavings():
        recent = Recent(seconds=2.0)
        store = {"a": b"old"}
        begun: dict[str, Any] = {}
        found: dict[str, dict[str, bytes]] = {}
        for step in order:
            who, _, what = step.partition(":")
            if what == "forget":
                recent.forget("a")
            elif what == "write":
                store["a"] = b"new"
            elif what == "begin":
                begun[who] = recent.begin()
            elif what == "read":
                found[who] = dict(store)
            else:
                recent.keep(["a"], found[who], asked=NOW, begun=begun[who])
        assert recent.values(["a"], now=NOW) in (None, {"a": b"new"}), order


class WritesWithin(dict[str, bytes]):
    """An answer during whose keeping another thread writes."""

    def __init__(self, recent: Recent, written: str, values: dict[str, bytes]) -> None:
        super().__init__(values)
        self._recent = recent
        self._written = written

    def get(self, name: str, default: Any = None) -> Any:
        value = super().get(name, default)
        self._recent.forget(self._written)
        return value


@pytest.mark.parametrize("written", ["a", "b", "c"])
@pytest.mark.parametrize("most", [2, 4, 100])
def test_a_write_while_an_answer_is_kept_leaves_nothing_old(written: str, most: int) -> None:
    recent = Recent(seconds=2.0, most=most)
    begun = recent.begin()
    old = WritesWithin(recent, written, {"a": b"old", "b": b"old", "c": b"old"})
    recent.keep(["a", "b", "c"], old, asked=NOW, begun=begun)
    assert recent.values([written], now=NOW) is None


def test_threads_never_read_something_older_than_what_was_written_before() -> None:
    recent = Recent(seconds=2.0, most=4)
    store: dict[str, bytes] = {f"n{name}": b"0" for name in range(3)}
    written = [0] * 3
    done = threading.Event()

    def write(name: int) -> None:
        for number in range(1, 2000):
            recent.forget(f"n{name}")
            store[f"n{name}"] = b"%d" % number
            recent.forget(f"n{name}")
            written[name] = number
        if name == 0:
            done.set()

    def look(_: int) -> None:
        while not done.is_set():
            for name in range(3):
                before = written[name]
                value = read(recent, store, [f"n{name}"], now=NOW)[f"n{name}"]
                assert int(value) >= before

    work = [(write, 0), (write, 1), (write, 2), *[(look, number) for number in range(4)]]
    assert run_together(lambda task: task[0](task[1]), work) == []


@given(
    st.lists(st.tuples(st.sampled_from(["read", "write", "wait"]), st.integers(0, 3)), max_size=40)
)
def test_an_answer_is_what_stood_there_within_the_staleness(steps: list[tuple[str, int]]) -> None:
    """Another process writes; what this one remembers is at most 2 seconds behind."""
    recent = Recent(seconds=2.0, most=4)
    store: dict[str, bytes] = {}
    now = NOW
    history: dict[str, list[tuple[float, bytes | None]]] = {}
    for turn, (what, number) in enumerate(steps):
        name = f"n{number}"
        if what == "wait":
            now += number * 0.5
        elif what == "write":
            history.setdefault(name, [(0.0, None)]).append((now, b"%d" % turn))
            store[name] = b"%d" % turn
        else:
            value = read(recent, store, [name], now=now).get(name)
            past = history.get(name, [(0.0, None)])
            ends = [*[moment for moment, _ in past[1:]], float("inf")]
            allowed = [was for (_, was), end in zip(past, ends, strict=True) if end > now - 2.0]
            assert value in allowed


class Slow(MemoryStore):
    """A store that does not answer a question until it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.answer = threading.Event()
        self.holds = False

    def get_many(self, names: Any) -> dict[str, bytes]:
        found = super().get_many(names)
        if self.holds:
            self.holds = False
            self.asked.set()
            assert self.answer.wait(PATIENCE)
        return found


@pytest.mark.parametrize("how", ["session", "subject", "all", "key"])
def test_an_own_revocation_counts_against_a_read_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    store = Slow()
    written = list_of(store, staleness=2.0)
    session, subject = bytes(8), named(written, "alice")
    question = Question((session,), subject, int(NOW * 1000), (b"kid0",))
    store.holds = True
    reader = threading.Thread(target=lambda: written.ask(question))
    reader.start()
    assert store.asked.wait(PATIENCE)
    # The reader's answer is from before this, and arrives after it.
    if how == "session":
        written.end(session)
    elif how == "subject":
        written.raise_subject(subject, before=None)
    else:
        written.raise_general(all_sessions=how == "all", kids=[b"kid0"] if how == "key" else [])
    store.answer.set()
    reader.join()
    answer = written.ask(question)
    assert (answer.ended is not None, answer.mark > NOW * 1000, bool(answer.kids)) == (
        how == "session",
        how in ("subject", "all"),
        how == "key",
    )


def test_what_another_process_wrote_counts_after_the_staleness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = NOW
    monkeypatch.setattr(clock, "now", lambda: now)
    store = MemoryStore()
    here, there = list_of(store, staleness=2.0), list_of(store, staleness=2.0)
    question = Question((bytes(8),), None, 1, ())
    assert here.ask(question).ended is None
    there.end(bytes(8))
    now = NOW + 1.9
    assert here.ask(question).ended is None
    assert here.ask(question, fresh=True).ended is not None
    now = NOW + 2
    assert here.ask(question).ended is not None
