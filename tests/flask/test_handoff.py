"""A user goes on at another domain: once, in their own browser, soon, and in no other way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.events import Event
from cookie_sessions.flask import CookieSessions, handoff
from cookie_sessions.handoff import SECONDS, VISIT_SECONDS
from cookie_sessions.keys import new_jwk_set
from tests.flask.conftest import Clock
from tests.flask.two_sites import (
    OTHER,
    REDEEM,
    SEND,
    SOURCE,
    TARGET,
    Visitor,
    arguments_of,
    faulty_target,
    field_in,
    source_app,
    target_app,
)
from tests.flask.world import events_of, get, names_of, ours, set_cookies


@pytest.fixture
def source() -> Flask:
    return source_app()


@pytest.fixture
def target() -> Flask:
    return target_app()


@pytest.fixture
def told(target: Flask) -> list[Event]:
    return events_of(target)


def why(told: list[Event]) -> list[object]:
    return [event.details["why"] for event in told if event.name == "handoff_refused"]


def check_refused(visitor: Visitor, answer: Any) -> None:
    assert answer.status_code == 403
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.name == "nobody"


def test_who_is_signed_in_at_the_source_is_signed_in_at_the_target(
    source: Flask, target: Flask, told: list[Event]
) -> None:
    visitor = Visitor(source, target).signed_in()
    assert visitor.name == "nobody"
    answer = visitor.hand_over()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert visitor.name == "Ann"
    assert "handed_off" in [event.name for event in told]


def test_the_target_begins_with_a_cookie_of_its_own_and_names_only_its_hash(
    source: Flask, target: Flask
) -> None:
    answer = target.test_client().get("/begin", base_url=TARGET)
    (line,) = set_cookies(answer)
    nonce, _, attributes = line.partition("; ")
    assert nonce.startswith("__Host-handoff=")
    assert attributes == "Max-Age=600; Secure; HttpOnly; Path=/; SameSite=None"
    address = answer.headers["Location"]
    assert address.startswith(f"{SEND}?")
    assert arguments_of(address)["target"] == TARGET
    assert nonce.partition("=")[2] not in address
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("automatic", [False, True])
def test_the_page_of_the_source_is_a_form_that_leads_to_the_target_and_nowhere_else(
    automatic: bool, source: Flask, target: Flask
) -> None:
    visitor = Visitor(source, target).signed_in()
    page = visitor.page(visitor.begin() + "&automatic=1" * automatic)
    assert f'<form method="post" action="{REDEEM}">' in page.text
    assert ("<script>" in page.text) is automatic
    policy = page.headers["Content-Security-Policy"]
    assert f"form-action {TARGET};" in policy
    assert "frame-ancestors 'none'" in policy
    assert ("script-src 'sha256-" in policy) is automatic
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page.headers["Cache-Control"]
    assert "Ann" not in page.text


def test_what_is_handed_over_is_no_session(source: Flask, target: Flask) -> None:
    visitor = Visitor(source, target).signed_in()
    text = visitor.form(visitor.begin())
    told = events_of(target)
    assert get(target, cookie=f"session={text}", base_url=TARGET).text == "nobody"
    assert names_of(told) == ["rejected:bad_seal"]
    held = visitor.at_source.get_cookie("session", domain="accounts.example.com")
    assert held is not None
    check_refused(visitor, visitor.send(held.value))


def test_it_counts_once(source: Flask, target: Flask, told: list[Event]) -> None:
    visitor = Visitor(source, target).signed_in()
    address = visitor.begin()
    nonce = visitor.nonce
    first, second = visitor.form(address), visitor.form(address)
    assert visitor.send(first).status_code == 303
    assert visitor.nonce is None
    thief = Visitor(source, target)
    for text in (first, second):
        assert nonce is not None
        thief.at_target.set_cookie("__Host-handoff", nonce, domain="shop.example.org", secure=True)
        check_refused(thief, thief.send(text))
        assert thief.nonce is None
    assert why(told) == ["spent", "spent"]


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


def test_a_visit_ends_after_ten_minutes_and_before_that_a_sign_in_has_time(
    source: Flask, target: Flask, told: list[Event], clock: Clock
) -> None:
    visitor = Visitor(source, target)
    address = visitor.begin()
    assert visitor.page(address).status_code == 401
    nonce = visitor.nonce
    clock.forward(VISIT_SECONDS - 1)
    assert visitor.signed_in().send(visitor.form(address)).status_code == 303
    late = Visitor(source, target).signed_in()
    address = late.begin()
    clock.forward(VISIT_SECONDS)
    text = late.form(address)
    assert nonce is not None
    check_refused(late, late.send(text))
    assert why(told)[-1] in ("visit_over", "no_nonce")


def test_the_store_forgets_a_visit_only_when_nobody_finds_it_open(clock: Clock) -> None:
    target, store = faulty_target()
    source = source_app()
    visitor = Visitor(source, target).signed_in()
    address = visitor.begin()
    nonce = visitor.nonce
    assert nonce is not None
    visitor.send(visitor.form(address))
    told = events_of(target)
    for _ in range(40):
        clock.forward(30)
        visitor.at_target.set_cookie(
            "__Host-handoff", nonce, domain="shop.example.org", secure=True
        )
        assert visitor.send(visitor.form(address)).status_code == 403
    assert set(why(told)) == {"spent", "visit_over"}
    assert store.asked.count("add") >= 20


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


def test_while_the_store_is_down_nobody_is_taken_in_and_afterwards_they_are(clock: Clock) -> None:
    for setting in ("refuse", "accept"):
        target, store = faulty_target(COOKIE_SESSIONS_REVOCATIONS_DOWN=setting)
        visitor = Visitor(source_app(), target).signed_in()
        text = visitor.form(visitor.begin())
        for fault in ("down", "full"):
            setattr(store, fault, True)
            answer = visitor.send(text)
            assert answer.status_code == 503
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Location" not in answer.headers
            setattr(store, fault, False)
            clock.forward(10)
        assert visitor.name == "nobody"
        assert visitor.send(text).status_code == 303
        assert visitor.name == "Ann"


def test_of_many_at_once_exactly_one_wins(tmp_path: Path, source: Flask) -> None:
    store = f"sqlite:{tmp_path / 'spent.db'}"
    # Two processes of one application, as far as they share nothing but the store.
    targets = [target_app(COOKIE_SESSIONS_REVOCATIONS=store) for _ in range(2)]
    visitor = Visitor(source, targets[0]).signed_in()
    text = visitor.form(visitor.begin())
    cookie = f"__Host-handoff={visitor.nonce}"
    codes: list[int] = []
    ready = threading.Barrier(12)

    def send(app: Flask) -> None:
        client = app.test_client(use_cookies=False)
        ready.wait()
        answer = client.post(
            "/handoff/redeem",
            base_url=TARGET,
            data={"handoff": text},
            environ_overrides={"HTTP_COOKIE": cookie},
        )
        codes.append(answer.status_code)

    threads = [threading.Thread(target=send, args=(targets[i % 2],)) for i in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == [303, *[403] * 11]


def test_the_session_gets_a_new_id_when_its_user_is_handed_over(
    source: Flask, target: Flask
) -> None:
    def sid() -> str:
        session["here"] = True
        held: Any = session
        return str(held.sid)

    target.add_url_rule("/sid", view_func=sid)
    visitor = Visitor(source, target).signed_in()
    before = visitor.at_target.get("/sid", base_url=TARGET).text
    visitor.hand_over()
    assert visitor.at_target.get("/sid", base_url=TARGET).text != before


def test_both_sides_may_have_a_ring_of_their_own_for_it(tmp_path: Path) -> None:
    ring = tmp_path / "handoff.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    keys = {"COOKIE_SESSIONS_HANDOFF_KEYS": f"file:{ring}"}
    source = source_app(SECRET_KEY="s" * 40, **keys)
    target = target_app(SECRET_KEY="t" * 40, **keys)
    visitor = Visitor(source, target).signed_in()
    assert visitor.hand_over().status_code == 303
    assert visitor.name == "Ann"
    told = events_of(target)
    stranger = source_app(SECRET_KEY="s" * 40)
    check_refused(Visitor(stranger, target), Visitor(stranger, target).signed_in().hand_over())
    assert why(told) == ["unknown_kid"]


def unreachable() -> bytes:
    raise TimeoutError


def test_without_keys_there_is_a_503_and_a_ring_that_is_wrong_stops_the_start() -> None:
    target = target_app(COOKIE_SESSIONS_HANDOFF_KEYS=unreachable, PROPAGATE_EXCEPTIONS=False)
    source = source_app(COOKIE_SESSIONS_HANDOFF_KEYS=unreachable, PROPAGATE_EXCEPTIONS=False)
    fine = Visitor(source_app(), target).signed_in()
    assert fine.hand_over().status_code == 503
    visitor = Visitor(source, target).signed_in()
    assert visitor.page(visitor.begin()).status_code == 503
    with pytest.raises(ConfigurationError):
        CookieSessions.check(target_app(COOKIE_SESSIONS_HANDOFF_KEYS="file:/nowhere/keys.json"))


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


def test_without_settings_every_call_says_what_is_missing() -> None:
    app = ours()
    CookieSessions(app)
    calls: list[tuple[str, Callable[[], Any]]] = [
        ("SOURCES", handoff.start),
        ("SOURCES", handoff.redeem),
        ("TARGETS", lambda: handoff.send("ann")),
    ]
    for name, call in calls:
        with app.test_request_context("/"), pytest.raises(ConfigurationError, match=name):
            call()


def test_a_source_that_is_not_named_and_a_get_are_the_developers_errors(target: Flask) -> None:
    with target.test_request_context("/"):
        with pytest.raises(UsageError, match="none of"):
            handoff.start("https://nobody.example.org")
        with pytest.raises(UsageError, match="POST"):
            handoff.redeem()


def test_over_http_it_works_on_one_machine() -> None:
    here, there = "http://127.0.0.1:5001", "http://127.0.0.1:5002"
    source = source_app(
        COOKIE_SESSIONS_HANDOFF_ORIGIN=there,
        COOKIE_SESSIONS_HANDOFF_TARGETS=[f"{here}/handoff/redeem"],
    )
    target = target_app(
        COOKIE_SESSIONS_HANDOFF_ORIGIN=here,
        COOKIE_SESSIONS_HANDOFF_SOURCES=[f"{there}/handoff/send"],
    )
    at_source, at_target = source.test_client(), target.test_client()
    at_source.get("/sign-in/ann", base_url=there)
    begun = at_target.get("/begin", base_url=here)
    assert set_cookies(begun)[0].endswith("; Max-Age=600; HttpOnly; Path=/; SameSite=Lax")
    address = begun.headers["Location"].removeprefix(there)
    text = field_in(at_source.get(address, base_url=there, buffered=True))
    done = at_target.post("/handoff/redeem", base_url=here, data={"handoff": text})
    assert done.status_code == 303
