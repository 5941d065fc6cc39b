"""Who goes on after whom: new ids, the grace of the old ones, and requests that come together."""

from __future__ import annotations

import threading
from importlib import import_module
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.commit import Commit
from cookie_sessions.flask import CookieSessions
from cookie_sessions.revocation import configured
from cookie_sessions.stores import MemoryStore
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, faulty_shop, sealed_session, shop
from tests.flask.signed import WINDOW, signed
from tests.flask.world import events_of, names_of, route

GRACE = 5


def signed_in(app: Flask, user: str = "ann") -> Browser:
    browser = Browser(app)
    browser.get(f"/sign-in/{user}")
    return browser


def two_workers(**config: Any) -> tuple[Flask, Flask]:
    """Two processes of one application, as far as their lists go."""
    store = MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configured, "store_from_url", lambda *_, **__: store)
        apps = shop(**config), shop(**config)
        for app in apps:
            CookieSessions.check(app)
    return apps


@pytest.mark.parametrize("way", ["/destroy", "/supersede", "/pop"])
def test_a_grace_ends_with_the_session_that_it_leads_to(way: str) -> None:
    app = shop()
    owner = signed_in(app)
    thief = owner.copied(app)
    owner.get("/regenerate")
    assert thief.get() == "ann"
    owner.get(way)
    assert thief.get() == "nobody"


def test_a_grace_ends_with_the_last_of_several_successors() -> None:
    app = shop()
    owner = signed_in(app)
    thief = owner.copied(app)
    for _ in range(3):
        owner.get("/regenerate")
    assert thief.get() == "ann"
    owner.get("/destroy")
    assert thief.get() == "nobody"


def test_the_end_of_an_id_reaches_whoever_went_on_however_often() -> None:
    app = shop(COOKIE_SESSIONS_REGENERATE_GRACE=0)
    owner = signed_in(app)
    sid = owner.get("/sid")
    for _ in range(40):
        owner.get("/regenerate")
    assert owner.get() == "ann"
    CookieSessions.revocations(app).revoke(sid)
    assert owner.get() == "nobody"


def test_another_worker_does_not_write_under_an_id_that_was_replaced_a_moment_ago() -> None:
    here, there = two_workers()
    owner = signed_in(here)
    late = owner.copied(there)
    # The other worker goes by what it has read, for as long as the staleness.
    assert late.get() == "ann"
    owner.get("/regenerate")
    before, happened = late.cookie, events_of(there)
    late.get("/change")
    assert late.cookie == before
    assert "faded" in names_of(happened)


def test_a_request_whose_id_another_replaces_in_the_very_moment_writes_nothing() -> None:
    app, store = faulty_shop()
    owner = signed_in(app)
    other = owner.copied(app)
    told = events_of(app)
    before = owner.cookie
    add = store.add

    def overtaken(name: str, value: bytes, *, ends: float) -> bool:
        # It has been seen that the id lives, and is about to be told that it ends.
        store.add = add  # type: ignore[method-assign]
        assert other.answer("/regenerate").status_code == 200
        return add(name, value, ends=ends)

    store.add = overtaken  # type: ignore[method-assign]
    assert owner.answer("/regenerate").status_code == 200
    assert names_of(told).count("faded") == 1
    assert owner.cookie == before != other.cookie
    assert (owner.get(), other.get()) == ("ann", "ann")


