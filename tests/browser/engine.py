"""What every browser of these tests can do, whichever program it is."""

from __future__ import annotations

import base64
import shutil
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

PATIENCE = 60.0
"""Seconds that one command may take, and a start."""

WINDOW = (1280, 1400)
"""Width and height, in pixels: most pages are seen without scrolling."""

MILLISECONDS = {"pageLoad": int(PATIENCE * 1000), "script": int(PATIENCE * 1000)}
"""The same for the driver, which would give a script up after half of it."""

_LOADED = "return document.readyState === 'complete' ? performance.timeOrigin : null"
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class BrowserError(Exception):
    """The browser could not do what it was told; the text says why."""


@dataclass(frozen=True, slots=True)
class BrowserCookie:
    """One cookie as the browser itself keeps it, also those that no script may see.

    `domain` starts with a dot where the cookie goes to sub-domains too. `same_site` is "None",
    "Lax", "Strict" or "" (not said). `expires` is in seconds since the epoch, None for a cookie
    that ends with the browser.
    """

    name: str
    value: str = field(repr=False)
    domain: str
    path: str = "/"
    secure: bool = False
    http_only: bool = False
    same_site: str = ""
    expires: float | None = None


class Browser(ABC):
    """A real browser without a window, with one profile folder that outlives it.

    Started again, it has what a person's browser would still have. Elements are named by CSS
    selectors. `open`, `back`, `reload` and `follow` come back when the page has loaded.

    Args:
        profile: the folder of the profile; it is made where it is missing.
        cookies_blocked: whether the person forbade all cookies.
        any_certificate: whether servers are believed whose certificate nobody has signed.
        third_party_cookies: whether the person lets pages of one site use another site's cookies,
            as all browsers once did.
    """

    name: ClassVar[str]
    programs: ClassVar[tuple[str, ...]]
    """The programs that must be installed."""
    install: ClassVar[str]
    """The line that installs them on Debian."""

    def __init__(
        self,
        profile: Path,
        *,
        cookies_blocked: bool = False,
        any_certificate: bool = False,
        third_party_cookies: bool = False,
    ) -> None:
        self.profile = profile
        self.cookies_blocked = cookies_blocked
        self.any_certificate = any_certificate
        self.third_party_cookies = third_party_cookies

    @classmethod
    def is_installed(cls) -> bool:
        """Whether all programs are there."""
        return all(shutil.which(program) for program in cls.programs)

    @abstractmethod
    def start(self) -> None:
        """Start it with one empty tab."""

    @abstractmethod
    def close(self) -> None:
        """Close it as a person does, so that its profile is written; nothing happens if it is."""

    def restart(self) -> None:
        """Close it and start it again with the same profile."""
        self.close()
        self.start()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def cookies(self) -> list[BrowserCookie]:
        """All cookies of the profile, of every site."""

    def cookies_named(self, name: str) -> list[BrowserCookie]:
        """The cookies of one name, of every site and path."""
        return [cookie for cookie in self.cookies() if cookie.name == name]

    @abstractmethod
    def set_cookie(self, cookie: BrowserCookie) -> None:
        """Set or overwrite a cookie as a person does in the developer tools.

        Raises:
            BrowserError: the browser does not take it.
        """

    @abstractmethod
    def clear_cookies(self) -> None:
        """Delete all cookies of the profile."""

    @abstractmethod
    def introduce(self, user_agent: str, languages: str) -> None:
        """Have it send another User-Agent and other languages from now on, as after an update.

        Args:
            user_agent: the header.
            languages: codes with commas between, the dearest first; the header is its own.
        """

    def open(self, url: str) -> None:
        """Go to an address."""
        self._send("WebDriver:Navigate", url=url)

    def back(self) -> None:
        """Press the back button."""
        self._send("WebDriver:Back")

    def reload(self) -> None:
        """Press the reload button."""
        self._send("WebDriver:Refresh")

    @property
    def url(self) -> str:
        """The address of the page that is shown."""
        return str(self._send("WebDriver:GetCurrentURL"))

    def count(self, selector: str) -> int:
        """How many such elements the page has; none is no error."""
        return len(self._send("WebDriver:FindElements", using="css selector", value=selector))

    def text(self, selector: str = "body") -> str:
        """The text that a person sees in the first such element."""
        return str(self._send("WebDriver:GetElementText", id=self._find(selector)))

    def click(self, selector: str) -> None:
        """Click the first such element with the mouse, where that leads to no other page."""
        self._send("WebDriver:ElementClick", id=self._find(selector))

    def follow(self, selector: str) -> None:
        """Click a link or a form's button, and wait until another page has been loaded.

        Raises:
            BrowserError: none comes.
        """
        before = self.script(_LOADED)
        self.click(selector)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                loaded = self.script(_LOADED)
            except BrowserError:
                # There is no page to ask between two pages.
                loaded = None
            if loaded not in (None, before):
                return
            time.sleep(0.01)
        raise BrowserError(f"a click on {selector} of {self.url} led to no other page")

    def type(self, selector: str, text: str) -> None:
        """Replace what stands in a field, key by key."""
        found = self._find(selector)
        self._send("WebDriver:ElementClear", id=found)
        self._send("WebDriver:ElementSendKeys", id=found, text=text)

    def script(self, body: str, *arguments: Any) -> Any:
        """Run a function's body as a script of the page, whatever its policy says of scripts.

        Args:
            body: JavaScript; `arguments` holds the arguments, and a promise is waited for.
            arguments: values that JSON can hold.

        Returns:
            What the function returned, as JSON.

        Raises:
            BrowserError: the script threw.
        """
        return self._send("WebDriver:ExecuteScript", script=body, args=list(arguments))

    @property
    def tab(self) -> str:
        """The tab that commands go to."""
        return str(self._send("WebDriver:GetWindowHandle"))

    @property
    def tabs(self) -> list[str]:
        """All tabs."""
        return list(self._send("WebDriver:GetWindowHandles"))

    def new_tab(self) -> str:
        """Open an empty tab, go on in it, and return it."""
        opened = str(self._send("WebDriver:NewWindow", type="tab")["handle"])
        self.switch_to(opened)
        return opened

    def switch_to(self, tab: str) -> None:
        """Go on in another tab."""
        self._send("WebDriver:SwitchToWindow", handle=tab)

    def close_tab(self) -> None:
        """Close the tab, which is not the last one, and go on in the first that is left."""
        self._send("WebDriver:CloseWindow")
        self.switch_to(self.tabs[0])

    @contextmanager
    def in_new_tab(self) -> Iterator[str]:
        """An empty tab for a while; afterwards the tab from before is the current one."""
        before = self.tab
        opened = self.new_tab()
        try:
            yield opened
        finally:
            self.switch_to(opened)
            self.close_tab()
            self.switch_to(before)

    def screenshot(self) -> bytes:
        """The visible part of the page as a PNG."""
        return base64.b64decode(self._send("WebDriver:TakeScreenshot"))

    def reset(self) -> None:
        """Leave one empty tab and no cookies, for whoever uses the browser next."""
        for tab in self.tabs[1:]:
            self.switch_to(tab)
            self.close_tab()
        self.open("about:blank")
        self.clear_cookies()

    @abstractmethod
    def _send(self, command: str, **parameters: Any) -> Any:
        """Send one command of the W3C's WebDriver under Firefox's name for it, return its value.

        Raises:
            BrowserError: the browser answers with an error.
        """

    def _find(self, selector: str) -> str:
        found = self._send("WebDriver:FindElements", using="css selector", value=selector)
        if not found:
            raise BrowserError(f"the page {self.url} has no element {selector}")
        return str(found[0][_ELEMENT])
