"""Compression of single values with a dictionary: zstd (RFC 8878) frames without their magic.

A frame carries its content size and neither checksum nor dictionary id. Dictionaries are public
and never change once released: a better one gets the next number.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final, Protocol

import zstandard

from cookie_sessions.crypto import digest
from cookie_sessions.errors import ConfigurationError

MAX_VALUE_OCTETS: Final = 1 << 20
"""The largest value that is decompressed, checked before anything is allocated."""

BUILT_IN_NUMBER: Final = 1
BUILT_IN_SHA256: Final = "0c2bd0366806302b7c21a457dd48132cc64e5f6e533d216420979ecdf7d9c465"
BUILT_IN_FILE: Final = "dictionary-1.bin"

ESCAPE: Final = 0xC1
"""Never the first octet of MessagePack: what follows says what kind of segment this is."""

NAME_OCTETS: Final = 3
"""What names a dictionary of an operator's; the first of them has its highest bit set."""

_MAX_IDLE: Final = 8

_QUICK_OCTETS: Final = 1024
"""Up to this length a quick search finds nearly all that a lazy one does, in half the time: of a
cart all but two octets. What is longer mostly repeats itself, and there a lazy one finds more."""

_QUICK: Final = zstandard.STRATEGY_GREEDY
_LAZY: Final = zstandard.STRATEGY_LAZY
_THOROUGH: Final = zstandard.STRATEGY_BTLAZY2


class Dictionary:
    """A dictionary with the machines that use it, built at the first use. Safe under threads.

    Args:
        number: what segments name it by, 1 to 63.
        content: its octets, or None for the one that ships with the package.
        name: what segments name it by instead, :data:`NAME_OCTETS` octets, if an operator made it.

    Attributes:
        sign: what stands before its frames in a segment.
    """

    def __init__(
        self,
        number: int = BUILT_IN_NUMBER,
        content: bytes | None = None,
        *,
        name: bytes | None = None,
    ) -> None:
        self.number = number
        self.sign = bytes((ESCAPE, number)) if name is None else bytes((ESCAPE,)) + name
        self._is_trained = name is not None
        self._content = content
        self._digests: dict[int, zstandard.ZstdCompressionDict] = {}
        # A machine serves one caller at a time. Popping and appending are atomic, so the lists
        # need no lock, and a fork can't leave one locked.
        self._compressors: dict[int, list[zstandard.ZstdCompressor]] = {
            strategy: [] for strategy in (_QUICK, _LAZY, _THOROUGH)
        }
        self._decompressors: list[zstandard.ZstdDecompressor] = []

    def compress(self, octets: bytes) -> bytes:
        """Compress octets into one frame."""
        strategy = self._strategy(len(octets))
        machines = self._compressors[strategy]
        try:
            machine = machines.pop()
        except IndexError:
            machine = self._new_compressor(strategy)
        frame = machine.compress(octets)
        if len(machines) < _MAX_IDLE:
            machines.append(machine)
        return frame

    def decompress(self, frame: bytes) -> bytes:
        """Restore the octets of one frame.

        Args:
            frame: what :meth:`compress` gave; nothing before it and nothing behind.

        Returns:
            At most :data:`MAX_VALUE_OCTETS` octets.

        Raises:
            ValueError: the frame says that it holds more, or does not say.
            zstandard.ZstdError: it is no frame of this dictionary.
        """
        head = zstandard.get_frame_parameters(frame, format=zstandard.FORMAT_ZSTD1_MAGICLESS)
        if head.content_size > MAX_VALUE_OCTETS:
            raise ValueError("too large, or of unknown size")
        try:
            machine = self._decompressors.pop()
        except IndexError:
            machine = self._new_decompressor()
        octets = machine.decompress(frame, allow_extra_data=False)
        # A machine that refused a frame is not used again.
        if len(self._decompressors) < _MAX_IDLE:
            self._decompressors.append(machine)
        return octets

    def _strategy(self, octets: int) -> int:
        if self._is_trained:
            return _THOROUGH
        return _QUICK if octets <= _QUICK_OCTETS else _LAZY

    def _new_compressor(self, strategy: int) -> zstandard.ZstdCompressor:
        return zstandard.ZstdCompressor(
            dict_data=self._digested(strategy), compression_params=_parameters(strategy)
        )

    def _new_decompressor(self) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(
            dict_data=self._digested(_THOROUGH if self._is_trained else _QUICK),
            format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        )

    def _digested(self, strategy: int) -> zstandard.ZstdCompressionDict:
        digest = self._digests.get(strategy)
        if digest is None:
            content = built_in_octets() if self._content is None else self._content
            digest = zstandard.ZstdCompressionDict(content)
            digest.precompute_compress(compression_params=_parameters(strategy))
            self._digests[strategy] = digest
        return digest


class Dictionaries(Protocol):
    """Those of an operator's, beside the one that ships with the package.

    Attributes:
        named: those that can be read, by the name that segments have for them.
        withdrawn: the names of those whose values are packed anew when a session is written.
    """

    named: Mapping[bytes, Dictionary]
    withdrawn: frozenset[bytes]

    def written(self) -> Dictionary | None:
        """The one that is written with at the moment; None: the one that ships."""
        ...


def _parameters(strategy: int) -> zstandard.ZstdCompressionParameters:
    thorough = strategy == _THOROUGH
    # Tables of this size fit the dictionary and a whole cookie; larger ones only cost cache. A
    # trained dictionary is larger, and has several places for most of what is looked for.
    return zstandard.ZstdCompressionParameters(
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        strategy=strategy,
        window_log=17,
        chain_log=16 if thorough else 14,
        hash_log=16 if thorough else 14,
        search_log=5 if thorough else 3,
        min_match=3,
        target_length=32,
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
    )


def built_in_octets() -> bytes:
    """The octets of the dictionary that ships with the package.

    Raises:
        ConfigurationError: they are not those that it was released with.
    """
    # pathlib is loaded by nothing else here, and every cold start would pay for it.
    path = os.path.join(os.path.dirname(__file__), BUILT_IN_FILE)  # noqa: PTH118, PTH120
    with open(path, "rb") as file:
        content = file.read()
    if digest(content).hex() != BUILT_IN_SHA256:
        raise ConfigurationError(
            f"The compression dictionary {BUILT_IN_FILE} is not the one that this release was "
            f"made with, so no compressed session could be read. Install the package anew."
        )
    return content
