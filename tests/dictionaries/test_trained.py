from __future__ import annotations

import pytest
import zstandard

from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD, compose
from cookie_sessions.dictionaries.sample import Phrase
from cookie_sessions.dictionaries.trained import MAX_OCTETS, Trained, check, numbered
from cookie_sessions.errors import ConfigurationError

CONTENT = b"Storm Lantern, amber" * 3


def made(content: bytes = CONTENT) -> Trained:
    octets = numbered(built_in_octets()[:BUILT_IN_HEAD], content)
    return Trained(octets, made=1, sessions=2, subjects=3, phrases=(len(content),))


def test_its_name_is_the_number_that_zstd_sees_and_comes_from_its_content() -> None:
    trained = check(made(), origin="here")
    number = zstandard.ZstdCompressionDict(trained.octets).dict_id()
    assert number.to_bytes(3, "big") == trained.name
    assert trained.name[0] & 0x80
    assert made(CONTENT + b"!").name != trained.name
    assert made().name == trained.name


def test_a_single_changed_octet_is_found() -> None:
    octets = made().octets
    for place in range(len(octets)):
        changed = octets[:place] + bytes((octets[place] ^ 1,)) + octets[place + 1 :]
        with pytest.raises(ConfigurationError, match=r"^here: this is no dictionary: .*\. Take"):
            check(made()._replace(octets=changed), origin="here")


def test_what_zstd_does_not_take_is_refused_though_its_number_is_right() -> None:
    head = built_in_octets()[:8] + b"\xff" * 60
    broken = made()._replace(octets=numbered(head, CONTENT))
    with pytest.raises(ConfigurationError, match="zstd does not take it"):
        check(broken, origin="here")


@pytest.mark.parametrize(
    ("octets", "fault"),
    [
        (b"", "does not begin as one"),
        (CONTENT, "does not begin as one"),
        (made(b"x" * MAX_OCTETS).octets, f"more than {MAX_OCTETS} octets"),
    ],
)
def test_what_is_no_dictionary_is_refused(octets: bytes, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=fault):
        check(made()._replace(octets=octets), origin="here")


def test_phrases_are_the_end_of_it() -> None:
    trained = compose(
        [Phrase(b"one phrase", 5, 5), Phrase(b"another phrase", 9, 9), Phrase(b"abc", 99, 99)],
        octets=50_000,
        sessions=20,
        subjects=5,
        now=7,
    )
    assert trained.texts() == [b"one phrase", b"another phrase"]
    assert trained.octets.endswith(b"one phraseanother phrase")
    assert (trained.sessions, trained.subjects, trained.made) == (20, 5, 7)


def test_what_it_shows_of_itself_is_its_name_and_size_and_no_phrase() -> None:
    trained = made()
    assert repr(trained) == f"<Trained {trained.name.hex()} of {len(trained.octets)} octets>"


def test_the_shipped_dictionary_is_in_it_so_nothing_gets_worse() -> None:
    trained = compose([], octets=50_000, sessions=0, subjects=5, now=0)
    assert trained.octets[8:] == built_in_octets()[8:]


def test_the_recorded_head_is_all_that_stands_before_the_content() -> None:
    from benchmarks.compose_dictionary import content

    assert built_in_octets()[BUILT_IN_HEAD:] == content()


def test_it_does_not_become_larger_than_asked_and_keeps_what_saves_most() -> None:
    room = len(built_in_octets()) + 100
    phrases = [Phrase(b"phrase number %03d" % each, each, each) for each in range(50)]
    trained = compose(phrases, octets=room, sessions=0, subjects=5, now=0)
    assert len(trained.octets) <= room
    assert trained.texts()[-1] == b"phrase number 049"
    assert len(trained.phrases) == 5


def test_what_is_part_of_a_longer_phrase_is_not_there_twice() -> None:
    phrases = [Phrase(b"Storm Lantern", 50, 50), Phrase(b"Storm Lantern, amber", 20, 20)]
    trained = compose(phrases, octets=50_000, sessions=0, subjects=5, now=0)
    assert trained.texts() == [b"Storm Lantern, amber"]
