"""Flask's own signed cookies, read with bounds and written as Flask writes them.

Flask's form is itsdangerous' timed URL-safe serializer: payload, time and signature between dots,
the payload base64url of JSON, or a dot and base64url of deflated JSON.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from flask.sessions import SecureCookieSessionInterface
from itsdangerous import (
    BadData,
    URLSafeTimedSerializer,
    base64_decode,
    base64_encode,
)
from itsdangerous.encoding import bytes_to_int, int_to_bytes

from cookie_sessions.codec import MAX_VALUE_OCTETS
from cookie_sessions.envelope import REFRESHABLE, Head
from cookie_sessions.errors import ConfigurationError, Reason, Rejected, UsageError
from cookie_sessions.keys import check_fallbacks, from_secret_keys
from cookie_sessions.migration import Signed, check_form

if TYPE_CHECKING:
    from flask import Flask


class SignedCookies:
    """The signed sessions of one application, under its secret key and the fallbacks.

    Args:
        app: the application; its secret keys are asked for each time.
        interface: the interface that wrote the cookies: Flask's, or the application's subclass of
            it with a salt, a digest or a JSON serializer of its own.

    Raises:
        ConfigurationError: there is no secret key, or the interface's cookies have another form.
    """

    def __init__(self, app: Flask, interface: SecureCookieSessionInterface) -> None:
        self._app = app
        self._interface = interface
        self._kids: dict[bytes, bytes] = {}
        serializer = self._serializer()
        if serializer is None:
            raise ConfigurationError(
                "Flask's own cookies are to be read, and there is no SECRET_KEY to verify them "
                "with. Set the SECRET_KEY that signed them, or leave "
                "COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL out."
            )
        if not self._is_understood(serializer):
            raise ConfigurationError(
                f"The cookies that {type(interface).__name__} writes do not have the form of "
                f"Flask's, so they can't be taken over. Leave "
                f"COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL out: visitors sign in again."
            )

    def read(self, text: str) -> Signed:
        """Verify one cookie, then unpack it; its age is the caller's to judge.

        Args:
            text: the value of the cookie.

        Returns:
            The session, when it was signed, and by which key.

        Raises:
            Rejected: ``malformed`` or ``too_large`` by its form, ``unknown_kid`` if none of our
                secret keys signed it (it names none, so it may be another instance's),
                ``too_large`` above ``MAX_VALUE_OCTETS`` when inflated, ``undecodable``.
        """
        check_form(text)
        serializer = self._serializer()
        if serializer is None:
            raise Rejected(Reason.UNKNOWN_KID)
        signer = serializer.make_signer(serializer.salt)
        signed, _, signature = text.encode("ascii").rpartition(signer.sep)
        payload, _, time = signed.rpartition(signer.sep)
        octets = _octets(signature)
        # Signatures that only decode alike would give one session many names.
        if base64_encode(octets) != signature:
            raise Rejected(Reason.MALFORMED)
        for secret in reversed(signer.secret_keys):
            # Anybody can sign with an empty fallback.
            if secret and signer.algorithm.verify_signature(
                signer.derive_key(secret), signed, octets
            ):
                break
        else:
            raise Rejected(Reason.UNKNOWN_KID)
        values = _unpack(serializer, payload)
        return Signed(values, bytes_to_int(_octets(time)), self._kid_of(secret))

    def peek(self, text: str) -> Head | None:
        """Read the time alone, without a key: nobody has verified it yet.

        Whether the session is permanent can't be told, so it counts as refreshable.

        Args:
            text: the value of a cookie.

        Returns:
            The head that it would have, or None where it does not have Flask's form.
        """
        try:
            check_form(text)
            return Head(REFRESHABLE, b"", bytes_to_int(_octets(text.split(".")[-2].encode())))
        except Rejected:
            return None

    def write(self, values: Mapping[Any, Any], *, signed_at: int) -> str:
        """Sign a session as Flask does.

        Args:
            values: the session.
            signed_at: the time to sign, in seconds since the epoch.

        Returns:
            The text of the cookie.

        Raises:
            UsageError: Flask's serializer can't keep a value; names the key and the type.
        """
        serializer = self._serializer()
        if serializer is None:
            raise ConfigurationError(
                "COOKIE_SESSIONS_WRITE is 'flask', and there is no SECRET_KEY any more to sign "
                "with. Set it again, or write 'sealed'."
            )
        signer = serializer.make_signer(serializer.salt)
        payload = _dumped(serializer, values)
        if payload is None:
            raise UsageError(_refusal(serializer, values))
        signed = payload + signer.sep + base64_encode(int_to_bytes(signed_at))
        return (signed + signer.sep + signer.get_signature(signed)).decode("ascii")

    def _serializer(self) -> URLSafeTimedSerializer | None:
        check_fallbacks(self._app.config.get("SECRET_KEY_FALLBACKS"))
        return self._interface.get_signing_serializer(self._app)

    def _is_understood(self, serializer: URLSafeTimedSerializer) -> bool:
        """Whether each reads what the other writes, tried on a session of a few octets."""
        probe = {"probe": "a" * 99}
        try:
            theirs, ours = serializer.dumps(probe), self.write(probe, signed_at=1)
            return bool(self.read(theirs).values == serializer.loads(ours) == probe)
        except Exception:  # noqa: BLE001 - a serializer of the application's may raise anything.
            return False

    def _kid_of(self, secret: bytes) -> bytes:
        kid = self._kids.get(secret)
        if kid is None:
            kid = self._kids[secret] = from_secret_keys(secret).primary.kid
        return kid


def _dumped(serializer: URLSafeTimedSerializer, values: Mapping[Any, Any]) -> bytes | None:
    try:
        return serializer.dump_payload(dict(values))
    except Exception:  # noqa: BLE001 - what an application's serializer says may hold the value.
        return None


def _refusal(serializer: URLSafeTimedSerializer, values: Mapping[Any, Any]) -> str:
    for name, value in values.items():
        if _dumped(serializer, {name: value}) is None:
            return (
                f"session[{name!r}], a {type(value).__name__}, holds something that Flask's own "
                f"cookie can't keep, and COOKIE_SESSIONS_WRITE is 'flask'. Keep what JSON can hold "
                f"until every instance writes sealed cookies."
            )
    return (
        "Flask's own cookie can't keep this session: its keys can't be put in one order. Use text "
        "for all of them until every instance writes sealed cookies."
    )


def _octets(text: bytes) -> bytes:
    try:
        return base64_decode(text)
    except BadData:
        # Raised below instead: what could not be decoded would be the context.
        pass
    raise Rejected(Reason.MALFORMED)


def _unpack(serializer: URLSafeTimedSerializer, payload: bytes) -> Mapping[str, Any]:
    """Unpack an authentic payload; it may be hostile all the same, from before a key leaked."""
    compressed = payload.startswith(b".")
    json = _octets(payload[1:] if compressed else payload)
    if compressed:
        json = _inflate(json)
    loads: Callable[[Any], object] = serializer.serializer.loads
    try:
        values = loads(json.decode() if serializer.is_text_serializer else json)
    except Exception:  # noqa: BLE001 - whatever the serializer says; raised below, without the data.
        values = None
    if not isinstance(values, dict):
        raise Rejected(Reason.UNDECODABLE)
    return values


def _inflate(octets: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        json = stream.decompress(octets, MAX_VALUE_OCTETS)
    except zlib.error:
        json = None
    if json is None:
        raise Rejected(Reason.UNDECODABLE)
    if stream.unconsumed_tail:
        raise Rejected(Reason.TOO_LARGE)
    if not stream.eof or stream.unused_data:
        raise Rejected(Reason.UNDECODABLE)
    return json
