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
from cookie_sessions.handoff import VISIT_SECONDS
from cookie_sessions.keys import new_jwk_set
from tests.flask.conftest import Clock
from tests.flask.two_sites import (
    REDEEM,
    SEND,
    TARGET,
    Visitor,
    arguments_of,
    check_refused,
    faulty_target,
    field_in,
    source_app,
    target_app,
    why,
)
from tests.flask.world import events_of, get, names_of, ours, set_cookies


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
    # A name too long to stand in what is sealed by chance.
    visitor = Visitor(source, target).signed_in("ann-of-the-hand-over")
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
    assert "ann-of-the-hand-over" not in page.text.lower()


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
    settings = {
        "COOKIE_SESSIONS_REVOCATIONS": store,
        # A slow disk makes them wait for one another, and nobody is to be turned away for that.
        "COOKIE_SESSIONS_REVOCATIONS_TIMEOUT": 60,
    }
    targets = [target_app(**settings) for _ in range(2)]
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
