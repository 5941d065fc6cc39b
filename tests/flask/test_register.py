"""Who is signed in where, as the application's pages show it."""

from __future__ import annotations

from pathlib import Path

from flask import Flask

from cookie_sessions.flask import CookieSessions
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, sealed_session, shop
from tests.flask.world import route


def registered(**config: object) -> Flask:
    app = shop(COOKIE_SESSIONS_REGISTER=True, **config)
    route(app, lambda: sealed_session().describe("Firefox\non Linux"), at="/describe")
    route(app, lambda: sealed_session().reference, at="/reference")
    return app


def references(app: Flask, user: str = "ann") -> list[str]:
    return [entry.reference for entry in CookieSessions.signed_in(app, user)]


def test_each_session_is_listed_from_its_sign_in_to_its_end(clock: Clock) -> None:
    app = registered()
    laptop, phone, other = Browser(app), Browser(app), Browser(app)
    for browser, user in ((laptop, "ann"), (phone, "ann"), (other, "bob")):
        browser.get("/change")
        browser.get(f"/sign-in/{user}")
    assert set(references(app)) == {laptop.get("/reference"), phone.get("/reference")}
    assert references(app, "bob") == [other.get("/reference")]
    laptop.get("/destroy")
    assert references(app) == [phone.get("/reference")]
    phone.get("/pop")
    assert references(app) == []


def test_a_reference_is_no_part_of_the_id_and_follows_the_session(clock: Clock) -> None:
    app = registered()
    owner = Browser(app)
    owner.get("/sign-in/ann")
    (first,) = CookieSessions.signed_in(app, "ann")
    assert first.reference not in owner.get("/sid")
    assert owner.get("/sid") not in repr(first)
    owner.get("/describe")
    clock.forward(7200)
    owner.get("/regenerate")
    (second,) = CookieSessions.signed_in(app, "ann")
    assert second.reference == owner.get("/reference") != first.reference
    assert (second.created, second.label) == (first.created, "Firefox on Linux")
    assert second.seen > first.seen


def test_a_session_from_before_there_was_a_register_enters_it_with_its_next_id(
    clock: Clock, tmp_path: Path
) -> None:
    store = f"sqlite:{tmp_path / 'list.db'}"
    before = shop(COOKIE_SESSIONS_REVOCATIONS=store)
    app = registered(COOKIE_SESSIONS_REVOCATIONS=store)
    browser = Browser(before)
    browser.get("/sign-in/ann")
    owner = browser.copied(app)
    assert owner.get() == "ann"
    assert references(app) == []
    owner.get("/regenerate")
    (reference,) = references(app)
    assert reference == owner.get("/reference")


def test_one_of_them_can_be_ended_by_its_owner_alone(clock: Clock) -> None:
    app = registered()
    laptop, phone = Browser(app), Browser(app)
    laptop.get("/sign-in/ann")
    phone.get("/sign-in/ann")
    reference = phone.get("/reference")
    assert not CookieSessions.end_signed_in(app, "bob", reference)
    assert phone.get() == "ann"
    assert CookieSessions.end_signed_in(app, "ann", reference)
    assert (laptop.get(), phone.get()) == ("ann", "nobody")
    assert references(app) == [laptop.get("/reference")]
    assert not CookieSessions.end_signed_in(app, "ann", reference)


def test_signing_out_everywhere_else_leaves_one_on_the_register(clock: Clock) -> None:
    app = registered()
    laptop, phone = Browser(app), Browser(app)
    laptop.get("/sign-in/ann")
    phone.get("/sign-in/ann")
    laptop.get("/others")
    assert references(app) == [laptop.get("/reference")]
    CookieSessions.revoke_user(app, "ann")
    assert references(app) == []
    laptop.get("/sign-in/ann")
    assert references(app) == [laptop.get("/reference")]


def test_what_was_revoked_by_its_id_is_listed_no_longer(clock: Clock) -> None:
    app = registered()
    owner = Browser(app)
    CookieSessions.revocations(app).revoke(owner.get("/sign-in/ann"))
    assert references(app) == []


def test_use_is_noted_by_the_hour_and_a_session_that_ran_out_goes(clock: Clock) -> None:
    app = registered(PERMANENT_SESSION_LIFETIME=7200)
    owner = Browser(app)
    owner.get("/sign-in/ann")
    (first,) = CookieSessions.signed_in(app, "ann")
    clock.forward(3600)
    owner.get("/change")
    (second,) = CookieSessions.signed_in(app, "ann")
    assert (second.seen - first.seen).total_seconds() == 3600
    clock.forward(7200 + 3600 + 301)
    assert references(app) == []


def test_who_is_nobody_lists_and_ends_nothing(clock: Clock) -> None:
    app = shop(COOKIE_SESSIONS_REGISTER=True)
    owner = Browser(app)
    owner.get("/sign-in/ann")
    (reference,) = references(app)
    assert CookieSessions.signed_in(app, None) == []
    assert not CookieSessions.end_signed_in(app, None, reference)
    assert owner.get() == "ann"
    assert CookieSessions.revocations(app).end_reference(reference)
    assert owner.get() == "nobody"
