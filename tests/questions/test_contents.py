"""What is in a session, and who can see it or change it."""

from __future__ import annotations

import base64
import json
import re
import zlib
from typing import Any

from flask import session
from flask.sessions import SecureCookieSessionInterface, SessionInterface

from cookie_sessions.flask import CookieSessionInterface
from tests.flask.listed import Browser
from tests.flask.world import app_with, get, ours, route, sealed, set_cookies

# No text of base64 has their spaces, so none of them is in a sealed cookie by chance.
CARD = {"the holder": "Ann Canary", "the card": "4111 1111 1111 1111"}


def readable(value: str) -> bytes:
    """All that anybody without a key can make of a cookie's value."""
    seen = [value.encode()]
    for part in re.split(r"[.~]", value):
        octets = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        seen.append(octets)
        for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS):
            try:
                seen.append(zlib.decompress(octets, form))
            except zlib.error:
                continue
    return b"\n".join(seen)


def cookie_with(interface: SessionInterface, filler: str = "") -> str:
    app = app_with(interface)
    route(app, lambda: session.update({**CARD, "filler": filler}))
    return sealed(get(app))


def test_what_a_session_holds_is_read_out_of_flasks_cookie_and_not_out_of_ours() -> None:
    for filler in ("", "some more text " * 40):
        flasks = readable(cookie_with(SecureCookieSessionInterface(), filler))
        in_ours = readable(cookie_with(CookieSessionInterface(), filler))
        assert json.dumps(CARD["the card"]).encode() in flasks
        for text in (*CARD, *CARD.values(), "some more"):
            assert text.encode() not in in_ours


def test_of_a_session_that_shows_nothing_its_length_is_still_seen() -> None:
    lengths = [len(cookie_with(CookieSessionInterface(), "né" * size)) for size in (1, 500)]
    assert lengths[1] > lengths[0]


def test_what_changes_in_the_database_does_not_change_in_sessions_that_copied_it() -> None:
    roles = {"ann": "admin"}
    app = ours()
    route(app, lambda: session.update(user="ann", role=roles["ann"]), at="/sign-in")
    route(app, lambda: session["role"], at="/copied")
    route(app, lambda: roles[session["user"]], at="/looked-up")
    browser = Browser(app)
    browser.get("/sign-in")
    roles["ann"] = "guest"
    assert (browser.get("/copied"), browser.get("/looked-up")) == ("admin", "guest")


def test_a_session_that_is_emptied_takes_its_cookie_away() -> None:
    app = ours()
    route(app, lambda: session.update(CARD), at="/fill")
    route(app, lambda: session.clear(), at="/clear")
    browser = Browser(app)
    browser.get("/fill")
    (line,) = set_cookies(browser.answer("/clear"))
    assert "Expires=Thu, 01 Jan 1970" in line
    assert "Max-Age=0" in line
    assert browser.cookie is None


def test_of_what_two_values_share_each_gets_its_own() -> None:
    app = ours()

    def share() -> None:
        cart: list[Any] = []
        session["cart"] = session["same cart"] = cart

    route(app, share, at="/share")
    route(app, lambda: session["cart"].append("linzer"), at="/add")
    route(app, lambda: [session["cart"], session["same cart"]])
    browser = Browser(app)
    for path in ("/share", "/add"):
        browser.get(path)
    assert browser.get() == "[['linzer'], []]"
