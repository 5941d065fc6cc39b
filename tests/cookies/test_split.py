"""A text over several cookies: it comes back whole, or is refused with its Reason."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.cookies import (
    LIMIT,
    MAX_COOKIES,
    CookieAttributes,
    capacity,
    chunk_names,
    find,
    head_text,
    is_split,
    join,
    split,
)
from cookie_sessions.errors import Reason, Rejected

URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TEXTS = st.text(URL, min_size=67, max_size=9000)
ROOMS = st.integers(64, 1300)
NAME = "session"
ROOM = 100
OTHER_TAG = "ZZZZZZ"
Cookies = dict[str, tuple[str, ...]]


def text_of(length: int, *, seed: str = "text") -> str:
    """A text of some length; texts of different seeds share nothing."""
    return "".join(URL[(ord(seed[at % len(seed)]) * 7 + at * at) % 64] for at in range(length))


def cookies_of(values: list[str], name: str = NAME) -> Cookies:
    return {name: (value,) for name, value in zip((name, *chunk_names(name)), values, strict=False)}


def joined(cookies: Mapping[str, tuple[str, ...]], name: str = NAME) -> str | Reason:
    (head,) = cookies[name]
    try:
        return join(head, name=name, find=lambda chunk: cookies.get(chunk, ()))
    except Rejected as refusal:
        return refusal.reason


@given(text=TEXTS, room=ROOMS)
def test_what_was_split_is_joined_again(text: str, room: int) -> None:
    if len(text) > capacity(room):
        with pytest.raises(ValueError, match="more than 8 cookies"):
            split(text, room=room)
        return
    values = split(text, room=room)
    if len(text) <= room:
        assert values == [text]
        return
    assert joined(cookies_of(values)) == text
    assert 2 <= len(values) <= MAX_COOKIES


@given(text=TEXTS, room=ROOMS)
def test_no_cookie_is_larger_than_the_room_for_it_and_none_could_be_spared(
    text: str, room: int
) -> None:
    if not room < len(text) <= capacity(room):
        return
    values = split(text, room=room)
    # A chunk's name is two octets longer than the head's.
    assert len(values[0]) == room
    assert {len(value) for value in values[1:-1]} <= {room - 2}
    assert 8 < len(values[-1]) <= room - 2
    assert all(re.fullmatch(r"~[1-8][\w-]+", value) for value in values)
    assert all(is_split(value) for value in values)
    assert not is_split(text)


@given(room=st.integers(-100, 4100))
def test_the_capacity_is_exact_to_the_octet(room: int) -> None:
    most = capacity(room)
    assert most >= 0
    values = split("A" * most, room=room)
    assert len(values) == (MAX_COOKIES if room >= 64 else 1)
    if len(values) > 1:
        assert joined(cookies_of(values)) == "A" * most
        assert len(values[-1]) == room - 2
    with pytest.raises(ValueError, match="more than 8 cookies"):
        split("A" * (most + 1), room=room)


def test_every_cookie_of_a_session_with_its_attributes_is_used_to_the_limit() -> None:
    head = CookieAttributes("__Host-session", secure=True, samesite="Strict")
    room = LIMIT - head.octets("")
    values = split(text_of(capacity(room)), room=room)
    cookies = [head, *(head.named(name) for name in chunk_names(head.name))]
    octets = [cookie.octets(value) for cookie, value in zip(cookies, values, strict=True)]
    assert octets == [LIMIT] * MAX_COOKIES


def test_the_names_are_fixed_and_end_at_seven() -> None:
    assert chunk_names("session") == tuple(f"session.{index}" for index in range(1, 8))
    assert chunk_names("__Host-a")[0] == "__Host-a.1"
    assert MAX_COOKIES == 8


def test_a_head_shows_the_clear_part_of_its_text() -> None:
    text = text_of(300)
    head, *_ = split(text, room=ROOM)
    assert head_text(head) == text[: ROOM - 2]


@pytest.fixture
def whole() -> Cookies:
    """A text over four cookies."""
    return cookies_of(split(text_of(350), room=ROOM))


@pytest.fixture
def stranger() -> Cookies:
    """Another one, as long."""
    return cookies_of(split(text_of(350, seed="stranger"), room=ROOM))


def moved(cookies: Cookies, source: str, target: str) -> Cookies:
    return {**cookies, target: cookies[source]}


def without(cookies: Cookies, name: str) -> Cookies:
    return {other: values for other, values in cookies.items() if other != name}


def exchanged(cookies: Cookies, one: str, other: str) -> Cookies:
    return {**cookies, one: cookies[other], other: cookies[one]}


MISSING, MIXED = Reason.MISSING_CHUNK, Reason.MIXED_CHUNKS
DAMAGES: list[tuple[str, Reason, Callable[[Cookies, Cookies], Cookies]]] = [
    ("the first missing", MISSING, lambda ours, _: without(ours, "session.1")),
    ("one between missing", MISSING, lambda ours, _: without(ours, "session.2")),
    ("the last missing", MISSING, lambda ours, _: without(ours, "session.3")),
    ("all missing", MISSING, lambda ours, _: {"session": ours["session"]}),
    (
        "one renamed",
        MISSING,
        lambda ours, _: without(moved(ours, "session.3", "session.03"), "session.3"),
    ),
    (
        "one renamed in another case",
        MISSING,
        lambda ours, _: without(moved(ours, "session.3", "Session.3"), "session.3"),
    ),
    (
        "all under another cookie's name",
        MISSING,
        lambda ours, _: {
            name.replace("session.", "other."): values for name, values in ours.items()
        },
    ),
    ("a count that lies upwards", MISSING, lambda ours, _: counted(ours, "5")),
    ("a count that lies to the most", MISSING, lambda ours, _: counted(ours, "8")),
    ("two exchanged", MIXED, lambda ours, _: exchanged(ours, "session.1", "session.2")),
    ("one in two places", MIXED, lambda ours, _: moved(ours, "session.1", "session.2")),
    (
        "one of another session",
        MIXED,
        lambda ours, theirs: {**ours, "session.2": theirs["session.2"]},
    ),
    (
        "all of another session",
        MIXED,
        lambda ours, theirs: {**theirs, "session": ours["session"]},
    ),
    (
        "one that is no chunk",
        MIXED,
        lambda ours, _: {**ours, "session.2": (text_of(90),)},
    ),
    ("one that is empty", MIXED, lambda ours, _: {**ours, "session.2": ("",)}),
    (
        "one cut within its tag",
        MIXED,
        lambda ours, _: {**ours, "session.2": (ours["session.2"][0][:7],)},
    ),
    (
        "one with another tag",
        MIXED,
        lambda ours, _: {**ours, "session.2": ("~2" + OTHER_TAG + "A" * 50,)},
    ),
    (
        "two that fit",
        Reason.AMBIGUOUS,
        lambda ours, _: {**ours, "session.2": (*ours["session.2"], ours["session.2"][0] + "A")},
    ),
    ("a count of 1", Reason.MALFORMED, lambda ours, _: counted(ours, "1")),
    ("a count of 0", Reason.MALFORMED, lambda ours, _: counted(ours, "0")),
    ("a count of 9", Reason.MALFORMED, lambda ours, _: counted(ours, "9")),
    ("a count that is no digit", Reason.MALFORMED, lambda ours, _: counted(ours, "A")),
    ("a count in another script", Reason.MALFORMED, lambda ours, _: counted(ours, "\u0664")),
    ("a head of its mark", Reason.MALFORMED, lambda ours, _: {**ours, "session": ("~",)}),
    (
        "a head that ends within its tag",
        Reason.MALFORMED,
        lambda ours, _: {**ours, "session": (ours["session"][0][:23],)},
    ),
    (
        "a chunk in the head's place",
        MISSING,
        lambda ours, _: {"session": ("~2" + ours["session.2"][0][2:],)},
    ),
]


def counted(cookies: Cookies, count: str) -> Cookies:
    return {**cookies, "session": (f"~{count}{cookies['session'][0][2:]}",)}


@pytest.mark.parametrize(
    ("reason", "damage"),
    [damage[1:] for damage in DAMAGES],
    ids=[damage[0] for damage in DAMAGES],
)
def test_chunks_that_do_not_belong_together_are_refused(
    whole: Cookies,
    stranger: Cookies,
    reason: Reason,
    damage: Callable[[Cookies, Cookies], Cookies],
) -> None:
    assert joined(whole) == text_of(350)
    assert joined(damage(whole, stranger)) == reason


def test_what_belongs_to_others_is_passed_over(whole: Cookies, stranger: Cookies) -> None:
    crowd = {
        **whole,
        "session.2": (*stranger["session.2"], "", *whole["session.2"], "~2", "~3AAAAAA", "x"),
        "session.4": ("~4" + OTHER_TAG,),
        "session.7": stranger["session.2"],
        "session.8": ("~8" + OTHER_TAG,),
    }
    assert joined(crowd) == text_of(350)


def test_a_count_that_lies_downwards_gives_a_shorter_text_which_no_seal_fits(
    whole: Cookies,
) -> None:
    short = joined(counted(whole, "2"))
    assert isinstance(short, str)
    assert text_of(350).startswith(short)
    assert len(short) < 350


def test_the_order_of_the_header_never_decides() -> None:
    text = text_of(350)
    values = split(text, room=ROOM)
    pairs = [
        f"{name}={value}" for name, value in zip((NAME, *chunk_names(NAME)), values, strict=False)
    ]
    for header in ("; ".join(pairs), "; ".join(reversed(pairs)), ";".join(pairs * 3)):
        (head,) = find(header, NAME)
        assert join(head, name=NAME, find=functools.partial(find, header)) == text


@given(
    head=st.text(URL + "~.=", max_size=40) | st.just("~3" + "A" * 30),
    chunks=st.dictionaries(
        st.sampled_from(chunk_names(NAME)),
        st.lists(st.text(URL + "~", max_size=12) | st.just("~1AAAAAAx"), max_size=3).map(tuple),
    ),
)
def test_whatever_arrives_is_joined_or_refused(
    head: str, chunks: dict[str, tuple[str, ...]]
) -> None:
    outcome = joined({NAME: (head,), **chunks})
    assert isinstance(outcome, str)
    if isinstance(outcome, Reason):
        assert outcome in (MISSING, MIXED, Reason.AMBIGUOUS, Reason.MALFORMED)
    else:
        assert outcome.startswith(head_text(head))
