"""A small shop that notes each request: what other sites' pages are set on in the attacks."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask, redirect, render_template_string, request, session

from cookie_sessions.cookies import find
from cookie_sessions.errors import CsrfReason
from cookie_sessions.flask import CookieSessions, CsrfRejected, csrf_exempt

from .engine import PATIENCE
from .secure import Site

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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


class Seen(NamedTuple):
    """One request as it came, and how it was answered.

    Attributes:
        by: what the attack calls itself.
        fetch_site: the header Sec-Fetch-Site, empty where there is none.
        cookies: the header Cookie, each octet one character.
        status: of the answer.
    """

    by: str
    method: str
    path: str
    fetch_site: str
    cookies: str
    status: int

    @property
    def cookie_pairs(self) -> list[str]:
        """What the header Cookie consists of, as the browser wrote it in UTF-8."""
        return self.cookies.encode("latin-1").decode().split("; ")


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
        self.seen: list[Seen] = []
        self.done: list[Deed] = []
        self.refusals: list[CsrfReason] = []
        self._site = Site(HOST, folder)
        self.address = self._site.address
        self._app = self._application()
        self._wsgi = self._app.wsgi_app
        self._app.wsgi_app = self._noting  # type: ignore[method-assign]

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Be there meanwhile."""
        with self._site.serving(self._app):
            yield

    def forget(self) -> None:
        """Begin the notes anew."""
        self.seen.clear()
        self.done.clear()
        self.refusals.clear()

    def has_cookie(self, seen: Seen) -> bool:
        """Whether a request brought a cookie of the shop's name."""
        return bool(find(seen.cookies, self.setup.cookie))

    def last(self, path: str) -> Seen:
        """The latest request for a path; browsers ask for an icon whenever they like."""
        return [one for one in self.seen if one.path == path][-1]

    def wait_for(self, by: str, count: int) -> None:
        """Wait for requests that a page sends without waiting for them itself."""
        deadline = time.monotonic() + PATIENCE
        while sum(one.by == by for one in self.seen) < count and time.monotonic() < deadline:
            time.sleep(0.01)

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

        @app.errorhandler(CsrfRejected)
        def refused(error: CsrfRejected) -> tuple[str, int]:
            self.refusals.append(error.reason)
            return error.reason, 403

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
        app.add_url_rule("/sign-in", view_func=sign_in, methods=["POST"])
        app.add_url_rule("/order", "/order", do, methods=["POST", "PUT"])
        app.add_url_rule(
            "/unguarded", "/unguarded", csrf_exempt(lambda: do()), methods=["POST", "PUT"]
        )
        return app

    def _note(self, name: str) -> None:
        self.done.append(Deed(request.args.get("by", ""), request.path, name))

    def _noting(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status: list[int] = []

        def start(line: str, *rest: Any) -> Callable[[bytes], object]:
            status.append(int(line[:3]))
            return start_response(line, *rest)

        body = self._wsgi(environ, start)
        self.seen.append(
            Seen(
                by=environ["QUERY_STRING"].removeprefix("by="),
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"],
                fetch_site=environ.get("HTTP_SEC_FETCH_SITE", ""),
                cookies=environ.get("HTTP_COOKIE", ""),
                status=status[0],
            )
        )
        return body


def _token(page: str) -> str:
    found = _TOKEN.search(page)
    assert found is not None, page
    return found[1]
