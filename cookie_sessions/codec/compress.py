"""Compression of single values with a dictionary: zstd (RFC 8878) frames without their magic.

A frame carries its content size and neither checksum nor dictionary id. Dictionaries are public
and never change once released: a better one gets the next number.
"""

from __future__ import annotations

import os
from typing import Final

import zstandard

from cookie_sessions.crypto import digest
from cookie_sessions.errors import ConfigurationError

MAX_VALUE_OCTETS: Final = 1 << 20
"""The largest value that is decompressed, checked before anything is allocated."""

BUILT_IN_NUMBER: Final = 1
BUILT_IN_SHA256: Final = "0c2bd0366806302b7c21a457dd48132cc64e5f6e533d216420979ecdf7d9c465"
BUILT_IN_FILE: Final = "dictionary-1.bin"

_MAX_IDLE: Final = 8


class Dictionary:
    """A dictionary with the machines that use it, built at the first use. Safe under threads.

    Args:
        number: what segments name it by, 1 to 63.
        content: its octets, or None for the one that ships with the package.
    """

    def __init__(self, number: int = BUILT_IN_NUMBER, content: bytes | None = None) -> None:
        self.number = number
        self._content = content
        self._digest: zstandard.ZstdCompressionDict | None = None
        # A machine serves one caller at a time. Popping and appending are atomic, so the lists
        # need no lock, and a fork can't leave one locked.
        self._compressors: list[zstandard.ZstdCompressor] = []
        self._decompressors: list[zstandard.ZstdDecompressor] = []

    def compress(self, octets: bytes) -> bytes:
        """Compress octets into one frame."""
        try:
            machine = self._compressors.pop()
        except IndexError:
            machine = self._new_compressor()
        frame = machine.compress(octets)
        if len(self._compressors) < _MAX_IDLE:
            self._compressors.append(machine)
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

    def _new_compressor(self) -> zstandard.ZstdCompressor:
        return zstandard.ZstdCompressor(
            dict_data=self._digested(), compression_params=_parameters()
        )

    def _new_decompressor(self) -> zstandard.ZstdDecompressor:
        return zstandard.ZstdDecompressor(
            dict_data=self._digested(), format=zstandard.FORMAT_ZSTD1_MAGICLESS
        )

    def _digested(self) -> zstandard.ZstdCompressionDict:
        if self._digest is None:
            content = _built_in() if self._content is None else self._content
            digest = zstandard.ZstdCompressionDict(content)
            digest.precompute_compress(compression_params=_parameters())
            self._digest = digest
        return self._digest


def _parameters() -> zstandard.ZstdCompressionParameters:
    # Tables of this size fit the dictionary and a whole cookie; larger ones only cost cache.
    return zstandard.ZstdCompressionParameters(
        format=zstandard.FORMAT_ZSTD1_MAGICLESS,
        strategy=zstandard.STRATEGY_LAZY,
        window_log=17,
        chain_log=14,
        hash_log=14,
        search_log=3,
        min_match=3,
        target_length=32,
        write_content_size=True,
        write_checksum=False,
        write_dict_id=False,
    )


def _built_in() -> bytes:
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
