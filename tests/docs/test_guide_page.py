"""The examples of docs/guide.md run, and its checklist is what the doctor checks."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.cli.doctor.configuration import CHECKS, check
from cookie_sessions.cli.doctor.deployment import Level
from cookie_sessions.cli.doctor.examination import examine
from cookie_sessions.errors import CookieSessionsError
from cookie_sessions.events import EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import new_jwk_set, parse_jwk_set
from cookie_sessions.settings import PREFIX, Settings
from tests.docs.test_pages import ROOT, blocks

PAGE = ROOT / "docs/guide.md"
TEXT = PAGE.read_text(encoding="utf-8")
CHECKLIST = TEXT.partition("\n## Before production\n")[2].partition("\n## ")[0]
SITE = "https://shop.test"
LAST = "CookieSessions.check(app)"
"""What freezes the settings."""


class Guide:
    """The application that the guide's examples make together, in the order of the page.

    Args:
        folder: in the place of the folders that they name.
        config: what is set otherwise.
    """

    def __init__(self, folder: Path, **config: Any) -> None:
        ring = folder / "keys.json"
        ring.write_text(new_jwk_set())
        ring.chmod(0o600)
        self.app = Flask("guide")
        self.app.secret_key = "0123456789abcdef" * 2
        self.names: dict[str, Any] = {
            "app": self.app,
            "session": session,
            "CookieSessions": CookieSessions,
            "config": config,
        }
        for source in blocks(PAGE, "python"):
            here = source.replace("/etc/shop", str(folder)).replace("/var/lib/shop", str(folder))
            here = here.replace("csrf=True", "csrf=False")
            exec(here.replace(LAST, f"app.config.update(config)\n{LAST}"), self.names)  # noqa: S102

        @self.app.post("/pay")
        def pay() -> str:
            session["price"] = self.names["Money"](5)
            return ""

        @self.app.get("/paid")
        def paid() -> str:
            return str(session["price"].cents)

        @self.app.post("/fill")
        def fill() -> str:
            session["cart"] = [str(number) * 7 for number in range(6_000)]
            return ""

        @self.app.get("/name")
        def name() -> str:
            return str(session.get("name"))

    def browser(self) -> Browser:
        """Somebody who has signed in."""
        browser = Browser(self.app)
        assert browser.post("/sign-in") == "Welcome"
        assert browser.get("/name") == "Ann"
        return browser


class Browser:
    """A visitor over HTTPS.

    Args:
        app: what is visited.
    """

    def __init__(self, app: Flask) -> None:
        self.client = app.test_client()

    def get(self, path: str) -> str:
        return self.client.get(path, base_url=SITE).text

    def post(self, path: str, **form: str) -> str:
        return self.client.post(path, base_url=SITE, data=form).text

    def strictly(self, path: str) -> None:
        """Post, and let out what the view raises."""
        self.client.application.testing = True
        try:
            self.post(path)
        finally:
            self.client.application.testing = False

    def copy(self, guide: Guide) -> Browser:
        """A thief with a copy of the cookie."""
        cookie = self.client.get_cookie("__Host-session", domain="shop.test")
        assert cookie is not None
        thief = Browser(guide.app)
        thief.client.set_cookie(
            "__Host-session", cookie.value, domain="shop.test", secure=True, httponly=True
        )
        return thief


@pytest.fixture
def guide(tmp_path: Path) -> Guide:
    return Guide(tmp_path)


def test_a_type_of_ones_own_comes_back(guide: Guide) -> None:
    browser = guide.browser()
    browser.post("/pay")
    assert browser.get("/paid") == "5"


def test_signing_out_ends_the_copy_too(guide: Guide) -> None:
    browser = guide.browser()
    thief = browser.copy(guide)
    assert thief.get("/name") == "Ann"
    assert browser.post("/sign-out") == "Goodbye"
    assert (browser.get("/name"), thief.get("/name")) == ("None", "None")


def test_signing_out_elsewhere_keeps_the_one_who_asks(guide: Guide) -> None:
    laptop, phone = guide.browser(), guide.browser()
    laptop.post("/sign-out-elsewhere")
    assert (laptop.get("/name"), phone.get("/name")) == ("Ann", "None")


def test_signing_out_everywhere_ends_all_of_them(guide: Guide) -> None:
    laptop, phone = guide.browser(), guide.browser()
    laptop.post("/sign-out-everywhere")
    assert (laptop.get("/name"), phone.get("/name")) == ("None", "None")


def test_who_is_not_signed_in_is_told_so(guide: Guide) -> None:
    for path in ("/sign-out-elsewhere", "/sign-out-everywhere"):
        assert Browser(guide.app).post(path) == "You are not signed in."


def test_one_device_of_several_is_ended_by_its_owner(guide: Guide) -> None:
    laptop, phone = guide.browser(), guide.browser()
    listed = json.loads(laptop.get("/devices"))
    assert len(listed) == 2
    for reference in listed:
        if not any(browser.get("/name") == "None" for browser in (laptop, phone)):
            assert laptop.post("/devices/end", reference=reference) == "Ended."
    assert sorted([laptop.get("/name"), phone.get("/name")]) == ["Ann", "None"]
    assert guide.browser().post("/devices/end", reference="0" * 32) == "That is none of yours."


def test_a_session_that_is_too_large_is_answered_by_the_handler_and_stays_as_it_was(
    guide: Guide, caplog: pytest.LogCaptureFixture
) -> None:
    browser = guide.browser()
    assert browser.post("/fill") == "Too much in the cart."
    assert any(record.getMessage().startswith("cart takes ") for record in caplog.records)
    assert browser.get("/name") == "Ann"


def test_without_a_list_a_copy_lives_on_and_to_end_others_is_an_error_that_says_what_to_set(
    tmp_path: Path,
) -> None:
    guide = Guide(tmp_path, COOKIE_SESSIONS_REVOCATIONS=None, COOKIE_SESSIONS_REGISTER=False)
    browser = guide.browser()
    thief = browser.copy(guide)
    for path in ("/sign-out-elsewhere", "/sign-out-everywhere"):
        with pytest.raises(CookieSessionsError, match="COOKIE_SESSIONS_REVOCATIONS"):
            browser.strictly(path)
    assert browser.post("/sign-out") == "Goodbye"
    assert (browser.get("/name"), thief.get("/name")) == ("None", "Ann")


def test_the_application_of_the_checklist_satisfies_the_doctor(
    guide: Guide,
) -> None:
    found = check(examine(guide.app))
    weak = [each.check for each in found if each.level in {Level.WARNING, Level.ERROR}]
    # The tests run it without csrf=True, which would want a token in each form.
    assert "CookieSessions(app, csrf=True)" in CHECKLIST
    assert weak == ["csrf"]


def test_the_checklist_names_every_check_of_such_an_application_and_none_that_is_not_there(
    guide: Guide,
) -> None:
    column = re.findall(r"^\|[^|]*\|([^|]*)\|", CHECKLIST, re.MULTILINE)
    shown = set(re.findall(r"`([a-z_]+)`", " ".join(column)))
    known = {check.name for check in CHECKS}
    assert shown - {str(name) for name in EventName} <= known
    found = {each.check for each in check(examine(guide.app))}
    assert len(found) > 10
    assert found - shown == {"interface", "previous_names"}


def test_the_settings_that_the_guide_names_exist() -> None:
    fields = {name.upper() for name in Settings._fields}
    named = set(re.findall(rf"{PREFIX}([A-Z_]+)", TEXT))
    assert named
    assert named <= fields


def test_the_key_file_of_the_guide_is_one() -> None:
    ring = json.loads(blocks(PAGE, "json")[0])
    for number, key in enumerate(ring["keys"]):
        key["k"] = json.loads(new_jwk_set())["keys"][0]["k"]
        assert number < 2
    keys = parse_jwk_set(json.dumps(ring), origin="the guide")
    assert keys.ring(0).primary.label == "spring"
