from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.dictionaries.phrases import MAX_PHRASE, phrases_in
from cookie_sessions.dictionaries.pieces import Piece

PIECES = st.lists(st.one_of(st.none(), st.binary(min_size=1, max_size=40)), max_size=30)


def test_an_unknown_piece_is_counted_alone() -> None:
    assert phrases_in([b"a", b"b", b"a"], set()) == {b"a": 2, b"b": 1}


def test_two_known_pieces_side_by_side_are_counted_as_one_too() -> None:
    assert phrases_in([b"a", b"b"], {b"a", b"b"}) == {b"a": 1, b"b": 1, b"ab": 1}


def test_the_longest_known_phrase_counts_and_not_its_parts() -> None:
    assert phrases_in([b"a", b"b", b"c"], {b"a", b"b", b"c", b"ab"}) == {
        b"ab": 1,
        b"c": 1,
        b"abc": 1,
    }


def test_what_is_left_out_is_never_bridged() -> None:
    assert phrases_in([b"a", None, b"b"], {b"a", b"b"}) == {b"a": 1, b"b": 1}


@given(PIECES, st.data())
def test_a_phrase_longer_than_a_piece_is_made_of_known_ones_alone(
    pieces: list[Piece], data: st.DataObject
) -> None:
    present = [piece for piece in pieces if piece is not None]
    known = set(data.draw(st.lists(st.sampled_from(present)))) if present else set()
    for phrase in phrases_in(pieces, known):
        assert len(phrase) <= MAX_PHRASE
        assert phrase in present or any(
            phrase[:cut] in known and phrase[cut:] in known for cut in range(1, len(phrase))
        )
