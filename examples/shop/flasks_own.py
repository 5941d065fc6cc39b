"""What Flask's own signed cookie would hold and weigh for the same session; it is never sent."""

from __future__ import annotations

import base64
import functools
import json
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

MASK = "…"


@dataclass(frozen=True, slots=True)
class SignedCookie:
    """Flask's cookie for a session.

    `changed` names the values that would come back as something else, `refused` those that Flask
    can't keep at all; where there are any of these, `text` holds the session without them.
    """

    text: str
    changed: tuple[str, ...]
    refused: tuple[str, ...]

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> SignedCookie:
        """Sign the session with a key that is thrown away with this process."""
        kept: dict[str, Any] = {}
        changed: list[str] = []
        refused: list[str] = []
        for name, value in session.items():
            try:
                back = _signer().loads(_signer().dumps({name: value}))
            except (TypeError, ValueError):
                refused.append(str(name))
                continue
            kept[name] = value
            if repr(back) != repr({name: value}):
                changed.append(str(name))
        return cls(_signer().dumps(kept), tuple(changed), tuple(refused))

    def read_by_anyone(self, *, longest: int) -> str:
        """The beginning of the session as everybody on the way can decode it, without any key.

        Args:
            longest: how many characters to show.
        """
        compressed = self.text.startswith(".")
        payload = self.text.removeprefix(".").partition(".")[0]
        octets = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        values = json.loads(zlib.decompress(octets) if compressed else octets)
        text = json.dumps(values, ensure_ascii=False, separators=(", ", ": "))
        return text if len(text) <= longest else text[:longest] + MASK


@functools.cache
def _signer() -> URLSafeTimedSerializer:
    app = Flask("signed", static_folder=None)
    app.secret_key = secrets.token_bytes(32)
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return signer
