"""Users handed over to another domain, with every value on the way; and those that are refused."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any, Final

from ormsgpack import packb

from cookie_sessions.errors import Reason
from cookie_sessions.handoff import PURPOSE, SECONDS, VISIT_SECONDS, visit_of
from cookie_sessions.handoff import _hex as once_of
from cookie_sessions.sealer import Place
from tests.vectors.description import describe
from tests.vectors.positive import KEY, NOW, OTHER_KEY
from tests.vectors.steps import fixed, seal

Vector = dict[str, Any]

ACCOUNTS: Final = "https://accounts.example.com"
SHOP: Final = "https://shop.example.org"
_LABEL: Final = b"cookie_sessions v1 handoff visit"
_SKEW: Final = 300


def vectors() -> list[Vector]:
    """All of them, those that count first."""
    return [*_taken(), *_refused()]


def _taken() -> Iterator[Vector]:
    yield _vector("a user without claims")
    yield _vector(
        "a user and claims of every type",
        subject="größe@example.com",
        claims={"name": "Ann", "age": 42, "share": 0.5, "admin": False, "none": None, "": "x"},
    )
    yield _vector("another port", source="http://localhost:5000", target="http://localhost:5001")
    yield _vector("in its last second", now=NOW + SECONDS - 0.25)
    yield _vector("at a target whose clock is behind", now=NOW - SECONDS, began=NOW - 2 * SECONDS)
    yield _vector("in the visit's last second", began=NOW - VISIT_SECONDS + 1)


def _refused() -> Iterator[Vector]:
    yield _vector("a browser without a nonce", nonce="", why="no_nonce")
    yield _vector("a nonce that is too short", nonce="A" * 47, why="no_nonce")
    yield _vector("another browser", nonce=_nonce("another", NOW), why="other_visit")
    yield _vector("another target", redeemed_at="https://other.example", why=Reason.BAD_SEAL)
    yield _vector("another source", sources=["https://other.example"], why="unknown_source")
    yield _vector("a visit that another source was asked for", asked=SHOP, why="other_visit")
    yield _vector("a key that the target has not", ring_key=OTHER_KEY, why=Reason.UNKNOWN_KID)
    yield _vector("a session's purpose", purpose="session", why=Reason.BAD_SEAL)
    yield _vector("a minute late", now=NOW + SECONDS, why="late")
    yield _vector("more than a minute ahead", now=NOW - SECONDS - 1, began=NOW - 400, why="late")
    yield _vector("a visit that is over", began=NOW - VISIT_SECONDS, why="visit_over")
    yield _vector("a visit of the future", began=NOW + _SKEW + 1, why="visit_over")
    whole = [ACCOUNTS, _visit(_nonce("a browser", NOW)), "ann", {}]
    for name, plaintext in {
        "no octets": b"",
        "three members": packb(whole[:3]),
        "five members": packb([*whole, 1]),
        "an octet behind it": packb(whole) + b"\x00",
        "a longer form than needed": packb(whole).replace(b"\xa3ann", b"\xd9\x03ann"),
        "no subject": packb([*whole[:2], "", {}]),
        "a subject that is a number": packb([*whole[:2], 7, {}]),
        "claims that are a list": packb([*whole[:3], []]),
        "a claim that is a list": packb([*whole[:3], {"a": []}]),
    }.items():
        yield _vector(name, plaintext=plaintext, why=Reason.UNDECODABLE)


def _vector(
    name: str,
    *,
    subject: str = "ann",
    claims: dict[str, Any] | None = None,
    source: str = ACCOUNTS,
    target: str = SHOP,
    began: int = NOW,
    now: float = NOW,
    nonce: str | None = None,
    asked: str | None = None,
    sources: list[str] | None = None,
    redeemed_at: str | None = None,
    ring_key: bytes = KEY,
    purpose: str = PURPOSE,
    plaintext: bytes | None = None,
    why: str | None = None,
) -> Vector:
    own = _nonce("a browser", began)
    visit = visit_of(own, source=asked or source, target=target)
    said = [source, visit, subject, claims or {}]
    steps = seal(
        packb(said) if plaintext is None else plaintext,
        key=KEY,
        place=Place(purpose, target, ""),
        nonce=fixed(f"hand-off: {name}", 24),
        sealed_at=NOW,
    )
    inputs = {
        "name": name,
        "key": ring_key.hex(),
        "sources": [source] if sources is None else sources,
        "target": redeemed_at or target,
        "browser": own if nonce is None else nonce,
        "now": now,
        "text": steps.pop("text"),
    }
    if why is not None:
        return {**inputs, "why": str(why)}
    parts = [_LABEL, own.encode(), source.encode(), target.encode()]
    return {
        **inputs,
        "began": began,
        "visit_octets": b"".join(len(p).to_bytes(2, "big") + p for p in parts).hex(),
        "visit": visit,
        **steps,
        "plaintext": packb(said).hex(),
        "said": describe(said),
        "once": once_of(visit),
        "until": began + VISIT_SECONDS + 2 * _SKEW,
    }


def _visit(nonce: str) -> str:
    return visit_of(nonce, source=ACCOUNTS, target=SHOP)


def _nonce(name: str, began: int) -> str:
    return base64.urlsafe_b64encode(began.to_bytes(4, "big") + fixed(name, 32)).decode("ascii")
