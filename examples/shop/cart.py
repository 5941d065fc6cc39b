"""The cart: a dictionary of article numbers and quantities in the session, and its pages."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from flask import (
    Blueprint,
    abort,
    flash,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from markupsafe import Markup
from werkzeug.wrappers import Response

from . import account, forms, preferences
from .catalogue import PRODUCTS, Product

blueprint = Blueprint("cart", __name__)

MOST_OF_ONE = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One article in the cart."""

    product: Product
    quantity: int


@dataclass(frozen=True, slots=True)
class Cart:
    """What somebody means to buy. Articles that the shop no longer sells are left out."""

    lines: tuple[Line, ...]

    @classmethod
    def of(cls, quantities: Mapping[str, int]) -> Cart:
        """The cart that the session's quantities describe, with today's prices."""
        known = ((sku, n) for sku, n in quantities.items() if sku in PRODUCTS and n > 0)
        return cls(tuple(Line(PRODUCTS[sku], quantity) for sku, quantity in known))

    @property
    def count(self) -> int:
        """How many pieces there are in all."""
        return sum(line.quantity for line in self.lines)

    def total(self, chosen: preferences.Preferences) -> str:
        """The sum of the lines as they are shown, so that a visitor who adds them up agrees."""
        prices = (chosen.convert(line.product.price) * line.quantity for line in self.lines)
        return chosen.write(sum(prices, Decimal(0)))


def current() -> Cart:
    """The visitor's cart."""
    return Cart.of(session.get("cart", {}))


@blueprint.get("/cart")
def show() -> str:
    return render_template("cart.html", most=MOST_OF_ONE)


@blueprint.post("/cart/<sku>")
def add(sku: str) -> Response:
    product = PRODUCTS.get(sku) or abort(404)
    quantities = session.setdefault("cart", {})
    held = quantities.get(sku, 0)
    wanted = _quantity(default=1)
    if wanted is None or held + wanted > MOST_OF_ONE:
        flash(f"We can send at most {MOST_OF_ONE} of one article.", "error")
    else:
        # The session notices the change inside the dictionary by itself.
        quantities[sku] = held + wanted
        message = Markup('{} is in your cart. <a href="{}">View cart</a>')
        flash(message.format(product.name, url_for("cart.show")), "success")
    return redirect(forms.next_page(url_for("cart.show")), 303)


@blueprint.post("/cart/<sku>/quantity")
def change(sku: str) -> Response:
    quantity = _quantity()
    quantities = session.get("cart", {})
    if sku not in quantities:
        abort(404)
    if quantity is None:
        flash(f"Please choose a quantity from 1 to {MOST_OF_ONE}.", "error")
    else:
        quantities[sku] = quantity
        flash("Your cart is up to date.", "success")
    return redirect(url_for("cart.show"), 303)


@blueprint.post("/cart/<sku>/remove")
def remove(sku: str) -> Response:
    if session.get("cart", {}).pop(sku, None) is not None and sku in PRODUCTS:
        flash(f"{PRODUCTS[sku].name} is no longer in your cart.", "info")
    return redirect(url_for("cart.show"), 303)


@blueprint.get("/checkout")
def checkout() -> Response | str:
    if not current().lines:
        return redirect(url_for("cart.show"), 303)
    return render_template("checkout.html")


@blueprint.post("/checkout")
def order() -> Response:
    cart = current()
    if not cart.lines:
        return redirect(url_for("cart.show"), 303)
    session["order"] = {
        "number": secrets.token_hex(3).upper(),
        "placed": datetime.now(UTC),
        "name": account.tidy(request.form.get("name", "")),
        "items": {line.product.sku: line.quantity for line in cart.lines},
    }
    del session["cart"]
    return redirect(url_for("cart.thanks"), 303)


@blueprint.get("/thanks")
def thanks() -> Response | str:
    placed = session.get("order")
    if placed is None:
        return redirect(url_for("cart.show"), 303)
    return render_template("thanks.html", order=placed, bought=Cart.of(placed["items"]))


def _quantity(*, default: int | None = None) -> int | None:
    """The quantity of the form, `default` where it has none, None where it is out of bounds."""
    text = request.form.get("quantity", "")
    if not text and default is not None:
        return default
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return number if 1 <= number <= MOST_OF_ONE else None
