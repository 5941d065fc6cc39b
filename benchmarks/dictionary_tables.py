"""Computes the entropy tables of the built-in dictionary from made-up session values.

Only :mod:`benchmarks.compose_dictionary` with ``--tables`` needs it, and with it libzstd itself:
the Python binding does not offer ``ZDICT_finalizeDictionary``.
"""

from __future__ import annotations

import base64
import ctypes
import random
import uuid
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from benchmarks import dictionary_samples as samples

_LETTERS = "etaoinshrdlucmfwypvbgkjqxz"
_WEIGHTS = (12, 9, 8, 8, 7, 7, 6, 6, 6, 4, 4, 3, 3, 2, 2, 2, 2, 2, 1, 1, 2, 1, 0.2, 0.1, 0.2, 0.1)
_WORDS = samples.WORDS.split()
_TOKENS = ("nonce", "at_hash", "c_hash", "kid", "x5t", "uti", "rh", "sid")
_SESSION_VALUES = 1400


def tables(content: bytes, packed: Callable[[Any], bytes], *, number: int) -> bytes:
    """Compute the head of a dictionary.

    Args:
        content: the dictionary's content.
        packed: turns a value into the octets that are compressed.
        number: the dictionary's number, which stands in its head.

    Returns:
        Everything that stands before the content: magic, number, entropy tables, offsets.
    """
    values = [packed(value) for value in made_up_values(random.Random(5))]
    library = ctypes.CDLL("libzstd.so.1")
    finalize = library.ZDICT_finalizeDictionary
    finalize.restype = ctypes.c_size_t
    space = ctypes.create_string_buffer(len(content) + 4096)
    size = finalize(
        space,
        ctypes.c_size_t(len(space)),
        content,
        ctypes.c_size_t(len(content)),
        b"".join(values),
        (ctypes.c_size_t * len(values))(*map(len, values)),
        ctypes.c_uint(len(values)),
        _Parameters(6, 0, number),
    )
    dictionary = space.raw[:size]
    if size > len(space) or not dictionary.endswith(content):
        raise RuntimeError("libzstd made no dictionary of this content")
    return dictionary.removesuffix(content)


class _Parameters(ctypes.Structure):
    _fields_ = (
        ("level", ctypes.c_int),
        ("notification", ctypes.c_uint),
        ("number", ctypes.c_uint),
    )


