"""A visitor of the shop: a real HTTP client with a cookie jar that fills in the forms it sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.client import HTTPMessage
from http.cookiejar import Cookie, CookieJar, MozillaCookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

VOID = frozenset({"meta", "link", "img", "input", "br"})
PATIENCE = 60.0


@dataclass
class Form:
    """A form of a page: where it posts to and what it would send as it stands."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class PageReader(HTMLParser):
    """Reads a page, and collects what is wrong with its HTML in `faults`."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: list[str] = []
        self._ids: list[str] = []
        self._titled: list[str] = []
        self._labels: set[str] = set()
        self._to_label: list[str] = []
        self._select = ""
        self.feed(html)
        self.close()
        self._judge(html)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            self._open.append(tag)
        if "id" in given:
            self._ids.append(given["id"])
        self.faults += [f"<{tag} {name}>" for name in given if name.startswith("on")]
        if tag in {"script", "style", "iframe", "object"} or "style" in given:
            self.faults.append(f"<{tag}> or its style is not allowed by the shop's own policy")
        if tag == "img" and "alt" not in given:
            self.faults.append("an image without alt")
        if tag == "h1":
            self._titled.append(tag)
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "label":
            self._labels.add(given.get("for", ""))
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
            if given.get("method") != "post":
                self.faults.append("a form that does not post")
        self._read_control(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes what is not open at {self.getpos()}")

    def _read_control(self, tag: str, given: Mapping[str, str]) -> None:
        kind = given.get("type", "text")
        if tag in {"input", "select", "textarea"} and kind != "hidden":
            self._to_label.append(given.get("id", "(no id)"))
        if tag == "select":
            self._select = given["name"]
        ticked = kind not in {"checkbox", "radio"} or "checked" in given
        if tag == "input" and ticked and "name" in given:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag == "option" and "selected" in given:
            self.forms[-1].fields[self._select] = given["value"]

    def _judge(self, html: str) -> None:
        if not html.lstrip().lower().startswith("<!doctype html>"):
            self.faults.append("no doctype")
        if self._open:
            self.faults.append(f"left open: {self._open}")
        if len(self._titled) != 1:
            self.faults.append(f"{len(self._titled)} h1")
        if len(set(self._ids)) != len(self._ids):
            self.faults.append("an id twice")
        self.faults += [
            f"no label for {name}" for name in self._to_label if name not in self._labels
        ]


def form_token(html: str) -> str:
    """The token that a page's forms carry."""
    return PageReader(html).forms[0].fields["csrf_token"]


@dataclass(frozen=True)
class Page:
    """What came back, after redirects."""

    status: int
    url: str
    headers: HTTPMessage
    html: str

    @property
    def path(self) -> str:
        """The path of the address that the visitor ended at."""
        return urlsplit(self.url).path

    def reader(self) -> PageReader:
        """The page, read."""
        return PageReader(self.html)


class Visitor:
    """Goes from page to page as a browser without JavaScript does."""

    def __init__(self, address: str, jar: CookieJar | None = None) -> None:
        self.address = address
        self.jar = MozillaCookieJar() if jar is None else jar
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar))

    @classmethod
    def returning(cls, address: str, saved: Path) -> Visitor:
        """A new client with the cookies that another one left on disk."""
        jar = MozillaCookieJar()
        jar.load(str(saved))
        return cls(address, jar)

    def leave(self, saved: Path) -> None:
        """Close the browser: cookies of the browser session are gone, the others are on disk."""
        assert isinstance(self.jar, MozillaCookieJar)
        self.jar.save(str(saved))

    def get(self, path: str, **headers: str) -> Page:
        """Open a page."""
        return self._send(Request(urljoin(self.address, path), headers=headers))  # noqa: S310

    def post(self, path: str, fields: Mapping[str, str]) -> Page:
        """Send fields that need not come from a form."""
        data = urlencode(fields).encode()
        return self._send(Request(urljoin(self.address, path), data=data))  # noqa: S310

    def submit(self, page: Page, action: str, /, **fields: str) -> Page:
        """Fill in the form of the page that posts to `action`, and send it."""
        form = next(form for form in page.reader().forms if form.action == action)
        return self.post(action, form.fields | fields)

    def sign_in(self, name: str, **fields: str) -> Page:
        """Sign in as `name`."""
        page = self.get("/sign-in")
        return self.submit(page, "/sign-in", name=name, **({"password": "demo"} | fields))

    def cookie(self) -> Cookie:
        """The shop's one cookie."""
        (cookie,) = self.jar
        return cookie

    def _send(self, request: Request) -> Page:
        answer: Any
        try:
            answer = self._opener.open(request, timeout=PATIENCE)
        except HTTPError as error:
            answer = error
        with answer:
            return Page(answer.status, answer.url, answer.headers, answer.read().decode())
