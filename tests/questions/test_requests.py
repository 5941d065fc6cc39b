"""Several requests of one visitor, and visitors who keep no cookies."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, session

from tests.flask.listed import Browser
from tests.flask.world import counting_cryptography, get, ours, route, set_cookies


def shop(**config: object) -> Flask:
    app = ours(**config)
    route(app, lambda: session.update(cart=["linzer"], seen=[]), at="/begin")
    route(app, lambda: session["cart"].append("sacher"), at="/cart")
    route(app, lambda: session["seen"].append("page"), at="/seen")
    route(app, lambda: session.get("cart", "nothing"), at="/look")
    route(app, lambda: [session.get("cart"), session.get("seen")])
    route(app, lambda: "about us", at="/about")
    return app


def test_of_two_requests_at_once_the_later_response_wins_and_nothing_is_mixed() -> None:
    app = shop()
    browser = Browser(app)
    browser.get("/begin")
    twin = browser.copied(app)
    browser.get("/cart")
    twin.get("/seen")
    # The browser has one jar: the response that comes last is what it keeps.
    first, last = browser.cookie, twin.cookie
    assert first != last
    browser.cookie = last
    assert browser.get() == "[['linzer'], ['page']]"
    browser.cookie = first
    assert browser.get() == "[['linzer', 'sacher'], []]"


@pytest.mark.parametrize(
    ("is_permanent", "config", "is_written"),
    [
        (False, {}, False),
        (True, {"COOKIE_SESSIONS_IDLE_TIMEOUT": 900}, False),
        (True, {"SESSION_REFRESH_EACH_REQUEST": False}, False),
        # As Flask does it: what the reader had is what the browser has afterwards.
        (True, {}, True),
    ],
)
def test_a_request_that_only_reads_undoes_nothing_that_another_wrote_meanwhile(
    is_permanent: bool, config: dict[str, object], is_written: bool
) -> None:
    app = shop(**config)
    route(app, lambda: setattr(session, "permanent", is_permanent), at="/kind")
    browser = Browser(app)
    browser.get("/kind")
    browser.get("/begin")
    slow = browser.copied(app)
    browser.get("/cart")
    assert slow.get("/look") == "['linzer']"
    assert bool(set_cookies(slow.answer("/look"))) == is_written
    assert browser.get("/look") == "['linzer', 'sacher']"


def test_a_page_that_does_not_use_the_session_neither_opens_nor_sets_it() -> None:
    app = shop()
    browser = Browser(app)
    browser.get("/begin")
    with counting_cryptography() as counter:
        answer = browser.answer("/about")
    assert (counter.seals, counter.opens) == (0, 0)
    assert set_cookies(answer) == []
    assert "Cookie" not in answer.headers.get("Vary", "")


def test_crawlers_leave_nothing_in_any_store(tmp_path: Path) -> None:
    app = shop(
        COOKIE_SESSIONS_REVOCATIONS=f"sqlite:{tmp_path}/ended.db",
        COOKIE_SESSIONS_OVERFLOW=f"sqlite:{tmp_path}/values.db",
        COOKIE_SESSIONS_REGISTER=True,
    )
    for path in ("/about", "/look", "/begin", "/") * 25:
        get(app, path)
    from cookie_sessions.stores import store_from_url

    for name in ("ended.db", "values.db"):
        with_prefix = store_from_url(f"sqlite:{tmp_path}/{name}").scan("")
        kept = [entry for page in with_prefix for entry in page]
        assert [entry for entry in kept if not entry.startswith("revoked:")] == []
        assert len(kept) <= len(("revoked:longest", "revoked:index"))
