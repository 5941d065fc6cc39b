"""What is refused where users are handed over between domains."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from cookie_sessions.errors import UsageError
from cookie_sessions.events import Event
from cookie_sessions.flask import handoff
from cookie_sessions.handoff import SECONDS
from tests.flask.conftest import Clock
from tests.flask.two_sites import (
    OTHER,
    SEND,
    SOURCE,
    TARGET,
    Visitor,
    arguments_of,
    check_refused,
    field_in,
    source_app,
    target_app,
    why,
)
from tests.flask.world import events_of


def test_it_counts_in_the_browser_that_began_alone(
    source: Flask, target: Flask, told: list[Event]
) -> None:
    visitor, thief = Visitor(source, target).signed_in(), Visitor(source, target)
    text = visitor.form(visitor.begin())
    check_refused(thief, thief.send(text))
    thief.begin()
    nonce = thief.nonce
    check_refused(thief, thief.send(text))
    assert why(told) == ["no_nonce", "other_visit"]
    assert thief.nonce == nonce
    assert visitor.send(text).status_code == 303


def test_nobody_is_signed_in_as_the_attacker_by_a_form_of_theirs(
    source: Flask, target: Flask, told: list[Event]
) -> None:
    attacker = Visitor(source, target).signed_in("mallory")
    victim = Visitor(source, target)
    victim.begin()
    check_refused(victim, victim.send(attacker.form(attacker.begin())))
    assert why(told) == ["other_visit"]


@pytest.mark.parametrize("seconds", [SECONDS, SECONDS + 1, 3_600])
def test_it_counts_for_a_minute(
    seconds: float, source: Flask, target: Flask, told: list[Event], clock: Clock
) -> None:
    visitor = Visitor(source, target).signed_in()
    text = visitor.form(visitor.begin())
    clock.forward(seconds)
    check_refused(visitor, visitor.send(text))
    assert why(told) == ["late"]
    assert visitor.nonce is None
    again = visitor.form(visitor.begin())
    clock.forward(SECONDS - 1)
    assert visitor.send(again).status_code == 303


@pytest.mark.parametrize(("seconds", "reason"), [(61, "late"), (301, "not_yet_valid")])
def test_a_source_whose_clock_is_ahead_is_not_believed(
    seconds: float, reason: str, source: Flask, target: Flask, told: list[Event], clock: Clock
) -> None:
    visitor = Visitor(source, target).signed_in()
    address = visitor.begin()
    clock.forward(seconds)
    text = visitor.form(address)
    clock.forward(-seconds)
    check_refused(visitor, visitor.send(text))
    assert why(told) == [reason]


def test_one_for_another_target_is_nothing_here(
    source: Flask, target: Flask, told: list[Event]
) -> None:
    visitor = Visitor(source, target).signed_in()
    address = visitor.begin().replace("shop.example.org", "evil.example.net")
    page = visitor.page(address)
    assert f'action="{OTHER}/redeem"' in page.text
    check_refused(visitor, visitor.send(field_in(page)))
    assert why(told) == ["bad_seal"]


@pytest.mark.parametrize(
    "query",
    [
        "target=https://other.example.org&visit={visit}",
        "target=https://shop.example.org.evil.net&visit={visit}",
        "target=http://shop.example.org&visit={visit}",
        "target=https://shop.example.org/&visit={visit}",
        "target=HTTPS://SHOP.example.org&visit={visit}",
        "target=&visit={visit}",
        "visit={visit}",
        "target=https://shop.example.org&target=https://evil.example.net&visit={visit}",
        "target=https://shop.example.org",
        "target=https://shop.example.org&visit=",
        "target=https://shop.example.org&visit={visit}A",
        "target=https://shop.example.org&visit=%22%3E%3Cscript%3E",
        "target=https://shop.example.org&visit={visit}&visit={visit}",
    ],
)
def test_the_source_seals_for_nobody_but_the_targets_that_it_trusts(
    query: str, source: Flask, target: Flask
) -> None:
    told = events_of(source)
    visitor = Visitor(source, target).signed_in()
    visit = arguments_of(visitor.begin())["visit"]
    page = visitor.page(f"{SEND}?{query.format(visit=visit)}")
    assert page.status_code == 400
    assert "handoff" not in page.text
    assert why(told) in (["unknown_target"], ["malformed"])


def test_a_source_that_was_not_asked_can_not_answer(target: Flask, told: list[Event]) -> None:
    both = target_app(COOKIE_SESSIONS_HANDOFF_SOURCES=[SEND, f"{OTHER}/send"])
    evil = source_app(COOKIE_SESSIONS_HANDOFF_ORIGIN=OTHER)
    told_both = events_of(both)
    for app, heard, reason in (
        (target, told, "unknown_source"),
        (both, told_both, "other_visit"),
    ):
        visitor = Visitor(evil, app).signed_in()
        check_refused(visitor, visitor.send(visitor.form(visitor.begin(SOURCE))))
        assert why(heard) == [reason]


@pytest.mark.parametrize("text", ["", "x", "A" * 80, "A" * 5_000, "é", "AQ" * 300])
def test_whatever_else_is_sent_is_refused_and_the_visit_goes_on(
    text: str, source: Flask, target: Flask
) -> None:
    visitor = Visitor(source, target).signed_in()
    address = visitor.begin()
    check_refused(visitor, visitor.send(text))
    assert visitor.send(visitor.form(address)).status_code == 303


def test_a_body_of_any_size_costs_little(source: Flask, target: Flask) -> None:
    visitor = Visitor(source, target).signed_in()
    visitor.begin()
    assert visitor.send("A" * 100_000).status_code == 413


@pytest.mark.parametrize(
    "header",
    [
        "__Host-handoff={nonce}; __Host-handoff={other}",
        "x=1,__Host-handoff={nonce}",
        "\x85__Host-handoff={nonce}",
        "__host-handoff={nonce}",
        "handoff={nonce}",
        "__Host-handoff=",
        '__Host-handoff="{nonce}"',
    ],
)
def test_a_nonce_that_a_neighbour_may_have_planted_is_none(
    header: str, source: Flask, target: Flask, told: list[Event]
) -> None:
    visitor = Visitor(source, target).signed_in()
    text = visitor.form(visitor.begin())
    cookie = header.format(nonce=visitor.nonce, other="A" * 48)
    answer = target.test_client(use_cookies=False).post(
        "/handoff/redeem",
        base_url=TARGET,
        data={"handoff": text},
        environ_overrides={"HTTP_COOKIE": cookie},
    )
    assert answer.status_code == 403
    assert why(told) == ["no_nonce"]


@pytest.mark.parametrize("subject", ["", None, 7, b"ann"])
def test_a_user_is_handed_over_by_a_text(subject: Any, source: Flask, target: Flask) -> None:
    source.add_url_rule("/odd", view_func=lambda: handoff.send(subject))
    address = Visitor(source, target).begin().replace("/handoff/send", "/odd")
    with pytest.raises(UsageError, match="by a text"):
        Visitor(source, target).page(address)


@pytest.mark.parametrize(
    "claims", [{"a": [1]}, {1: "a"}, {"a": b""}, {"a": "x" * 1_100}, {"a": 2**80}, {"a": "\ud800"}]
)
def test_claims_are_small_and_simple_and_an_error_does_not_show_them(
    claims: Any, source: Flask, target: Flask
) -> None:
    source.add_url_rule("/odd", view_func=lambda: handoff.send("ann", claims=claims))
    address = Visitor(source, target).begin().replace("/handoff/send", "/odd")
    with pytest.raises(UsageError, match="claims") as caught:
        Visitor(source, target).page(address)
    assert caught.value.__context__ is None
    assert "xxx" not in str(caught.value)
