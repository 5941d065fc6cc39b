"""What docs/protection-transport.md says is run, and compared with the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, redirect, request, session, url_for

from cookie_sessions.events import EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.handoff import SECONDS, VISIT_SECONDS
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.settings import PREFIX, Settings
from cookie_sessions.settings.transport_values import CLEARABLE
from tests.flask.two_sites import Visitor

TEXT = (Path(__file__).resolve().parents[2] / "docs/protection-transport.md").read_text()
PROXIED, CLEARED, HEADER, CLIENT, TARGET, SOURCE = re.findall(
    r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE
)


def application(*sources: str, replace: dict[str, str] | None = None, **names: Any) -> Flask:
    """An application with the code of the page."""
    app = Flask("page")
    app.config.update(SECRET_KEY="0123456789abcdef" * 2, PROPAGATE_EXCEPTIONS=True)
    known = {"app": app, "session": session, "redirect": redirect, "request": request, **names}
    text = "".join(sources)
    for old, new in (replace or {}).items():
        text = text.replace(old, new)
    exec(text, known)  # noqa: S102
    CookieSessions(app)
    return app


def test_what_is_passed_on_has_no_session() -> None:
    seen: list[dict[str, Any]] = []

    def reports(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
        seen.append(environ)
        start_response("200 OK", [])
        return [b"report"]

    client = application(PROXIED, reports=reports).test_client(use_cookies=False)
    answer = client.get("/reports/1", headers={"Cookie": "a=1; session=x; __Host-session.1=y"})
    assert answer.data == b"report"
    assert seen[0]["HTTP_COOKIE"] == "a=1"


def test_the_browser_is_asked_to_clear_what_the_page_says() -> None:
    assert application(CLEARED).config[f"{PREFIX}CLEAR_SITE_DATA"] == ["cache", "storage"]
    rows = re.findall(r"^\| (`\w+`.*?) \|", TEXT.partition("## In a header")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([\w*]+)`", row)} == set(CLEARABLE)


def test_the_client_of_the_page_keeps_its_session() -> None:
    app = application(HEADER)

    @app.get("/count")
    def count() -> str:
        session["count"] = session.get("count", 0) + 1
        return str(session["count"])

    @app.get("/leave")
    def leave() -> str:
        session.clear()
        return ""

    client = app.test_client(use_cookies=False)

    def ask(method: str, url: str, **rest: Any) -> Any:
        return client.open(url, method=method, **rest)

    names: dict[str, Any] = {"http": SimpleNamespace(request=ask)}
    exec(CLIENT, names)  # noqa: S102
    assert [names["ask"]("GET", "/count").text for _ in range(3)] == ["1", "2", "3"]
    names["ask"]("GET", "/leave")
    assert names["token"] == ""
    assert names["ask"]("GET", "/count").text == "1"


def test_the_two_sides_of_the_page_hand_a_user_over(tmp_path: Path) -> None:
    ring = tmp_path / "handoff-keys.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    replace = {
        "/etc/shop/handoff-keys.json": str(ring),
        "/etc/accounts/handoff-keys.json": str(ring),
        "/var/lib/shop": str(tmp_path),
    }
    target = application(TARGET, replace=replace)
    source = application(SOURCE, replace=replace, url_for=url_for)

    @source.get("/sign-in/<user>")
    def sign_in(user: str) -> str:
        session.subject = user  # type: ignore[attr-defined]
        return ""

    target.add_url_rule("/", view_func=lambda: session.get("name", "nobody"))
    visitor = Visitor(source, target).signed_in()
    assert visitor.hand_over().status_code == 303
    assert visitor.name == "Ann"


def test_the_page_names_the_settings_the_times_and_the_events_of_the_code() -> None:
    listed = re.findall(rf"^\| `{PREFIX}(\w+)`", TEXT, re.MULTILINE)
    fields = [name for name in Settings._fields if name.startswith("handoff")]
    assert listed == [name.upper() for name in fields]
    assert (SECONDS, VISIT_SECONDS) == (60, 600)
    for event in (EventName.HANDED_OFF, EventName.HANDOFF_REFUSED):
        assert f"`{event}`" in TEXT


@pytest.mark.parametrize("title", re.findall(r"^- \[(.*?)\]\(#", TEXT, re.MULTILINE))
def test_the_contents_lead_to_sections(title: str) -> None:
    assert f"\n## {title}\n" in TEXT
