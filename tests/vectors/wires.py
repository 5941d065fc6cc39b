"""Single values as they stand in the map: forms that a reader takes, and forms that it refuses.

Frames are recorded here, not made anew: another release of the compressor makes other octets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from ormsgpack import Ext, packb

from cookie_sessions.codec import Codec, tags
from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD
from cookie_sessions.dictionaries.trained import Trained, numbered
from cookie_sessions.keys import from_secret_keys
from tests.vectors.description import MONEY, describe

_MARKERS: Final = tags.MARKERS
_CART: Final = [
    {
        "sku": f"SKU-{1000 + i}",
        "name": "Blue cotton shirt",
        "quantity": 1 + i % 3,
        "price": 19.95 + i,
        "currency": "EUR",
    }
    for i in range(4)
]
_TEXT: Final = (
    "The quick brown fox jumps over the lazy dog while seventeen wizards quietly examine boxes of "
    "liquid jugs. Nobody knew why the harbour lights went out; yet every ship, large or small, "
    "came home before midnight. Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "
    "Voix ambiguë d'un cœur qui préfère les jattes de kiwis."
)
_HISTORY: Final = [
    {
        "url": f"/products/{i * 37 % 101}",
        "title": f"Product {i * 37 % 101}",
        "time": 1_767_225_600 + i * 61,
        "price": i * 1.25 + 0.5,
    }
    for i in range(20)
]
_OWN: Final = b"\xa5order\xa6placed Thank you for your order. " * 2
_CART_FRAME: Final = (
    "602d00dd010090a8303030b16373cb4033310234320335333611b070761c90200b12cc2b38f1bfc276e0ed39"
    "1144be70b33accb58781fb6983def82a517b0edd25"
)
_TEXT_FRAME: Final = (
    "605500cd0700d34c295d5e17b5b0c467e9f1ff57aef4182d71b78b04cc13a9a7a556d34832cbadc238cb3d91"
    "d4a0fe0d6f2945732365573635ee61342012efc1b2e31fa348a5501b29370e5eb9b263603ac4134908440d45"
    "2a2a29bbf6a9876536cb1abeec1c2d6b94b8fcd858daf82af7bf7eb3311785a5f1e43fde5676f9a02a579e5a"
    "8da2518fa5f01fd66a943b45177d2e96417e96c629172d7d3a54e54a291c58ee22efbf5268eab72d50011ff8"
    "10b83d0651c49df898dc6a810511a2d3a2abee117131ec463adf0a08ea6b5da6d9cf3f89e10b48e16e724885"
    "a6e37549eddcb1d68b156d063ac2726c2721ca61f35b86c53b3c82726bf5d930a98034"
)
_HISTORY_FRAME: Final = (
    "6056011d0600e2481f26a0291dffa728dc2dc559d158d158d1a86a318c59ec9d08917207763c3d631ef99b10"
    "4208d9240bc033ed8c76a7bd31bd4d77480f487f441744874027408f3c2f3c973837389fb01fd8299697403"
    "415c5a0c138a63ec35467a7da4adde82adf426fbab595caeb724c7d86a9ce4eb595bad155be85de746b2b958"
    "c5d022ea8300ed701608326294a071012222058edca1ae103c092341efa5319b0a88928bd561c4bb533f4561"
    "8595f21a78211d46101701e820390c45690f72845e4950e4837"
)


def _segment(frame: str) -> bytes:
    return b"\xc1\x01" + bytes.fromhex(frame)


def _raw_block(octets: bytes) -> bytes:
    """A frame that holds octets as they are: one last block of the type raw."""
    header = (1 | len(octets) << 3).to_bytes(3, "little")
    return b"\xc1\x01\x20" + bytes((len(octets),)) + header + octets


def _nested_jwt(depth: int) -> Any:
    return [_MARKERS[tags.JWT], {}, _nested_jwt(depth - 1), b""] if depth else b"payload"


COMPRESSED: Final[dict[str, tuple[Any, bytes]]] = {
    "a compressed value": (_CART, _segment(_CART_FRAME)),
    "a compressed string": (_TEXT, _segment(_TEXT_FRAME)),
    "a compressed table": (_HISTORY, _segment(_HISTORY_FRAME)),
    "a frame of one raw block": ([1, "x"], _raw_block(packb([1, "x"]))),
    "a frame of two blocks, one run-length": (
        "a" * 30,
        b"\xc1\x01\x20\x20" + b"\x10\x00\x00\xd9\x1e" + b"\xf3\x00\x00a",
    ),
}
TABLES: Final[dict[str, tuple[Any, bytes]]] = {
    "a table with each kind of column": (
        [
            {"name": "tea", "price": 4.35, "at": 1_767_225_600, "tags": ["a"], "n": -1},
            {"name": "", "price": -0.1, "at": 1_767_225_500, "tags": [], "n": None},
            {"name": "größe", "price": 1234567.0, "at": 1_767_225_500, "tags": {}, "n": "x"},
        ],
        packb(
            [
                _MARKERS[tags.TABLE],
                ["name", "price", "at", "tags", "n"],
                "tea\n\ngröße",
                [_MARKERS[tags.HUNDREDTHS], 435, -10, 123456700],
                [_MARKERS[tags.STEPS], 1_767_225_600, -100, 0],
                [["a"], [], {}],
                [-1, None, "x"],
            ]
        ),
    ),
    "a table within a dict": (
        {"items": [{"id": 1}, {"id": 2}], "total": 2},
        packb({"items": [_MARKERS[tags.TABLE], ["id"], [1, 2]], "total": 2}),
    ),
}
_SEGMENTS: Final[dict[str, Any]] = {
    "an integer in a longer form than needed": b"\x91\xcd\x00\x01",
    "a string in a longer form than needed": b"\xda\x00\x01a",
    "a float of 32 bits": b"\x91\xca\x3f\x80\x00\x00",
    "hundredths outside a table": [_MARKERS[tags.HUNDREDTHS], 199, 5, -1],
    "steps outside a table": [_MARKERS[tags.STEPS], 5, -6, 2**52],
    "a set whose items are not in order": [_MARKERS[tags.SET], 3, 1, 2],
    "a JWT whose header stays octets": [_MARKERS[tags.JWT], b'{"a": 1}', {"b": [1.5]}, b""],
    "a JWT with what JSON escapes": [
        _MARKERS[tags.JWT],
        {"k": '\x00\x1f\b\t\n\f\r"\\/\x7f\u2028é😀'},
        [1e16, 1e15, 1e-05, 0.0001, 5e-324, 1.0, -0.0, float("nan"), float("-inf"), None, True],
        b"\xff",
    ],
    "a JWT with a shrunk string and a large integer": [
        _MARKERS[tags.JWT],
        {"kid": Ext(tags.HEX, bytes(8)), "jti": Ext(tags.BASE64URL, bytes(17))},
        {"n": Ext(tags.BIG_INT, b"\x01" + bytes(8)), "id": Ext(tags.UUID_TEXT, bytes(16))},
        b"signature",
    ],
    "a JWT within JWTs": _nested_jwt(4),
    "arrays nested 255 deep": b"\x91" * 254 + b"\x90",
}
_REFUSED_SEGMENTS: Final[dict[str, Any]] = {
    "an overflow reference": b"\xc1\x40" + bytes(32),
    "an unknown dictionary number": b"\xc1\x02" + bytes.fromhex(_CART_FRAME),
    "an escape of number 0": b"\xc1\x00" + bytes.fromhex(_CART_FRAME),
    "an escape above the overflow reference": b"\xc1\x41x",
    "an escape of number 255": b"\xc1\xff",
    "a named dictionary that is not there": b"\xc1\x80\x00\x01" + bytes.fromhex(_CART_FRAME),
    "a name of two octets": b"\xc1\x80\x00",
    "an escape alone": b"\xc1",
    "an escape without a frame": b"\xc1\x01",
    "an escape within a frame": _raw_block(b"\xc1\x40x"),
    "an empty segment": b"",
    "octets behind a value": b"\x01\x02",
    "octets behind a frame": _raw_block(b"\x01") + b"\x00",
    "a frame cut short": _segment(_CART_FRAME)[:-1],
    "a frame that holds less than it says": b"\xc1\x01\x20\x02\x09\x00\x00\x01",
    "a frame that holds more than it says": b"\xc1\x01\x20\x01\x11\x00\x00\x01\x01",
    "a frame with the magic number": b"\xc1\x01\x28\xb5\x2f\xfd" + _raw_block(b"\x01")[2:],
    "a frame of unknown size": b"\xc1\x01\x00\x58\x09\x00\x00\x01",
    "a frame that says it holds 1048577 octets": b"\xc1\x01\xa0\x01\x00\x10\x00\x09\x00\x00\x01",
    "a value cut short": b"\x92\x01",
    "a string that is not UTF-8": b"\xa1\xff",
    "a map with a key that is no string": b"\x81\x01\x02",
    "an integer as an extension that MessagePack holds": Ext(tags.BIG_INT, b"\x01"),
    "an integer longer than needed": Ext(tags.BIG_INT, b"\x00\x01" + bytes(8)),
    "a marker that leads nothing": _MARKERS[tags.TUPLE],
    "a marker that is not first": [1, _MARKERS[tags.TUPLE]],
    "a marker as a value of a map": {"a": _MARKERS[tags.SET]},
    "an unknown marker": [Ext(74, b""), 1],
    "a leaf's number without octets": [Ext(tags.HEX, b""), 1],
    "a marker's number with octets": [Ext(tags.TUPLE, b"x"), 1],
    "a set that holds a list": [_MARKERS[tags.SET], [1]],
    "a dict with a key without a value": [_MARKERS[tags.DICT], 1],
    "a dict with a list as its key": [_MARKERS[tags.DICT], [1], 2],
    "markup that is no string": [_MARKERS[tags.MARKUP], 1],
    "markup of two strings": [_MARKERS[tags.MARKUP], "a", "b"],
    "a JWT of two parts": [_MARKERS[tags.JWT], {}, {}],
    "a JWT within JWTs whose JSON has more than 8192 octets": _nested_jwt(30),
    "a JWT with a string as its signature": [_MARKERS[tags.JWT], {}, {}, "x"],
    "a registered type of an unknown name": [_MARKERS[tags.REGISTERED], "nobody", 1],
    "a registered type without a value": [_MARKERS[tags.REGISTERED], "money"],
    "a table without keys": [_MARKERS[tags.TABLE], []],
    "a table with a key twice": [_MARKERS[tags.TABLE], ["a", "a"], [1], [2]],
    "a table with a key that is no string": [_MARKERS[tags.TABLE], [1], [1]],
    "a table with too few columns": [_MARKERS[tags.TABLE], ["a", "b"], [1]],
    "a table with columns of two lengths": [_MARKERS[tags.TABLE], ["a", "b"], [1], "x\ny"],
    "a table with a column that is a number": [_MARKERS[tags.TABLE], ["a"], 1],
    "a table of 4097 rows": [_MARKERS[tags.TABLE], ["a"], "\n" * 4096],
    "a table whose rows times its key's characters are more than 2^20": [
        _MARKERS[tags.TABLE],
        ["k" * 1025],
        "\n" * 1023,
    ],
    "no hundredths": [_MARKERS[tags.HUNDREDTHS]],
    "hundredths that are no integers": [_MARKERS[tags.HUNDREDTHS], 1.5],
    "hundredths that are true": [_MARKERS[tags.HUNDREDTHS], True],
    "hundredths of 2^53": [_MARKERS[tags.HUNDREDTHS], 2**53],
    "steps of -2^53": [_MARKERS[tags.STEPS], -(2**53)],
}
_REFUSED_INLINE: Final[dict[str, bytes]] = {
    "an array in place of a value": b"\x91\x01",
    "a map in place of a value": b"\x81\xa1a\x01",
    "a marker in place of a value": b"\xc7\x00\x40",
    "an extension of an unknown number": packb(Ext(14, b"x")),
    "a moment of six octets": packb(Ext(tags.DATETIME, bytes(6))),
    "a moment before the first day": packb(Ext(tags.DATETIME, bytes(5))),
    "a moment with a million microseconds": packb(
        Ext(tags.DATETIME, b"\x00\x00\x10\x00\x00\x0f\x42\x40")
    ),
    "a moment with an offset of five octets of wall": packb(
        Ext(tags.DATETIME_OFFSET, b"\x0e" + bytes(9))
    ),
    "an offset of a day": packb(
        Ext(
            tags.DATETIME_OFFSET,
            b"\x00\x00\x10" + bytes(5) + (86_400 * 10**6).to_bytes(5, "big"),
        )
    ),
    "an offset with a name that is not marked": packb(Ext(tags.TIME_OFFSET, bytes(13) + b"name")),
    "a zone that nobody knows": packb(
        Ext(tags.DATETIME_ZONE, b"\x00\x00\x10" + bytes(5) + b"No/Where")
    ),
    "the day 0": packb(Ext(tags.DATE, bytes(3))),
    "the day after the last": packb(Ext(tags.DATE, (3_652_060).to_bytes(3, "big"))),
    "a day of two octets": packb(Ext(tags.DATE, b"\x01\x01")),
    "a time of day beyond midnight": packb(Ext(tags.TIME, (86_400 << 24).to_bytes(8, "big"))),
    "a time of day of five octets": packb(Ext(tags.TIME, bytes(5))),
    "a timedelta longer than needed": packb(Ext(tags.TIMEDELTA, b"\x00\x01")),
    "a decimal with a small e": packb(Ext(tags.DECIMAL, b"1e+7")),
    "a decimal with a space": packb(Ext(tags.DECIMAL, b" 1")),
    "a decimal that is a word": packb(Ext(tags.DECIMAL, b"one")),
    "a UUID of 15 octets": packb(Ext(tags.UUID, bytes(15))),
    "the text of a UUID of 17 octets": packb(Ext(tags.UUID_TEXT, bytes(17))),
}


def vectors() -> list[dict[str, Any]]:
    """All single values, those that are refused last."""
    return [*_taken(), *_named(), *_refused()]


def secret_keys() -> list[dict[str, Any]]:
    """Ring keys that are made from an application's secret key."""
    rows = []
    for secret in (b"dev", "schlüssel".encode(), bytes(range(0x80, 0xA0)), b"k" * 100):
        key = from_secret_keys(secret).primary
        rows.append({"secret": secret.hex(), "key": key._material.hex(), "kid": key.kid.hex()})
    return rows