def made_up_values(rng: random.Random) -> Iterable[Any]:
    """Make values of the kinds that sessions hold, with random words and tokens in them."""
    kinds = (_cart, _flashes, _recent, _tokens, _other, _cart, _flashes)
    for kind in kinds:
        for _ in range(_SESSION_VALUES // len(kinds)):
            yield kind(rng)


def _word(rng: random.Random) -> str:
    if rng.random() < 0.4:
        return rng.choice(_WORDS)
    word = "".join(rng.choices(_LETTERS, weights=_WEIGHTS, k=rng.randrange(3, 10)))
    return word.title() if rng.random() < 0.6 else word


def _phrase(rng: random.Random, fewest: int = 1, most: int = 3) -> str:
    return " ".join(_word(rng) for _ in range(rng.randint(fewest, most)))


def _slug(rng: random.Random) -> str:
    return _phrase(rng, 1, 4).lower().replace(" ", "-")


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def _price(rng: random.Random, form: int) -> object:
    cents = rng.randrange(100, 30_000)
    return (cents / 100, f"{cents / 100:.2f}", cents, Decimal(cents) / 100)[form]


def _cart(rng: random.Random) -> Any:
    keys = rng.choice(
        (
            ("sku", "name", "qty", "price", "currency"),
            ("product_id", "name", "quantity", "price"),
            ("id", "title", "qty", "unit_price"),
            ("sku", "title", "quantity", "price", "image"),
            ("variant_id", "name", "price", "size", "color", "qty"),
        )
    )
    form, currency = rng.randrange(4), rng.choice(("EUR", "USD", "GBP"))

    def line() -> dict[str, Any]:
        name, number, price = _phrase(rng), rng.randrange(1, 6), _price(rng, form)
        prefix = "".join(rng.choices("ABCDEFGHKLMNPRSTWXZ", k=rng.randrange(1, 4)))
        known = {
            "sku": f"{prefix}{rng.choice(('-', ''))}{rng.randrange(10, 99_999)}",
            "name": name,
            "title": name,
            "qty": number,
            "quantity": number,
            "price": price,
            "unit_price": price,
            "currency": currency,
            "image": f"/static/img/{_slug(rng)}.jpg",
            "size": rng.choice("SMLX"),
            "color": rng.choice(("black", "white", "red", "navy")),
        }
        return {key: known.get(key, rng.randrange(1, 99_999)) for key in keys}

    return [line() for _ in range(rng.randrange(1, 12))]


def _flashes(rng: random.Random) -> Any:
    categories = ("message", "success", "info", "warning", "error", "danger")
    return [
        (
            rng.choice(categories),
            rng.choice(samples.SENTENCES) if rng.random() < 0.7 else _phrase(rng, 3, 8),
        )
        for _ in range(rng.randrange(1, 4))
    ]


def _recent(rng: random.Random) -> Any:
    keys = rng.choice(
        (
            ("url", "title", "time"),
            ("url", "name", "seen"),
            ("id", "slug", "title", "at"),
            ("path", "title", "timestamp"),
        )
    )
    host = rng.choice((f"https://www.{_slug(rng)}.com", f"https://{_slug(rng)}.example", "/shop"))
    at = samples.NOW - rng.randrange(9**8)
    rows = []
    for _ in range(rng.randrange(3, 40)):
        title = _phrase(rng, 2, 4)
        at -= rng.randrange(5, 900)
        folder = rng.choice(("products", "p", "blog", "category", _slug(rng)))
        known: dict[str, object] = {
            "url": f"{host}/{folder}/{title.lower().replace(' ', '-')}",
            "title": title,
            "name": title,
            "id": rng.randrange(1, 9999),
            "slug": _slug(rng),
            "path": f"/{_slug(rng)}",
        }
        rows.append({key: known.get(key, at) for key in keys})
    return rows


def _tokens(rng: random.Random) -> Any:
    access = rng.choice(
        (
            samples.AZURE | {"oid": str(samples.SOME), "tid": str(samples.SOME)},
            samples.COGNITO,
            samples.GOOGLE,
            samples.AUTH0,
            samples.OKTA,
            samples.KEYCLOAK_ACCESS,
        )
    )
    identity = rng.choice((samples.IDENTITY, samples.GOOGLE))
    known = {
        "access_token": _jwt(rng, access),
        "id_token": _jwt(rng, identity),
        "refresh_token": _base64url(rng.randbytes(rng.choice((32, 48, 64)))),
        "token_type": "Bearer",
        "expires_at": samples.NOW + rng.randrange(9**8),
        "expires_in": rng.choice((300, 3600)),
        "scope": "openid profile email",
        "userinfo": _filled(rng, samples.USERINFO),
    }
    return {key: value for key, value in known.items() if rng.random() < 0.8}


def _jwt(rng: random.Random, claims: dict[str, Any]) -> str:
    header = {"alg": "RS256"} | _filled(rng, rng.choice(samples.HEADERS))
    return samples.token(header, _filled(rng, claims)) + _base64url(rng.randbytes(256))


def _other(rng: random.Random) -> Any:
    dicts = [v for v in samples.VALUES if isinstance(v, dict) and "access_token" not in v]
    return _filled(rng, rng.choice(dicts))


def _filled(rng: random.Random, value: Any, key: str = "") -> Any:
    """Drop some keys, and put random content where a sample has none."""
    if isinstance(value, dict):
        return {k: _filled(rng, v, k) for k, v in value.items() if rng.random() < 0.85}
    if value == "" and key in _TOKENS:
        return rng.choice((_base64url(rng.randbytes(16)), _uuid(rng), rng.randbytes(20).hex()))
    if value == "":
        return _phrase(rng, 1, 2) if rng.random() < 0.6 else _slug(rng)
    if value == str(samples.SOME):
        return _uuid(rng)
    if value == samples.NOW:
        return samples.NOW + rng.randrange(-(9**8), 9**8)
    return f"{_slug(rng)}@example.com" if value == "@example.com" else value


def _uuid(rng: random.Random) -> str:
    return str(uuid.UUID(bytes=rng.randbytes(16)))
