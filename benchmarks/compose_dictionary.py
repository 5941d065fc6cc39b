"""Composes the built-in dictionary from hand-written samples: the same octets every time.

``python -m benchmarks.compose_dictionary`` writes the file again and prints its number, size and
SHA-256. Once the dictionary is released, other samples need another number and another file.

A zstd dictionary (RFC 8878, section 5) is a head with entropy tables, then the content. The content
is the samples in the form in which the codec compresses them. The tables are recorded here, because
libzstd does not promise that two of its releases compute the same ones; ``--tables`` computes them
anew and prints them.
"""

from __future__ import annotations

import base64
import hashlib
import sys
import textwrap
from pathlib import Path
from typing import Any

from benchmarks.dictionary_samples import VALUES
from cookie_sessions import codec
from cookie_sessions.codec.compress import BUILT_IN_FILE, BUILT_IN_NUMBER
from cookie_sessions.codec.shrink import may_shrink, shrink_text, shrink_tree
from cookie_sessions.codec.table import to_tables
from cookie_sessions.codec.values import Packer

PATH = Path(codec.__file__).with_name(BUILT_IN_FILE)

TABLES = """
N6Qw7AEAAAA6ECi4OgSmNKmtdoO0Kme+Ybv4vSu234uVjHvsLVPyMqWtbVPaO0kZdDWUjBBQdtu2besN4Yv/VX+NBGMCAAAG
jMqC8UhYSnsABMBKVFQMyLNwYCBGgRwIMgBBxACGDDEEEGSMQUQzAAAAACRo60Yjc5lcIpDlOAzDWJY5h0hGUAAAAAEAAAAE
AAAACAAAAA==
"""

_PACKER = Packer()


def main() -> None:
    """Write the dictionary, or print its tables computed anew."""
    if sys.argv[1:] == ["--tables"]:
        from benchmarks.dictionary_tables import tables

        head = tables(content(), packed, number=BUILT_IN_NUMBER)
        print("\n".join(textwrap.wrap(base64.b64encode(head).decode(), 96)))
        return
    octets = composed()
    PATH.write_bytes(octets)
    print(f"number {BUILT_IN_NUMBER}, {len(octets)} octets, {hashlib.sha256(octets).hexdigest()}")


def composed() -> bytes:
    """The dictionary: the recorded tables, then the content."""
    return base64.b64decode(TABLES) + content()


def content() -> bytes:
    """The samples as the codec compresses them, the most common last."""
    return b"".join(map(packed, VALUES))


def packed(value: Any) -> bytes:
    """Pack and shrink one value, as :meth:`Codec.to_wire` does before it compresses."""
    octets = _PACKER.pack(value)
    if type(value) is str:
        tree = shrink_text(value)
    else:
        shrunk = shrink_tree(octets) if may_shrink(octets) else None
        table = to_tables(value if shrunk is None else shrunk)
        tree = shrunk if table is None else table
    return octets if tree is None else _PACKER.pack_lowered(tree)


if __name__ == "__main__":
    main()