def _named() -> Iterator[dict[str, Any]]:
    """Frames of dictionaries of an operator's own, and what looks like them."""
    trained = numbered(built_in_octets()[:BUILT_IN_HEAD], _OWN)
    name = Trained(trained, 0, 0, 0, ()).name
    frame = _raw_block(packb([1, "x"]))[2:]
    own = b"\xc1" + name + frame
    for label, wire, refused in (
        ("a frame of a named dictionary", own, False),
        ("a frame of a named dictionary, beside which another is there", own[:3] + own[4:], True),
        ("a frame of a named dictionary, with octets behind it", own + b"\x00", True),
        ("a named dictionary without a frame", b"\xc1" + name, True),
    ):
        outcome = {"reason": "undecodable"} if refused else {"value": describe([1, "x"])}
        yield {
            "name": label,
            "dictionary": trained.hex(),
            "wire": packb(wire).hex(),
            **outcome,
        }


def _taken() -> Iterator[dict[str, Any]]:
    codec = Codec(types=[MONEY])
    for name, content in _SEGMENTS.items():
        wire = content if type(content) is bytes else packb(content)
        yield {
            "name": name,
            "wire": packb(wire).hex(),
            "value": describe(codec.from_wire(wire)),
        }


def _refused() -> Iterator[dict[str, Any]]:
    for name, content in _REFUSED_SEGMENTS.items():
        wire = content if type(content) is bytes else packb(content)
        yield {"name": name, "wire": packb(wire).hex(), "reason": "undecodable"}
    for name, octets in _REFUSED_INLINE.items():
        yield {"name": name, "wire": octets.hex(), "reason": "undecodable"}
