"""Switches each protection off that SECURITY.md names, so that its tests can be seen to fail.

A switch takes out the one thing that protects, where it is done; all else stays as it is.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cookie_sessions import (
    arrival,
    claims,
    cookies,
    crypto,
    departure,
    envelope,
    fixation,
    sealer,
    session,
    succession,
)
from cookie_sessions.codec import codec, compress
from cookie_sessions.cookies import attributes, layout
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.flask import handoff as views
from cookie_sessions.flask import headers, interface
from cookie_sessions.keys import key, ring
from cookie_sessions.middleware import exchange
from cookie_sessions.middleware import headers as middleware_headers
from cookie_sessions.policy import Timeouts
from cookie_sessions.revocation import ledger, registry
from cookie_sessions.revocation.facts import Standing
from cookie_sessions.settings import prefix

SWITCHES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {}

_BLOCK = 16


def switch(name: str) -> Callable[[Callable[[pytest.MonkeyPatch], None]], None]:
    """Enter a switch under the name that SECURITY.md has for its protection."""

    def enter(off: Callable[[pytest.MonkeyPatch], None]) -> None:
        assert name not in SWITCHES
        SWITCHES[name] = off

    return enter


@switch("seal")
def _(patch: pytest.MonkeyPatch) -> None:
    """Decrypt without looking at the tag, as AES-GCM's own counter mode does."""

    class Unverified:
        def __init__(self, key: bytes) -> None:
            self._key = key
            self.encrypt = AESGCM(key).encrypt

        def decrypt(self, nonce: bytes, data: bytes, _: bytes | None) -> bytes:
            counter = nonce + (2).to_bytes(4, "big")
            opened = Cipher(algorithms.AES(self._key), modes.CTR(counter)).decryptor()
            return opened.update(data[:-_BLOCK])

    patch.setattr(crypto, "AESGCM", Unverified)


@switch("encryption")
def _(patch: pytest.MonkeyPatch) -> None:
    """Put the plaintext where the ciphertext stands."""
    seal = crypto.Aead.seal

    def readable(self: crypto.Aead, plaintext: bytes, aad: bytes) -> bytes:
        sealed = seal(self, plaintext, aad)
        return sealed[: crypto.NONCE_OCTETS] + plaintext + sealed[-crypto.TAG_OCTETS :]

    patch.setattr(crypto.Aead, "seal", readable)


@switch("nonce")
def _(patch: pytest.MonkeyPatch) -> None:
    """Draw nonces once, and then use them again."""
    drawn: dict[int, bytes] = {}
    system = os.urandom
    patch.setattr(os, "urandom", lambda size: drawn.setdefault(size, system(size)))


@switch("place")
def _(patch: pytest.MonkeyPatch) -> None:
    """Leave purpose, name and audience out of what the seal covers."""
    everywhere = sealer.Place("session", "anywhere", "")
    full = sealer._aad
    patch.setattr(sealer, "_aad", lambda head, _: full(head, everywhere))


@switch("purpose")
def _(patch: pytest.MonkeyPatch) -> None:
    """Seal for whatever purpose as if it were one, under one subkey."""
    everywhere = sealer.Place("session", "anywhere", "")
    full = sealer._aad
    subkey = key.Key.aead
    patch.setattr(sealer, "_aad", lambda head, _: full(head, everywhere))
    patch.setattr(key.Key, "aead", lambda self, _: subkey(self, "session"))


@switch("key id")
def _(patch: pytest.MonkeyPatch) -> None:
    """Open with any key of the ring, whichever the seal names."""

    get = ring.KeyRing.get
    patch.setattr(ring.KeyRing, "get", lambda self, kid: get(self, kid) or self.primary)


@switch("timeouts")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let sessions live for ever."""
    patch.setattr(Timeouts, "verdict", lambda *_, **__: None)


@switch("revocation")
def _(patch: pytest.MonkeyPatch) -> None:
    """Ask the list, and pass over what it says."""
    check = ledger.Ledger.check

    def lives(self: ledger.Ledger, *args: Any, **kwargs: Any) -> ledger.Checked:
        return check(self, *args, **kwargs)._replace(standing=Standing.LIVES)

    patch.setattr(ledger.Ledger, "check", lives)


@switch("check at commit")
def _(patch: pytest.MonkeyPatch) -> None:
    """Write a session back without asking once more."""
    patch.setattr(succession.Succession, "_still_counts", lambda *_: True)


@switch("successor")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let a grace go on whatever became of the session that it leads to."""
    from cookie_sessions.revocation import store_list

    patch.setattr(store_list.StoreList, "_heirs", lambda *_, **__: [])


