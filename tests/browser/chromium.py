"""Debian's Chromium, driven through its chromedriver."""

from __future__ import annotations

import json
import shutil
from types import MappingProxyType
from typing import Any, ClassVar

from .driver import Driver
from .engine import MILLISECONDS, WINDOW, Browser, BrowserCookie, BrowserError

_HERE = "EXCLUDE localhost, EXCLUDE *.localhost, EXCLUDE 127.0.0.1"

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # Only because tests may run as root.
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--no-first-run",
    "--no-proxy-server",
    # It has a start page, and asks after updates and accounts: none of that leaves this machine.
    f"--host-resolver-rules=MAP * ~NOTFOUND, {_HERE}",
    # An element that is still being scrolled to can't be clicked.
    "--force-prefers-reduced-motion",
    "--window-size={},{}".format(*WINDOW),
)

_ACCEPT = 0
_BLOCK = 2

_ROUTES = MappingProxyType(
    {
        "WebDriver:Navigate": ("POST", "url"),
        "WebDriver:Back": ("POST", "back"),
        "WebDriver:Refresh": ("POST", "refresh"),
        "WebDriver:GetCurrentURL": ("GET", "url"),
        "WebDriver:FindElements": ("POST", "elements"),
        "WebDriver:GetElementText": ("GET", "element/{id}/text"),
        "WebDriver:ElementClick": ("POST", "element/{id}/click"),
        "WebDriver:ElementClear": ("POST", "element/{id}/clear"),
        "WebDriver:ElementSendKeys": ("POST", "element/{id}/value"),
        "WebDriver:ExecuteScript": ("POST", "execute/sync"),
        "WebDriver:GetWindowHandle": ("GET", "window"),
        "WebDriver:GetWindowHandles": ("GET", "window/handles"),
        "WebDriver:NewWindow": ("POST", "window/new"),
        "WebDriver:SwitchToWindow": ("POST", "window"),
        "WebDriver:CloseWindow": ("DELETE", "window"),
        "WebDriver:TakeScreenshot": ("GET", "screenshot"),
    }
)


class Chromium(Browser):
    """Chromium with a profile of its own."""

    name: ClassVar[str] = "chromium"
    programs: ClassVar[tuple[str, ...]] = ("chromium", "chromedriver")
    install: ClassVar[str] = "apt-get install chromium chromium-driver"

    flags: ClassVar[tuple[str, ...]] = FLAGS

    _driver: Driver | None = None

    def start(self) -> None:
        self._write_preferences()
        self._driver = Driver(self.profile / "chromedriver.log")
        try:
            self._driver.open_session(
                {
                    "goog:chromeOptions": {
                        "binary": shutil.which("chromium"),
                        "args": [*self.flags, f"--user-data-dir={self.profile}"],
                    },
                    "acceptInsecureCerts": self.any_certificate,
                    "timeouts": MILLISECONDS,
                }
            )
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver is not None:
            driver.stop()

    def cookies(self) -> list[BrowserCookie]:
        return [
            BrowserCookie(
                name=found["name"],
                value=found["value"],
                domain=found["domain"],
                path=found["path"],
                secure=found["secure"],
                http_only=found["httpOnly"],
                same_site=found.get("sameSite", ""),
                expires=None if found["session"] else found["expires"],
            )
            for found in self.devtools("Storage.getCookies")["cookies"]
        ]

    def set_cookie(self, cookie: BrowserCookie) -> None:
        wanted: dict[str, Any] = {
            "name": cookie.name,
            "value": cookie.value,
            "path": cookie.path,
            "secure": cookie.secure,
            "httpOnly": cookie.http_only,
        }
        if cookie.domain.startswith("."):
            wanted["domain"] = cookie.domain
        else:
            scheme = "https" if cookie.secure else "http"
            wanted["url"] = f"{scheme}://{cookie.domain}{cookie.path}"
        if cookie.same_site:
            wanted["sameSite"] = cookie.same_site
        if cookie.expires is not None:
            wanted["expires"] = cookie.expires
        if not self.devtools("Network.setCookie", **wanted)["success"]:
            raise BrowserError(f"Chromium does not take {cookie!r}")

    def clear_cookies(self) -> None:
        self.devtools("Storage.clearCookies")

    def introduce(self, user_agent: str, languages: str) -> None:
        self.devtools(
            "Emulation.setUserAgentOverride", userAgent=user_agent, acceptLanguage=languages
        )

    def devtools(self, command: str, **parameters: Any) -> Any:
        """Send one command of the DevTools protocol to the tab, and return its result."""
        return self._running.send(
            "POST", "goog/cdp/execute", {"cmd": command, "params": parameters}
        )

    @property
    def _running(self) -> Driver:
        if self._driver is None:
            raise BrowserError("Chromium is not running; call start() first")
        return self._driver

    def _send(self, command: str, **parameters: Any) -> Any:
        method, path = _ROUTES[command]
        return self._running.send(method, path.format_map(parameters), parameters)

    def _write_preferences(self) -> None:
        path = self.profile / "Default" / "Preferences"
        path.parent.mkdir(parents=True, exist_ok=True)
        known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        known["credentials_enable_service"] = False
        contents = known.setdefault("profile", {}).setdefault("default_content_setting_values", {})
        contents.pop("cookies", None)
        if self.third_party_cookies:
            known["profile"]["cookie_controls_mode"] = _ACCEPT
        if self.cookies_blocked:
            contents["cookies"] = _BLOCK
        path.write_text(json.dumps(known), encoding="utf-8")
