"""What a request says of the client that sent it: enough to tell another one by, no more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        if fingerprint_header is not None:
            fingerprint_header = f"HTTP_{fingerprint_header.upper().replace('-', '_')}"
        return cls._of(
            environ.get,
            ("HTTP_USER_AGENT", "HTTP_ACCEPT_LANGUAGE", fingerprint_header),
            address=environ.get("REMOTE_ADDR"),
        )

    @classmethod
    def of_scope(cls, scope: Mapping[str, Any], *, fingerprint_header: str | None) -> Client:
        """The client of an ASGI connection (ASGI 3, "HTTP & WebSocket").

        The address is the server's word alone, as for :meth:`of_environ`.

        Args:
            scope: the connection's.
            fingerprint_header: the name of the header with the fingerprint, or None.
        """
        headers: dict[str, str] = {}
        for name, value in scope["headers"]:
            key, text = name.decode("latin-1").lower(), value.decode("latin-1")
            # As WSGI servers join a header that comes more than once.
            headers[key] = f"{headers[key]},{text}" if key in headers else text
        if fingerprint_header is not None:
            fingerprint_header = fingerprint_header.lower()
        return cls._of(
            headers.get,
            ("user-agent", "accept-language", fingerprint_header),
            address=(scope.get("client") or ("",))[0],
        )

    @classmethod
    def _of(
        cls,
        get: Callable[[str], Any],
        names: tuple[str, str, str | None],
        *,
        address: str | None,
    ) -> Client:
        user_agent, language, fingerprint = [
            (get(name) or "")[:MAX_CHARACTERS] if name is not None else "" for name in names
        ]
        return cls(user_agent, language, (address or "")[:MAX_CHARACTERS], fingerprint)
