"""What docs/middleware.md shows is run, each application with a visitor of its own."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import WebSocket

from cookie_sessions.csrf import SAFE_METHODS
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import new_jwk_set
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.configuration import _OF_FLASK_ALONE
from tests.docs.test_pages import blocks

PAGE = Path(__file__).resolve().parents[2] / "docs/middleware.md"
SECRET = "0123456789abcdef" * 2
SECURE = "https://shop.example"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All Python of the page, run from its top to its end as one program."""
    folder = tmp_path_factory.mktemp("shop")
    ring = folder / "keys.json"
    ring.touch(mode=0o600)
    ring.write_text(new_jwk_set())
    names: dict[str, Any] = {"__name__": "page"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_KEY", SECRET)
        for source in blocks(PAGE, "python"):
            here = source.replace("/etc/shop/keys.json", str(ring))
            here = here.replace("/var/lib/shop", str(folder)).replace(
                "subscribe(print)", "subscribe(len)"
            )
            exec(here, names)  # noqa: S102
    return names


def visits(app: Any, *asks: tuple[str, str, dict[str, str]]) -> list[httpx.Response]:
    """The answers to requests that one visitor makes, one after the other."""

    async def all_of_them() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url=SECURE) as client:
            return [
                await client.request(method, path, headers=headers)
                for method, path, headers in asks
            ]

    return asyncio.run(all_of_them())


def get(path: str) -> tuple[str, str, dict[str, str]]:
    return "GET", path, {}


def post(path: str, **headers: str) -> tuple[str, str, dict[str, str]]:
    return "POST", path, {name.replace("_", "-"): value for name, value in headers.items()}


def test_the_drop_in_sees_a_change_inside_a_value(ran: dict[str, Any]) -> None:
    answers = visits(ran["app"], get("/visits"), get("/visits"))
    assert [answer.json() for answer in answers] == [
        {"visits": ["again"]},
        {"visits": ["again", "again"]},
    ]


def test_users_sign_in_prove_who_they_are_and_leave(ran: dict[str, Any]) -> None:
    answers = visits(
        ran["shop"],
        post("/pay"),
        post("/sign-in"),
        post("/pay"),
        post("/sign-out-elsewhere"),
        post("/confirm"),
        post("/sign-out"),
        post("/pay"),
    )
    assert [answer.status_code for answer in answers] == [303, 200, 200, 200, 200, 200, 303]
    assert answers[1].headers["set-cookie"].startswith("__Host-session=")
    assert answers[0].headers["location"] == "/confirm-password"


def test_the_sessions_that_were_made_first_have_the_list(ran: dict[str, Any]) -> None:
    sessions = ran["sessions"]
    assert sessions.revocations.is_revoked
    assert sessions.configuration.lifetime == 8 * 3600


@pytest.mark.parametrize(("name", "path"), [("asgi", "/"), ("pond", "/visits")])
def test_the_other_asynchronous_applications_count(
    ran: dict[str, Any], name: str, path: str
) -> None:
    assert [answer.text for answer in visits(ran[name], get(path), get(path))] == ["1", "2"]


def test_the_wsgi_application_counts(ran: dict[str, Any]) -> None:
    with httpx.Client(transport=httpx.WSGITransport(ran["wsgi"]), base_url=SECURE) as client:
        assert [client.get("/").text for _ in range(2)] == ["1", "2"]


def test_a_request_from_another_site_is_refused(ran: dict[str, Any]) -> None:
    guarded = ran["guarded"]
    guarded.post("/")(lambda: "done")
    guarded.get("/")(lambda: "seen")
    refused, passed, program, looked = visits(
        guarded,
        post("/", Sec_Fetch_Site="cross-site"),
        post("/", Origin=SECURE),
        post("/"),
        ("GET", "/", {"Sec-Fetch-Site": "cross-site"}),
    )
    assert (refused.status_code, passed.status_code) == (403, 200)
    assert "cross_site" in refused.json()["detail"]
    assert (program.status_code, looked.status_code) == (200, 200)
    assert "GET" in SAFE_METHODS


@pytest.mark.parametrize(
    ("origin", "passes"), [(SECURE, True), ("https://elsewhere.shop.example", False), (None, True)]
)
def test_a_websocket_that_another_origin_opens_is_denied(
    ran: dict[str, Any], *, origin: str | None, passes: bool
) -> None:
    guarded = ran["guarded"]

    async def news(websocket: WebSocket) -> None:
        await websocket.accept()

    guarded.add_api_websocket_route("/news", news)
    asked = [b"websocket.connect"]
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": asked.pop().decode()}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "websocket",
        "path": "/news",
        "query_string": b"",
        # Not all browsers say of a handshake what they say of requests, so Origin alone decides.
        "headers": [(b"sec-fetch-site", b"same-origin")]
        + ([] if origin is None else [(b"origin", origin.encode())]),
        "subprotocols": [],
        "extensions": {"websocket.http.response": {}},
    }
    asyncio.run(guarded(scope, receive, send))
    first = sent[0]
    assert (first["type"] == "websocket.accept") is passes
    assert passes or first["status"] == 403


def test_the_page_names_every_setting_that_is_refused() -> None:
    table = PAGE.read_text().partition("## What only Flask has")[2]
    for name in _OF_FLASK_ALONE:
        family = name.partition("_")[0].upper()
        assert family in table or family in ("ACCEPT", "FLASK", "WRITE"), name


def test_unknown_settings_are_refused_as_the_page_says() -> None:
    for name in ("SESSION_X", "COOKIE_SESSIONS_X"):
        with pytest.raises(ConfigurationError, match="silently do nothing"):
            Sessions({"SECRET_KEY": SECRET, name: 1})


def test_the_page_names_tests_that_are_there() -> None:
    for path in re.findall(r"`(?:python3 )?(tests/[\w/]+\.py)", PAGE.read_text()):
        assert (PAGE.parents[1] / path).is_file(), path
