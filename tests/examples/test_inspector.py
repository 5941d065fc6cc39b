"""The page of a visitor's own cookie says what is true of it, and no more than it should."""

from __future__ import annotations

import base64
import random
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, cast

import pytest
from flask import Flask, session
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient

from cookie_sessions.cookies import PROFILES
from cookie_sessions.envelope import peek
from cookie_sessions.flask import FlaskSession
from shop import HEADERS, create_app
from shop.flasks_own import MASK, SignedCookie
from shop.moments import in_words

from .conftest import RunningShop
from .inspected import TableReader, check_sums, number
from .visitor import Page, PageReader, form_token

NAME = "ada@lovelace.example"
EXPIRES = len("; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
NOTE = base64.urlsafe_b64encode(random.Random(1).randbytes(4_500)).decode()
LONG_HEX = re.compile(r"[0-9a-f]{32}")


def make_shop(folder: Path) -> Flask:
    return create_app({"SHOP_INSTANCE": str(folder / "instance")})


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("shop_session")
    assert cookie is not None
    return cookie.value


def without_forms(html: str) -> str:
    return re.sub(r"<form.*?</form>", "", html, flags=re.DOTALL)


def test_a_new_visitor_is_told_what_to_do_and_gets_no_cookie(shop: RunningShop) -> None:
    visitor = shop.visitor()
    page = visitor.get("/cookie")
    assert page.status == 200
    assert "There is nothing in it yet." in page.html
    assert "Put something into your cart" in page.html
    assert '<a class="main" href="/">See what is fresh</a>' in page.html
    assert page.headers["Set-Cookie"] is None
    assert len(visitor.jar) == 0
    assert page.reader().faults == []


def test_the_numbers_are_those_of_the_cookie_in_the_jar(shop: RunningShop) -> None:
    visitor = shop.visitor()
    line = visitor.get("/").headers["Set-Cookie"]
    assert line is not None
    attributes = len(line.partition(";")[2]) + 1
    visitor.submit(visitor.get("/biscuit/linzer"), "/cart/linzer", quantity="2")
    visitor.get("/cart")
    value = visitor.cookie().value or ""
    page = visitor.get("/cookie")
    check_sums(page.html, total=len("shop_session=") + len(value) + attributes + EXPIRES)
    assert f"{len(value)} characters" in page.html
    head = peek(value)
    assert head is not None
    assert head.kid.hex() in page.html
    table = TableReader(page.html)
    assert list(table.values) == ["last_visit", "_forms", "recent", "cart"]
    assert table.values["_forms"][:3] == [1, 1, 1]
    assert "until it is closed" in page.html
    assert page.headers["Set-Cookie"] is None
    assert visitor.cookie().value == value


def test_a_visitor_who_stays_signed_in_sees_the_cookie_that_comes_with_the_page(
    shop: RunningShop,
) -> None:
    visitor = shop.visitor()
    visitor.sign_in(NAME, remember="yes")
    visitor.submit(visitor.get("/biscuit/linzer"), "/cart/linzer")
    visitor.get("/cart")
    page = visitor.get("/cookie")
    line = page.headers["Set-Cookie"]
    assert line is not None
    assert "; Expires=" in line
    check_sums(page.html, total=len(line))
    assert {"user", "cart", "_permanent"} <= set(TableReader(page.html).values)
    assert "in 31 days" in page.html
    assert "each visit moves the end" in page.html


def test_the_page_shows_neither_id_nor_token_nor_the_whole_cookie(tmp_path: Path) -> None:
    app = make_shop(tmp_path)
    client = app.test_client()
    token = form_token(client.get("/").text)
    client.post("/sign-in", data={"name": NAME, "password": "demo", "csrf_token": token})
    client.get("/")
    value = cookie_of(client)
    with app.test_request_context(headers={"Cookie": f"shop_session={value}"}):
        sid = cast(FlaskSession, session).sid
    html = client.get("/cookie").text
    assert cookie_of(client) == value
    assert value[:40] in html
    assert value[: len(value) // 3 + 1] not in html
    for hidden in (sid, form_token(html), value):
        assert hidden not in without_forms(html)
    assert LONG_HEX.search(without_forms(html)) is None
    assert NAME in unescape(without_forms(html))


def test_what_others_could_read_in_flasks_cookie_is_what_stands_in_it(tmp_path: Path) -> None:
    app = make_shop(tmp_path)
    values = {"user": {"name": "Ada"}, "cart": {"linzer": 2}}
    with app.test_request_context():
        signed = SignedCookie.of(values)
        assert signed.read_by_anyone(longest=999) == (
            '{"cart": {"linzer": 2}, "user": {"name": "Ada"}}'
        )
        assert signed.read_by_anyone(longest=10) == '{"cart": {' + MASK
        app.secret_key = "any other key"
        theirs = SecureCookieSessionInterface().get_signing_serializer(app)
        assert theirs is not None
        assert len(signed.text) == len(theirs.dumps(values))
        big = {"text": "again and again " * 300}
        assert SignedCookie.of(big).text.startswith(".")
        assert (
            SignedCookie.of(big).read_by_anyone(longest=99).startswith('{"text": "again and again')
        )


def test_what_flask_would_change_or_refuse_is_named(tmp_path: Path) -> None:
    app = make_shop(tmp_path)
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["tags"] = {"new", "crisp"}
        opened["seen_at"] = datetime(2026, 5, 4, 9, 7, 1, 5, tzinfo=UTC)
        opened["cart"] = {"linzer": 2}
        opened["wait"] = timedelta(seconds=5)
    html = client.get("/cookie").text
    assert "so <code>seen_at</code> would change" in html
    assert "could not keep <code>tags</code>, <code>wait</code> at all" in html
    assert "octets without <code>tags</code>, <code>wait</code>" in html
    assert PageReader(html).faults == []


def test_a_message_that_the_page_shows_is_no_longer_in_the_cookie(tmp_path: Path) -> None:
    client = make_shop(tmp_path).test_client()
    token = form_token(client.get("/").text)
    client.post("/cart/linzer", data={"csrf_token": token, "next": "/cookie"})
    answer = client.get("/cookie")
    assert "Raspberry window is in your cart." in answer.text
    line = answer.headers["Set-Cookie"]
    assert "_flashes" not in TableReader(answer.text).values
    check_sums(answer.text, total=len(line) + EXPIRES)
    assert SimpleCookie(line)["shop_session"].value == cookie_of(client)


def large_shop(folder: Path, **settings: str) -> FlaskClient:
    """A shop whose visitor's notes take about 6,000 octets of cookies."""
    app = create_app({"SHOP_INSTANCE": str(folder / "instance"), **settings})
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["cart"] = {"linzer": 2}
        opened["notes"] = {"linzer": NOTE}
    return client


def test_a_session_of_two_cookies_is_shown_with_both_and_with_its_sums(tmp_path: Path) -> None:
    client = large_shop(tmp_path, SHOP_PROFILE="no-proxy", SHOP_OVERFLOW="")
    client.get("/")
    answer = client.get("/cookie")
    assert "2 cookies, each of at most 4,096 octets" in answer.text
    jar = [client.get_cookie(name) for name in ("shop_session", "shop_session.1")]
    values = [cookie.value for cookie in jar if cookie is not None]
    attributes = len("; HttpOnly; Path=/; SameSite=Lax") + EXPIRES
    total = len("shop_session=" + "shop_session.1=") + len("".join(values)) + 2 * attributes
    check_sums(answer.text, total=total, cookies=2)
    assert f"<code>shop_session</code> <strong>{4096:,}</strong>" in answer.text
    assert f"{len(''.join(values)):,} characters" in answer.text
    assert values[0][:40] in answer.text
    assert "this shop runs without a store" in answer.text
    assert "profile <code>no-proxy</code>" in answer.text
    assert "and no limit that you could reach" in answer.text
    assert PageReader(answer.text).faults == []


def test_what_went_to_the_store_is_shown_with_its_octets_and_its_end(tmp_path: Path) -> None:
    client = large_shop(tmp_path)
    client.get("/")
    html = client.get("/cookie").text
    check_sums(html, total=TableReader(html).by_id["total"])
    (row,) = [row for row in TableReader(html).rows if row[0] == "notes"]
    stored, reference = number(row[1]), number(row[2])
    assert 4_400 < stored < 4_700
    assert reference < 80
    assert row[3].startswith("in 39 days")
    assert "notes" not in TableReader(html).values
    assert "One cookie of at most 4,096 octets" in html
    assert "an SQLite file of the shop" in html
    assert PageReader(html).faults == []
    assert NOTE[:20] in html.partition("excerpt-sealed")[0]
    stored_octets = (tmp_path / "instance" / "overflow.db").read_bytes()
    assert NOTE[:16].encode() not in stored_octets


def test_the_cookies_of_others_stand_beside_ours_in_the_header(tmp_path: Path) -> None:
    client = large_shop(tmp_path)
    client.set_cookie("tracker", "x" * 500)
    html = client.get("/cookie").text
    theirs = len("tracker=") + 500
    assert f"other cookies {theirs}, of {PROFILES['portable'].cookie_line:,}" in html
    assert '<rect class="others" x=' in html


def test_names_from_the_session_are_text_on_the_page(tmp_path: Path) -> None:
    client = make_shop(tmp_path).test_client()
    with client.session_transaction() as opened:
        opened["<script>alert(1)</script>"] = {"</code><script>": {1, 2}}
        opened["user"] = {"name": "</code><script>alert(2)</script>"}
    html = client.get("/cookie").text
    assert "<script" not in html
    assert PageReader(html).faults == []


@pytest.mark.parametrize("cookie", ["", "x", "A" * 90, "~2.junk", "eyJhIjoxfQ.aBcDeF.c2ln"])
def test_a_cookie_that_does_not_open_is_an_empty_one(tmp_path: Path, cookie: str) -> None:
    client = make_shop(tmp_path).test_client(use_cookies=False)
    answer = client.get("/cookie", headers={"Cookie": f"shop_session={cookie}"})
    assert answer.status_code == 200
    assert "There is nothing in it yet." in answer.text


@pytest.mark.parametrize(
    ("values", "judged"),
    [
        ({"last_visit": datetime(2026, 5, 4, tzinfo=UTC)}, "more"),
        ({"history": [bytes(range(i, i + 16)).hex() for i in range(60)]}, "less"),
    ],
)
def test_more_or_less_than_flasks_is_said_by_the_numbers(
    tmp_path: Path, values: dict[str, Any], judged: str
) -> None:
    client = make_shop(tmp_path).test_client()
    with client.session_transaction() as opened:
        opened.update(values)
    html = client.get("/cookie").text
    by_id = TableReader(html).by_id
    said = re.search(r"<strong>([\d,]+) octets (more|less)</strong>", html)
    assert said is not None
    assert said[2] == judged
    difference = by_id["signed-total"] - by_id["total"]
    assert number(said[1]) == (difference if judged == "less" else -difference)


def test_the_page_keeps_the_shops_headers_and_is_linked_from_every_page(shop: RunningShop) -> None:
    visitor = shop.visitor()
    page: Page = visitor.get("/")
    assert "/cookie" in page.reader().links
    page = visitor.get("/cookie")
    assert "/static/inspector.css" in page.html
    for name, value in HEADERS.items():
        assert page.headers[name] == value
    assert "Cookie" in page.headers["Vary"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-59, "just now"),
        (1, "in a moment"),
        (60, "in 1 minute"),
        (-3600, "1 hour ago"),
        (5400, "in 2 hours"),
        (2_678_399, "in 31 days"),
        (-2_592_000, "30 days ago"),
    ],
)
def test_distances_in_time_are_said_as_people_do(seconds: int, words: str) -> None:
    assert in_words(seconds) == words
