"""Entries of the overflow store, with every value on the way from a reference to a value."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from markupsafe import Markup
from ormsgpack import OPT_NON_STR_KEYS, packb

from cookie_sessions.codec import Codec, Reference, Wire
from cookie_sessions.crypto import Aead, entry_key, entry_name
from tests.vectors.description import MONEY, describe
from tests.vectors.positive import JWT, NOW
from tests.vectors.steps import fixed, steps_of
from tests.vectors.wires import COMPRESSED

Vector = dict[str, Any]

_PREFIX: Final = b"cookie_sessions v1 overflow "
_ENDS: Final = NOW + 86_400


def vectors() -> list[Vector]:
    """All of them, those that are found first."""
    return [*_found(), *_lost()]


def _found() -> Iterator[Vector]:
    cart = [{"sku": "A-1", "n": 2}]
    yield _vector("a list", "cart", cart)
    yield _vector("no value at all", "cart", None)
    yield _vector("a string, inline", "note", "Grüße, 世界")
    yield _vector("a leaf, inline", "token", "00ff" * 8)
    yield _vector("a registered type", "price", MONEY.from_value([1250, "EUR"]))
    yield _vector("a token in its parts", "id_token", JWT)
    name = "a compressed value"
    value, wire = COMPRESSED[name]
    yield _vector(name, "note", value, wire=wire)
    yield _vector("a key that is a number", 7, cart)
    yield _vector("a key that is a tuple", (1, "x"), cart)
    yield _vector("a key that is Markup", Markup("cart"), cart)
    yield _vector("a key with a lone surrogate", "a\ud800", cart)


def _lost() -> Iterator[Vector]:
    good = _vector("a list that is lost", "cart", [1, 2, 3])
    other = _vector("the entry of another session", "cart", [1, 2, 3], seed=fixed("theirs", 32))
    entry = bytes.fromhex(good["entry"])

    def lost(name: str, **changed: Any) -> Vector:
        kept = ("reference", "packed_key", "entry", "seed", "name_in_store")
        return {"name": name, **{key: good[key] for key in kept}, **changed, "lost": True}

    yield lost("another key of the session", packed_key=Codec().pack("basket").hex())
    yield lost("the key as Markup", packed_key=Codec().pack(Markup("cart")).hex())
    yield lost("the entry of another session", entry=other["entry"])
    for name, at in (("nonce", 0), ("nonce's second half", 23), ("ciphertext", 24), ("tag", -1)):
        altered = bytearray(entry)
        altered[at] ^= 1
        yield lost(f"a bit of the {name} changed", entry=altered.hex())
    yield lost("no octets", entry="")
    yield lost("39 octets", entry=entry[:39].hex())
    yield lost("an octet behind it", entry=f"{good['entry']}00")
    seed = bytes.fromhex(good["seed"])
    for name, content in {
        "no content": b"",
        "two objects": b"\x01\x01",
        "an object in a longer form than needed": b"\xcc\x01",
        "an object cut short": b"\x92\x01",
    }.items():
        sealed = Aead(entry_key(seed))._seal_with(
            fixed(f"nonce of {name}", 24), content, _PREFIX + Codec().pack("cart")
        )
        yield lost(name, entry=sealed.hex())


def _vector(
    name: str, key: Any, value: Any, *, wire: Wire = None, seed: bytes | None = None
) -> Vector:
    # Every name is secret here, so that no octet depends on the release of the compressor.
    codec = Codec(types=[MONEY], secret_names=[key])
    if wire is None:
        wire = codec.to_wire(key, value, codec.pack(value))
    content = packb(wire, None, OPT_NON_STR_KEYS)
    seed = seed or fixed(f"seed of {name}", 32)
    packed_key = codec.pack(key)
    aad = _PREFIX + packed_key
    nonce = fixed(f"nonce of {name}", 24)
    steps = steps_of(entry_key(seed), nonce=nonce, aad=aad, plaintext=content)
    entry = nonce.hex() + steps["ciphertext"] + steps["tag"]
    reference = Reference(seed, len(entry) // 2, _ENDS)
    return {
        "name": name,
        "reference": reference.to_segment().hex(),
        "packed_key": packed_key.hex(),
        "entry": entry,
        "seed": seed.hex(),
        "octets": reference.octets,
        "ends": reference.ends,
        "name_in_store": entry_name(seed),
        "entry_key": entry_key(seed).hex(),
        "key": describe(key),
        "aad": aad.hex(),
        **steps,
        "content": content.hex(),
        "value": describe(value),
    }
