"""Opening, and packing and sealing, against the calls that they can't avoid.

The floor is the sum of the C and Rust calls that every Python implementation of this design has
to make: serialise each value, compress those that we compress, derive the key of the message,
seal, encode; and their inverses, values staying packed until they are read. It works on the very
octets that the product works on, and whatever can be made beforehand has been.
"""

from __future__ import annotations

import os
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ormsgpack
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from benchmarks.shapes import SAMPLES, Shape, Values
from benchmarks.timing import ratios, rounds
from cookie_sessions import envelope, sealer
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.codec.compress import Dictionary
from cookie_sessions.crypto import KEY_OCTETS, NONCE_OCTETS
from cookie_sessions.keys import Key, KeyRing

_SECONDS: Final = 0.004
_PLACE: Final = sealer.Place("session", "session", "")
_NOW: Final = 1_741_600_000
_COMPRESSED: Final = b"\xc1"
_KEYS: Final = ormsgpack.OPT_NON_STR_KEYS
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")


@dataclass(frozen=True, slots=True)
class Costs:
    """What one shape costs, with and without what is Python about it.

    Attributes:
        shape: name of the shape.
        what: ``open``, or ``seal`` for packing and sealing.
        ours: seconds per session in each round.
        floor: seconds per session of the floor in each round.
    """

    shape: str
    what: str
    ours: list[float]
    floor: list[float]

    @property
    def ratios(self) -> list[float]:
        """Round by round, how many times the floor we cost."""
        return ratios(self.ours, self.floor)


class Product:
    """The rooms of the package, called as a request calls them."""

    def __init__(self) -> None:
        self.codec = Codec()
        self._ring = KeyRing(Key(os.urandom(KEY_OCTETS)))

    def payload(self, values: Values) -> bytes:
        """Pack a session: every value, and the claims of a new session."""
        codec = self.codec
        wires: dict[object, Wire] = {}
        for name, value in values.items():
            wires[name] = codec.to_wire(name, value, codec.pack(value, name=name))
        claims = Claims.begin(now=_NOW, until=_NOW + 86_400)
        return codec.dump_payload(claims.to_octets(), wires)

    def seal(self, values: Values) -> str:
        """Pack and seal a session, to the text of a cookie."""
        plaintext = self.payload(values)
        return sealer.seal(plaintext, ring=self._ring, place=_PLACE, refreshable=True, now=_NOW)

    def open(self, text: str) -> tuple[Claims, dict[object, Any]]:
        """Open a cookie's text, its values still packed."""
        opened = sealer.open_text(text, ring=self._ring, place=_PLACE, now=_NOW)
        claims, wires = self.codec.load_payload(opened.plaintext)
        return Claims.from_octets(claims), wires


class Floor:
    """The bare calls for one session.

    Args:
        product: packs the session, to know the octets.
        values: the session.
    """

    def __init__(self, product: Product, values: Values) -> None:
        codec, dictionary = product.codec, Dictionary()
        packed = [codec.pack(value, name=name) for name, value in values.items()]
        self._values = [ormsgpack.unpackb(octets, ext_hook=ormsgpack.Ext) for octets in packed]
        plaintext = product.payload(values)
        claims, wires = codec.load_payload(plaintext)
        segments = [
            dictionary.decompress(wire[2:])
            for wire in wires.values()
            if type(wire) is bytes and wire[:1] == _COMPRESSED
        ]
        # The bare machines: Dictionary.compress adds the bookkeeping that threads need.
        self._compressed = [
            (dictionary._new_compressor(dictionary._strategy(len(octets))).compress, octets)
            for octets in segments
        ]
        self._claims = plaintext[: 1 + len(claims)]
        self._map = _unpack_map(plaintext[len(self._claims) :])
        self._aes = Cipher(algorithms.AES(os.urandom(KEY_OCTETS)), modes.ECB()).encryptor()  # noqa: S305
        self._blocks = os.urandom(32)
        self._head = bytes(envelope.HEADER_OCTETS)
        self._aad = os.urandom(23)
        self._text = self.seal()

    def seal(self) -> str:
        """Pack and seal."""
        packb = ormsgpack.packb
        for value in self._values:
            packb(value)
        for compress, octets in self._compressed:
            compress(octets)
        plaintext = self._claims + packb(self._map, option=_KEYS)
        nonce = os.urandom(NONCE_OCTETS)
        aead = AESGCM(self._aes.update(self._blocks))
        sealed = aead.encrypt(nonce[12:], plaintext, self._aad)
        text = b2a_base64(self._head + nonce + sealed, newline=False)
        return text.translate(_TO_URL).rstrip(b"=").decode("ascii")

    def open(self) -> None:
        """Open what was sealed first, values staying packed."""
        octets = a2b_base64(self._text.encode("ascii").translate(_TO_STANDARD) + b"==")
        aead = AESGCM(self._aes.update(self._blocks))
        plaintext = aead.decrypt(octets[22:34], octets[34:], self._aad)
        _unpack_map(plaintext[len(self._claims) :])


def _unpack_map(octets: bytes) -> Any:
    return ormsgpack.unpackb(octets, ext_hook=ormsgpack.Ext, option=_KEYS)


def measure(shapes: Sequence[Shape], *, count: int) -> list[Costs]:
    """Both ways against the floor for every shape.

    Args:
        shapes: the shapes to measure.
        count: number of rounds.
    """
    product = Product()
    costs = []
    for shape in shapes:
        sessions = [{"_permanent": True, **sample} for sample in shape.samples]
        texts = [product.seal(session) for session in sessions]
        floors = [Floor(product, session) for session in sessions]
        calls = {
            "open": _each(product.open, texts),
            "seal": _each(product.seal, sessions),
            "open floor": _each(Floor.open, floors),
            "seal floor": _each(Floor.seal, floors),
        }
        times = rounds(calls, count=count, seconds=_SECONDS)
        for what in ("open", "seal"):
            ours, floor = (
                [seconds / SAMPLES for seconds in times[name]] for name in (what, f"{what} floor")
            )
            costs.append(Costs(shape.name, what, ours, floor))
    return costs


def _each(call: Callable[[Any], object], inputs: Sequence[object]) -> Callable[[], None]:
    def run() -> None:
        for given in inputs:
            call(given)

    return run
