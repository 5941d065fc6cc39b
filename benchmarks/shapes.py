"""The sessions that are measured: several of each shape, drawn from a fixed seed.

Nothing here was shown to the dictionary, and all people, goods and sites are invented. Only the
RSA key is fresh in each run, so signatures differ from run to run while their size does not.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from benchmarks.tokens import Issuer

SAMPLES: Final = 5
"""Sessions of each shape; every figure is taken over all of them."""

SHAPE_NAMES: Final = ("tiny", "login", "cart", "oidc", "big")

Values = dict[str, Any]

_START: Final = datetime(2025, 3, 10, 8, 0, tzinfo=UTC)
_COLOURS: Final = ("Slate", "Amber", "Ivory", "Moss", "Coral", "Indigo", "Charcoal", "Sand")
_GOODS: Final = (
    "Enamel Mug", "Linen Apron", "Walnut Tray", "Storm Lantern", "Wool Blanket", "Trail Bottle",
    "Desk Lamp", "Canvas Tote", "Pour-over Kettle", "Field Notebook", "Cork Coaster Set",
    "Ceramic Planter", "Bread Knife", "Picnic Basket", "Travel Umbrella", "Oak Picture Frame",
)  # fmt: skip
_SIZES: Final = ("small", "medium", "large", "set of 2", "350 ml", "40 cm", "13 inch")
_PLACES: Final = (
    ("de_DE", "Europe/Berlin", "EUR"),
    ("en_GB", "Europe/London", "GBP"),
    ("fr_CA", "America/Toronto", "CAD"),
    ("pt_BR", "America/Sao_Paulo", "BRL"),
    ("en_US", "America/Chicago", "USD"),
)


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of session and its samples.

    Attributes:
        name: as it stands in the tables.
        samples: the sessions, without ``_permanent``, which the kind of session decides.
        replacement: one more, which a request that rewrites every value puts in their place.
        scalar: the top-level key of a scalar that a request reads.
        change: a top-level key and a scalar that no sample holds there.
        largest: the top-level key of the largest value.
        nested: the top-level key of a list, or None where the shape has none.
    """

    name: str
    samples: tuple[Values, ...]
    replacement: Values
    scalar: str
    change: tuple[str, Any]
    largest: str
    nested: str | None


def all_shapes() -> tuple[Shape, ...]:
    """Every shape, with ``SAMPLES`` sessions each; the same data on every call and machine."""
    issuer = Issuer()
    return tuple(_named(name, issuer) for name in SHAPE_NAMES)


def one_shape(name: str) -> Shape:
    """The shape of that name; ``KeyError`` where there is none."""
    return _named(name, Issuer())


def training_sessions(count: int) -> Iterator[Values]:
    """Sessions to sample, a cart, an OpenID one and a big one in turn.

    Their seeds are others than those of the sessions that are measured.
    """
    issuer = Issuer()
    builders: tuple[Callable[[random.Random], Values], ...] = (
        _cart,
        lambda rng: _oidc(rng, issuer),
        _big,
    )
    for number in range(count):
        yield builders[number % len(builders)](random.Random(f"sampled {number}"))


def new_item(nested: str) -> dict[str, Any]:
    """What a request appends to the list under the key ``nested``."""
    if nested == "cart":
        return _line(random.Random("appended"), "EUR")
    return _view(random.Random("appended"), _START + timedelta(days=1))


def _named(name: str, issuer: Issuer) -> Shape:
    build: dict[str, Callable[[], Shape]] = {
        "tiny": lambda: _shape(
            "tiny", _tiny, scalar="user_id", change=("user_id", -1), largest="user_id"
        ),
        "login": lambda: _shape("login", _login, largest="_id"),
        "cart": lambda: _shape("cart", _cart, largest="cart", nested="cart"),
        "oidc": lambda: _shape("oidc", lambda rng: _oidc(rng, issuer), largest="user"),
        "big": lambda: _shape("big", _big, largest="recently_viewed", nested="recently_viewed"),
    }
    return build[name]()


def _shape(
    name: str,
    build: Callable[[random.Random], Values],
    *,
    scalar: str = "_user_id",
    change: tuple[str, Any] = ("_fresh", False),
    largest: str,
    nested: str | None = None,
) -> Shape:
    *samples, replacement = (
        build(random.Random(f"{name} {number}")) for number in range(SAMPLES + 1)
    )
    return Shape(name, tuple(samples), replacement, scalar, change, largest, nested)


def _tiny(rng: random.Random) -> Values:
    return {"user_id": rng.randrange(1, 5_000_000)}


def _login(rng: random.Random) -> Values:
    return {
        "_user_id": str(rng.randrange(1, 5_000_000)),
        "_fresh": True,
        "_id": rng.randbytes(64).hex(),
        "csrf_token": rng.randbytes(20).hex(),
    }


def _line(rng: random.Random, currency: str) -> dict[str, Any]:
    good = rng.choice(_GOODS)
    return {
        "sku": f"{good[:2].upper()}-{rng.randrange(10_000, 99_999)}",
        "name": f"{good}, {rng.choice(_COLOURS).lower()}, {rng.choice(_SIZES)}",
        "qty": rng.choice((1, 1, 1, 2, 2, 3, 6)),
        "price": rng.randrange(295, 18_995, 5) / 100,
        "currency": currency,
    }


def _cart(rng: random.Random) -> Values:
    locale, timezone, currency = rng.choice(_PLACES)
    lines = [_line(rng, currency) for _ in range(8)]
    return {
        **_login(rng),
        "cart": lines,
        "_flashes": [
            ("success", f"{lines[-1]['name']} is now in your basket."),
            ("info", f"Order before {rng.randrange(11, 17)}:00 and we ship today."),
        ],
        "locale": locale,
        "timezone": timezone,
        "last_order": _START + timedelta(seconds=rng.randrange(10_000_000)),
    }


def _oidc(rng: random.Random, issuer: Issuer) -> Values:
    return {**_login(rng), "user": issuer.grant(rng, _START)}


def _view(rng: random.Random, at: datetime) -> dict[str, Any]:
    good, colour = rng.choice(_GOODS), rng.choice(_COLOURS)
    slug = f"{colour} {good}".lower().replace(" ", "-")
    return {
        "url": f"/shop/{slug}-{rng.randrange(1000, 99_999)}",
        "title": f"{colour} {good}",
        "time": int(at.timestamp()),
    }


def _big(rng: random.Random) -> Values:
    at = _START + timedelta(seconds=rng.randrange(1_000_000))
    views = []
    for _ in range(60):
        at += timedelta(seconds=rng.randrange(5, 4_000))
        views.append(_view(rng, at))
    return {**_cart(rng), "recently_viewed": views}
