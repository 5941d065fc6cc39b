"""Signing in and out. There are no accounts: any name is welcome with the password "demo"."""

from __future__ import annotations

import hmac
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from cookie_sessions.flask import FlaskSession

from . import forms

blueprint = Blueprint("account", __name__)

PASSWORD = "demo"
LONGEST_NAME = 60


def tidy(name: str) -> str:
    """A name on one line without control characters, at most LONGEST_NAME characters."""
    printable = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(printable.split())[:LONGEST_NAME].rstrip()


@blueprint.get("/sign-in")
def show() -> Response | str:
    if "user" in session:
        return redirect(url_for("storefront.home"), 303)
    name = session.pop("sign_in_name", "")
    return render_template("sign_in.html", name=name, next=forms.next_page(""))


@blueprint.post("/sign-in")
def sign_in() -> Response:
    name = tidy(request.form.get("name", ""))
    given = request.form.get("password", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, PASSWORD.encode()) or not name:
        session["sign_in_name"] = name
        flash("That did not match. Any name works, and the password is “demo”.", "error")
        return redirect(url_for("account.show", next=forms.next_page("") or None), 303)
    # A new identifier and form token: nobody who knew the visitor's old session shares the new one.
    _sealed_session().regenerate()
    session.pop("csrf_token", None)
    session.permanent = "remember" in request.form
    session["user"] = {"name": name, "since": datetime.now(UTC)}
    flash(f"Welcome, {name}.", "success")
    return redirect(forms.next_page(url_for("storefront.home")), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    # The look of the shop stays with the browser, everything about the person goes.
    look = session.get("preferences")
    _sealed_session().destroy()
    if look is not None:
        session["preferences"] = look
    flash("You are signed out. Come back soon.", "info")
    return redirect(url_for("storefront.home"), 303)


def _sealed_session() -> FlaskSession:
    """The session by its own class, which can do more than Flask's type for it says."""
    return cast(FlaskSession, session)
