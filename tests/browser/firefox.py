"""Debian's Firefox, driven over Marionette, which it speaks by itself."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar

from .engine import MILLISECONDS, PATIENCE, WINDOW, Browser, BrowserCookie, BrowserError
from .group import Group
from .marionette import Marionette

# Beside these, Firefox sets what it recommends for tests when Marionette starts.
PREFERENCES: Mapping[str, bool | int | str] = MappingProxyType(
    {
        "marionette.port": 0,
        "browser.startup.page": 0,
        "browser.shell.checkDefaultBrowser": False,
        "signon.rememberSignons": False,
        # It asks after updates and settings: a proxy that is not there keeps that on this machine.
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": 9,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": 9,
        "network.proxy.no_proxies_on": "localhost, .localhost, 127.0.0.1",
        # An element that is still being scrolled to can't be clicked.
        "ui.prefersReducedMotion": 1,
    }
)

_BEHAVIOUR = "network.cookie.cookieBehavior"
_ACCEPT = 0
_BLOCK = 2
_DEFAULT = 5

_SAME_SITE = MappingProxyType({"None": 0, "Lax": 1, "Strict": 2, "": 256})

_LIST = """
return Services.cookies.cookies.map(cookie => [
  cookie.name, cookie.value, cookie.host, cookie.path, cookie.isSecure, cookie.isHttpOnly,
  cookie.sameSite, cookie.isSession ? null : cookie.expiry / 1000,
]);
"""

_SET = """
const [name, value, host, path, secure, httpOnly, sameSite, expires] = arguments;
const scheme = secure ? Ci.nsICookie.SCHEME_HTTPS : Ci.nsICookie.SCHEME_HTTP;
Services.cookies.add(
  host, path, name, value, secure, httpOnly, expires === null,
  (expires ?? Date.now() / 1000 + 3600) * 1000, {}, sameSite, scheme,
);
"""

_INTRODUCE = """
const [userAgent, languages] = arguments;
Services.prefs.setStringPref("general.useragent.override", userAgent);
Services.prefs.setStringPref("intl.accept_languages", languages);
"""


class Firefox(Browser):
    """Firefox with a profile of its own."""

    name: ClassVar[str] = "firefox"
    programs: ClassVar[tuple[str, ...]] = ("firefox-esr",)
    install: ClassVar[str] = "apt-get install firefox-esr"

    _group: Group | None = None
    _connection: Marionette | None = None

    def start(self) -> None:
        self.profile.mkdir(parents=True, exist_ok=True)
        self._write_preferences()
        self._port_file.unlink(missing_ok=True)
        width, height = WINDOW
        self._group = Group(
            [
                shutil.which("firefox-esr") or "firefox-esr",
                *("--headless", "--no-remote", "--marionette", "--remote-allow-system-access"),
                *(f"--width={width}", f"--height={height}", "--profile", str(self.profile)),
            ],
            log=self.profile / "firefox.log",
            home=self.profile,
        )
        try:
            self._connection = Marionette(self._port(self._group))
            self._send("WebDriver:NewSession", acceptInsecureCerts=self.any_certificate)
            self._send("WebDriver:SetTimeouts", **MILLISECONDS)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        connection, self._connection = self._connection, None
        group, self._group = self._group, None
        if group is None:
            return
        asked = False
        try:
            if connection is not None:
                connection.send("Marionette:Quit", flags=["eForceQuit"])
                asked = True
        finally:
            if connection is not None:
                connection.close()
            group.end(ask=not asked, patience=PATIENCE)

    def cookies(self) -> list[BrowserCookie]:
        names = {number: name for name, number in _SAME_SITE.items()}
        return [
            BrowserCookie(name, value, domain, path, secure, http_only, names[same_site], expires)
            for name, value, domain, path, secure, http_only, same_site, expires in self.chrome(
                _LIST
            )
        ]

    def set_cookie(self, cookie: BrowserCookie) -> None:
        same_site = _SAME_SITE[cookie.same_site]
        self.chrome(
            _SET,
            *(cookie.name, cookie.value, cookie.domain, cookie.path),
            *(cookie.secure, cookie.http_only, same_site, cookie.expires),
        )
        held = [(found.name, found.domain, found.path, found.value) for found in self.cookies()]
        if (cookie.name, cookie.domain, cookie.path, cookie.value) not in held:
            raise BrowserError(f"Firefox does not take {cookie!r}")

    def clear_cookies(self) -> None:
        self.chrome("Services.cookies.removeAll()")

    def introduce(self, user_agent: str, languages: str) -> None:
        self.chrome(_INTRODUCE, user_agent, languages)

    def chrome(self, body: str, *arguments: Any) -> Any:
        """Run a function's body as a script of the browser itself, and return what it returned."""
        self._send("Marionette:SetContext", value="chrome")
        try:
            return self._send(
                "WebDriver:ExecuteScript", script=body, args=list(arguments), sandbox="system"
            )
        finally:
            self._send("Marionette:SetContext", value="content")

    def script(self, body: str, *arguments: Any) -> Any:
        # Without a sandbox the script is one of the page, with nothing that others lack.
        return self._send(
            "WebDriver:ExecuteScript", script=body, args=list(arguments), sandbox=None
        )

    def _send(self, command: str, **parameters: Any) -> Any:
        if self._connection is None:
            raise BrowserError("Firefox is not running; call start() first")
        return self._connection.send(command, **parameters)

    @property
    def _port_file(self) -> Path:
        return self.profile / "MarionetteActivePort"

    def _port(self, group: Group) -> int:
        deadline = time.monotonic() + PATIENCE
        while group.alive and time.monotonic() < deadline:
            if self._port_file.exists() and (text := self._port_file.read_text(encoding="ascii")):
                return int(text)
            time.sleep(0.02)
        raise BrowserError(f"Firefox did not start: {group.printed()}")

    def _write_preferences(self) -> None:
        behaviour = _ACCEPT if self.third_party_cookies else _DEFAULT
        wanted = {**PREFERENCES, _BEHAVIOUR: _BLOCK if self.cookies_blocked else behaviour}
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});\n"
            for name, value in wanted.items()
        ]
        (self.profile / "user.js").write_text("".join(lines), encoding="utf-8")
