"""Requests that another site has a visitor's browser send: told by their token and their origin.

A token is bound to a session by HMAC of its id, so it is stored nowhere, and ends when the session
gets a new id. docs/protection-csrf.md tells the whole.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection
from typing import Final, NamedTuple

from cookie_sessions.crypto import KID_OCTETS, MAC_OCTETS
from cookie_sessions.errors import CsrfReason
from cookie_sessions.keys import KeyRing

PURPOSE: Final = "csrf"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""What changes nothing (RFC 9110, section 9.2.1), and is let through."""

TOKEN_CHARACTERS: Final = 92
MAX_ORIGIN_CHARACTERS: Final = 512

_VERSION: Final = b"\x01"
_KID_END: Final = 1 + KID_OCTETS
_OCTETS: Final = _KID_END + 2 * MAC_OCTETS
_FROM_HERE: Final = frozenset({"same-origin", "none"})
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_ORIGIN: Final = re.compile(
    r"([a-z][a-z0-9+.-]*)://([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(0|[1-9][0-9]{0,4}))?",
    re.ASCII | re.IGNORECASE,
)


class WebOrigin(NamedTuple):
    """A scheme, host and port, as RFC 6454 compares them.

    Attributes:
        scheme: in lower case.
        host: in lower case; an IPv6 address stands in brackets, in its shortest form.
        port: the scheme's own where none was named; None where the scheme has none.
    """

    scheme: str
    host: str
    port: int | None


def issue(sid: bytes, *, ring: KeyRing) -> str:
    """A token for the pages of one session; each call gives another text.

    Args:
        sid: the session's id, 16 octets.
        ring: its primary key marks the token.

    Returns:
        92 characters of base64url: version (1 octet), key id (4), mask (32), HMAC under it (32).

    Raises:
        Unavailable: every key that could mark it is revoked.
    """
    key = ring.primary
    octets = _VERSION + key.kid + key.mac(PURPOSE).mark(sid)
    return base64.urlsafe_b64encode(octets).decode("ascii")


def token_verdict(text: object, *, sid: bytes, ring: KeyRing) -> CsrfReason | None:
    """Judge a token; whatever it is, nothing but a verdict comes out.

    Args:
        text: what the request brought as its token.
        sid: the id under which the request's session came, 16 octets.
        ring: every key of it that still opens will do, so that no rotation breaks an open form.

    Returns:
        Why it is refused; None: it is a token of this session.
    """
    octets = _octets(text)
    if octets is None:
        return CsrfReason.TOKEN_MALFORMED
    kid = octets[1:_KID_END]
    key = ring.get(kid)
    if key is not None:
        matches = key.mac(PURPOSE).matches(octets[_KID_END:], sid)
        return None if matches else CsrfReason.TOKEN_MISMATCH
    if kid in ring.revoked:
        return CsrfReason.TOKEN_KEY_REVOKED
    retired = kid in ring.retired
    return CsrfReason.TOKEN_KEY_RETIRED if retired else CsrfReason.TOKEN_UNKNOWN_KID


def origin_verdict(
    *,
    fetch_site: str | None,
    origin: str | None,
    own: str,
    trusted: Collection[WebOrigin] = (),
) -> CsrfReason | None:
    """Judge where a request comes from, by what its browser says and no script can change.

    Sec-Fetch-Site decides where it is there. The Origin header decides where it is not: older
    browsers, and sites without HTTPS. Who sends neither is no browser, or a very old one: then the
    token alone decides.

    Args:
        fetch_site: the header Sec-Fetch-Site, or None.
        origin: the header Origin, or None.
        own: the origin that the request was sent to, as a text such as ``https://shop.example``.
        trusted: other origins whose requests are let through.

    Returns:
        Why it is refused; None: nothing speaks against it.
    """
    if fetch_site is None and origin is None:
        return None
    # Of same-site and cross-site, and of any value that is no answer, none is as good as ours.
    if fetch_site in _FROM_HERE:
        return None
    sender = None if origin is None else parse_origin(origin)
    if sender is not None and sender in trusted:
        return None
    if fetch_site is not None:
        return CsrfReason.CROSS_SITE
    if sender is not None:
        return None if sender == parse_origin(own) else CsrfReason.CROSS_ORIGIN
    return CsrfReason.NULL_ORIGIN if origin == "null" else CsrfReason.MALFORMED_ORIGIN


def parse_origin(text: object) -> WebOrigin | None:
    """Read an origin as browsers write it (RFC 6454, section 6.2); never raises.

    Args:
        text: for example ``https://shop.example:8443``.

    Returns:
        The origin; None where it is none: ``null``, a path, a user, a list, other characters.
    """
    if not isinstance(text, str) or len(text) > MAX_ORIGIN_CHARACTERS:
        return None
    found = _ORIGIN.fullmatch(text)
    if found is None:
        return None
    scheme, host, digits = found[1].lower(), found[2].lower(), found[3]
    port = _DEFAULT_PORTS.get(scheme) if digits is None else int(digits)
    if port is not None and port > 0xFFFF:
        return None
    if host.startswith("["):
        # Addresses in place of names are rare, and the module is not cheap to load.
        from ipaddress import AddressValueError, IPv6Address

        try:
            host = f"[{IPv6Address(host[1:-1])}]"
        except AddressValueError:
            return None
    return WebOrigin(scheme, host, port)


def _octets(text: object) -> bytes | None:
    if not isinstance(text, str) or len(text) != TOKEN_CHARACTERS or not text.isascii():
        return None
    try:
        octets = base64.urlsafe_b64decode(text)
    except ValueError:
        return None
    if len(octets) != _OCTETS or octets[:1] != _VERSION:
        return None
    # The decoder skips what is not in its alphabet; what would be written differently is refused.
    if base64.urlsafe_b64encode(octets).decode("ascii") != text:
        return None
    return octets


assert len(base64.b64encode(bytes(_OCTETS))) == TOKEN_CHARACTERS
