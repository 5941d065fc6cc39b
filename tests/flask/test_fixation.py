"""A session that was planted never becomes the victim's, nor does a secret that came with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask, session

from cookie_sessions import RegisteredType
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, sealed_session, shop
from tests.flask.signed import WINDOW
from tests.flask.world import route

NO_LIST = {"COOKIE_SESSIONS_REVOCATIONS": None}
UNTIL = "COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL"
SECRETS = ("csrf_token", "mine", "otp")


def planted(**config: Any) -> Flask:
    """A shop whose sessions hold secrets and other things before anybody signs in."""
    app = shop(COOKIE_SESSIONS_SECRET_NAMES=["mine"], COOKIE_SESSIONS_PRE_LOGIN=["pre"], **config)

    def browse() -> None:
        session.update(
            csrf_token="0f" * 20, mine="m" * 99, otp="o", pre=[1], cart=[1, 2], locale="de"
        )

    def explicit() -> None:
        sealed_session().subject = "ann"

    def own() -> None:
        session["csrf_token"] = "new"
        sealed_session().subject = "ann"
        session["mine"] = "m" * 99

    def same_again() -> None:
        session["_user_id"] = "ann"
        session["csrf_token"] = "0f" * 20

    route(app, browse, at="/browse")
    route(app, explicit, at="/explicit")
    route(app, own, at="/own")
    route(app, same_again, at="/same")
    route(app, lambda: dict(session), at="/all")
    return app


REST = {"cart": [1, 2], "locale": "de"}


@pytest.mark.parametrize("revocations", ["memory:", None])
@pytest.mark.parametrize("way", ["/explicit", "/sign-in/ann"])
def test_who_signs_in_keeps_the_cart_and_no_secret_that_came_along(
    way: str, revocations: str | None
) -> None:
    app = planted(COOKIE_SESSIONS_REVOCATIONS=revocations)
    attacker = Browser(app)
    attacker.get("/browse")
    victim = attacker.copied(app)
    before = victim.get("/sid")
    victim.get(way)
    owner = {} if way == "/explicit" else {"_permanent": True, "_user_id": "ann"}
    assert victim.get("/all") == str({**REST, **owner})
    assert victim.get("/sid") != before
    assert "ann" not in attacker.get("/all")
    assert attacker.get("/sid") != victim.get("/sid")


def test_what_the_request_that_signs_in_stores_itself_stays() -> None:
    app = planted()
    browser = Browser(app)
    browser.get("/browse")
    browser.get("/own")
    assert browser.get("/all") == str({"csrf_token": "new", **REST})


def test_a_planted_secret_that_is_stored_once_more_is_still_planted() -> None:
    app = planted()
    browser = Browser(app)
    browser.get("/browse")
    browser.get("/same")
    assert "csrf_token" not in browser.get("/all")


def test_the_same_user_keeps_the_token_of_open_forms() -> None:
    app = planted()
    browser = Browser(app)
    browser.get("/sign-in/ann")
    browser.get("/browse")
    browser.get("/sign-in/ann")
    assert "'csrf_token': '0f" in browser.get("/all")


@pytest.mark.parametrize("way", ["/pop", "/sign-in/bob"])
def test_the_next_one_at_this_browser_gets_no_secret_of_the_last(way: str) -> None:
    app = planted()
    browser = Browser(app)
    browser.get("/sign-in/ann")
    browser.get("/browse")
    browser.get(way)
    held = browser.get("/all")
    assert not [name for name in (*SECRETS, "pre") if name in held]
    assert "'cart': [1, 2]" in held


@pytest.mark.parametrize(
    "config", [{}, NO_LIST, {**NO_LIST, UNTIL: WINDOW}], ids=["list", "none", "moving-in"]
)
@pytest.mark.parametrize("kind", [int, lambda number: UUID(int=number)], ids=["number", "uuid"])
@pytest.mark.parametrize(("number", "stays"), [(7, True), (8, False)])
def test_who_is_known_by_no_text_keeps_their_own_secrets_alone(
    number: int, kind: Callable[[int], object], config: dict[str, Any], clock: Clock, *, stays: bool
) -> None:
    app = planted(**config)

    def come(number: int) -> str:
        session["_user_id"] = kind(number)
        return ""

    app.add_url_rule("/come/<int:number>", view_func=come)
    route(app, lambda: " ".join(session), at="/names")
    browser = Browser(app)
    browser.get("/come/7")
    browser.get("/browse")
    before = browser.get("/sid")
    browser.get(f"/come/{number}")
    names = browser.get("/names").split()
    assert {"_user_id", "cart", "locale"} <= {*names}
    assert ("csrf_token" in names) == stays
    assert (browser.get("/sid") == before) == stays


def test_where_nothing_but_secrets_was_left_the_cookie_goes() -> None:
    app = planted()
    route(app, lambda: [session.pop("_permanent"), session.pop("_user_id")], at="/leave")
    route(app, lambda: session.update(csrf_token="t"), at="/token")
    browser = Browser(app)
    browser.get("/sign-in/ann")
    browser.get("/token")
    browser.get("/leave")
    assert browser.cookie is None


class Coupon:
    """A type that only some instances know."""


def test_a_secret_that_nobody_can_unpack_here_goes_too() -> None:
    coupon = RegisteredType("coupon", Coupon, lambda _: 1, lambda _: Coupon())
    knows = planted(COOKIE_SESSIONS_TYPES=[coupon])
    route(knows, lambda: session.update(pre=Coupon(), cart=Coupon()), at="/coupon")
    browser = Browser(knows)
    browser.get("/coupon")
    there = browser.copied(planted())
    there.get("/sign-in/ann")
    back = there.copied(knows)
    assert "'cart': <" in back.get("/all")
    assert "pre" not in back.get("/all")


def test_a_first_proof_counts_where_no_subject_says_whose_it_is() -> None:
    app = planted()

    def prove() -> None:
        session["user"] = "ann"
        sealed_session().mark_authenticated()

    route(app, prove, at="/prove")
    browser = Browser(app)
    browser.get("/browse")
    browser.get("/prove")
    assert browser.get("/all") == str({**REST, "user": "ann"})
    browser.get("/browse")
    browser.get("/prove")
    assert "csrf_token" in browser.get("/all")


@pytest.mark.parametrize("way", ["/regenerate", "/supersede"])
def test_a_session_that_holds_nothing_but_its_subject_gets_a_new_id(way: str) -> None:
    app = planted()
    browser = Browser(app)
    browser.get("/explicit")
    sid = browser.get("/sid")
    browser.get(way)
    assert browser.get("/sid") != sid
