"""Values that pack to one MessagePack extension: numbers, moments, identifiers.

Each pair of functions is exact: same type, same repr, same time zone, same fold.
"""

from __future__ import annotations

import datetime as dt
import sys
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from ormsgpack import Ext

from cookie_sessions.codec import tags

if TYPE_CHECKING:
    from decimal import Decimal

Encoder = Callable[[Any], object]

_DAY: Final = 86_400
_FOLD: Final = 1 << 39
_SECONDS_OCTETS: Final = 5
_WALL_OCTETS: Final = 8
_ZONED_OCTETS: Final = 13
_MICROSECOND: Final = dt.timedelta(microseconds=1)
_INT64_MIN: Final = -(1 << 63)
_UINT64_MAX: Final = (1 << 64) - 1


def int_octets(number: int) -> bytes:
    """Write an integer as the fewest octets of two's complement, big-endian; at least one."""
    return number.to_bytes((number + (number < 0)).bit_length() // 8 + 1, "big", signed=True)


def int_from_octets(octets: bytes) -> int:
    """Read what :func:`int_octets` wrote; ValueError for anything else."""
    number = int.from_bytes(octets, "big", signed=True)
    if int_octets(number) != octets:
        raise ValueError("not the shortest form")
    return number


def pack_int(number: int) -> object:
    """Leave an integer that MessagePack holds as it is; make any other an extension."""
    if _INT64_MIN <= number <= _UINT64_MAX:
        return number
    return Ext(tags.BIG_INT, int_octets(number))


def pack_text(text: str) -> object:
    """Leave a string as it is; make one with lone surrogates an extension."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return Ext(tags.SURROGATES, text.encode("utf-8", "surrogatepass"))
    return text


def _unpack_big_int(octets: bytes) -> int:
    number = int_from_octets(octets)
    if _INT64_MIN <= number <= _UINT64_MAX:
        raise ValueError("MessagePack holds this integer itself")
    return number


def _unpack_surrogates(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogatepass")


def _pack_datetime(moment: dt.datetime) -> Ext:
    zone = moment.tzinfo
    if zone is None:
        return Ext(tags.DATETIME, _wall(moment))
    if zone is dt.UTC:
        return Ext(tags.DATETIME_UTC, _wall(moment))
    if type(zone) is dt.timezone:
        return Ext(tags.DATETIME_OFFSET, _full_wall(moment) + _offset_octets(zone))
    key = _zone_key(zone)
    if key is not None:
        return Ext(tags.DATETIME_ZONE, _full_wall(moment) + key)
    if moment.utcoffset() is None:
        return Ext(tags.DATETIME_UTC, _wall(moment))
    return Ext(tags.DATETIME_UTC, _wall(moment.astimezone(dt.UTC)))


def _pack_time(moment: dt.time) -> Ext:
    zone = moment.tzinfo
    octets = _of_day(moment)
    if zone is None:
        return Ext(tags.TIME, octets)
    if type(zone) is dt.timezone:
        return Ext(tags.TIME_OFFSET, octets + _offset_octets(zone))
    key = _zone_key(zone)
    if key is None:
        raise TypeError("a time of day in such a zone has no instant that could be kept")
    return Ext(tags.TIME_ZONE, octets + key)


def _wall(moment: dt.datetime) -> bytes:
    if moment.microsecond:
        return _full_wall(moment)
    return _seconds(moment).to_bytes(_SECONDS_OCTETS, "big")


def _full_wall(moment: dt.datetime) -> bytes:
    return (_seconds(moment) << 24 | moment.microsecond).to_bytes(_WALL_OCTETS, "big")


def _seconds(moment: dt.datetime) -> int:
    seconds = moment.toordinal() * _DAY + moment.hour * 3600 + moment.minute * 60 + moment.second
    return seconds | _FOLD if moment.fold else seconds


def _of_day(moment: dt.time) -> bytes:
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    if moment.fold:
        seconds |= _FOLD
    return (seconds << 24 | moment.microsecond).to_bytes(_WALL_OCTETS, "big")


def _offset_octets(zone: dt.timezone) -> bytes:
    # Pickling's own accessor is the only one that tells a given name from a generated one.
    offset, *name = zone.__getinitargs__()  # type: ignore[attr-defined]
    octets: bytes = (offset // _MICROSECOND).to_bytes(_SECONDS_OCTETS, "big", signed=True)
    for text in name:
        octets += b"=" + text.encode("utf-8", "surrogatepass")
    return octets


def _zone_key(zone: dt.tzinfo) -> bytes | None:
    zoneinfo = sys.modules.get("zoneinfo")
    if zoneinfo is None or type(zone) is not zoneinfo.ZoneInfo:
        return None
    key = zone.key  # type: ignore[attr-defined]
    return key.encode() if type(key) is str and key else None


def _read_wall(octets: bytes, zone: dt.tzinfo | None) -> dt.datetime:
    if len(octets) == _SECONDS_OCTETS:
        octets += b"\0\0\0"
    elif len(octets) != _WALL_OCTETS:
        raise ValueError("wrong length")
    days, of_day = divmod((int.from_bytes(octets, "big") & ~(_FOLD << 24)) >> 24, _DAY)
    wall = _clock(of_day, octets, zone)
    return dt.datetime.combine(dt.date.fromordinal(days), wall)


def _read_of_day(octets: bytes, zone: dt.tzinfo | None) -> dt.time:
    if len(octets) != _WALL_OCTETS:
        raise ValueError("wrong length")
    return _clock((int.from_bytes(octets, "big") & ~(_FOLD << 24)) >> 24, octets, zone)


def _clock(of_day: int, octets: bytes, zone: dt.tzinfo | None) -> dt.time:
    minutes, second = divmod(of_day, 60)
    hour, minute = divmod(minutes, 60)
    micro = int.from_bytes(octets[_SECONDS_OCTETS:], "big")
    return dt.time(hour, minute, second, micro, zone, fold=octets[0] >> 7)


def _read_offset(octets: bytes) -> dt.timezone:
    number, name = octets[:_SECONDS_OCTETS], octets[_SECONDS_OCTETS:]
    if len(number) != _SECONDS_OCTETS:
        raise ValueError("wrong length")
    offset = dt.timedelta(microseconds=int.from_bytes(number, "big", signed=True))
    if not name:
        return dt.timezone(offset)
    if name[:1] != b"=":
        raise ValueError("not a name")
    return dt.timezone(offset, name[1:].decode("utf-8", "surrogatepass"))


def _read_zone(octets: bytes) -> dt.tzinfo:
    from zoneinfo import ZoneInfo

    return ZoneInfo(octets.decode())


def _unpack_datetime(octets: bytes) -> dt.datetime:
    return _read_wall(octets, None)


def _unpack_datetime_utc(octets: bytes) -> dt.datetime:
    return _read_wall(octets, dt.UTC)


def _unpack_datetime_offset(octets: bytes) -> dt.datetime:
    return _read_wall(octets[:_WALL_OCTETS], _read_offset(octets[_WALL_OCTETS:]))


def _unpack_datetime_zone(octets: bytes) -> dt.datetime:
    return _read_wall(octets[:_WALL_OCTETS], _read_zone(octets[_WALL_OCTETS:]))


def _unpack_time(octets: bytes) -> dt.time:
    return _read_of_day(octets, None)


def _unpack_time_offset(octets: bytes) -> dt.time:
    return _read_of_day(octets[:_WALL_OCTETS], _read_offset(octets[_WALL_OCTETS:]))


def _unpack_time_zone(octets: bytes) -> dt.time:
    return _read_of_day(octets[:_WALL_OCTETS], _read_zone(octets[_WALL_OCTETS:]))


def _pack_date(day: dt.date) -> Ext:
    return Ext(tags.DATE, day.toordinal().to_bytes(3, "big"))


def _unpack_date(octets: bytes) -> dt.date:
    if len(octets) != 3:
        raise ValueError("wrong length")
    return dt.date.fromordinal(int.from_bytes(octets, "big"))


def _pack_timedelta(span: dt.timedelta) -> Ext:
    return Ext(tags.TIMEDELTA, int_octets(span // _MICROSECOND))


def _unpack_timedelta(octets: bytes) -> dt.timedelta:
    return dt.timedelta(microseconds=int_from_octets(octets))


def _pack_decimal(number: Decimal) -> Ext:
    return Ext(tags.DECIMAL, _decimal_text(number).encode("ascii"))


def _decimal_text(number: Decimal) -> str:
    # The caller's context may ask for a small e; what is sealed must not depend on it.
    return str(number).replace("e", "E")


def _unpack_decimal(octets: bytes) -> Decimal:
    from decimal import Decimal

    text = octets.decode("ascii")
    number = Decimal(text)
    # Under a context that does not trap bad syntax, any text at all would become NaN.
    if _decimal_text(number) != text:
        raise ValueError("not as Decimal writes it")
    return number


def _pack_uuid(identifier: uuid.UUID) -> Ext:
    return Ext(tags.UUID, identifier.bytes)


def _unpack_uuid(octets: bytes) -> uuid.UUID:
    return uuid.UUID(bytes=octets)


ENCODERS: Final[dict[type, Encoder]] = {
    int: pack_int,
    str: pack_text,
    dt.datetime: _pack_datetime,
    dt.date: _pack_date,
    dt.time: _pack_time,
    dt.timedelta: _pack_timedelta,
    uuid.UUID: _pack_uuid,
}
"""From the exact type of a leaf to the function that packs it."""

LATE_ENCODERS: Final[dict[tuple[str, str], Encoder]] = {("decimal", "Decimal"): _pack_decimal}
"""The same for types whose module is not worth its import until a value of theirs turns up."""

DECODERS: Final[dict[int, Callable[[bytes], object]]] = {
    tags.BIG_INT: _unpack_big_int,
    tags.SURROGATES: _unpack_surrogates,
    tags.DATETIME: _unpack_datetime,
    tags.DATETIME_UTC: _unpack_datetime_utc,
    tags.DATETIME_OFFSET: _unpack_datetime_offset,
    tags.DATETIME_ZONE: _unpack_datetime_zone,
    tags.DATE: _unpack_date,
    tags.TIME: _unpack_time,
    tags.TIME_OFFSET: _unpack_time_offset,
    tags.TIME_ZONE: _unpack_time_zone,
    tags.TIMEDELTA: _unpack_timedelta,
    tags.DECIMAL: _unpack_decimal,
    tags.UUID: _unpack_uuid,
}
"""From the tag of a leaf to the function that reads it; those raise on anything malformed."""
