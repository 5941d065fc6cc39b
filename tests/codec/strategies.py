"""Every value that a session keeps, nested as deep as it likes."""

from __future__ import annotations

import base64
import datetime as dt
import json
import zoneinfo
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from markupsafe import Markup

ANY_TEXT = st.text() | st.text(st.characters(categories=["Cs", "Lu"]), max_size=6)


def _named_zone(offset: dt.timedelta, name: str | None) -> dt.timezone:
    return dt.timezone(offset) if name is None else dt.timezone(offset, name)


OFFSETS = st.timedeltas(dt.timedelta(hours=-23, minutes=-59), dt.timedelta(hours=23, minutes=59))
ZONES = st.one_of(
    st.none(),
    st.just(dt.UTC),
    st.builds(_named_zone, OFFSETS, st.none() | ANY_TEXT),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]).map(
        zoneinfo.ZoneInfo
    ),
)


def _at(moment: Any, zone: dt.tzinfo | None, fold: int) -> Any:
    return moment.replace(tzinfo=zone, fold=fold)


MOMENTS = st.builds(_at, st.datetimes(), ZONES, st.sampled_from([0, 1]))
TIMES = st.builds(_at, st.times(), ZONES, st.sampled_from([0, 1]))


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def _jwt(header: Any, claims: Any, signature: bytes, compact: bool, ascii_only: bool) -> str:
    separators = (",", ":") if compact else None
    parts = [
        json.dumps(part, separators=separators, ensure_ascii=ascii_only).encode(
            "utf-8", "surrogatepass"
        )
        for part in ({"alg": "RS256", "kid": header}, claims)
    ]
    return ".".join(map(base64url, [*parts, signature]))


JWTS = st.builds(_jwt, JSON, JSON, st.binary(), st.booleans(), st.booleans())

TOKENS = st.one_of(
    st.binary(max_size=80).map(bytes.hex),
    st.binary(max_size=80).map(bytes.hex).map(str.upper),
    st.binary(max_size=80).map(base64url),
    st.from_regex(r"[0-9A-Za-z_-]{15,60}", fullmatch=True),
    st.uuids().map(str),
    st.uuids().map(str).map(str.upper),
    JWTS,
    st.builds(str.__add__, JWTS, st.sampled_from([" ", "=", ".", "\n", "A"])),
)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400]),
    st.floats(),
    ANY_TEXT,
    TOKENS,
    st.binary(),
    MOMENTS,
    TIMES,
    st.dates(),
    st.timedeltas(),
    st.decimals(),
    st.sampled_from(["sNaN", "-NaN123", "-Infinity", "-0E+3", "1E-999999"]).map(Decimal),
    st.uuids(),
    ANY_TEXT.map(Markup),
)


def _keys(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    # A signalling NaN has no hash.
    hashable = inner.filter(lambda key: not (isinstance(key, Decimal) and key.is_snan()))
    return st.recursive(
        hashable,
        lambda item: st.lists(item, max_size=3).map(tuple) | st.frozensets(item, max_size=3),
        max_leaves=4,
    )


KEYS = _keys(SCALARS)

VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(), inner, max_size=4),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.frozensets(KEYS, max_size=4),
    ),
    max_leaves=16,
)
