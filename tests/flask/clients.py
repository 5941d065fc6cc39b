"""Applications whose sessions are bound to their clients, and browsers that say who they are."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, redirect, request, session
from werkzeug.test import TestResponse

from cookie_sessions.flask import CookieSessions, fresh_required
from tests.flask.listed import Browser, sealed_session
from tests.flask.world import ours, route
from tests.policy.user_agents import SEQUENCES

CHROME: Final = SEQUENCES["Chrome on Windows"][-2]
NEWER: Final = SEQUENCES["Chrome on Windows"][-1]
FIREFOX: Final = SEQUENCES["Firefox on Windows"][-1]
HOME: Final = {"user_agent": CHROME, "language": "de-DE,de;q=0.9,en;q=0.7"}
CURL: Final = {"user_agent": "curl/8.5.0", "language": "", "address": "198.51.100.9"}
"""A copied cookie elsewhere: another browser, no language, another network."""


class Visitor(Browser):
    """A browser with a User-Agent, languages and an address; what is empty is not sent.

    Args:
        app: what it visits.
        user_agent: its User-Agent.
        language: its Accept-Language.
        address: where it is.
        fingerprint: what a proxy says of its TLS.
    """

    def __init__(
        self,
        app: Flask,
        *,
        user_agent: str = CHROME,
        language: str = HOME["language"],
        address: str = "203.0.113.7",
        fingerprint: str = "",
    ) -> None:
        super().__init__(app)
        self.user_agent = user_agent
        self.language = language
        self.address = address
        self.fingerprint = fingerprint

    def answer(self, path: str = "/", *, method: str = "GET") -> TestResponse:
        named = {
            "HTTP_USER_AGENT": self.user_agent,
            "HTTP_ACCEPT_LANGUAGE": self.language,
            "HTTP_X_JA4": self.fingerprint,
        }
        environ: dict[str, Any] = {name: value for name, value in named.items() if value}
        environ["REMOTE_ADDR"] = self.address
        return self._client.open(path, method=method, environ_overrides=environ, buffered=True)

    def copied_to(self, app: Flask, **client: str) -> Visitor:
        """Somebody else, with a copy of this one's cookie."""
        other = Visitor(app, **client)
        other.cookie = self.cookie
        return other

    def is_now(self, **client: str) -> Visitor:
        """The same jar with other properties."""
        for name, value in client.items():
            setattr(self, name, value)
        return self


def bound_shop(**config: Any) -> Flask:
    """An application that binds its sessions, where visitors sign in, look, change and confirm."""
    app = ours(**{"COOKIE_SESSIONS_BINDING": "standard", **config})
    CookieSessions(app)

    def sign_in() -> None:
        sealed_session().subject = "ann"
        session["name"] = "Ann"

    def anomaly() -> str:
        found = sealed_session().anomaly
        return "none" if found is None else f"{found.verdict}: {' '.join(found.properties)}"

    route(app, sign_in, at="/sign-in")
    route(app, lambda: session.get("name", "nobody"), at="/")
    route(app, lambda: session.setdefault("seen", []).append(1), at="/change")
    route(app, lambda: sealed_session().mark_authenticated(), at="/confirm")
    route(app, lambda: sealed_session().auth_time, at="/when")
    route(app, lambda: sealed_session().sid, at="/sid")
    route(app, lambda: sealed_session().is_fresh(300), at="/is-fresh")
    route(app, lambda: session.update(theme="dark"), at="/theme")
    route(app, lambda: session.clear(), at="/clear")
    route(app, lambda: setattr(session, "permanent", True), at="/permanent")
    route(app, anomaly, at="/anomaly")
    route(app, lambda: "untouched", at="/untouched")

    @app.route("/pay", methods=["GET", "POST"])
    @fresh_required(max_age=300)
    def pay() -> str:
        return "paid"

    @app.get("/confirm-password")
    def confirm_password() -> Any:
        sealed_session().mark_authenticated()
        return redirect(request.args.get("next", "/"))

    return app
