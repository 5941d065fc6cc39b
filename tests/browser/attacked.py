"""A small shop that notes each request: what other sites' pages are set on in the attacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask, redirect, render_template_string, request, session
from werkzeug.exceptions import HTTPException

from cookie_sessions.cookies import find
from cookie_sessions.errors import CsrfReason
from cookie_sessions.flask import CookieSessions, CsrfRejected, csrf_exempt

from .noted import Notes, Seen
from .secure import Site

HOST = "www.shop.localhost"
NOBODY = "nobody"

_PAGE = """<!doctype html><title>Shop</title>
<p id="name">{{ session.get("name", "nobody") }}</p>
{% if forms %}
<form id="sign-in" method="post" action="/sign-in">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
<input name="name" value="ann"><button>Sign in</button></form>
<form id="order" method="post" action="/order?by=shop">
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}"><button>Order</button></form>
{% endif %}
"""

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Setup(NamedTuple):
    """How the shop's cookie is set.

    Attributes:
        same_site: SESSION_COOKIE_SAMESITE; empty where the application leaves it to the browser.
        prefix: COOKIE_SESSIONS_COOKIE_PREFIX.
    """

    same_site: str
    prefix: str | None

    @property
    def cookie(self) -> str:
        """The cookie's name."""
        return "__Host-session" if self.prefix else "session"

    def __str__(self) -> str:
        return f"{self.same_site or 'unset'}-{self.cookie}"


class Deed(NamedTuple):
    """Something that was done in a visitor's name."""

    by: str
    path: str
    name: str


class AttackedShop:
    """The shop, protected by ``csrf=True``, over HTTPS.

    It has one view without the protection, for what an attack would do to a shop that lacks it.

    Args:
        setup: how its cookie is set.
        folder: takes the key and the certificate.
    """

    def __init__(self, setup: Setup, folder: Path) -> None:
        self.setup = setup
        self.done: list[Deed] = []
        self.refusals: list[CsrfReason] = []
        self._site = Site(HOST, folder)
        self.address = self._site.address
        self._app = self._application()
        self.notes = Notes(self._app)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Be there meanwhile."""
        with self._site.serving(self._app):
            yield

    @property
    def seen(self) -> list[Seen]:
        """The requests that came."""
        return self.notes.seen

    def forget(self) -> None:
        """Begin the notes anew."""
        self.seen.clear()
        self.done.clear()
        self.refusals.clear()

    def has_cookie(self, seen: Seen) -> bool:
        """Whether a request brought a cookie of the shop's name."""
        return bool(find(seen.cookies, self.setup.cookie))

    @cached_property
    def attacker(self) -> tuple[str, str]:
        """The cookie's value and a token of a session that the attacker has opened here."""
        client = self._app.test_client()
        page = client.get("/", base_url=self.address)
        fields = {"name": "mallory", "csrf_token": _token(page.text)}
        client.post("/sign-in", base_url=self.address, data=fields)
        page = client.get("/", base_url=self.address)
        assert "mallory" in page.text
        cookie = client.get_cookie(self.setup.cookie, domain=HOST)
        assert cookie is not None
        return cookie.value, _token(page.text)

    def _application(self) -> Flask:
        app = Flask(__name__)
        app.config.update(
            SECRET_KEY="the secret key of these tests: long enough",
            SESSION_COOKIE_SECURE=True,
            SESSION_COOKIE_SAMESITE=self.setup.same_site or None,
            COOKIE_SESSIONS_COOKIE_PREFIX=self.setup.prefix,
        )
        CookieSessions(app, csrf=True, harden=bool(self.setup.same_site))

        # A page for errors looks like any other, its forms included.
        @app.errorhandler(HTTPException)
        def refused(error: HTTPException) -> tuple[str, int]:
            if isinstance(error, CsrfRejected):
                self.refusals.append(error.reason)
            return render_template_string(_PAGE, forms=True), error.code or 500

        def do() -> str:
            self._note(session.get("name", NOBODY))
            return "done"

        def sign_in() -> Any:
            session.regenerate()  # type: ignore[attr-defined]
            session["name"] = request.form["name"]
            self._note(session["name"])
            return redirect("/", 303)

        app.add_url_rule("/", "/", lambda: render_template_string(_PAGE, forms=True))
        app.add_url_rule("/plain", "/plain", lambda: render_template_string(_PAGE, forms=False))
        # A browser asks for it after a page, so its answer may come when the next test has begun:
        # it must set no cookie, which a page with forms does.
        app.add_url_rule("/favicon.ico", "/favicon.ico", lambda: ("", 204))
        app.add_url_rule("/sign-in", view_func=sign_in, methods=["POST"])
        app.add_url_rule("/order", "/order", do, methods=["POST", "PUT"])
        app.add_url_rule(
            "/unguarded", "/unguarded", csrf_exempt(lambda: do()), methods=["POST", "PUT"]
        )
        return app

    def _note(self, name: str) -> None:
        self.done.append(Deed(request.args.get("by", ""), request.path, name))


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None, page
    return found[1]
