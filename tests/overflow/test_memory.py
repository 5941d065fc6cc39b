"""What a process remembers of the store: bounded, shared by threads, never mixed up."""

from __future__ import annotations

from random import Random

from cookie_sessions.overflow import GRACE_SECONDS
from cookie_sessions.policy import Timeouts
from tests.overflow.shop import Shop, noise
from tests.plain import HOUR, START
from tests.together import run_together


def test_what_was_read_is_remembered(remembering: Shop) -> None:
    text = remembering.store(basket=["x"])
    assert remembering.arrive(text)["basket"] == ["x"]
    remembering.entries.calls.clear()
    held = remembering.arrive(text)["basket"]
    held.append("mine alone")
    assert remembering.arrive(text)["basket"] == ["x"]
    assert remembering.entries.calls == []


def test_what_is_remembered_ends_too_and_goes_with_its_session(remembering: Shop) -> None:
    remembering.timeouts = Timeouts(idle=HOUR * 24 * 365)
    text = remembering.store(basket=["x"])
    reference = remembering.references(text)["basket"]
    assert remembering.arrive(text)["basket"] == ["x"]
    brief = reference._replace(ends=int(remembering.now) + 10)
    other = remembering.with_references({"basket": brief})
    session = remembering.arrive(text)
    session.destroy()
    remembering.respond(session)
    assert "basket" not in remembering.arrive(text)
    assert "basket" not in remembering.arrive(other)


def test_what_was_replaced_is_no_longer_remembered(remembering: Shop) -> None:
    text = remembering.store(basket=["x"])
    session = remembering.arrive(text)
    session["basket"].append("y")
    remembering.write(session)
    assert remembering.arrive(text)["basket"] == ["x"]
    remembering.now += GRACE_SECONDS + 2
    session = remembering.arrive(text)
    session["basket"] = ["z"]
    remembering.write(session)
    assert "basket" not in remembering.arrive(text)


def test_nothing_is_remembered_beyond_the_end_of_its_entry(remembering: Shop) -> None:
    text = remembering.store(basket=["x"])
    reference = remembering.references(text)["basket"]
    brief = remembering.with_references({"basket": reference._replace(ends=int(START) + 10)})
    assert remembering.arrive(brief)["basket"] == ["x"]
    remembering.entries.delete(remembering.entries.names)
    assert remembering.arrive(brief)["basket"] == ["x"]
    remembering.now += 11
    assert "basket" not in remembering.arrive(brief)


def test_the_memory_is_bounded_in_octets_and_in_number(remembering: Shop) -> None:
    cache = remembering.overflow._cache
    for octets in (1, 30_000, 99_700):
        for number in range(300 if octets < 1000 else 8):
            text = remembering.store(basket=noise(octets, number))
            assert remembering.arrive(text)["basket"] == noise(octets, number)
            held = sum(len(entry) + 400 for _, entry, _ in cache._entries.values())
            assert held == 100_000 - cache._left <= 100_000
        assert len(cache._entries) <= 250
    assert remembering.arrive(remembering.store(basket=[1]))["basket"] == [1]
    before = dict(cache._entries)
    assert before
    text = remembering.store(basket=noise(120_000))
    assert remembering.arrive(text)["basket"] == noise(120_000)
    assert dict(cache._entries) == before


def test_what_was_read_last_is_remembered_longest(remembering: Shop) -> None:
    first, *others = (remembering.store(basket=noise(20_000, seed)) for seed in range(6))
    remembering.entries.calls.clear()
    for text in others:
        assert remembering.arrive(first)["basket"] == noise(20_000, 0)
        assert remembering.arrive(text)["basket"]
    assert remembering.arrive(first)["basket"] == noise(20_000, 0)
    assert remembering.entries.calls == ["get"] * 6
    assert remembering.arrive(others[0])["basket"]
    assert remembering.entries.calls == ["get"] * 7


def test_threads_share_what_is_remembered_and_never_mix_it(remembering: Shop) -> None:
    texts = [remembering.store(basket=[number] * 500) for number in range(40)]

    def work(turn: int) -> None:
        random = Random(turn)
        for _ in range(60):
            number = random.randrange(len(texts))
            session = remembering.arrive(texts[number])
            assert session["basket"] == [number] * 500
            if random.random() < 0.05:
                remembering.overflow._cache.drop(list(remembering.overflow._cache._entries)[:3])

    assert run_together(work, range(6)) == []
    cache = remembering.overflow._cache
    held = sum(len(entry) + 400 for _, entry, _ in cache._entries.values())
    assert held == 100_000 - cache._left


def test_a_process_that_finds_the_memory_locked_goes_without(remembering: Shop) -> None:
    text = remembering.store(basket=["x"])
    assert remembering.arrive(text)["basket"] == ["x"]
    # As after a fork in the middle of another thread's turn.
    remembering.overflow._cache._lock.acquire()
    session = remembering.arrive(text)
    assert session["basket"] == ["x"]
    session["basket"] = ["y"]
    assert remembering.arrive(remembering.write(session))["basket"] == ["y"]


def test_what_is_remembered_is_refused_under_another_key_too(remembering: Shop) -> None:
    reference = remembering.references(remembering.store(basket=["x"]))["basket"]
    text = remembering.with_references({"basket": reference, 1: reference})
    assert dict(remembering.arrive(text)) == {"basket": ["x"]}
    assert dict(remembering.arrive(text)) == {"basket": ["x"]}
