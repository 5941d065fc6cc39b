"""Where a visitor is signed in, and the ways to end that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    url_for,
)
from werkzeug.wrappers import Response

from cookie_sessions.flask import CookieSessions

from . import account, browsers
from .moments import Moment, in_words

blueprint = Blueprint("sessions", __name__, url_prefix="/account")


@dataclass(frozen=True, slots=True)
class Place:
    """One of a visitor's sessions as the page lists it."""

    reference: str
    label: str
    since: Moment
    seen: str
    is_here: bool


@blueprint.get("")
def show() -> Response | str:
    if account.sealed_session().subject is None:
        return redirect(url_for("account.show", next=url_for("sessions.show")), 303)
    places = _places(datetime.now(UTC)) if _has_list() else None
    return render_template("account.html", places=places)


@blueprint.post("/<reference>/end")
def end(reference: str) -> Response:
    owner = _owner()
    if reference == account.sealed_session().reference:
        return account.sign_out()
    if CookieSessions.end_signed_in(current_app, owner, reference):
        flash("That browser is signed out.", "success")
    else:
        flash("That one is not on your list. It may have ended by itself.", "info")
    return redirect(url_for("sessions.show"), 303)


@blueprint.post("/sign-out-everywhere-else")
def end_others() -> Response:
    _owner()
    account.sealed_session().revoke_others()
    flash("You are signed out everywhere else, and still welcome here.", "success")
    return redirect(url_for("sessions.show"), 303)


@blueprint.post("/sign-out-everywhere")
def end_all() -> Response:
    CookieSessions.revoke_user(current_app, _owner())
    account.leave()
    flash("You are signed out everywhere. Come back soon.", "info")
    return redirect(url_for("storefront.home"), 303)


def seen_in_words(seen: datetime, *, now: datetime) -> str:
    """When a session was last used, which is known to the hour: "within the last hour"."""
    hours = (now - seen) // timedelta(hours=1)
    return in_words(-hours * 3600) if hours > 0 else "within the last hour"


def _places(now: datetime) -> list[Place]:
    opened = account.sealed_session()
    here = opened.reference
    places = [
        Place(
            entry.reference,
            entry.label or browsers.ANY,
            Moment.of(int(entry.created.timestamp()), now=int(now.timestamp())),
            seen_in_words(entry.seen, now=now),
            entry.reference == here,
        )
        for entry in CookieSessions.signed_in(current_app, opened.subject)
    ]
    return sorted(places, key=lambda place: not place.is_here)


def _has_list() -> bool:
    return bool(current_app.config["COOKIE_SESSIONS_REGISTER"])


def _owner() -> object:
    """Whose sessions they are; nothing can be ended without a list, or by nobody."""
    owner: object = account.sealed_session().subject
    if owner is None or not _has_list():
        abort(404)
    return owner
