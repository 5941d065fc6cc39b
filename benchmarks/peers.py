"""The session interfaces under comparison, each ready to be given to an application."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken
from flask import Flask, Request, Response
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface, SessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

from cookie_sessions.flask import CookieSessionInterface

SECRET_KEY: Final = "0123456789abcdef0123456789abcdef-benchmarks-only"  # noqa: S105

OURS: Final = "cookie_sessions"
DEFAULT: Final = "Flask default"
FERNET: Final = "Fernet"


class FernetSerializer(URLSafeTimedSerializer):
    """Fernet over tagged JSON, in the place of the signer that Flask builds for each request.

    It is made once per process, which is kinder to it than Flask's signer is to itself.
    """

    def __init__(self) -> None:
        key = hashlib.sha256(SECRET_KEY.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))
        self._json = TaggedJSONSerializer()

    def dumps(self, obj: Any, salt: str | bytes | None = None) -> str:
        """The Fernet token of ``obj``; ``salt`` is not used."""
        return self._fernet.encrypt(self._json.dumps(obj).encode()).decode()

    def loads(  # type: ignore[override]
        self, s: str | bytes, max_age: int | None = None, **_: Any
    ) -> Any:
        """What was dumped, if at most ``max_age`` seconds ago; else ``BadSignature``."""
        try:
            return self._json.loads(self._fernet.decrypt(s, ttl=max_age).decode())
        except InvalidToken:
            raise BadSignature("This is no Fernet token of ours.") from None


class FernetInterface(SecureCookieSessionInterface):
    """Flask's own interface with Fernet instead of a signature."""

    def __init__(self) -> None:
        self._serializer = FernetSerializer()

    def get_signing_serializer(self, app: Flask) -> FernetSerializer:
        """The one serializer, whatever the application."""
        return self._serializer


class EmptySession(dict[str, Any], SessionMixin):
    """A plain dict."""


class EmptyInterface(SessionInterface):
    """Opens an empty session and saves nothing: what a request costs without any session."""

    def open_session(self, app: Flask, request: Request) -> EmptySession:
        """A new empty session."""
        return EmptySession()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A session interface under comparison.

    Attributes:
        name: as it stands in the tables.
        make: makes one interface, for one application.
        lazy: an untouched session sends no cookie, a permanent one included.
        rests: nor does one that is only read, until its refresh is due.
    """

    name: str
    make: Callable[[], SessionInterface]
    lazy: bool = False
    rests: bool = False


PEERS: Final = (
    Peer(OURS, CookieSessionInterface, lazy=True),
    Peer(DEFAULT, SecureCookieSessionInterface),
    Peer(FERNET, FernetInterface),
)
