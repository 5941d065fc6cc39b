"""Notes that a visitor leaves for themselves at an article: what makes a session grow."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, session, url_for
from werkzeug.wrappers import Response

from .catalogue import PRODUCTS

blueprint = Blueprint("notes", __name__)

LONGEST = 6000
"""Characters of one note. Those of a shelf are more than cookies hold."""


def note_on(sku: str) -> str:
    """The visitor's note at this article; empty where there is none."""
    noted: dict[str, str] = session.get("notes", {})
    return noted.get(sku, "")


@blueprint.post("/biscuit/<sku>/note")
def keep(sku: str) -> Response:
    product = PRODUCTS.get(sku) or abort(404)
    # Browsers send the ends of lines as CR LF, and count each as one character.
    text = request.form.get("note", "").replace("\r\n", "\n").strip()
    back = redirect(url_for("storefront.product", sku=sku), 303)
    if len(text) > LONGEST:
        flash(f"A note has at most {LONGEST:,} characters, and this one {len(text):,}.", "error")
        return back
    # A value that went to the store comes back here, and only on pages that read it.
    noted = session.get("notes", {})
    noted.pop(sku, None)
    if text:
        session["notes"] = {**noted, sku: text}
        flash(f"Your note on {product.name} is kept.", "success")
    else:
        if not noted:
            session.pop("notes", None)
        flash(f"There is no note on {product.name} any more.", "info")
    return back
