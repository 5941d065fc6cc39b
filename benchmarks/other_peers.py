"""How other libraries turn a session into the text of a cookie and back.

Each does what its own session code does, with what it makes once per process made once. Starlette
and Django write plain JSON, which has neither tuples nor dates: they get the same session with
lists and texts in their place, which is less work than ours and Flask's.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from typing import Any, Final, cast

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, TimestampSigner, URLSafeTimedSerializer

from benchmarks.floor import Product
from benchmarks.peers import DEFAULT, FERNET, OURS, SECRET_KEY, FernetSerializer
from benchmarks.shapes import Values

MULTI_FERNET: Final = "MultiFernet"
JWE: Final = "JWE (joserfc)"
STARLETTE: Final = "Starlette"
DJANGO: Final = "Django"

_TWO_WEEKS: Final = 14 * 24 * 60 * 60
_JWE_HEADER: Final = {"alg": "dir", "enc": "A256GCM", "zip": "DEF"}
_DJANGO_SALT: Final = "django.contrib.sessions.backends.signed_cookies"


@dataclass(frozen=True, slots=True)
class Way:
    """One library's way from a session to a text and back.

    Attributes:
        name: as it stands in the tables.
        dumps: a session as the text of a cookie.
        loads: what was dumped, every value of it.
        plain: it gets the session as plain JSON has it.
    """

    name: str
    dumps: Callable[[Values], str]
    loads: Callable[[str], Any]
    plain: bool = False


def why_not() -> str:
    """Why not all peers can be measured here, and the remedy; empty where they can."""
    lacking = [name for name in ("django", "joserfc", "starlette") if find_spec(name) is None]
    if lacking:
        return f"{', '.join(lacking)} not installed: pip install --group bench"
    return ""


class MultiFernetSerializer(FernetSerializer):
    """Two Fernet keys, the cookie under the former one, as after a rotation."""

    def __init__(self) -> None:
        super().__init__()
        self._former = self._fernet
        self._all = MultiFernet([Fernet(Fernet.generate_key()), self._former])

    def loads(  # type: ignore[override]
        self, s: str | bytes, max_age: int | None = None, **_: Any
    ) -> Any:
        """What was dumped, if at most ``max_age`` seconds ago; else ``BadSignature``."""
        try:
            return self._json.loads(self._all.decrypt(s, ttl=max_age).decode())
        except InvalidToken:
            raise BadSignature("This is no Fernet token of ours.") from None


class JweSerializer(URLSafeTimedSerializer):
    """JWE with a direct key, A256GCM and deflate (RFC 7516, RFC 7518) over tagged JSON.

    The session's age is not kept, which the others' forms do.
    """

    def __init__(self) -> None:
        from joserfc import jwe
        from joserfc.jwk import OctKey

        self._key = OctKey.import_key(hashlib.sha256(SECRET_KEY.encode()).digest())
        self._jwe = jwe
        self._json = TaggedJSONSerializer()

    def dumps(self, obj: Any, salt: str | bytes | None = None) -> str:
        """The compact form of ``obj``; ``salt`` is not used."""
        octets = self._json.dumps(obj).encode()
        return self._jwe.encrypt_compact(dict(_JWE_HEADER), octets, self._key)

    def loads(  # type: ignore[override]
        self, s: str | bytes, max_age: int | None = None, **_: Any
    ) -> Any:
        """What was dumped; else ``BadSignature``."""
        from joserfc.errors import JoseError

        try:
            opened = self._jwe.decrypt_compact(s, self._key).plaintext
        except (JoseError, ValueError):
            raise BadSignature("This is no JWE of ours.") from None
        return self._json.loads((opened or b"").decode())


class SerializerInterface(SecureCookieSessionInterface):
    """Flask's own interface with another serializer, which is made once.

    Args:
        serializer: takes the place of the signer that Flask builds for each request.
    """

    def __init__(self, serializer: URLSafeTimedSerializer) -> None:
        self._serializer = serializer

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        """The one serializer, whatever the application."""
        return self._serializer


def ways() -> tuple[Way, ...]:
    """Every peer, ours first and Flask's default behind it."""
    return (
        _ours(),
        _default(DEFAULT),
        Way(FERNET, (fernet := FernetSerializer()).dumps, fernet.loads),
        Way(MULTI_FERNET, (multi := MultiFernetSerializer()).dumps, multi.loads),
        Way(JWE, (jwe := JweSerializer()).dumps, jwe.loads),
        _starlette(),
        _django(),
    )


def flask_default_again(name: str) -> Way:
    """Flask's default once more, as the control."""
    return _default(name)


def plain_json(values: Values) -> Values:
    """A session as plain JSON has it: dates as texts, tuples as lists."""

    def text(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    return cast(Values, json.loads(json.dumps(values, default=text)))


def _ours() -> Way:
    product = Product()
    from_wire = product.codec.from_wire

    def loads(text: str) -> Values:
        _, wires = product.open(text)
        return {str(name): from_wire(wire) for name, wire in wires.items()}

    return Way(OURS, product.seal, loads)


def _default(name: str) -> Way:
    app = Flask("benchmarks")
    app.secret_key = SECRET_KEY
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    signer = serializer
    return Way(name, lambda values: str(signer.dumps(values)), signer.loads)


def _starlette() -> Way:
    signer = TimestampSigner(SECRET_KEY)

    def dumps(values: Values) -> str:
        return signer.sign(base64.b64encode(json.dumps(values).encode())).decode()

    def loads(text: str) -> Any:
        return json.loads(base64.b64decode(signer.unsign(text.encode(), max_age=_TWO_WEEKS)))

    return Way(STARLETTE, dumps, loads, plain=True)


def _django() -> Way:
    from django.conf import settings
    from django.core import signing

    if not settings.configured:
        settings.configure(SECRET_KEY=SECRET_KEY)

    def dumps(values: Values) -> str:
        return str(signing.dumps(values, compress=True, salt=_DJANGO_SALT))

    def loads(text: str) -> Any:
        return signing.loads(text, max_age=_TWO_WEEKS, salt=_DJANGO_SALT)

    return Way(DJANGO, dumps, loads, plain=True)
