"""Octets that were sealed by a key of ours and are no session: another release, or a bug.

They are authentic, so everything behind the seal meets them: it is a session or it is refused, and
whatever was opened can be used and written again.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from ormsgpack import OPT_NON_STR_KEYS, Ext, packb

from cookie_sessions.claims import Claims
from cookie_sessions.codec.lowering import MAX_DEPTH
from cookie_sessions.content import Content
from cookie_sessions.errors import Reason, Rejected
from tests.plain import START, Site

CLAIMS = Claims(bytes(16), int(START), int(START) * 1000, int(START) + 3600).to_octets()

EXTENSIONS = st.builds(Ext, st.integers(0, 127), st.binary(max_size=20))
WIRES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=10),
    st.binary(max_size=40),
    st.binary(max_size=40).map(lambda octets: b"\xc1\x01" + octets),
    st.lists(st.integers() | EXTENSIONS, max_size=3).map(lambda items: _packed(items)),
    EXTENSIONS,
)
KEYS = st.one_of(
    st.integers(-5, 260), st.text(max_size=5), st.binary(max_size=20), st.none(), st.booleans()
)


def _packed(value: object) -> bytes:
    try:
        return packb(value, option=OPT_NON_STR_KEYS)
    except TypeError:
        return b""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Site(monkeypatch)


def attempt(site: Site, text: str) -> Content | Reason:
    try:
        return site.manager.open_text(text, name="session")
    except Rejected as rejected:
        return rejected.reason


def use(site: Site, plaintext: bytes) -> bool:
    """Open sealed octets, use what they are in every way, and say whether they were a session."""
    text = site.forge(plaintext)
    outcome = attempt(site, text)
    session = site.arrive(text)
    assert session.new == isinstance(outcome, Reason)
    assert bool(session) == (len(session) > 0)
    for key in session:
        assert key in session
        session[key]
    assert not session.modified
    assert len(session.sid) == 32
    session.regenerate()
    session["later"] = [1]
    again = site.arrive(site.write(session))
    assert again["later"] == [1]
    assert len(again) == len(session)
    return not isinstance(outcome, Reason)


@given(st.binary(max_size=200))
@example(b"")
@example(b"\0\x80")
@example(b"\xff" * 300)
@example(b"\x01\x00\x80")
def test_any_octets_are_refused_or_are_a_session(site: Site, plaintext: bytes) -> None:
    use(site, plaintext)


@given(st.binary(max_size=200))
def test_any_octets_behind_good_claims_are_refused_or_are_a_session(
    site: Site, octets: bytes
) -> None:
    use(site, bytes((len(CLAIMS),)) + CLAIMS + octets)


@given(st.dictionaries(KEYS, WIRES, max_size=4))
def test_a_map_of_any_values_is_refused_or_is_a_session(
    site: Site, wires: dict[object, object]
) -> None:
    use(site, bytes((len(CLAIMS),)) + CLAIMS + _packed(wires))


@given(st.dictionaries(st.text(max_size=5), WIRES, max_size=4))
def test_values_of_any_form_under_good_keys_are_a_session(
    site: Site, wires: dict[str, object]
) -> None:
    assert use(site, bytes((len(CLAIMS),)) + CLAIMS + _packed(wires))


@given(st.binary(max_size=120))
def test_any_claims_before_good_values_are_refused_or_are_a_session(
    site: Site, octets: bytes
) -> None:
    claims = CLAIMS + octets
    use(site, bytes((len(claims),)) + claims + _packed({"a": 1}))


@given(st.integers(0, 400), st.integers(0, 255), st.integers(0, 60))
def test_a_payload_with_an_octet_changed_is_refused_or_is_a_session(
    site: Site, position: int, octet: int, cut: int
) -> None:
    payload = bytearray(site.open(site.store(a=1, cart=[{"sku": "x" * 40}], t=(1, 2), d={1: 2})))
    payload[position % len(payload)] = octet
    use(site, bytes(payload))
    use(site, bytes(payload[: len(payload) - cut]))


@pytest.mark.parametrize("head", [b"\x91", b"\x92\xc7\x00\x40", b"\x81\xa1a"])
def test_a_value_nested_deeper_than_can_be_written_is_absent(site: Site, head: bytes) -> None:
    for depth, readable in ((MAX_DEPTH - 1, True), (MAX_DEPTH, False), (2 * MAX_DEPTH, False)):
        deep = head * depth + b"\x90"
        payload = bytes((len(CLAIMS),)) + CLAIMS + _packed({"deep": deep, "a": 1})
        assert use(site, payload)
        session = site.arrive(site.forge(payload))
        assert ("deep" in session) is readable
        assert session["a"] == 1