def test_two_clicks_on_signing_everyone_else_out_leave_the_user_signed_in() -> None:
    app = shop(COOKIE_SESSIONS_REVOCATIONS_STALENESS=0)
    both = threading.Barrier(2)

    def others() -> None:
        assert sealed_session().subject == "ann"
        both.wait(60)
        sealed_session().revoke_others()

    route(app, others, at="/others-at-once")
    owner, phone = signed_in(app), signed_in(app)
    tabs = [owner.copied(app), owner.copied(app)]
    threads = [threading.Thread(target=tab.get, args=("/others-at-once",)) for tab in tabs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(tab.get() for tab in tabs) == ["ann", "nobody"]
    assert phone.get() == "nobody"


def test_signing_everyone_else_out_by_an_id_in_its_grace_keeps_who_asked() -> None:
    app = shop()
    owner, phone = signed_in(app), signed_in(app)
    tab = owner.copied(app)
    owner.get("/regenerate")
    tab.get("/others")
    assert [each.get() for each in (tab, owner, phone)] == ["ann", "nobody", "nobody"]


def test_the_id_that_a_sign_in_shows_is_the_one_that_goes_on() -> None:
    app = shop()
    route(app, lambda: session.update(cart=[1]), at="/browse")

    def sign_in() -> str:
        sealed_session().subject = "ann"
        return sealed_session().sid

    route(app, sign_in, at="/sign-in-here")
    browser = Browser(app)
    browser.get("/browse")
    sid = browser.get("/sign-in-here")
    assert browser.get("/sid") == sid
    CookieSessions.revocations(app).revoke(sid)
    assert browser.get("/sid") != sid


def test_flask_logins_sign_out_ends_a_session_whose_subject_was_also_set() -> None:
    login: Any = import_module("flask_login")
    app = shop()
    manager = login.LoginManager(app)

    class User(login.UserMixin):  # type: ignore[misc]
        id = "ann"

    manager.user_loader(lambda _: User())

    def come() -> None:
        login.login_user(User())
        sealed_session().subject = "ann@shop"
        session["cart"] = [1]

    route(app, come, at="/come")
    route(app, lambda: login.logout_user(), at="/leave")
    route(app, lambda: str(login.current_user.is_authenticated), at="/in")
    owner = Browser(app)
    owner.get("/come")
    thief = owner.copied(app)
    assert thief.get("/in") == "True"
    owner.get("/leave")
    assert (owner.get("/in"), thief.get("/in")) == ("False", "False")


@pytest.mark.parametrize("fault", ["describe", "value"])
def test_a_regenerate_is_taken_back_whatever_keeps_its_response_from_being_made(
    fault: str, clock: Clock
) -> None:
    app = shop(PROPAGATE_EXCEPTIONS=False)

    def broken() -> None:
        sealed_session().regenerate()
        if fault == "describe":
            sealed_session().describe(5)  # type: ignore[arg-type]
        session["x"] = object()

    route(app, broken, at="/broken")
    owner = signed_in(app)
    assert owner.answer("/broken").status_code == 500
    clock.forward(GRACE + 1)
    assert owner.get() == "ann"


def test_a_regenerate_is_taken_back_where_the_worker_is_told_to_stop(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = shop()
    route(app, lambda: sealed_session().regenerate(), at="/anew")
    owner = signed_in(app)

    def stop(*_: object, **__: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Commit, "_lines", stop)
        with pytest.raises(SystemExit):
            owner.answer("/anew")
    clock.forward(GRACE + 1)
    assert owner.get() == "ann"


def test_a_subject_of_128_octets_comes_back_and_can_be_signed_out_everywhere() -> None:
    subject = "auth0|" + "x" * 122
    app = shop()

    def sign_in() -> None:
        sealed_session().subject = subject

    route(app, sign_in, at="/long")
    route(app, lambda: sealed_session().subject or "nobody", at="/subject")
    browsers = [Browser(app), Browser(app)]
    for browser in browsers:
        browser.get("/long")
        assert browser.get("/subject") == subject
    CookieSessions.revoke_user(app, subject)
    assert [browser.get("/subject") for browser in browsers] == ["nobody", "nobody"]


@pytest.mark.parametrize("number", [10**5000, -(10**5000)], ids=["huge", "low"])
def test_a_subject_may_be_a_number_of_any_size(number: int) -> None:
    app = shop()
    route(app, lambda: session.update(_user_id=number), at="/huge")
    owner = Browser(app)
    assert owner.answer("/huge").status_code == 200
    sid = owner.get("/sid")
    CookieSessions.revoke_user(app, number)
    assert owner.get("/sid") != sid


@pytest.mark.parametrize("first", ["all", "user"])
def test_a_moment_reaches_whom_a_former_mark_had_begin_ahead(first: str, clock: Clock) -> None:
    app = shop()
    if first == "all":
        CookieSessions.revocations(app).revoke_all()
    else:
        CookieSessions.revoke_user(app, "ann")
    owner = signed_in(app)
    assert owner.get() == "ann"
    clock.forward(1)
    CookieSessions.revoke_user(app, "ann", before=clock.time)
    clock.forward(3)
    assert owner.get() == "nobody"


def test_an_owner_that_lies_in_the_overflow_store_is_found_there(tmp_path: Any) -> None:
    overflow = {"COOKIE_SESSIONS_OVERFLOW": f"sqlite:{tmp_path / 'overflow.db'}"}
    app = shop(COOKIE_SESSIONS_COLD=["account"], **overflow)
    route(app, lambda: session.update(account="ann"), at="/account")
    browser = Browser(app)
    browser.get("/account")
    moved = shop(COOKIE_SESSIONS_SUBJECT_KEY="account", **overflow)
    there = browser.copied(moved)
    route(moved, lambda: session.get("account", "nobody"), at="/who")
    assert there.get("/who") == "ann"
    CookieSessions.revoke_user(moved, "ann")
    assert there.get("/who") == "nobody"


@pytest.mark.parametrize(("way", "rest"), [("/regenerate", GRACE + 1), ("/supersede", 0)])
@pytest.mark.parametrize("taken_over", [True, False], ids=["sealed", "signed"])
def test_what_was_taken_over_from_flask_ends_with_its_successor(
    way: str, rest: int, taken_over: bool, clock: Clock
) -> None:
    app = shop(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW)
    owner = Browser(app)
    owner.cookie = signed({"_user_id": "ann", "_permanent": True})
    thief = owner.copied(app)
    if taken_over:
        owner.get("/change")
    owner.get(way)
    assert owner.get() == "ann"
    clock.forward(rest)
    assert (owner.get(), thief.get()) == ("ann", "nobody")
    owner.get(way)
    clock.forward(rest)
    assert (owner.get(), thief.get()) == ("ann", "nobody")
