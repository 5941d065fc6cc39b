"""What a request says of its client is the same, whether WSGI or ASGI brings it."""

from __future__ import annotations

from typing import Any

import pytest

from cookie_sessions.client import MAX_CHARACTERS, Client

HEADERS = {"User-Agent": "Mozilla/5.0", "Accept-Language": "de-DE,de;q=0.9", "X-JA4": "t13d_ab"}


def by_wsgi(headers: dict[str, str], address: str | None, name: str | None) -> Client:
    environ: dict[str, Any] = {
        f"HTTP_{key.upper().replace('-', '_')}": value for key, value in headers.items()
    }
    if address is not None:
        environ["REMOTE_ADDR"] = address
    return Client.of_environ(environ, fingerprint_header=name)


def by_asgi(headers: dict[str, str], address: str | None, name: str | None) -> Client:
    pairs = [(key.lower().encode(), value.encode()) for key, value in headers.items()]
    client = None if address is None else (address, 4711)
    return Client.of_scope({"headers": pairs, "client": client}, fingerprint_header=name)


@pytest.mark.parametrize("of", [by_wsgi, by_asgi])
def test_each_property_is_where_its_header_is(of: Any) -> None:
    assert of(HEADERS, "203.0.113.7", "X-Ja4") == Client(
        "Mozilla/5.0", "de-DE,de;q=0.9", "203.0.113.7", "t13d_ab"
    )
    assert of(HEADERS, "203.0.113.7", None).fingerprint == ""
    assert of({}, None, "X-JA4") == Client()


@pytest.mark.parametrize("of", [by_wsgi, by_asgi])
def test_of_long_headers_the_beginning_counts(of: Any) -> None:
    assert of({"User-Agent": "x" * 5_000}, None, None) == Client("x" * MAX_CHARACTERS)


def test_a_server_may_say_nothing_of_its_client() -> None:
    assert Client.of_scope({"headers": []}, fingerprint_header=None) == Client()


def test_a_header_that_comes_twice_is_joined_as_wsgi_servers_do() -> None:
    headers = [(b"accept-language", b"de"), (b"accept-language", b"en")]
    assert Client.of_scope({"headers": headers}, fingerprint_header=None).accept_language == "de,en"


def test_it_shows_nothing_of_a_person() -> None:
    assert repr(by_wsgi(HEADERS, "203.0.113.7", None)) == "<Client>"
