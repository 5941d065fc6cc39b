"""The pages of an attacker, and what their scripts and forms send to the shop."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from flask import Flask, Response, request

from .engine import Browser

ACROSS = "evil.localhost"
"""Another site than the shop's."""

BESIDE = "blog.shop.localhost"
"""A sibling subdomain: another origin of the same site."""

PARENT = "shop.localhost"
"""The domain that both subdomains may set cookies for."""

EVERYWHERE = f"Domain={PARENT}; Path=/; Secure"
"""The attributes by which a cookie reaches both."""

UNICODE_BLANKS = ("\u0085", "\u00a0", "\u2000", "\u3000")
"""What ``str.strip`` takes away, and no browser does."""

FORMS = ("fetch-form", "fetch-text", "fetch-multipart", "beacon", "frame-form", "frame-text")
"""What sends a POST without asking the shop first, in the background of the page."""

ASKING = ("fetch-json", "fetch-put", "fetch-header")
"""What the browser asks the shop for first (a preflight)."""

LOADS = ("image", "frame", "fetch-read")
"""What sends a GET in the background."""

_BACKGROUND = """
const [shop, paths, token] = arguments;
const fields = {name: "mallory", csrf_token: token};
const text = new URLSearchParams(fields);
const multipart = new FormData();
for (const [name, value] of Object.entries(fields)) multipart.append(name, value);
const read = [];

const send = (address, body, more = {}) => fetch(
  address, {method: "POST", mode: "no-cors", credentials: "include", body, ...more},
).then(answer => answer.text()).then(got => { if (got) read.push(got); }, () => null);

const loaded = (element) => new Promise(done => {
  element.onload = element.onerror = done;
});

function frameForm(address, enctype) {
  const frame = document.createElement("iframe");
  frame.name = "frame" + Math.random();
  document.body.append(frame);
  const form = document.createElement("form");
  Object.assign(form, {method: "post", action: address, enctype, target: frame.name});
  for (const [name, value] of Object.entries(fields)) {
    form.append(Object.assign(document.createElement("input"), {name, value}));
  }
  document.body.append(form);
  const done = loaded(frame);
  form.submit();
  return done;
}

function load(kind, address) {
  const element = document.createElement(kind);
  const done = loaded(element);
  element.src = address;
  document.body.append(element);
  return done;
}

const cors = {mode: "cors"};
const json = {...cors, headers: {"Content-Type": "application/json"}};
const all = paths.flatMap(path => {
  const at = by => `${shop}${path}?by=${by}`;
  navigator.sendBeacon(at("beacon"), text);
  return [
    send(at("fetch-form"), text),
    send(at("fetch-text"), text.toString()),
    send(at("fetch-multipart"), multipart),
    send(at("fetch-json"), JSON.stringify(fields), json),
    send(at("fetch-put"), text, {...cors, method: "PUT"}),
    send(at("fetch-header"), text, {...cors, headers: {"X-CSRFToken": token}}),
    frameForm(at("frame-form"), "application/x-www-form-urlencoded"),
    frameForm(at("frame-text"), "text/plain"),
  ];
});
const page = by => `${shop}/?by=${by}`;
all.push(
  load("img", page("image")),
  load("iframe", page("frame")),
  send(page("fetch-read"), undefined, {...cors, method: "GET"}),
);
return Promise.all(all).then(() => read);
"""

_FORM = """
const [address, token] = arguments;
const form = document.createElement("form");
Object.assign(form, {method: "post", action: address});
for (const [name, value] of [["name", "mallory"], ["csrf_token", token]]) {
  form.append(Object.assign(document.createElement("input"), {name, value, type: "hidden"}));
}
form.append(Object.assign(document.createElement("button"), {textContent: "Win"}));
document.body.append(form);
"""

_LINK = """
const [address] = arguments;
document.body.append(Object.assign(document.createElement("a"), {href: address, textContent: "A"}));
"""

_PLANT = "for (const line of arguments[0]) document.cookie = line;"


def pages() -> Flask:
    """The attacker's site: one page, which scripts fill, and which sets what cookies they ask."""
    app = Flask(__name__)

    def page() -> Response:
        answer = Response("<!doctype html><title>Win</title><body>", mimetype="text/html")
        for line in request.args.getlist("cookie"):
            answer.headers.add("Set-Cookie", line)
        return answer

    app.add_url_rule("/", view_func=page)
    return app


def disguises(name: str, value: str) -> list[str]:
    """Cookies that a careless reader takes for the one of a name: pairs without attributes."""
    return [
        f"x=1,{name}={value}",
        f"y=1, {name}={value}",
        *(f"{blank}{name}={value}" for blank in UNICODE_BLANKS),
        f"{name}{UNICODE_BLANKS[0]}={value}",
        f"={name}={value}",
        f'"{name}"={value}',
        f"{name.swapcase()}={value}",
        f"{name.replace('s', '%73')}={value}",
    ]


class Attacker:
    """Pages of one origin in the victim's browser.

    Args:
        browser: the victim's.
        address: the attacker's origin.
    """

    def __init__(self, browser: Browser, address: str) -> None:
        self._browser = browser
        self.address = address

    def send_in_background(self, shop: str, paths: Sequence[str], token: str) -> list[str]:
        """Send all of FORMS and ASKING to each path of the shop, and LOADS of a page with forms.

        Returns:
            What the page could read of the answers.
        """
        self._browser.open(f"{self.address}/")
        return list(self._browser.script(_BACKGROUND, shop, list(paths), token))

    def send_form(self, address: str, token: str) -> None:
        """Send the whole tab to an address, by the button of a form."""
        self._browser.open(f"{self.address}/")
        self._browser.script(_FORM, address, token)
        self._browser.follow("button")

    def lead_to(self, address: str) -> None:
        """Send the whole tab to an address, by a link."""
        self._browser.open(f"{self.address}/")
        self._browser.script(_LINK, address)
        self._browser.follow("a")

    def plant(self, lines: Iterable[str]) -> None:
        """Set cookies, by the server where ASCII can, then by a script of the page.

        Which of them stay is the browser's decision.

        Args:
            lines: as ``Set-Cookie`` and ``document.cookie`` take them.
        """
        planted = list(lines)
        query = urlencode([("cookie", line) for line in planted if line.isascii()])
        self._browser.open(f"{self.address}/?{query}")
        self._browser.script(_PLANT, planted)
        # On a busy machine a script's cookies are on their way for a while: to ask for them, and
        # for another page, waits for them.
        self._browser.script("return document.cookie.length")
        self._browser.open(f"{self.address}/")
