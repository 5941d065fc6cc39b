"""Somebody with a browser: keeps cookies, fills in forms, and says where a form came from."""

from __future__ import annotations

import copy
from contextlib import closing
from http.client import HTTPConnection
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request

from tests.examples.visitor import PATIENCE, Page, Visitor


class Seen(NamedTuple):
    """What is left of one page when what differs by chance is taken away.

    Attributes:
        status: of the answer, after redirections.
        name: of whom it says that the notes are, or nobody.
        notes: those on the page.
        cookies: the names in the jar afterwards.
    """

    status: int
    name: str | None
    notes: tuple[str, ...]
    cookies: tuple[str, ...]


class Browser(Visitor):
    """One browser at one address.

    Args:
        address: of the application.
        jar: its cookies; None begins with none.
    """

    def __init__(self, address: str, jar: CookieJar | None = None) -> None:
        super().__init__(address, CookieJar() if jar is None else jar)

    def copied(self) -> Browser:
        """Another browser with a copy of all cookies."""
        jar = CookieJar()
        for cookie in self.jar:
            jar.set_cookie(copy.copy(cookie))
        return Browser(self.address, jar)

    def look(self) -> Seen:
        """Open the page."""
        return self.seen(self.get("/"))

    def look_with_a_line_for_each_cookie(self) -> Seen:
        """Open the page with a Cookie line for each cookie, as HTTP/2 lets a browser send them."""
        where = urlsplit(self.address)
        with closing(HTTPConnection(where.hostname or "", where.port, timeout=PATIENCE)) as sent:
            sent.putrequest("GET", "/")
            for cookie in self.jar:
                sent.putheader("Cookie", f"{cookie.name}={cookie.value}")
            sent.endheaders()
            answer = sent.getresponse()
            html = answer.read().decode()
        return self.seen(Page(answer.status, self.address, answer.headers, html))

    def sign_in(self, name: str, **fields: str) -> Page:
        """Sign in by the form."""
        return self.do("/sign-in", name=name, **({"password": "demo"} | fields))

    def do(self, action: str, /, **fields: str) -> Page:
        """Open the page, and send the form of it that leads there."""
        return self.submit(self.get("/"), action, **fields)

    def seen(self, page: Page) -> Seen:
        """What a page says, and what is in the jar."""
        _, found, rest = page.html.partition("notes of <b>")
        name = rest.partition("</b>")[0] if found else None
        notes = [part.partition("</li>")[0] for part in page.html.split("<li>")[1:]]
        names = sorted(cookie.name for cookie in self.jar)
        return Seen(page.status, name, tuple(notes), tuple(names))

    def _send(self, request: Request) -> Page:
        if request.data is not None:
            request.add_header("Origin", self.address.rstrip("/"))
        return super()._send(request)
