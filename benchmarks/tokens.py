"""Token responses as OpenID providers give them, signed with RS256 and a 2048-bit key.

Three styles, each with the claims that its provider's documentation shows, for invented people:
a self-hosted realm, a hosted tenant with namespaced claims, and a directory tenant.
"""

from __future__ import annotations

import base64
import itertools
import json
import random
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

Claims = dict[str, Any]

_GIVEN: Final = ("Mira", "Jonas", "Aylin", "Teodor", "Salome", "Kenji")
_FAMILY: Final = ("Testmann", "Exemplo", "Sampleton", "Muster", "Fictive")


class Issuer:
    """Grants tokens; one RSA key for its life, drawn when it is first needed."""

    def __init__(self) -> None:
        self._styles = itertools.cycle(_STYLES)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65_537, key_size=2_048)

    def grant(self, rng: random.Random, at: datetime) -> dict[str, Any]:
        """One user's token response and userinfo, as an application keeps it in the session.

        The styles take turns.
        """
        now = int(at.timestamp()) + rng.randrange(10_000_000)
        given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
        login = f"{given}.{family}".lower()
        person: Claims = {
            "name": f"{given} {family}",
            "given_name": given,
            "family_name": family,
            "preferred_username": login,
            "email": f"{login}@example.org",
            "email_verified": True,
        }
        access, identity, scope = next(self._styles)(rng, now, person)
        kid = _b64(rng.randbytes(32))
        return {
            "access_token": self._sign(kid, access),
            "id_token": self._sign(kid, identity),
            "refresh_token": _b64(rng.randbytes(48)),
            "token_type": "Bearer",
            "expires_in": 3_600,
            "expires_at": now + 3_600,
            "scope": scope,
            "userinfo": {"sub": identity["sub"], **person},
        }

    def _sign(self, kid: str, claims: Claims) -> str:
        parts = ({"alg": "RS256", "typ": "JWT", "kid": kid}, claims)
        text = ".".join(_b64(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
        signature = self._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(signature)}"


def _b64(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(bytes=rng.randbytes(16), version=4))


def _times(now: int) -> Claims:
    return {"iat": now, "exp": now + 3_600}


def _realm(rng: random.Random, now: int, person: Claims) -> tuple[Claims, Claims, str]:
    subject, session = _uuid(rng), _uuid(rng)
    scope = "openid email profile"
    common: Claims = {
        "exp": now + 300,
        "iat": now,
        "auth_time": now - 2,
        "jti": _uuid(rng),
        "iss": "https://login.example.net/realms/store",
    }
    access = {
        **common,
        "aud": "account",
        "sub": subject,
        "typ": "Bearer",
        "azp": "storefront",
        "sid": session,
        "acr": "1",
        "realm_access": {"roles": ["offline_access", "default-roles-store", "uma_authorization"]},
        "scope": scope,
        "email": person["email"],
    }
    identity = {
        **common,
        "aud": "storefront",
        "sub": subject,
        "typ": "ID",
        "azp": "storefront",
        "nonce": _b64(rng.randbytes(15)),
        "sid": session,
        "at_hash": _b64(rng.randbytes(16)),
        **person,
    }
    return access, identity, scope


def _hosted(rng: random.Random, now: int, person: Claims) -> tuple[Claims, Claims, str]:
    client, subject = _b64(rng.randbytes(24)), f"auth0|{rng.randbytes(12).hex()}"
    scope = "openid profile email offline_access"
    access = {
        "iss": "https://store-example.eu.example.com/",
        "sub": subject,
        "aud": ["https://api.example.org/", "https://store-example.eu.example.com/userinfo"],
        **_times(now),
        "azp": client,
        "scope": scope,
        "permissions": ["read:orders", "write:orders"],
    }
    identity = {
        "nickname": person["preferred_username"],
        **person,
        "picture": f"https://avatars.example.com/{rng.randbytes(16).hex()}?s=480",
        "updated_at": "2025-03-10T08:00:00.000Z",
        "iss": "https://store-example.eu.example.com/",
        "aud": client,
        **_times(now),
        "sub": subject,
        "sid": _b64(rng.randbytes(24)),
        "nonce": _b64(rng.randbytes(32)),
    }
    return access, identity, scope


def _directory(rng: random.Random, now: int, person: Claims) -> tuple[Claims, Claims, str]:
    tenant, client, subject = _uuid(rng), _uuid(rng), _b64(rng.randbytes(32))
    common: Claims = {
        "iss": f"https://login.example.com/{tenant}/v2.0",
        "iat": now,
        "nbf": now,
        "exp": now + 4_800,
    }
    access = {
        "aud": f"api://{client}",
        **common,
        "aio": _b64(rng.randbytes(60)),
        "azp": client,
        "azpacr": "1",
        "oid": _uuid(rng),
        "scp": "Orders.Read",
        "sub": subject,
        "tid": tenant,
        "uti": _b64(rng.randbytes(16)),
        "ver": "2.0",
    }
    identity = {
        "aud": client,
        **common,
        "name": person["name"],
        "nonce": _b64(rng.randbytes(24)),
        "oid": access["oid"],
        "preferred_username": person["email"],
        "sub": subject,
        "tid": tenant,
        "uti": access["uti"],
        "ver": "2.0",
    }
    return access, identity, "openid profile email Orders.Read"


_STYLES: Final[tuple[Callable[[random.Random, int, Claims], tuple[Claims, Claims, str]], ...]] = (
    _realm,
    _hosted,
    _directory,
)
