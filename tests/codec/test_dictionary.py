from __future__ import annotations

import hashlib
import subprocess
import sys

import zstandard

from benchmarks.compose_dictionary import PATH, composed, content
from cookie_sessions.codec import Codec
from cookie_sessions.codec.compress import BUILT_IN_NUMBER, BUILT_IN_SHA256, Dictionary

CODEC = Codec()


def test_the_shipped_octets_are_the_composed_ones() -> None:
    assert PATH.read_bytes() == composed()


def test_the_shipped_octets_have_the_recorded_digest() -> None:
    assert hashlib.sha256(PATH.read_bytes()).hexdigest() == BUILT_IN_SHA256


def test_dictionary_one_never_changes() -> None:
    assert BUILT_IN_NUMBER == 1
    assert PATH.name == "dictionary-1.bin"
    assert len(composed()) == 12059


def test_its_head_is_one_that_zstd_reads() -> None:
    dictionary = zstandard.ZstdCompressionDict(
        PATH.read_bytes(), dict_type=zstandard.DICT_TYPE_FULLDICT
    )
    assert dictionary.dict_id() == BUILT_IN_NUMBER


def test_a_frame_made_with_the_released_dictionary_still_opens() -> None:
    frame = bytes.fromhex("20275500000002305a63037ca40201")
    assert Dictionary().decompress(frame) == CODEC.pack([("message", "You have been logged out.")])


def test_it_holds_what_flask_applications_store() -> None:
    for common in (b"\xa7message", b"\xa7success", b"Please log in to access this page.", b"RS256"):
        assert common in content()


def test_nothing_is_built_when_the_package_is_imported() -> None:
    program = (
        "import cookie_sessions.codec.codec as codec\n"
        "assert not codec._BUILT_IN._digests\n"
        "import sys\n"
        "assert not {'decimal', 'zoneinfo', 'markupsafe', 'flask'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
