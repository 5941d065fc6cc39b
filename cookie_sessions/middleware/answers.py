"""What a middleware answers in the application's place."""

from __future__ import annotations

from typing import Final, NamedTuple

from cookie_sessions.conclusion import RETRY_AFTER, UNAVAILABLE_TEXT
from cookie_sessions.errors import ReauthenticationRequired, Unavailable


class Answer(NamedTuple):
    """One whole response of plain text.

    Attributes:
        status: its code and reason.
        headers: those that belong to it.
        body: what it says.
        close_code: how a WebSocket is closed where no response can be given (RFC 6455, 7.4).
    """

    status: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    close_code: int

    @property
    def all_headers(self) -> list[tuple[str, str]]:
        """Those that belong to it, with the body's."""
        length = str(len(self.body))
        plain = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", length)]
        return [*plain, *self.headers]


UNAVAILABLE: Final = Answer(
    "503 Service Unavailable",
    (("Retry-After", str(RETRY_AFTER)), ("Cache-Control", "no-store")),
    UNAVAILABLE_TEXT.encode(),
    1013,
)
"""For a visitor whose session can be neither opened nor saved for now."""


def answer_to(error: Unavailable | ReauthenticationRequired) -> Answer:
    """The answer to a visitor where the application let an error of the session out.

    Args:
        error: what it let out.
    """
    if isinstance(error, Unavailable):
        return UNAVAILABLE
    # RFC 9470, section 3, has these names.
    challenge = f'session error="insufficient_user_authentication", max_age="{error.max_age:.0f}"'
    headers = (("WWW-Authenticate", challenge), ("Cache-Control", "no-store"))
    return Answer("401 Unauthorized", headers, str(error).encode(), 1008)
