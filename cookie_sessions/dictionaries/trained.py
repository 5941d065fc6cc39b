"""One trained dictionary: its octets, its name, and where it comes from."""

from __future__ import annotations

import hashlib
from typing import Final, NamedTuple

import zstandard

from cookie_sessions.codec.compress import NAME_OCTETS
from cookie_sessions.errors import ConfigurationError

MAX_OCTETS: Final = 98_304
"""The largest dictionary: with a value behind it, it stays within the compressor's window."""

MAGIC: Final = b"\x37\xa4\x30\xec"
"""How a zstd dictionary begins (RFC 8878, section 5)."""

_NUMBERED: Final = 8


class Trained(NamedTuple):
    """A dictionary, by what it says of itself and since when it is used.

    Attributes:
        octets: a zstd dictionary (RFC 8878, section 5), whose number is the name.
        made: when it was trained, in seconds since the epoch.
        sessions: how many sampled writes it was trained on.
        subjects: the fewest different people who share anything in it.
        phrases: how many octets each phrase has that the training added; they stand at the end.
        begins: from when it is written with, in seconds since the epoch; None: not yet.
        withdrawn: since when it is not any more, and what it wrote is packed anew; or None.
        installed: since when it can be read, in seconds since the epoch; None: nowhere yet.
    """

    octets: bytes
    made: int
    sessions: int
    subjects: int
    phrases: tuple[int, ...]
    begins: int | None = None
    withdrawn: int | None = None
    installed: int | None = None

    @property
    def name(self) -> bytes:
        """What segments name it by: the number in its head."""
        return int.from_bytes(self.octets[4:_NUMBERED], "little").to_bytes(4, "big")[1:]

    @property
    def digest(self) -> str:
        """SHA-256 of its octets, in hexadecimal."""
        return hashlib.sha256(self.octets).hexdigest()

    def texts(self) -> list[bytes]:
        """The phrases that the training added, the most common last."""
        at = len(self.octets) - sum(self.phrases)
        found = []
        for length in self.phrases:
            found.append(self.octets[at : at + length])
            at += length
        return found

    def __repr__(self) -> str:
        return f"<Trained {self.name.hex()} of {len(self.octets)} octets>"


def numbered(head: bytes, content: bytes) -> bytes:
    """A zstd dictionary whose number is made of all that follows it.

    Args:
        head: that of another dictionary: magic, number, entropy tables, offsets.
        content: what it is to hold.
    """
    rest = head[_NUMBERED:] + content
    return MAGIC + _number_of(rest).to_bytes(4, "little") + rest


def check(trained: Trained, *, origin: str) -> Trained:
    """Refuse what is no dictionary, or not the one that it says it is.

    Args:
        trained: the dictionary.
        origin: where it comes from, for the errors.

    Raises:
        ConfigurationError: says what is wrong.
    """
    octets = trained.octets
    fault = ""
    if len(octets) > MAX_OCTETS:
        fault = f"it has more than {MAX_OCTETS} octets"
    elif not octets.startswith(MAGIC) or len(octets) <= _NUMBERED:
        fault = "it does not begin as one (RFC 8878, section 5)"
    elif octets[4:_NUMBERED] != _number_of(octets[_NUMBERED:]).to_bytes(4, "little"):
        fault = "its octets are not those that it was made with"
    elif sum(trained.phrases) > len(octets) - _NUMBERED:
        fault = "its phrases are longer than itself"
    elif not _loads(octets):
        fault = "zstd does not take it"
    if fault:
        raise ConfigurationError(
            f"{origin}: this is no dictionary: {fault}. Take the file anew from where it was made."
        )
    return trained


def _loads(octets: bytes) -> bool:
    try:
        dictionary = zstandard.ZstdCompressionDict(octets, dict_type=zstandard.DICT_TYPE_FULLDICT)
        zstandard.ZstdDecompressor(dict_data=dictionary).decompress(_EMPTY_FRAME)
    except (zstandard.ZstdError, ValueError):
        return False
    return True


_EMPTY_FRAME: Final = zstandard.ZstdCompressor().compress(b"-")


def _number_of(rest: bytes) -> int:
    # The highest bit keeps it apart from the numbers of dictionaries that ship with the package.
    first = hashlib.sha256(rest).digest()[:NAME_OCTETS]
    return int.from_bytes(first, "big") | 0x800000
