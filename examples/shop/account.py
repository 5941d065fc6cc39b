"""Signing in and out. There are no accounts: any name is welcome with the password "demo"."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import cast

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from cookie_sessions.flask import FlaskSession

from . import forms
from .browsers import label_of

blueprint = Blueprint("account", __name__)

PASSWORD = "demo"
LONGEST_NAME = 60
LONGEST_SUBJECT = 64
"""Octets of a subject that a session gives back as it was set."""


def tidy(name: str) -> str:
    """A name on one line without control characters, at most LONGEST_NAME characters."""
    printable = "".join(character if character.isprintable() else " " for character in name)
    return " ".join(printable.split())[:LONGEST_NAME].rstrip()


def account_of(name: str) -> str:
    """The account that a tidy name stands for, however it is written in capitals."""
    folded = name.casefold()
    octets = folded.encode()
    return folded if len(octets) <= LONGEST_SUBJECT else hashlib.sha256(octets).hexdigest()


def sealed_session() -> FlaskSession:
    """The session by its own class, which can do more than Flask's type for it says."""
    return cast(FlaskSession, session)


def leave() -> None:
    """End the session: the look of the shop stays with the browser, all about the person goes."""
    look = session.get("preferences")
    sealed_session().destroy()
    if look is not None:
        session["preferences"] = look


@blueprint.get("/sign-in")
def show() -> Response | str:
    if sealed_session().subject is not None:
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
    # The session gets a new id with its subject, and forms a new token: nobody who knew the
    # visitor's old session shares the new one.
    opened = sealed_session()
    opened.subject = account_of(name)
    opened.describe(label_of(request.headers.get("User-Agent", "")))
    session.permanent = "remember" in request.form
    session["user"] = {"name": name, "since": datetime.now(UTC)}
    flash(f"Welcome, {name}.", "success")
    return redirect(forms.next_page(url_for("storefront.home")), 303)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    leave()
    flash("You are signed out. Come back soon.", "info")
    return redirect(url_for("storefront.home"), 303)
