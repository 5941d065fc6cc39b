"""What the example's handlers make of each gateway's events, but cookies (tests/gateway)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest

from serverless.__main__ import HANDLERS
from serverless.gateway import GATEWAYS
from tests.examples.serverless.adapter import Adapted, request
from tests.examples.serverless.test_story import ALL

SHOWN = ["REMOTE_ADDR", "wsgi.url_scheme"]


def mirror(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Show what arrived."""
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({name: environ.get(name) for name in SHOWN}).encode()]


def binary(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "image/png")])
    return [bytes(range(256))]


def shown(shape: str, adapter: str, **asked: Any) -> dict[str, Any]:
    with Adapted(adapter, mirror) as function:
        found: dict[str, Any] = json.loads(function.ask(shape, request(**asked)).body)
    return found


@pytest.mark.parametrize(("shape", "adapter"), ALL)
def test_a_picture_comes_back_octet_by_octet(shape: str, adapter: str) -> None:
    with Adapted(adapter, binary) as function:
        assert function.ask(shape, request()).body == bytes(range(256))


@pytest.mark.parametrize(("shape", "adapter"), ALL)
def test_the_scheme_is_the_one_that_the_gateway_says(shape: str, adapter: str) -> None:
    assert shown(shape, adapter)["wsgi.url_scheme"] == "http"


CLAIMED, REAL = "192.0.2.1", "198.51.100.7"
ADDRESSES = {
    ("rest", "apig-wsgi"): CLAIMED,
    ("rest", "mangum"): REAL,
    ("http", "apig-wsgi"): REAL,
    ("http", "mangum"): REAL,
    ("url", "apig-wsgi"): REAL,
    ("url", "mangum"): REAL,
    ("alb-single", "apig-wsgi"): CLAIMED,
    ("alb-single", "mangum"): f"{CLAIMED}, {REAL}",
    ("alb-multi", "apig-wsgi"): CLAIMED,
    ("alb-multi", "mangum"): f"{CLAIMED}, {REAL}",
}
"""REMOTE_ADDR, where a client sends X-Forwarded-For itself: what it claims, or where it is."""


@pytest.mark.parametrize(("shape", "adapter"), ALL)
def test_what_a_client_claims_of_its_address_is_believed_where_the_page_says_so(
    shape: str, adapter: str
) -> None:
    found = shown(shape, adapter, headers=[("X-Forwarded-For", CLAIMED)])
    assert found["REMOTE_ADDR"] == ADDRESSES[shape, adapter]


def test_the_tables_name_every_gateway_and_adapter() -> None:
    assert set(ADDRESSES) == set(ALL) == {(s, a) for s in GATEWAYS for a in HANDLERS}
