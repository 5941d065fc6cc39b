"""What docs/protection-csrf.md says is run and compared with the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cookie_sessions.csrf import SAFE_METHODS, WebOrigin, origin_verdict, parse_origin
from cookie_sessions.errors import CsrfReason
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.csrf import FIELD, HEADERS, KEPT
from cookie_sessions.flask.state import AppState
from tests.docs.test_pages import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs/protection-csrf.md"
TEXT = PAGE.read_text()


@pytest.fixture(scope="module")
def ran() -> dict[str, Any]:
    """All Python of the page for one application: what makes it first, then its client."""
    app = Flask("page")
    app.secret_key = "0123456789abcdef" * 2
    names: dict[str, Any] = {"app": app, "CookieSessions": CookieSessions}
    for source in sorted(blocks(PAGE, "python"), key=lambda source: "test_client" in source):
        exec(source, names)  # noqa: S102
    return names


def client_of(ran: dict[str, Any]) -> FlaskClient:
    client: FlaskClient = ran["app"].test_client()
    return client


def test_a_client_that_is_no_browser_does_as_the_page_shows(ran: dict[str, Any]) -> None:
    assert ran["answer"].status_code == 200
    assert ran["answer"].json == {"user": "ann"}


def test_a_script_signs_in_with_one_token_and_goes_on_with_the_next(ran: dict[str, Any]) -> None:
    client = client_of(ran)
    first = client.get("/api/token").json["csrf_token"]  # type: ignore[index]
    browser = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}
    answer = client.post("/api/sign-in", headers={**browser, "X-CSRFToken": first})
    next_token = answer.json["csrf_token"]  # type: ignore[index]
    stale = client.post("/api/cart", json={}, headers={**browser, "X-CSRFToken": first})
    assert (stale.status_code, stale.json) == (403, {"error": "csrf", "reason": "token_mismatch"})
    good = client.post("/api/cart", json={}, headers={**browser, "X-CSRFToken": next_token})
    assert (good.status_code, good.json) == (200, {"user": "ann"})


def test_without_a_token_or_from_elsewhere_the_api_refuses(ran: dict[str, Any]) -> None:
    client = client_of(ran)
    token = client.get("/api/token").json["csrf_token"]  # type: ignore[index]
    for headers, body, reason in (
        ({}, {}, "token_missing"),
        ({}, {"csrf_token": token}, "token_missing"),
        ({"X-CSRFToken": token, "Sec-Fetch-Site": "cross-site"}, {}, "cross_site"),
    ):
        answer = client.post("/api/cart", json=body, headers=headers)
        assert answer.status_code == 403
        assert answer.json == {"error": "csrf", "reason": reason}


def test_the_exempt_view_of_the_page_answers(ran: dict[str, Any]) -> None:
    answer = client_of(ran).post("/payments/notify", headers={"Origin": "https://pay.example"})
    assert answer.status_code == 200


def test_the_trusted_origin_of_the_page_is_read(ran: dict[str, Any]) -> None:
    settings = AppState.of(ran["app"]).manager.settings
    assert settings.csrf_trusted_origins == (WebOrigin("https", "admin.example.com", 443),)


def test_the_page_lists_every_reason() -> None:
    table = TEXT.partition("## Refusals")[2]
    assert re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE) == [*CsrfReason]


def test_the_page_names_the_methods_the_field_the_headers_and_the_key() -> None:
    for name in (*SAFE_METHODS, FIELD, *HEADERS, KEPT):
        assert re.search(rf"\b{re.escape(name)}\b", TEXT), name


OWN, ADMIN = "https://shop.example", parse_origin("https://admin.example.com")


@pytest.mark.parametrize(
    ("site", "origin", "reason"),
    [
        ("same-origin", "https://evil.example", None),
        ("none", None, None),
        ("same-site", OWN, CsrfReason.CROSS_SITE),
        ("cross-site", "https://admin.example.com", None),
        (None, OWN, None),
        (None, "https://admin.example.com", None),
        (None, "http://shop.example", CsrfReason.CROSS_ORIGIN),
        (None, "null", CsrfReason.NULL_ORIGIN),
        (None, "x", CsrfReason.MALFORMED_ORIGIN),
        (None, None, None),
    ],
)
def test_the_table_of_headers_is_true(
    site: str | None, origin: str | None, reason: CsrfReason | None
) -> None:
    assert ADMIN is not None
    assert origin_verdict(fetch_site=site, origin=origin, own=OWN, trusted=[ADMIN]) is reason
