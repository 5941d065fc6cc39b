"""Two applications at two origins, a source and a target of hand-offs, and one browser for both."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, redirect, request, session
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cookie_sessions.events import Event
from cookie_sessions.flask import CookieSessions, handoff
from tests.flask.listed import Faulty, faulty_app
from tests.flask.world import ours, route

SOURCE = "https://accounts.example.com"
TARGET = "https://shop.example.org"
OTHER = "https://evil.example.net"
SEND = f"{SOURCE}/handoff/send"
REDEEM = f"{TARGET}/handoff/redeem"


def source_app(**config: Any) -> Flask:
    """The accounts: whoever is signed in there is handed over."""
    settings = {
        "COOKIE_SESSIONS_HANDOFF_ORIGIN": SOURCE,
        "COOKIE_SESSIONS_HANDOFF_TARGETS": [REDEEM, f"{OTHER}/redeem"],
    }
    app = ours(**{**settings, **config})
    CookieSessions(app)

    def sign_in(user: str) -> str:
        session["_user_id"] = user
        return ""

    def send() -> Any:
        user = session.get("_user_id")
        if user is None:
            return "sign in first", 401
        automatic = "automatic" in request.args
        return handoff.send(user, claims={"name": user.title()}, automatic=automatic)

    app.add_url_rule("/sign-in/<user>", view_func=sign_in)
    app.add_url_rule("/handoff/send", view_func=send)
    return app


def target_app(**config: Any) -> Flask:
    """The shop: takes in whom the accounts hand over."""
    settings = {
        "COOKIE_SESSIONS_HANDOFF_ORIGIN": TARGET,
        "COOKIE_SESSIONS_HANDOFF_SOURCES": [SEND],
        "COOKIE_SESSIONS_REVOCATIONS": "memory:",
    }
    app = ours(**{**settings, **config})
    CookieSessions(app)

    def redeem() -> Any:
        arrived = handoff.redeem()
        session.subject = arrived.subject  # type: ignore[attr-defined]
        session["name"] = arrived.claims["name"]
        return redirect("/", 303)

    def begin() -> Any:
        return handoff.start(request.args.get("source"))

    app.add_url_rule("/begin", view_func=begin)
    app.add_url_rule("/handoff/redeem", view_func=redeem, methods=["POST"])
    route(app, lambda: session.get("name", "nobody"), at="/")
    return app


def faulty_target(**config: Any) -> tuple[Flask, Faulty]:
    """The shop over a store that can be made to fail."""
    return faulty_app(target_app(PROPAGATE_EXCEPTIONS=False, **config))


class Visitor:
    """One browser: a jar for each of the two sites, and forms that are sent across.

    Args:
        source: what answers at the source's origin.
        target: what answers at the target's.
    """

    def __init__(self, source: Flask, target: Flask) -> None:
        self.at_source: FlaskClient = source.test_client()
        self.at_target: FlaskClient = target.test_client()

    def signed_in(self, user: str = "ann") -> Visitor:
        self.at_source.get(f"/sign-in/{user}", base_url=SOURCE)
        return self

    def begin(self, source: str | None = None) -> str:
        """Begin at the target; gives where that leads to."""
        query = {} if source is None else {"source": source}
        answer = self.at_target.get("/begin", base_url=TARGET, query_string=query)
        assert answer.status_code == 303
        return answer.headers["Location"]

    def page(self, address: str) -> TestResponse:
        """Follow an address to the source."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == SOURCE
        return self.at_source.get(f"{parts.path}?{parts.query}", base_url=SOURCE, buffered=True)

    def form(self, address: str) -> str:
        """What the source's page would send."""
        return field_in(self.page(address))

    def send(self, text: str) -> TestResponse:
        """Send the form to the target; the jar's cookies are those that say SameSite=None."""
        return self.at_target.post(
            "/handoff/redeem", base_url=TARGET, data={"handoff": text}, buffered=True
        )

    def hand_over(self) -> TestResponse:
        """All of it."""
        return self.send(self.form(self.begin()))

    @property
    def name(self) -> str:
        """What the target calls them."""
        return self.at_target.get("/", base_url=TARGET).text

    @property
    def nonce(self) -> str | None:
        found = self.at_target.get_cookie("__Host-handoff", domain="shop.example.org")
        return None if found is None else found.value


def field_in(page: TestResponse) -> str:
    """The one hidden field of a page."""
    (text,) = re.findall(r'name="handoff" value="([^"]*)"', page.text)
    return html.unescape(text)


def arguments_of(address: str) -> dict[str, str]:
    """The query of an address, each name once."""
    return {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}


def why(told: list[Event]) -> list[object]:
    """Why hand-offs were refused so far."""
    return [event.details["why"] for event in told if event.name == "handoff_refused"]


def check_refused(visitor: Visitor, answer: Any) -> None:
    """Nobody was taken in, and no cache keeps the answer."""
    assert answer.status_code == 403
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert visitor.name == "nobody"
