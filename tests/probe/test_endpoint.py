"""What the probe answers, to whom, and how much at most."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cookie_sessions.cookies import octets_of
from cookie_sessions.probe import (
    MAX_ANSWERS,
    MAX_OCTETS,
    Application,
    Endpoint,
    Reply,
    cookie_pairs,
    new_run,
    new_token,
    set_cookie_values,
)

NOW = 1_900_000_000.0
SMALL = "set=0&lines=1"


class Asker:
    """Asks one endpoint with the right token, unless told otherwise."""

    def __init__(self) -> None:
        self.token, grant = new_token(now=NOW)
        self.run = new_run()
        self.endpoint = Endpoint(grant, Application("portable", secure=True, join_by_commas=False))

    def __call__(self, query: str = SMALL, **other: Any) -> Reply | None:
        asked: dict[str, Any] = {"token": self.token, "run": self.run, "cookie": "", "now": NOW}
        return self.endpoint.answer(query=query, **(asked | other))

    def told(self, cookie: str) -> Any:
        reply = self(cookie=cookie)
        assert reply is not None
        return json.loads(reply.body)


def test_it_says_how_much_of_its_own_cookies_arrived() -> None:
    pairs = cookie_pairs(1001, 3)
    assert [len(pair) for pair in pairs] == [334, 334, 333]
    told = Asker().told("; ".join(pairs))
    assert (told["cookies"], told["octets"], told["joints"]) == (3, 1001, ["; "])
    assert told["application"]["profile"] == "portable"


@pytest.mark.parametrize(
    ("joint", "said"), [(",", ","), (", ", ", "), (";", ";"), ("; ", "; "), (" | ", "other")]
)
def test_it_says_what_stands_between_two_lines(joint: str, said: str) -> None:
    assert Asker().told(joint.join(cookie_pairs(64, 2)))["joints"] == [said]


def test_it_says_nothing_of_other_cookies() -> None:
    first, second = cookie_pairs(64, 2)
    reply = Asker()(cookie=f"session=canary; {first}; other=canary; {second}")
    assert reply is not None
    assert b"canary" not in reply.body
    assert json.loads(reply.body)["joints"] == ["other"]


@pytest.mark.parametrize(("octets", "lines"), [(128, 1), (16_384, 1), (4_001, 2), (65_536, 17)])
def test_it_sets_as_many_octets_as_it_was_asked_for_and_none_that_stays(
    octets: int, lines: int
) -> None:
    reply = Asker()(f"set={octets}&lines={lines}")
    assert reply is not None
    values = [value for name, value in reply.headers if name == "Set-Cookie"]
    assert values == set_cookie_values(octets, lines)
    assert sum(map(len, values)) == octets
    assert all(value.startswith("cs-probe-") and "; Max-Age=0;" in value for value in values)
    assert ("Cache-Control", "no-store") in reply.headers


def test_its_headers_take_what_it_says_whatever_it_says() -> None:
    ask = Asker()
    for cookie in ("", "; ".join(cookie_pairs(60_000, 15))):
        reply = ask(cookie=cookie)
        assert reply is not None
        line = len("HTTP/1.1 200 OK\r\n\r\n")
        assert json.loads(reply.body)["overhead"] == line + octets_of(reply.headers)
        assert ("Content-Length", str(len(reply.body))) in reply.headers


@pytest.mark.parametrize(
    "query",
    [
        "",
        "set=1",
        f"set={MAX_OCTETS + 1}&lines=32",
        "set=65536&lines=1",
        "set=127&lines=1",
        "set=4000&lines=0",
        "set=4000&lines=33",
        "set=4000&lines=2&more",
        "set=-1&lines=1",
        "set=٣٠٠&lines=1",
        "END",
    ],
)
def test_what_it_does_not_offer_is_not_answered(query: str) -> None:
    assert Asker()(query) is None


def test_a_wrong_token_or_an_expired_one_is_not_answered() -> None:
    ask = Asker()
    assert ask(token=new_token(now=NOW)[0]) is None
    assert ask(token="") is None
    assert ask(now=NOW + 3600) is None
    assert ask() is not None


@pytest.mark.parametrize("run", ["", "x" * 32, "0" * 31, "0" * 33])
def test_a_request_without_the_name_of_a_run_is_not_answered(run: str) -> None:
    assert Asker()(run=run) is None


def test_the_first_run_keeps_the_token_and_a_second_is_not_answered() -> None:
    ask = Asker()
    assert ask() is not None
    assert ask(run=new_run()) is None
    assert ask() is not None


def test_a_wrong_token_does_not_take_the_place_of_the_first_run() -> None:
    ask = Asker()
    assert ask(token=new_token(now=NOW)[0], run=new_run()) is None
    assert ask() is not None


def test_a_run_that_has_ended_is_answered_no_more() -> None:
    ask = Asker()
    assert ask("end") is not None
    assert ask() is None


def test_a_process_answers_so_often_and_no_more() -> None:
    ask = Asker()
    assert all(ask() for _ in range(MAX_ANSWERS))
    assert ask() is None
