"""The shop under gunicorn, visited by a real HTTP client."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest

from .conftest import RunningShop
from .visitor import Page, Visitor

NAME = "ada@lovelace.example"


def fill_cart(visitor: Visitor) -> Page:
    visitor.submit(visitor.get("/biscuit/linzer"), "/cart/linzer", quantity="2")
    return visitor.submit(visitor.get("/?category=table"), "/cart/milk-jug")


def test_a_visitor_who_signed_in_comes_back_with_a_full_cart_and_leaves(
    shop: RunningShop, tmp_path: Path
) -> None:
    visitor = shop.visitor()
    page = visitor.sign_in(NAME, remember="yes")
    assert page.path == "/"
    assert f"Welcome, {NAME}." in page.html
    page = fill_cart(visitor)
    assert page.url == f"{shop.address}/?category=table#milk-jug"
    assert "Milk jug is in your cart. <a" in page.html
    visitor.leave(tmp_path / "cookies.txt")

    back = Visitor.returning(shop.address, tmp_path / "cookies.txt")
    page = back.get("/cart")
    assert NAME in page.html
    assert 'data-count="3"' in page.html
    assert "€39.20" in page.html

    page = back.submit(
        back.get("/preferences"),
        "/preferences",
        theme="dark",
        density="compact",
        currency="USD",
        locale="de-CH",
    )
    assert "Your preferences are saved." in page.html
    assert '<html lang="en" data-theme="dark" data-density="compact">' in page.html
    # 2 at 2.83 and 1 at 37.06 dollars: the lines as shown, added up.
    assert "$\xa042.72" in back.get("/cart").html

    page = back.submit(back.get("/"), "/sign-out")
    assert "You are signed out." in page.html
    for path in ("/", "/cart", "/preferences"):
        page = back.get(path)
        assert NAME not in page.html
        assert 'data-count="0"' in page.html
        assert 'data-theme="dark"' in page.html


def test_who_does_not_ask_to_stay_signed_in_is_forgotten_with_the_browser_session(
    shop: RunningShop, tmp_path: Path
) -> None:
    visitor = shop.visitor()
    assert NAME in visitor.sign_in(NAME).html
    assert visitor.cookie().discard
    visitor.leave(tmp_path / "cookies.txt")
    back = Visitor.returning(shop.address, tmp_path / "cookies.txt")
    assert NAME not in back.get("/").html


def test_both_workers_open_each_others_sessions(shop: RunningShop) -> None:
    visitor = shop.visitor()
    visitor.sign_in(NAME)
    assert all(NAME in visitor.get("/").html for _ in range(24))


def test_a_message_is_shown_once(shop: RunningShop) -> None:
    visitor = shop.visitor()
    assert "Welcome, Ada." in visitor.sign_in("Ada").html
    assert "Welcome, Ada." not in visitor.get("/").html


def test_a_wrong_password_signs_nobody_in_and_keeps_the_name_in_the_form(
    shop: RunningShop,
) -> None:
    visitor = shop.visitor()
    page = visitor.sign_in(NAME, password="Demo")
    assert page.path == "/sign-in"
    assert "That did not match." in page.html
    assert f'value="{NAME}"' in page.html
    assert "Sign out" not in page.html


def test_a_new_form_token_comes_with_signing_in_and_out(shop: RunningShop) -> None:
    visitor = shop.visitor()
    tokens = [visitor.get("/").reader().forms[0].fields["csrf_token"]]
    page = visitor.sign_in(NAME)
    tokens.append(page.reader().forms[0].fields["csrf_token"])
    page = visitor.submit(page, "/sign-out")
    tokens.append(page.reader().forms[0].fields["csrf_token"])
    assert len(set(tokens)) == 3


@pytest.mark.parametrize("token", [None, "", "0" * 40, "é\ud800"])
def test_a_form_without_this_sessions_token_changes_nothing(
    shop: RunningShop, token: str | None
) -> None:
    visitor = shop.visitor()
    visitor.sign_in(NAME)
    fields = {} if token is None else {"csrf_token": token.encode("utf-8", "replace").decode()}
    forms = ("/sign-out", "/account/sign-out-everywhere", "/account/sign-out-everywhere-else")
    for path in (*forms, "/cart/linzer", "/preferences", "/checkout"):
        page = visitor.post(path, {"theme": "dark"} | fields)
        assert page.status == 403
        assert "older than your visit" in page.html
    page = visitor.get("/")
    assert NAME in page.html
    assert 'data-count="0"' in page.html


def test_quantities_change_within_bounds_and_lines_can_go(shop: RunningShop) -> None:
    visitor = shop.visitor()
    fill_cart(visitor)
    page = visitor.submit(visitor.get("/cart"), "/cart/linzer/quantity", quantity="24")
    assert 'data-count="25"' in page.html
    for wrong in ("0", "25", "-1", "", "²", "9" * 500):
        page = visitor.submit(page, "/cart/linzer/quantity", quantity=wrong)
        assert "Please choose a quantity" in page.html
        assert 'data-count="25"' in page.html
    page = visitor.submit(visitor.get("/"), "/cart/linzer")
    assert "at most 24 of one article" in page.html
    page = visitor.submit(visitor.get("/cart"), "/cart/linzer/remove")
    assert "Raspberry window is no longer in your cart." in page.html
    page = visitor.submit(page, "/cart/milk-jug/remove")
    assert "Nothing but crumbs so far." in page.html


def test_an_order_says_thank_you_and_empties_the_cart(shop: RunningShop) -> None:
    visitor = shop.visitor()
    assert visitor.get("/checkout").path == "/cart"
    assert visitor.get("/thanks").path == "/cart"
    fill_cart(visitor)
    page = visitor.submit(visitor.get("/checkout"), "/checkout", name=" <b>Ada\x00\n Byron ")
    assert page.path == "/thanks"
    assert "Thank you, &lt;b&gt;Ada Byron." in page.html
    assert "€39.20" in page.html
    assert 'data-count="0"' in page.html
    assert "Thank you" in visitor.get("/thanks").html


def test_products_looked_at_are_remembered_newest_first(shop: RunningShop) -> None:
    visitor = shop.visitor()
    for sku in ("linzer", "shortbread", "linzer", "milk-jug"):
        visitor.get(f"/biscuit/{sku}")
    links = [link for link in visitor.get("/").reader().links if link != "/cookie"]
    assert links[-3:] == ["/biscuit/milk-jug", "/biscuit/linzer", "/biscuit/shortbread"]


def test_the_cookie_is_sealed_and_keeps_to_itself(shop: RunningShop) -> None:
    visitor = shop.visitor()
    page = visitor.get("/")
    assert page.headers["Set-Cookie"]
    assert "Cookie" in page.headers["Vary"]
    assert "private" in page.headers["Cache-Control"]
    visitor.sign_in(NAME, remember="yes")
    cookie = visitor.cookie()
    assert cookie.name == "shop_session"
    assert cookie.path == "/"
    assert not cookie.secure
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "Lax"
    value = cookie.value or ""
    plain = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
    assert plain[0] == 1
    assert b"lovelace" not in plain


def test_a_page_that_changes_nothing_sends_no_cookie(shop: RunningShop) -> None:
    visitor = shop.visitor()
    visitor.sign_in(NAME)
    fill_cart(visitor)
    for path in (
        "/",
        "/biscuit/linzer",
        "/cart",
        "/cookie",
        "/account",
        "/preferences",
        "/nowhere",
    ):
        visitor.get(path)
        page = visitor.get(path)
        assert page.headers["Set-Cookie"] is None, path
        assert "Cookie" in page.headers["Vary"]


def test_any_cookie_that_is_not_ours_gives_the_anonymous_shop(shop: RunningShop) -> None:
    visitor = shop.visitor()
    visitor.sign_in(NAME)
    ours = visitor.cookie().value or ""
    flipped = ours[:60] + ("A" if ours[60] != "A" else "B") + ours[61:]
    for value in (
        "",
        "x",
        '"',
        "%00%ff",
        "\xff\xfe\x80",
        "eyJfZnJlc2giOnRydWV9.aBcDeF.c2lnbmF0dXJl",
        ours[:-1],
        ours + "A",
        flipped,
        f"{ours[:40]}; shop_session={ours[40:]}",
        "A" * 7000,
    ):
        page = shop.visitor().get("/", Cookie=f"shop_session={value}")
        assert page.status == 200, page.html
        assert "Sign in" in page.html
        assert NAME not in page.html
        assert not page.reader().faults
    assert "Traceback" not in shop.log.read_text(encoding="utf-8")


def test_the_key_is_made_once_for_its_owner_only_and_outlives_restarts(
    own_shop: RunningShop,
) -> None:
    own_shop.start()
    visitor = own_shop.visitor()
    visitor.sign_in(NAME)
    key_file = own_shop.instance / "keys.json"
    before = key_file.read_bytes()
    assert len(json.loads(before)["keys"]) == 1
    kept = [key_file, *own_shop.instance.glob("revocations.db*")]
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600}
    assert stat.S_IMODE(own_shop.instance.stat().st_mode) == 0o700
    own_shop.stop()
    # One worker may answer while the other still starts, and has a draft of a key for a moment.
    made = {path.name for path in own_shop.instance.iterdir()}
    assert made - {"revocations.db-wal", "revocations.db-shm"} == {"keys.json", "revocations.db"}

    own_shop.start()
    assert NAME in visitor.get("/").html
    assert key_file.read_bytes() == before
    for secret in (json.loads(before)["keys"][0]["k"], visitor.cookie().value or NAME, NAME):
        assert secret not in own_shop.log.read_text(encoding="utf-8")
        for file in own_shop.instance.glob("revocations.db*"):
            assert secret.encode() not in file.read_bytes()


def test_every_page_is_well_formed_and_runs_no_script(shop: RunningShop) -> None:
    visitor = shop.visitor()
    pages = [visitor.get("/cart"), visitor.get("/cookie")]
    fill_cart(visitor)
    addresses = ["/", "/?category=gifts", "/cart", "/checkout", "/sign-in", "/preferences"]
    addresses += ["/cookie", "/account"]
    addresses += [link for link in visitor.get("/").reader().links if link.startswith("/biscuit/")]
    addresses += ["/nowhere", "/?category=nothing", "/biscuit/nothing"]
    assert len(addresses) > 20
    pages += [visitor.get(address) for address in addresses]
    pages.append(visitor.post("/cart/linzer", {}))
    pages.append(visitor.post("/sign-in", {"name": "x" * 70_000}))
    pages.append(visitor.get("/sign-out"))
    visitor.sign_in(NAME)
    pages += [visitor.get(address) for address in addresses]
    pages.append(visitor.submit(visitor.get("/checkout"), "/checkout"))
    assert {page.status for page in pages} == {200, 403, 404, 405, 413}
    for page in pages:
        assert page.reader().faults == [], page.url
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
