"""Sessions of a wanted size, grown by notes that no compression makes smaller."""

from __future__ import annotations

import base64
import random

from cookie_sessions.cookies import chunk_names
from shop.notes import LONGEST

from .shopper import COOKIE, Shopper

SHELF = ("linzer", "shortbread")
NAMES = (COOKIE, *chunk_names(COOKIE))


def note_of(sku: str, octets: int) -> str:
    """A note that takes about so many octets of a cookie, the same for each article and number."""
    drawn = random.Random(f"{sku} {octets}").randbytes(octets)
    return base64.urlsafe_b64encode(drawn).decode()[:octets]


def leave_notes(shopper: Shopper, octets: int, before: int = 0) -> dict[str, str]:
    """Replace notes of so many octets in all by others; returns what each article has now."""
    notes = _shares(octets)
    former = _shares(before)
    for sku, note in notes.items():
        if former[sku] != note:
            shopper.note(sku, note)
    return notes


def size(shopper: Shopper) -> int:
    """The octets of all values that the browser has of the shop's session."""
    return sum(len(cookie.value) for cookie in shopper.cookies().values())


def _shares(octets: int) -> dict[str, str]:
    shares = {}
    for sku in SHELF:
        share = min(octets, LONGEST)
        octets -= share
        shares[sku] = note_of(sku, share)
    return shares
