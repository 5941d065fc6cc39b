"""The shelf: all products, one product, and what the visitor looked at before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, abort, flash, render_template, request, session

from . import notes
from .catalogue import CATEGORIES, PRODUCTS, Product, in_category

blueprint = Blueprint("storefront", __name__)

A_VISIT = timedelta(minutes=30)
REMEMBERED = 5


@blueprint.get("/")
def home() -> str:
    category = request.args.get("category")
    if category is not None and category not in CATEGORIES:
        abort(404)
    _greet(datetime.now(UTC))
    return render_template(
        "home.html",
        products=in_category(category),
        category=category,
        categories=CATEGORIES,
        recent=_recent()[: REMEMBERED - 1],
    )


@blueprint.get("/biscuit/<sku>")
def product(sku: str) -> str:
    found = PRODUCTS.get(sku) or abort(404)
    recent = [seen for seen in _recent() if seen.sku != sku][: REMEMBERED - 1]
    skus = [sku, *(seen.sku for seen in recent)]
    # Assigning counts as a change, and a change sends a cookie: only news is worth one.
    if skus != session.get("recent"):
        session["recent"] = skus
    return render_template(
        "product.html",
        product=found,
        categories=CATEGORIES,
        recent=recent,
        note=notes.note_on(sku),
        longest_note=notes.LONGEST,
    )


def _recent() -> list[Product]:
    return [PRODUCTS[sku] for sku in session.get("recent", ()) if sku in PRODUCTS]


def _greet(now: datetime) -> None:
    """Say welcome back once a visit; the session keeps the time as an aware datetime."""
    last: datetime | None = session.get("last_visit")
    if last is not None and now - last < A_VISIT:
        return
    session["last_visit"] = now
    if last is not None:
        flash(f"Welcome back. You were last here on {last.day} {last:%B %Y at %H:%M} UTC.", "info")
