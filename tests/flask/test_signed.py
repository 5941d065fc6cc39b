"""The reader and writer of Flask's own form, apart from any request."""

from __future__ import annotations

import json
import zlib
from typing import Any

import pytest
from flask import Flask
from itsdangerous import base64_encode

from cookie_sessions.envelope import MAX_TEXT_OCTETS, REFRESHABLE, Head
from cookie_sessions.errors import ConfigurationError, Reason, Rejected
from cookie_sessions.flask import signed as room
from cookie_sessions.flask.signed import SignedCookies
from cookie_sessions.keys import from_secret_keys
from tests.flask.signed import NOW, SignedAt, signed
from tests.flask.world import SECRET


def application() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = SECRET
    return app


def cookies(app: Flask | None = None) -> SignedCookies:
    return SignedCookies(app or application(), SignedAt(NOW))


def test_a_peek_tells_the_time_and_that_the_session_may_be_refreshed() -> None:
    assert cookies().peek(signed({"a": 1}, at=NOW - 5)) == Head(REFRESHABLE, b"", NOW - 5)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "a", "a.b", "a.b.c", "a.b.c.d", "é.cT9_AA.c", "a.cT9_AA=.c"]
)
def test_a_peek_at_another_form_sees_nothing_and_a_read_refuses_it(text: str) -> None:
    assert cookies().peek(text) is None
    with pytest.raises(Rejected) as caught:
        cookies().read(text)
    assert caught.value.reason is Reason.MALFORMED
    assert caught.value.__context__ is None


def test_a_peek_at_a_text_beyond_the_bound_sees_nothing() -> None:
    assert cookies().peek("a" * MAX_TEXT_OCTETS + signed({})) is None


def test_the_id_of_a_secret_key_is_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, text = cookies(), signed({"a": 1})
    derived: list[object] = []

    def counting(secret: bytes) -> object:
        derived.append(secret)
        return from_secret_keys(secret)

    kid = from_secret_keys(SECRET).primary.kid
    monkeypatch.setattr(room, "from_secret_keys", counting)
    reader._kids.clear()
    assert [reader.read(text).kid for _ in range(3)] == [kid] * 3
    assert len(derived) == 1


def test_without_a_secret_key_any_more_reading_refuses_and_writing_says_what_to_do() -> None:
    app = application()
    form = cookies(app)
    app.config["SECRET_KEY"] = None
    with pytest.raises(Rejected) as caught:
        form.read(signed({"a": 1}))
    assert caught.value.reason is Reason.UNKNOWN_KID
    with pytest.raises(ConfigurationError, match=r"no SECRET_KEY .* Set it again"):
        form.write({"a": 1}, signed_at=NOW)


def payload_signed(payload: bytes, interface: SignedAt | None = None) -> str:
    """A payload that the secret key signed, whatever it holds."""
    serializer = (interface or SignedAt(NOW)).get_signing_serializer(application())
    text: bytes = serializer.make_signer(serializer.salt).sign(payload)
    return text.decode()


DEFLATED = zlib.compress(b'{"a":1}')


def test_an_authentic_payload_is_inflated_and_read() -> None:
    text = payload_signed(b"." + base64_encode(DEFLATED))
    assert cookies().read(text).values == {"a": 1}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"a", Reason.MALFORMED),
        (b".a", Reason.MALFORMED),
        (b"." + base64_encode(b"not deflated"), Reason.UNDECODABLE),
        (b"." + base64_encode(DEFLATED[:-1]), Reason.UNDECODABLE),
        (b"." + base64_encode(DEFLATED + b"more"), Reason.UNDECODABLE),
        (base64_encode(b"\xff"), Reason.UNDECODABLE),
        (base64_encode(b"[]"), Reason.UNDECODABLE),
    ],
)
def test_an_authentic_payload_of_another_form_is_refused(payload: bytes, reason: Reason) -> None:
    with pytest.raises(Rejected) as caught:
        cookies().read(payload_signed(payload))
    assert caught.value.reason is reason
    assert caught.value.__context__ is None


class OwnSerializer:
    """An application's own, which takes text only."""

    @staticmethod
    def dumps(value: object) -> str | bytes:
        return json.dumps(value)

    @staticmethod
    def loads(text: str) -> object:
        assert isinstance(text, str)
        return json.loads(text)


class SerializerOfOctets(OwnSerializer):
    """Makes octets, which Flask's interface could put into no cookie."""

    @staticmethod
    def dumps(value: object) -> str | bytes:
        return json.dumps(value).encode()


class OwnInterface(SignedAt):
    serializer: Any = OwnSerializer


class InterfaceOfOctets(SignedAt):
    serializer: Any = SerializerOfOctets


def test_an_applications_own_serializer_reads_what_it_wrote_as_text() -> None:
    interface = OwnInterface(NOW)
    form = SignedCookies(application(), interface)
    text = form.write({"a": (1,)}, signed_at=NOW)
    assert text == interface.get_signing_serializer(application()).dumps({"a": (1,)})
    assert form.read(text).values == {"a": [1]}


def test_a_serializer_of_octets_is_refused_at_the_start() -> None:
    with pytest.raises(ConfigurationError, match=r"InterfaceOfOctets.*visitors sign in again"):
        SignedCookies(application(), InterfaceOfOctets(NOW))
