"""How sessions and subjects are called: what is alike is one subject, and nothing else is."""

from __future__ import annotations

import copy
import enum
import hashlib
import hmac
import os
import pickle
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from cookie_sessions import crypto
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec
from cookie_sessions.events import Events
from cookie_sessions.keys import KeyRing
from cookie_sessions.manager import SessionManager
from cookie_sessions.ownership import _octets
from cookie_sessions.policy import Timeouts
from cookie_sessions.revocation.facts import Question
from cookie_sessions.revocation.identity import (
    IndexKey,
    ids_of,
    question_of,
    reference_of,
    session_id,
    subject_octets,
    subject_text,
)
from cookie_sessions.settings import Settings
from tests.codec.sameness import same
from tests.codec.strategies import ANY_TEXT
from tests.keys.secrecy import forms
from tests.plain import key

CODEC = Codec()
SECRET = b"the secret of an index: 32 octets"
LONGEST_TEXT = 128
UNALIKE = st.one_of(
    *(st.none(), st.booleans(), st.floats(allow_nan=False), st.binary(max_size=70)),
    *(st.datetimes(), st.tuples(st.integers(0, 3) | st.text(max_size=3))),
    st.lists(st.text(max_size=3), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
)
ALIKE = ANY_TEXT | st.integers() | st.uuids() | st.integers().map(str) | st.uuids().map(str)
SUBJECTS = ALIKE | UNALIKE


def octets_of(subject: object) -> bytes:
    return subject_octets(subject, packed=CODEC.pack(subject, name="the subject"))


def are_alike(one: Any, other: Any) -> bool:
    """Whether the documentation says that both are one subject."""
    texts = (str, int, UUID)
    if type(one) in texts and type(other) in texts:
        return str(one) == str(other)
    return same(one, other)


@given(SUBJECTS, SUBJECTS)
@example("7", 7)
@example("07", 7)
@example("-7", -7)
@example(1, True)
@example(1, 1.0)
@example(0, None)
@example("None", None)
@example("", None)
@example("", b"")
@example("True", True)
@example("a", ("a",))
@example(("a",), ["a"])
@example("a", "A")
@example("é", "e\u0301")
@example("a", "a\0")
@example("\ud800", "\ufffd")
@example("\ud83d\ude00", "\U0001f600")
@example("{00000000-0000-0000-0000-000000000005}", UUID(int=5))
@example("00000000-0000-0000-0000-000000000005", UUID(int=5))
@example(5, UUID(int=5))
def test_two_subjects_share_octets_only_if_they_are_alike(one: object, other: object) -> None:
    assert (octets_of(one) == octets_of(other)) == are_alike(one, other)


@given(SUBJECTS)
@example("d" * 129)
@example("x" * 10_000)
@example(b"x" * 10_000)
@example(("x" * 10_000, None))
@example(2**900)
@example(-(10**5000))
def test_a_subject_of_any_length_and_type_takes_at_most_129_octets(subject: object) -> None:
    octets = octets_of(subject)
    assert 0 < len(octets) <= 129
    assert octets == octets_of(copy.deepcopy(subject))


@given(SUBJECTS)
def test_no_subject_is_written_so_that_it_reads_as_another(one: object) -> None:
    """What stands for one is given as the other: as text, as octets, and behind every mark."""
    octets = octets_of(one)
    forged = [octets, octets[1:], b"t" + octets, b"p" + octets, b"d" + octets]
    texts = [each.decode("utf-8", "surrogateescape") for each in forged]
    for injection in [*forged, *texts, *[(each,) for each in texts]]:
        if not are_alike(one, injection):
            assert octets_of(injection) != octets


@pytest.mark.parametrize("mark", ["t", "p", "d"])
def test_a_text_of_the_form_of_a_digest_or_a_packed_value_is_a_text(mark: str) -> None:
    packed = CODEC.pack(None, name="the subject").decode("latin-1")
    long = "x" * 300
    digest = hashlib.sha256(b"t" + long.encode()).digest()
    for subject in (mark, mark + "alice", mark + packed, mark + digest.decode("latin-1")):
        assert octets_of(subject)[:1] == b"t"
        assert octets_of(subject) not in {octets_of("alice"), octets_of(None), octets_of(long)}
    assert octets_of(long) == b"d" + digest
    assert octets_of(digest) != octets_of(long)
    assert octets_of(b"d" + digest) != octets_of(long)


def test_texts_that_begin_alike_and_are_long_are_told_apart() -> None:
    texts = ["x" * length for length in (63, 64, 65, 66, 9_999, 10_000)]
    texts += ["x" * 9_999 + "y", "y" + "x" * 9_999, "ä" * 5_000, "\ud800" * 5_000]
    assert len({octets_of(text) for text in texts}) == len(texts)


class Plain(enum.StrEnum):
    ALICE = "alice"


class Older(str, enum.Enum):  # noqa: UP042 - applications have both kinds.
    ALICE = "alice"


class Number(enum.IntEnum):
    SEVEN = 7


class Name(str):
    __slots__ = ()


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        (Plain.ALICE, "alice"),
        (Older.ALICE, "alice"),
        (Name("alice"), "alice"),
        (Number.SEVEN, "7"),
        (Markup("alice"), "alice"),
    ],
    ids=str,
)
def test_a_subject_is_the_same_after_its_way_through_a_cookie(subject: object, plain: str) -> None:
    """A session gives back most subclasses of str and int as what they derive from."""
    wire = CODEC.to_wire("_user_id", subject, CODEC.pack(subject, name="_user_id"))
    back = CODEC.from_wire(wire)
    assert octets_of(subject) == octets_of(back)
    assert octets_of(subject) == octets_of(plain)


