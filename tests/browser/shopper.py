"""A person in the shop, who sees its pages and clicks on them."""

from __future__ import annotations

from dataclasses import dataclass

from .engine import Browser, BrowserCookie

COOKIE = "shop_session"


@dataclass(frozen=True, slots=True)
class Shopper:
    """A person with a browser, and the address of the shop.

    Several may share one browser, each with what is in the current tab.
    """

    browser: Browser
    address: str

    def visit(self, path: str = "/") -> None:
        """Open a page of the shop."""
        self.browser.open(self.address + path)

    def sign_in(self, name: str, *, remember: bool = False) -> None:
        """Fill in the form and send it."""
        self.visit("/sign-in")
        self.browser.type("#name", name)
        self.browser.type("#password", "demo")
        if remember:
            self.browser.click("#remember")
        self.browser.follow("form.panel button")

    def sign_out(self) -> None:
        """Press the button of the page that is shown."""
        self.browser.follow("form.person button")

    def add(self, sku: str) -> None:
        """Press the button beside an article, on the page that is shown."""
        self.browser.follow(f"form[action='/cart/{sku}'] button")

    def note(self, sku: str, text: str) -> None:
        """Leave a note at an article, pasted at once; an empty one takes it away."""
        self.visit(f"/biscuit/{sku}")
        self.browser.script("document.querySelector('#note').value = arguments[0]", text)
        self.browser.follow("form.note button")

    def note_on(self, sku: str) -> str:
        """The note that the article's page shows."""
        self.visit(f"/biscuit/{sku}")
        return self.note_shown

    @property
    def note_shown(self) -> str:
        """The note on the article's page that is shown."""
        return str(self.browser.script("return document.querySelector('#note').value"))

    @property
    def name(self) -> str:
        """Whom the page calls signed in; empty for nobody."""
        shown = self.browser.count(".person-name")
        return self.browser.text(".person-name") if shown else ""

    @property
    def pieces(self) -> int:
        """How much the page says is in the cart."""
        return int(self.browser.text(".badge"))

    @property
    def status(self) -> int:
        """The HTTP status that the page came with."""
        entry = "return performance.getEntriesByType('navigation')[0].responseStatus"
        return int(self.browser.script(entry))

    @property
    def heading(self) -> str:
        """The page's first heading."""
        return self.browser.text("h1")

    def cookie(self) -> BrowserCookie:
        """The one cookie of the shop's session, as the browser has it."""
        [found] = self.browser.cookies_named(COOKIE)
        return found

    def cookies(self) -> dict[str, BrowserCookie]:
        """The cookies that the shop's session is split over, and their orphans if there are any."""
        found = self.browser.cookies()
        ours = [cookie for cookie in found if cookie.name.startswith(COOKIE)]
        assert len({cookie.name for cookie in ours}) == len(ours)
        return {cookie.name: cookie for cookie in sorted(ours, key=lambda cookie: cookie.name)}

    def hold(self, *cookies: BrowserCookie) -> None:
        """Have the browser hold these cookies and no others."""
        self.browser.clear_cookies()
        for cookie in cookies:
            self.browser.set_cookie(cookie)
