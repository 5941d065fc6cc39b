"""What a request says of the client that sent it: enough to tell another one by, no more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

MAX_CHARACTERS: Final = 1024
"""How much of a header is looked at; browsers inside other applications send up to about 600."""


class Client(NamedTuple):
    """Who sent a request, as far as it can be told, each property by its first characters.

    Attributes:
        user_agent: the User-Agent header; empty where there is none.
        accept_language: the Accept-Language header; empty where there is none.
        address: the address that the server names, which may be none at all.
        fingerprint: what a proxy says of the client's TLS; empty where none does.
    """

    user_agent: str = ""
    accept_language: str = ""
    address: str = ""
    fingerprint: str = ""

    def __repr__(self) -> str:
        # All of it is personal data, and reporters of errors record the locals of frames.
        return "<Client>"

    @classmethod
    def of_environ(cls, environ: Mapping[str, Any], *, fingerprint_header: str | None) -> Client:
        """The client of a WSGI request (PEP 3333).

        The address is the server's word alone: headers such as X-Forwarded-For are for whoever
        stands before the application and knows its proxies.

        Args:
            environ: the request's.
            fingerprint_header: the name of the header with the fingerprint, or None.
        """
        fingerprint = ""
        if fingerprint_header is not None:
            key = f"HTTP_{fingerprint_header.upper().replace('-', '_')}"
            fingerprint = environ.get(key) or ""
        return cls(
            user_agent=(environ.get("HTTP_USER_AGENT") or "")[:MAX_CHARACTERS],
            accept_language=(environ.get("HTTP_ACCEPT_LANGUAGE") or "")[:MAX_CHARACTERS],
            address=(environ.get("REMOTE_ADDR") or "")[:MAX_CHARACTERS],
            fingerprint=fingerprint[:MAX_CHARACTERS],
        )