@given(ALIKE)
@example("x" * LONGEST_TEXT)
@example("x" * (LONGEST_TEXT + 1))
def test_a_short_text_comes_back_and_a_long_one_does_not(subject: object) -> None:
    text = str(subject)
    short = len(text.encode("utf-8", "surrogatepass")) <= LONGEST_TEXT
    assert subject_text(octets_of(subject)) == (text if short else None)


@given(UNALIKE)
def test_what_is_no_text_does_not_come_back_as_one(subject: object) -> None:
    assert subject_text(octets_of(subject)) is None


@given(ANY_TEXT)
def test_the_manager_calls_a_text_as_lists_do(text: str) -> None:
    manager = SessionManager(
        settings=Settings(),
        ring=lambda: KeyRing(key(1)),
        timeouts=lambda: Timeouts(idle=60),
        events=Events(),
    )
    assert _octets(text, manager) == octets_of(text)


@given(st.binary(min_size=16, max_size=16))
def test_a_session_is_called_by_different_bits_of_one_hash(sid: bytes) -> None:
    digest = hashlib.sha256(sid).digest()
    assert session_id(sid) == digest[:8]
    assert reference_of(sid) == digest[8:20].hex()


def test_a_subject_is_named_by_an_hmac_under_the_index_key() -> None:
    derived = crypto.derive(hashlib.sha256(SECRET).digest(), "index of subjects")
    expected = hmac.new(derived, b"talice", hashlib.sha256).digest()[:16]
    assert IndexKey(SECRET).subject(octets_of("alice")) == expected


@given(SUBJECTS, SUBJECTS)
def test_two_subjects_are_named_apart_under_every_key(one: object, other: object) -> None:
    index, another = IndexKey(SECRET), IndexKey(SECRET + b"!")
    alike = are_alike(one, other)
    assert (index.subject(octets_of(one)) == index.subject(octets_of(other))) == alike
    assert index.subject(octets_of(one)) != another.subject(octets_of(one))
    assert index.subject(octets_of(one)) == IndexKey(SECRET).subject(octets_of(one))


def test_the_check_tells_keys_apart_and_names_nothing() -> None:
    index = IndexKey(SECRET)
    assert len(index.check) == 8
    assert index.check == IndexKey(SECRET).check
    assert index.check != IndexKey(SECRET[:-1]).check
    assert index.check not in index.subject(b"")
    assert index.check not in hashlib.sha256(SECRET).digest()


def test_what_the_registry_seals_opens_under_the_same_key_alone() -> None:
    sealed = IndexKey(SECRET).aead().seal(b"plain", b"aad")
    assert IndexKey(SECRET).aead().open(sealed, b"aad") == b"plain"
    with pytest.raises(Exception, match="bad_seal"):
        IndexKey(b"another").aead().open(sealed, b"aad")


def test_no_text_of_an_index_key_shows_it() -> None:
    index = IndexKey(SECRET)
    hidden = [*forms(SECRET), *forms(hashlib.sha256(SECRET).digest()), *forms(index.check)]
    for text in (repr(index), str(index), f"{index}", f"{index!r:>40}", repr([index])):
        assert not any(form in text for form in hidden)


@pytest.mark.parametrize("take", [pickle.dumps, copy.copy, copy.deepcopy])
def test_an_index_key_is_neither_pickled_nor_copied(take: Any) -> None:
    with pytest.raises(TypeError, match="never pickled or copied") as error:
        take(IndexKey(SECRET))
    assert SECRET.decode() not in str(error.value)


CLAIMS = Claims(
    sid=os.urandom(16), iat=7, since=7_250, until=9, former_kids=(b"kid0",), subject=b"talice"
)
SIGNED = CLAIMS._replace(imported_from=b"imported")


@pytest.mark.parametrize(
    ("claims", "signed", "expected"),
    [
        (CLAIMS, False, (session_id(CLAIMS.sid),)),
        (CLAIMS, True, ()),
        (SIGNED, False, (session_id(CLAIMS.sid), b"imported")),
        (SIGNED, True, (b"imported",)),
    ],
)
def test_a_session_has_its_own_name_and_that_of_the_cookie_that_brought_it(
    claims: Claims, signed: bool, expected: tuple[bytes, ...]
) -> None:
    assert ids_of(claims, signed=signed) == expected
    index = IndexKey(SECRET)
    asked = question_of(claims, b"kid1", index=index, signed=signed)
    assert asked == Question(expected, index.subject(b"talice"), 7_250, (b"kid1", b"kid0"))


def test_nobodys_session_is_asked_about_without_a_key() -> None:
    asked = question_of(CLAIMS._replace(subject=None), b"kid1", index=None, signed=False)
    assert asked.subject is None
