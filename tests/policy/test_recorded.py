"""Browsers as they were recorded: an update is never taken for another browser."""

from __future__ import annotations

import pytest

from cookie_sessions.client import MAX_CHARACTERS, Client
from cookie_sessions.policy.binding import PROPERTIES, Rules, Verdict, bind, judge, rebind
from cookie_sessions.policy.user_agent import parse
from tests.policy.recorded import RECORDED
from tests.policy.user_agents import SEQUENCES

AT_HOME = Client(accept_language="de-DE,de;q=0.9,en;q=0.8", address="203.0.113.7")
ON_THE_ROAD = ("198.51.100.9", "2001:db8:1::1")


def test_all_kinds_of_browsers_were_recorded() -> None:
    assert len(RECORDED) >= 30
    assert all(len(sequence) >= 2 for sequence in RECORDED.values())
    texts = [text for sequence in RECORDED.values() for text in sequence]
    assert len(texts) > 200
    assert all(text.startswith("Mozilla/5.0 (") for text in texts)
    assert max(map(len, texts)) < MAX_CHARACTERS


@pytest.mark.parametrize("browser", RECORDED)
def test_one_browser_is_one_family_on_one_system(browser: str) -> None:
    agents = [parse(text) for text in RECORDED[browser]]
    assert len({agent[:2] for agent in agents}) == 1
    majors = [agent.major for agent in agents]
    assert majors == sorted(majors)


@pytest.mark.parametrize("browser", RECORDED)
@pytest.mark.parametrize("writes", [True, False], ids=["taken-over", "read-only"])
def test_no_update_counts_at_home_or_on_the_road(browser: str, *, writes: bool) -> None:
    # Neither from each to the next, nor in one step from the first to any later one.
    first, *later = RECORDED[browser]
    octets = bind(AT_HOME._replace(user_agent=first), PROPERTIES)
    for text in later:
        client = AT_HOME._replace(user_agent=text)
        for address in ON_THE_ROAD:
            away = judge(octets, client._replace(address=address), Rules())
            assert (away.verdict, away.differing) == (Verdict.ACCEPT, ("network",))
        judgement = judge(octets, client, Rules())
        assert (judgement.verdict, judgement.differing) == (Verdict.ACCEPT, ())
        if writes:
            octets = rebind(octets, client, PROPERTIES, newer=judgement.newer)


@pytest.mark.parametrize("browser", sorted(RECORDED.keys() & SEQUENCES.keys()))
def test_what_was_recorded_is_read_as_what_was_written_down(browser: str) -> None:
    written, recorded = parse(SEQUENCES[browser][-1]), parse(RECORDED[browser][-1])
    assert written[:2] == recorded[:2]
