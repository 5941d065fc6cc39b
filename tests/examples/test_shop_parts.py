"""What the shop promises where no server is needed to see it."""

from __future__ import annotations

import json
import stat
import threading
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask, session
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.flask import FlaskSession
from shop import create_app, forms, money
from shop.account import LONGEST_NAME, tidy
from shop.cart import Cart
from shop.catalogue import CATEGORIES, PRODUCTS
from shop.keyfile import ensure_key_file
from shop.preferences import CHOICES, Preferences

from .visitor import PageReader, form_token

HERE = "http://shop.example"


def make_shop(folder: Path, **config: object) -> Flask:
    return create_app({"SHOP_INSTANCE": str(folder / "instance"), **config})


def test_many_starts_at_once_make_one_whole_key(tmp_path: Path) -> None:
    path = tmp_path / "instance" / "keys.json"
    gate = threading.Barrier(8)
    seen: list[bytes] = []

    def start() -> None:
        gate.wait()
        ensure_key_file(path)
        seen.append(path.read_bytes())

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert len(set(seen)) == 1
    assert len(json.loads(seen[0])["keys"]) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_error_page_reads_the_session(tmp_path: Path) -> None:
    app = make_shop(tmp_path)

    @app.get("/burnt")
    def burnt() -> str:
        raise RuntimeError("on purpose")

    client = app.test_client()
    with client.session_transaction() as opened:
        opened["user"] = {"name": "Ada"}
        opened["preferences"] = {"theme": "dark"}
    answer = client.get("/burnt")
    assert answer.status_code == 500
    assert 'data-theme="dark"' in answer.text
    assert "Ada" in answer.text
    assert "on purpose" not in answer.text
    assert PageReader(answer.text).faults == []


def test_a_visitor_who_was_away_is_welcomed_back_once(tmp_path: Path) -> None:
    client = make_shop(tmp_path).test_client()
    assert "Welcome back" not in client.get("/").text
    with client.session_transaction() as opened:
        assert opened["last_visit"].tzinfo is UTC
        opened["last_visit"] = datetime(2026, 5, 4, 9, 7, tzinfo=UTC)
    assert "You were last here on 4 May 2026 at 09:07 UTC." in client.get("/").text
    assert "Welcome back" not in client.get("/").text


def test_signing_in_starts_a_new_session_that_keeps_the_cart(tmp_path: Path) -> None:
    app = make_shop(tmp_path)
    client = app.test_client()
    with client.session_transaction() as opened:
        opened["cart"] = {"linzer": 2}
    token = form_token(client.get("/").text)
    before = client.get_cookie("shop_session")
    client.post("/sign-in", data={"name": "Ada", "password": "demo", "csrf_token": token})
    after = client.get_cookie("shop_session")
    assert before is not None
    assert after is not None
    ids = set()
    for value in (before.value, after.value):
        with app.test_request_context(headers={"Cookie": f"shop_session={value}"}):
            assert session["cart"] == {"linzer": 2}
            ids.add(cast(FlaskSession, session).sid)
    assert len(ids) == 2


def test_served_by_https_the_cookie_is_secure_and_bound_to_this_host(tmp_path: Path) -> None:
    client = make_shop(tmp_path, SHOP_HTTPS=True).test_client()
    line = client.get("/", base_url="https://shop.example/").headers["Set-Cookie"]
    name, *attributes = line.split("; ")
    assert name.startswith("__Host-shop_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)


ADDRESSES = st.one_of(
    st.text(max_size=20),
    st.text("/\\:@.?#aé \t\n", max_size=12),
    st.sampled_from(
        [
            "/cart",
            "/?category=table#linzer",
            "//evil.example",
            "/\\evil.example",
            "\t//evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\n/evil.example",
            "//[",
            "cart",
        ]
    ),
)


@given(wanted=ADDRESSES)
def test_a_form_never_leads_out_of_the_shop(wanted: str) -> None:
    with Flask("shop").test_request_context(query_string={"next": wanted}):
        target = forms.next_page("/home")
    assert target.startswith("/")
    # A browser reads backslashes as slashes and drops tabs and line ends before it resolves.
    as_read = target.replace("\\", "/").translate({9: None, 10: None, 13: None})
    assert urlsplit(urljoin(HERE, as_read)).netloc == "shop.example"


@pytest.mark.parametrize("wanted", ["/cart", "/?category=table#linzer"])
def test_a_form_returns_to_the_page_of_the_shop_that_it_names(wanted: str) -> None:
    with Flask("shop").test_request_context(query_string={"next": wanted}):
        assert forms.next_page("/home") == wanted


@given(name=st.text())
def test_a_tidy_name_is_short_printable_and_stays_as_it_is(name: str) -> None:
    kept = tidy(name)
    assert len(kept) <= LONGEST_NAME
    assert all(character.isprintable() for character in kept)
    assert tidy(kept) == kept


@pytest.mark.parametrize(
    ("currency", "locale", "written"),
    [
        ("EUR", "en-GB", "€1,234.50"),
        ("CHF", "en-GB", "CHF\xa01,234.50"),
        ("EUR", "de-DE", "1.234,50\xa0€"),
        ("GBP", "fr-FR", "1\u202f234,50\xa0£"),
        ("USD", "de-CH", "$\xa01\u2019234.50"),
    ],
)
def test_amounts_are_written_as_their_country_does(
    currency: str, locale: str, written: str
) -> None:
    assert money.write(Decimal("1234.5"), currency=currency, locale=locale) == written


def test_preferences_that_are_not_on_offer_fall_back_to_the_defaults() -> None:
    given_ones = {"theme": "neon", "currency": "EUR'", "locale": "de-DE", "other": "x"}
    assert Preferences.chosen_from(given_ones) == Preferences(locale="de-DE")
    for name, offered in CHOICES.items():
        for value in offered:
            assert getattr(Preferences.chosen_from({name: value}), name) == value


def test_articles_that_are_no_longer_sold_leave_the_cart() -> None:
    cart = Cart.of({"linzer": 2, "sold-out": 3, "milk-jug": 0})
    assert [line.product.sku for line in cart.lines] == ["linzer"]
    assert cart.count == 2


def test_every_product_has_a_category_and_a_picture_without_ids() -> None:
    pictures = Path(str(create_app.__code__.co_filename)).parent / "templates" / "art"
    assert len(PRODUCTS) == 12
    for product in PRODUCTS.values():
        assert product.category in CATEGORIES
        assert " id=" not in (pictures / f"{product.sku}.svg").read_text(encoding="ascii")