@switch("unavailable")
def _(patch: pytest.MonkeyPatch) -> None:
    """Accept what nobody could be asked about."""
    made = ledger.Ledger.__init__

    def accepting(self: ledger.Ledger, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **{**kwargs, "accepts_unchecked": True})

    patch.setattr(ledger.Ledger, "__init__", accepting)


@switch("owner of a reference")
def _(patch: pytest.MonkeyPatch) -> None:
    """Find sessions on the register whosever they are."""
    entries = registry.Registry._entries
    patch.setattr(
        registry.Registry,
        "_entries",
        lambda self, aead, references, _: entries(self, aead, references, None),
    )


@switch("new id")
def _(patch: pytest.MonkeyPatch) -> None:
    """Keep a session's id whatever happens to it."""
    patch.setattr(claims.Claims, "renamed", lambda self: self)


@switch("shedding")
def _(patch: pytest.MonkeyPatch) -> None:
    """Carry everything over to the next owner."""
    patch.setattr(fixation, "shed", lambda *_, **__: ())


@switch("beside")
def _(patch: pytest.MonkeyPatch) -> None:
    """Take a further session beside any main one."""
    from cookie_sessions.flask import named

    patch.setattr(named, "_main_session", lambda: bytes(8))


@switch("random id")
def _(patch: pytest.MonkeyPatch) -> None:
    """Count sessions instead of drawing ids."""
    numbers = iter(range(10**9))
    patch.setattr(os, "urandom", lambda size: next(numbers).to_bytes(size, "big"))


@switch("former keys")
def _(patch: pytest.MonkeyPatch) -> None:
    """Forget which keys sealed a session before."""
    patch.setattr(claims.Claims, "sealed_before", lambda own, *_, **__: own)


@switch("ambiguity")
def _(patch: pytest.MonkeyPatch) -> None:
    """Of two different sessions take the one that was sealed last."""
    patch.setattr(
        arrival,
        "_without_predecessors",
        lambda opened: [max(opened, key=lambda pair: (pair[1].head.sealed_at, pair[0]))],
    )


@switch("bound on opening")
def _(patch: pytest.MonkeyPatch) -> None:
    """Open every cookie that comes."""
    patch.setattr(arrival.Arrival, "_opens_left", 10**6)


@switch("secrets apart")
def _(patch: pytest.MonkeyPatch) -> None:
    """Compress secrets like everything else."""
    made = codec.Codec.__init__

    def without(self: codec.Codec, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **{**kwargs, "secret_names": ()})

    patch.setattr(codec.Codec, "__init__", without)


@switch("bounded inflating")
def _(patch: pytest.MonkeyPatch) -> None:
    """Inflate whatever somebody sealed, however large."""
    patch.setattr(compress, "MAX_VALUE_OCTETS", 2**40)


@switch("httponly")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let scripts read the cookie."""
    patch.setattr(interface.CookieSessionInterface, "get_cookie_httponly", lambda *_: False)


@switch("samesite")
def _(patch: pytest.MonkeyPatch) -> None:
    """Set no SameSite where none was set."""
    patch.setattr(interface.CookieSessionInterface, "get_cookie_samesite", lambda *_: None)


@switch("prefix")
def _(patch: pytest.MonkeyPatch) -> None:
    """Put nothing before the cookie's name."""
    for name in prefix.COOKIE_PREFIXES:
        patch.setitem(prefix.COOKIE_PREFIXES, name, "")


@switch("rules of prefixes")
def _(patch: pytest.MonkeyPatch) -> None:
    """Set cookies that browsers drop."""
    patch.setattr(attributes.CookieAttributes, "check_prefix", lambda *_, **__: None)


