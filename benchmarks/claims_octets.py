"""``python -m benchmarks claims``: which protection costs how many octets of the cookie.

Sessions are really sealed, with a claim and without, and the cookies compared.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any, Final

from benchmarks import machine
from benchmarks.protections import BROWSER
from benchmarks.publication import Report
from benchmarks.tables import table
from cookie_sessions import envelope, sealer
from cookie_sessions.claims import MAX_FORMER_KIDS, NAME_OCTETS, SID_OCTETS, Claims
from cookie_sessions.client import Client
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.crypto import KEY_OCTETS, KID_OCTETS, NONCE_OCTETS, TAG_OCTETS
from cookie_sessions.flask.csrf import KEPT
from cookie_sessions.keys import Key, KeyRing
from cookie_sessions.policy.binding import STANDARD, bind
from cookie_sessions.revocation.identity import subject_octets

_NOW: Final = 1_741_600_000
_DAYS: Final = 86_400
_LIFETIME: Final = 31 * _DAYS
_PLACE: Final = sealer.Place("session", "session", "")
_PADDINGS: Final = (0, 1, 2)
"""Octets of a value: base64url rounds to whole characters, and over three sizes that is even."""


@dataclass(frozen=True, slots=True)
class Price:
    """What something takes in a cookie.

    Attributes:
        part: what it is.
        purpose: what it is for, and what switches it on.
        octets: that it takes before the text is encoded.
        characters: that it takes in the cookie, in the mean.
    """

    part: str
    purpose: str
    octets: float
    characters: float


def report() -> Report:
    """The table of all parts."""
    prices = measure()
    rows = [[one.part, f"{one.octets:.0f}", f"{one.characters:.1f}", one.purpose] for one in prices]
    figures = table(["part of the cookie", "octets", "characters of the cookie", "for"], rows)
    text = [
        "# What each claim takes",
        *machine.describe(),
        (
            "Sealed with it and without; a character is six bits, so three octets take four. "
            "These are counted, not timed: another run prints the same."
        ),
        figures,
    ]
    return Report(
        "\n\n".join(text) + "\n",
        quotes={"claims": figures},
        figures={"claims": [asdict(one) for one in prices]},
    )


def measure() -> list[Price]:
    """Every part, those that all sessions have first.

    Raises:
        RuntimeError: the parts that all sessions have do not add up to a cookie.
    """
    sealing = _Sealing()
    claims = Claims(os.urandom(SID_OCTETS), _NOW, _NOW * 1000, _NOW)
    always = [
        _fixed("version, flags, key id and time of sealing", "which key; when to refresh", 10),
        _fixed("nonce", "no two cookies alike", NONCE_OCTETS),
        _fixed("tag", "nothing was changed", TAG_OCTETS),
        _fixed("length of the claims, number of values", "reading them", 2),
        _fixed("`sid`", "revocation, CSRF tokens, hand-offs", SID_OCTETS),
        _fixed("`iat`", "absolute timeout", 4),
        _fixed("`since`", "signing out everywhere", 1),
        _fixed("`until`, of a session that has just ended", "every timeout", 1),
    ]
    smallest = sealing.octets(claims, {})
    if always[0].octets != envelope.HEADER_OCTETS or sum(one.octets for one in always) != smallest:
        raise RuntimeError(
            f"The smallest cookie has {smallest:.0f} octets and its parts others, so the table "
            f"would be wrong. Correct it in benchmarks/claims_octets.py, after docs/format.md."
        )

    def more(part: str, purpose: str, **changes: Any) -> Price:
        with_it = claims._replace(**changes)
        return sealing.price(part, purpose, (with_it, {}), (claims, {}))

    def value(part: str, purpose: str, values: Mapping[object, Any]) -> Price:
        return sealing.price(part, purpose, (claims, values), (claims, {}))

    kids = tuple(os.urandom(KID_OCTETS) for _ in range(MAX_FORMER_KIDS))
    properties = [name for name, _ in STANDARD]
    proxied = _client("t13d1516h2_8daaf6152771_e5627efa2ab1")
    subject = subject_octets("1234567", packed=b"")
    return [
        *always,
        more("`until`, 31 days ahead", "what that adds", until=_NOW + _LIFETIME),
        more("`since`, within its second", "what that adds", since=_NOW * 1000 + 999),
        more("`auth_time`", "re-authentication; AAL2, AAL3", auth_time=_NOW + _DAYS),
        more(
            "`subject`, seven digits", "revoking a user's sessions; the register", subject=subject
        ),
        more(
            "bindings, the standard",
            "a copied cookie in another browser",
            bindings=bind(_client(), properties),
        ),
        more(
            "bindings, with a TLS fingerprint",
            "the same, behind a proxy that tells one",
            bindings=bind(proxied, properties),
        ),
        more("one former key id", "revoking a key that has leaked", former_kids=kids[:1]),
        more(f"{MAX_FORMER_KIDS} former key ids", "the same, the most there are", former_kids=kids),
        more("`lasts`", "remembered sessions", lasts=_LIFETIME),
        more("beside", "a further session that needs this one", beside=os.urandom(NAME_OCTETS)),
        more(
            "imported from",
            "taken over from Flask's own cookie once",
            imported_from=os.urandom(NAME_OCTETS),
        ),
        value(
            f"`{KEPT}`, the mark of CSRF tokens",
            "forms of visitors without a session",
            {KEPT: True},
        ),
        value("`_permanent`", "Flask's permanent sessions", {"_permanent": True}),
    ]


class _Sealing:
    """Seals sessions under one key."""

    def __init__(self) -> None:
        self._codec = Codec()
        self._ring = KeyRing(Key(os.urandom(KEY_OCTETS)))

    def octets(self, claims: Claims, values: Mapping[object, Any]) -> float:
        """Octets of the envelope, without a value of padding."""
        return (
            len(self._payload(claims, values)) + envelope.HEADER_OCTETS + NONCE_OCTETS + TAG_OCTETS
        )

    def price(
        self,
        part: str,
        purpose: str,
        whole: tuple[Claims, Mapping[object, Any]],
        without: tuple[Claims, Mapping[object, Any]],
    ) -> Price:
        """What the one session takes more than the other."""
        octets = self.octets(*whole) - self.octets(*without)
        return Price(part, purpose, octets, self._characters(*whole) - self._characters(*without))

    def _characters(self, claims: Claims, values: Mapping[object, Any]) -> float:
        return fmean(
            len(
                sealer.seal(
                    self._payload(claims, {**values, "p": bytes(padding)}),
                    ring=self._ring,
                    place=_PLACE,
                    refreshable=True,
                    now=_NOW,
                )
            )
            for padding in _PADDINGS
        )

    def _payload(self, claims: Claims, values: Mapping[object, Any]) -> bytes:
        codec = self._codec
        wires: dict[object, Wire] = {
            name: codec.to_wire(name, value, codec.pack(value)) for name, value in values.items()
        }
        return codec.dump_payload(claims.to_octets(), wires)


def _fixed(part: str, purpose: str, octets: int) -> Price:
    return Price(part, purpose, octets, octets * 4 / 3)


def _client(fingerprint: str = "") -> Client:
    return Client(
        user_agent=BROWSER["HTTP_USER_AGENT"],
        accept_language=BROWSER["HTTP_ACCEPT_LANGUAGE"],
        address=BROWSER["REMOTE_ADDR"],
        fingerprint=fingerprint,
    )
