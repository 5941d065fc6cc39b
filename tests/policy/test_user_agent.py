"""What a User-Agent says that stays, of browsers as they are and of anything else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.client import MAX_CHARACTERS
from cookie_sessions.policy.user_agent import (
    MAX_MAJOR,
    SYSTEM_PLAYER,
    UserAgent,
    _parsed,
    parse,
)
from tests.policy.user_agents import ABSURD, EVERYONE, SEQUENCES

EXPECTED = {
    "Chrome on Windows": ("chrome", "windows", 87, 141),
    "Chrome on macOS": ("chrome", "apple", 84, 138),
    "Chrome on Android": ("chrome", "linux", 90, 139),
    "Chrome on iOS": ("chrome", "apple", 87, 125),
    "Edge on Windows": ("edge", "windows", 88, 140),
    "Edge on Android": ("edge", "linux", 92, 131),
    "Edge on iOS": ("edge", "apple", 102, 130),
    "Firefox on Windows": ("firefox", "windows", 91, 140),
    "Firefox on Linux": ("firefox", "linux", 95, 128),
    "Firefox on Android": ("firefox", "linux", 84, 131),
    "Firefox on iOS": ("firefox", "apple", 29, 130),
    "Safari on macOS": ("safari", "apple", 13, 26),
    "Safari on iPhone": ("safari", "apple", 13, 26),
    "Safari on iPad": ("safari", "apple", 12, 17),
    "Samsung Internet": ("samsung", "linux", 14, 28),
    "Android's WebView in an application": ("android webview", "linux", 92, 138),
    "WebKit's view in an application": ("webkit", "apple", 605, 605),
    "Opera": ("opera", "windows", 77, 110),
    "DuckDuckGo on iOS": ("duckduckgo", "apple", 7, 17),
    "A client that is no browser": ("curl", "", 7, 8),
}


def test_every_browser_has_its_expectation() -> None:
    assert EXPECTED.keys() == SEQUENCES.keys()


@pytest.mark.parametrize("browser", SEQUENCES)
def test_a_browser_stays_what_it_is_and_its_version_only_rises(browser: str) -> None:
    family, system, first, last = EXPECTED[browser]
    agents = [parse(text) for text in SEQUENCES[browser]]
    agents = [agent for agent in agents if agent.family != SYSTEM_PLAYER]
    assert {(agent.family, agent.system) for agent in agents} == {(family, system)}
    majors = [agent.major for agent in agents]
    assert majors == sorted(majors)
    assert (majors[0], majors[-1]) == (first, last)


def test_browsers_that_name_one_another_are_told_apart() -> None:
    told = {parse(sequence[-1])[:2] for sequence in SEQUENCES.values()}
    # Safari goes by one name on a Mac, an iPhone and an iPad, and Firefox on Linux and Android.
    alike = [*["Safari on iPhone", "Safari on iPad"], "Chrome on iOS", "Firefox on Android"]
    assert len(told) == len(SEQUENCES) - len(alike)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
                "HeadlessChrome/124.0.0.0 Safari/537.36"
            ),
            UserAgent("headless chrome", "linux", 124),
        ),
        (
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) "
                "Chrome/124.0.0.0 Safari/537.36"
            ),
            UserAgent("chrome", "linux", 124),
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
            UserAgent("ie", "windows", 7),
        ),
        ("python-requests/2.32.3", UserAgent("python-requests", "", 2)),
        ("okhttp/4.12.0", UserAgent("okhttp", "", 4)),
        ("MyApp", UserAgent("myapp", "", 0)),
        ("", UserAgent("", "", 0)),
        ("FakeChrome/99 (Windows)", UserAgent("fakechrome", "windows", 99)),
        ("Chrome/99999999999999999999", UserAgent("chrome", "", MAX_MAJOR)),
        ("Chrome/", UserAgent("chrome", "", 0)),
    ],
)
def test_others_are_read_too(text: str, expected: UserAgent) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize("text", ABSURD)
def test_what_is_absurd_is_read_as_something(text: str) -> None:
    family, system, major = parse(text)
    assert len(family) <= 32
    assert system in ("", "windows", "apple", "linux")
    assert 0 <= major <= MAX_MAJOR


@given(st.text(st.characters(), max_size=2 * MAX_CHARACTERS))
def test_any_text_is_read_as_its_beginning(text: str) -> None:
    family, _, major = parse(text)
    assert len(family) <= 32
    assert 0 <= major <= MAX_MAJOR
    assert parse(text[:MAX_CHARACTERS]) == parse(text)


@given(st.lists(st.sampled_from(["Chrome/", "(", ")", ";", "Edg", "/", "9", " ", "wv", "."])))
def test_pieces_of_user_agents_in_any_order_are_read(pieces: list[str]) -> None:
    assert parse("".join(pieces)).major <= MAX_MAJOR


@pytest.mark.parametrize("piece", ["A", "A/", "/", "(", "9", "A1.", "Chrome/1 ", "é"])
def test_the_longest_headers_take_no_time(piece: str) -> None:
    text = (piece * MAX_CHARACTERS)[:MAX_CHARACTERS]
    # Only what this thread does itself: others may have the processor meanwhile.
    begun = time.thread_time()
    for _ in range(10):
        _parsed.__wrapped__(text)
    # A reader that goes back over what it has read would take minutes.
    assert time.thread_time() - begun < 1


def test_a_header_of_a_megabyte_is_kept_nowhere() -> None:
    _parsed.cache_clear()
    parse("B" * (1 << 20))
    assert _parsed.cache_info().currsize == 1
    assert parse("B" * (1 << 20) + "Chrome/1") == parse("B" * MAX_CHARACTERS)


def test_there_are_browsers_to_look_at() -> None:
    assert len(EVERYONE) > 70