@switch("cookie reader")
def _(patch: pytest.MonkeyPatch) -> None:
    """Read the Cookie header as servers do that split at commas and trim every space."""

    def lax(header: str, name: str, *, commas: bool = False) -> tuple[str, ...]:
        pairs = [pair.partition("=") for pair in header.replace(",", ";").split(";")]
        found = [value.strip().strip('"') for key, _, value in pairs if key.strip() == name]
        return tuple(dict.fromkeys(found))

    from cookie_sessions.cookies import reader

    for module in (cookies, reader, arrival):
        patch.setattr(module, "find", lax)


@switch("size limits")
def _(patch: pytest.MonkeyPatch) -> None:
    """Set cookies that no browser keeps."""
    for module in (departure, layout):
        patch.setattr(module, "LIMIT", 10**6)


@switch("cache headers")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let shared caches keep a response with a session's cookie."""
    for module in (headers, interface):
        patch.setattr(module, "keep_private", lambda _: None)
    patch.setattr(interface, "_vary", lambda *_: None)


@switch("cache headers of the middleware")
def _(patch: pytest.MonkeyPatch) -> None:
    """The same under any other application than Flask's."""
    patch.setattr(middleware_headers, "keep_private", lambda _: None)
    patch.setattr(exchange.Exchange, "_vary", lambda _: None)


@switch("silence")
def _(patch: pytest.MonkeyPatch) -> None:
    """Show what a session holds."""

    def shown(self: session.Session) -> str:
        return f"<Session {dict(self)!r}>"

    patch.setattr(session.Session, "__repr__", shown)


@switch("canonical form")
def _(patch: pytest.MonkeyPatch) -> None:
    """Take more than one text for the same octets."""
    import base64

    def lenient(text: str) -> bytes:
        try:
            return base64.urlsafe_b64decode(text.encode("ascii", "ignore") + b"==")
        except ValueError:
            raise Rejected(Reason.MALFORMED) from None

    patch.setattr(envelope, "_decode", lenient)


@switch("spent cookies")
def _(patch: pytest.MonkeyPatch) -> None:
    """Delete cookies that another instance could open."""
    patch.setattr(arrival, "_GONE", frozenset(Reason))


@switch("origin check")
def _(patch: pytest.MonkeyPatch) -> None:
    """Take requests from anywhere."""
    from cookie_sessions.flask import csrf

    patch.setattr(csrf, "origin_verdict", lambda **_: None)


@switch("place of a session")
def _(patch: pytest.MonkeyPatch) -> None:
    """Begin a session wherever a request comes from."""
    patch.setattr(interface, "FORGED", "nothing that stands in an environ")


@switch("form tokens")
def _(patch: pytest.MonkeyPatch) -> None:
    """Take any token for a good one."""
    from cookie_sessions.flask import csrf

    patch.setattr(csrf, "token_verdict", lambda *_, **__: None)


@switch("binding")
def _(patch: pytest.MonkeyPatch) -> None:
    """See no difference between clients."""
    from cookie_sessions.bond import Bond

    patch.setattr(Bond, "check", lambda _, content, __: content)


@switch("freshness")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let every proof be a recent one."""
    from cookie_sessions.freshness import Freshness

    patch.setattr(Freshness, "_is_fresh", lambda *_: True)


@switch("cookies beside a header")
def _(patch: pytest.MonkeyPatch) -> None:
    """Have Flask-Login see its remember cookie beside a session in a header."""
    patch.setattr(interface, "overlook_remember_cookie", lambda *_: None)


@switch("spending")
def _(patch: pytest.MonkeyPatch) -> None:
    """Let a hand-off count as often as it comes."""
    from cookie_sessions.revocation.revocations import Revocations

    patch.setattr(Revocations, "spend", lambda *_, **__: True)


@switch("nonce of a visit")
def _(patch: pytest.MonkeyPatch) -> None:
    """Take a hand-off of whatever visit, in a browser that has any nonce or none."""
    from cookie_sessions import clock, handoff

    same = handoff.visit_of
    for module in (handoff, views):
        patch.setattr(module, "visit_of", lambda _, **sides: same("", **sides))
    patch.setattr(handoff, "_began", lambda _: int(clock.now()))


@switch("stripping")
def _(patch: pytest.MonkeyPatch) -> None:
    """Pass everything on."""
    from cookie_sessions import proxy

    patch.setattr(proxy, "without", lambda header, *_, **__: header, raising=False)
