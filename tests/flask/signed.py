"""Flask's own cookies for these tests, signed at any time, with any key and salt."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import TimestampSigner

from cookie_sessions.flask import CookieSessionInterface
from tests.flask.world import SECRET, app_with

NOW = 1_900_000_000
"""What the clock fixture shows at its beginning."""

WINDOW = datetime.fromtimestamp(NOW, UTC).date().replace(day=28)
"""A date within sixty days of it."""


class SignedAt(SecureCookieSessionInterface):
    """Flask's interface with its clock set and, where a test asks for it, another salt."""

    def __init__(self, moment: int, salt: str = "cookie-session") -> None:
        self.moment = moment
        self.salt = salt

    def get_signing_serializer(self, app: Flask) -> Any:
        serializer = super().get_signing_serializer(app)
        moment = self.moment

        class Signer(TimestampSigner):
            def get_timestamp(self) -> int:
                return moment

        if serializer is not None:
            serializer.signer = Signer
        return serializer


def signed(
    values: dict[str, Any],
    *,
    at: int = NOW - 100,
    secret: str | bytes = SECRET,
    salt: str = "cookie-session",
) -> str:
    """The text of a cookie that Flask's own interface makes for these values at a moment."""
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "replaced below, because Flask takes no empty key"
    serializer = SignedAt(at, salt).get_signing_serializer(app)
    serializer.secret_keys = [secret.encode() if isinstance(secret, str) else secret]
    text: str = serializer.dumps(values)
    return text


def moving(**config: Any) -> Flask:
    """An application with our interface that takes Flask's cookies over."""
    window = {"COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL": WINDOW}
    return app_with(CookieSessionInterface(), **{**window, **config})
