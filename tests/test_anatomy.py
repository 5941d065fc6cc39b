"""What the anatomy says is what the cookie weighs."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.anatomy import Anatomy, dissect, wires_of
from cookie_sessions.claims import Claims
from cookie_sessions.codec import Codec
from cookie_sessions.cookies import LIMIT, PROFILES, CookieAttributes, capacity, find, join
from cookie_sessions.envelope import parse
from cookie_sessions.errors import SessionTooLarge, UsageError
from cookie_sessions.session import Session
from cookie_sessions.stores.memory import MemoryStore
from tests.codec.strategies import KEYS, VALUES
from tests.plain import BROKEN, HOUR, START, Site
from tests.session_model import FOREIGN, LARGE

COOKIES = st.sampled_from(
    [
        CookieAttributes("session"),
        CookieAttributes("__Host-a", secure=True, samesite=None),
        CookieAttributes("s", domain="shop.example", path="/a b", partitioned=True),
    ]
)
SECRET = "4f2b6e0c9d8a7135" * 2


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


def claims_now(site: Site, session: Session) -> Claims:
    claims = session._own_claims
    return claims._replace(until=site.timeouts.until(now=site.now, claims=claims))


def anatomy_of(site: Site, session: Session) -> Anatomy:
    return dissect(session, claims=claims_now(site, session), cookie=site.cookie)


def sealed(site: Site, session: Session) -> list[str]:
    """The Set-Cookie lines, the head's first; none for a session that fits no cookies."""
    try:
        lines = site.manager.seal(session, cookie=site.cookie, expires=int(START))
    except SessionTooLarge:
        return []
    return lines[::-1]


def check_sums(anatomy: Anatomy) -> None:
    assert sum(part.octets for part in anatomy.parts) == anatomy.octets
    assert sum(part.text for part in anatomy.parts) == anatomy.text
    assert anatomy.name + anatomy.text + anatomy.marks + anatomy.attributes == anatomy.total
    if anatomy.cookies:
        assert sum(each.octets for each in anatomy.cookies) == anatomy.total
    for part in anatomy.parts:
        assert abs(part.text - part.octets * 4 / 3) < 1


@given(
    values=st.dictionaries(KEYS, VALUES | LARGE, min_size=1, max_size=20),
    permanent=st.booleans(),
    cookie=COOKIES,
)
def test_the_anatomy_weighs_what_the_sealed_cookie_weighs(
    values: dict[Any, Any], permanent: bool, cookie: CookieAttributes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch, profile="granian")
        site.cookie = cookie
        session = site.arrive()
        session.update(values)
        session.permanent = permanent
        anatomy = anatomy_of(site, session)
        check_sums(anatomy)
        assert len(anatomy.values) == len(session)
        assert anatomy.count.octets == (1 if len(session) < 16 else 3)
        assert anatomy.permanent == permanent
        assert anatomy.new
        lines = sealed(site, session)
        assert (len(lines) == 1) is (anatomy.total <= anatomy.limit)
        if not lines:
            assert anatomy.text > capacity(LIMIT - cookie.octets(""))
            assert anatomy.cookies == ()
            assert anatomy.total == cookie.octets("A" * anatomy.text)
            return
        set_names = [line.partition("=")[0] for line in lines]
        assert [*anatomy.cookies] == list(zip(set_names, map(len, lines), strict=True))
        assert (anatomy.marks == 0) is (len(lines) == 1)
        header = "; ".join(line.partition(";")[0] for line in lines)
        (value,) = find(header, cookie.name)
        text = value
        assert len(header) + len("; ") == anatomy.request.ours
        if len(lines) > 1:
            text = join(value, name=cookie.name, find=lambda name: find(header, name))
        assert anatomy.text == len(text)
        head, rest = parse(text)
        assert anatomy.octets == len(head.octets()) + len(rest)

        back = site.arrive_with(header)
        as_it_came = dissect(back, claims=back._own_claims, cookie=cookie)
        assert as_it_came.total == anatomy.total
        assert as_it_came.values == anatomy.values
        assert (as_it_came.new, as_it_came.sealed_at) == (False, int(START))


@given(values=st.dictionaries(st.text(max_size=4), VALUES, min_size=1, max_size=4))
def test_looking_changes_nothing_and_sees_changes_within(values: dict[str, Any]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch, profile="granian")
        session = site.arrive()
        session.update({"": [1]} | copy.deepcopy(values))
        lines = sealed(site, session)
        if not lines:
            return
        session = site.arrive_with("; ".join(line.partition(";")[0] for line in lines))
        before = len(site.happened)
        untouched = anatomy_of(site, session)
        assert not session.modified
        assert session.copy().keys() == (values | {"": 0}).keys()
        held = session.setdefault("appended", [])
        held.append("news of the day")
        anatomy = anatomy_of(site, session)
        held.append("more of it")
        grown = anatomy_of(site, session)
        assert untouched.total < anatomy.total < grown.total
        assert len(site.happened) == before
        lines = sealed(site, session)
        assert not grown.cookies or sum(map(len, lines)) == grown.total


def test_each_step_of_a_value_has_its_own_size(site: Site) -> None:
    session = site.arrive()
    session["token"] = "00112233445566778899aabbccddeeff"
    session["note"] = "the same again and again, " * 20
    session["rows"] = [{"sku": UUID(int=i).hex, "n": 1} for i in range(20)]
    session["n"] = 7
    values = {value.name: value for value in anatomy_of(site, session).values}
    assert list(values) == ["token", "note", "rows", "n"]
    assert (values["token"].packed, values["token"].shrunk) == (34, 18)
    assert values["token"].compressed == 18
    assert values["token"].octets == 1 + 18
    assert values["note"].packed == values["note"].shrunk == 3 + 520
    assert values["note"].compressed < 60
    assert values["note"].octets == 5 + 2 + values["note"].compressed
    rows = values["rows"]
    assert rows.packed is not None
    assert rows.shrunk is not None
    assert rows.packed > rows.shrunk > rows.compressed > 0
    assert (values["n"].packed, values["n"].compressed, values["n"].octets) == (1, 1, 3)


@given(name=KEYS, value=VALUES)
def test_the_steps_are_those_that_the_codec_takes(name: Any, value: Any) -> None:
    codec = Codec()
    packed = codec.pack(value)
    wire = codec.to_wire(name, value, packed)
    steps = codec.steps(name, wire)
    assert steps.packed == len(packed)
    assert steps.shrunk is not None
    assert steps.shrunk >= steps.compressed
    alone = Codec(secret_names=[name]).to_wire(name, value, packed)
    if codec.is_secret(name) or wire == alone:
        assert steps.shrunk == steps.compressed
    if type(alone) is bytes:
        assert steps.compressed <= len(alone)


def test_a_secret_value_is_marked_and_never_compressed(site: Site) -> None:
    session = site.arrive()
    session.update(csrf_token="again and again " * 9, other="again and again " * 9)
    token, other = anatomy_of(site, session).values
    assert (token.secret, other.secret) == (True, False)
    assert token.shrunk == token.compressed > other.compressed


def test_what_can_not_be_unpacked_here_is_weighed_as_it_stands(site: Site) -> None:
    strange: dict[Any, Any] = {"a": BROKEN, "b": b"", "c": {1: [2]}, "d": 1}
    text = site.forge(site.payload(strange))
    for session in (site.arrive(text), site.arrive(text)):
        anatomy = dissect(session, claims=session._own_claims, cookie=site.cookie)
        check_sums(anatomy)
        assert anatomy.total == site.cookie.octets(text)
        known = {value.name: (value.packed, value.shrunk) for value in anatomy.values}
        assert known == {"a": (None, None), "b": (None, None), "c": (None, None), "d": (1, 1)}
        assert list(session) == ["d"]


def test_damage_that_was_found_before_is_still_counted(site: Site) -> None:
    text = site.forge(site.payload({"a": BROKEN, "d": 1}))
    session = site.arrive(text)
    assert "a" not in session
    anatomy = dissect(session, claims=session._own_claims, cookie=site.cookie)
    assert anatomy.total == site.cookie.octets(text)


def test_it_says_when_the_session_began_was_sealed_and_ends(site: Site) -> None:
    text = site.store(a=1)
    site.now += 100
    session = site.arrive(text)
    came = dissect(
        session, claims=session._own_claims, cookie=site.cookie, absolute_timeout=10 * HOUR
    )
    began = int(START)
    assert (came.begun, came.sealed_at, came.until) == (began, began, began + HOUR)
    assert came.absolute_end == began + 10 * HOUR
    renewed = anatomy_of(site, session)
    assert (renewed.begun, renewed.sealed_at, renewed.until) == (began, began, began + HOUR + 100)
    assert renewed.absolute_end is None
    new = anatomy_of(site, site.arrive())
    assert (new.new, new.sealed_at, new.values, new.limit) == (True, None, (), LIMIT)


def test_no_value_and_no_id_is_in_it(site: Site) -> None:
    session = site.arrive()
    session.update({"token": SECRET, "who": "Ada", 5: "Ada", ("Ada", SECRET): 1})
    session["at"] = datetime(2030, 1, 2, tzinfo=UTC)
    shown = repr(anatomy_of(site, session))
    assert "name='token'" in shown
    assert "name='5'" in shown
    assert "<key of type tuple>" in shown
    for hidden in (SECRET, "Ada", "2030", session.sid, bytes.fromhex(session.sid)):
        assert str(hidden) not in shown


def test_each_limit_is_that_of_the_deployment() -> None:
    for name in ("portable", "lighttpd", "no-proxy"):
        profile = PROFILES[name]
        with pytest.MonkeyPatch.context() as patch:
            site = Site(patch)
            session = site.arrive()
            session["cart"] = ["linzer"]
            anatomy = dissect(
                session,
                claims=session._own_claims,
                cookie=site.cookie,
                profile=profile,
                others=77,
            )
            (line,) = sealed(site, session)
            header = 0 if profile.response is None else len("Set-Cookie: \r\n")
            limit = profile.response or profile.set_cookies
            assert anatomy.profile == name
            assert anatomy.response == (len(line) + header, 0, limit)
            pair = line.partition(";")[0]
            assert anatomy.request == (len(pair) + len("; "), 77, profile.cookie_line)


def test_a_value_in_the_store_is_counted_there_and_its_reference_in_the_cookie(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = MemoryStore()
    site = Site(monkeypatch, far=store)
    session = site.arrive()
    session.update(notes=random.Random(1).randbytes(9_000), cart=["linzer"])
    before = anatomy_of(site, session)
    assert before.values[0].stored is None
    header = site.respond(session)[0].partition(";")[0]
    back = site.arrive_with(header)
    assert isinstance(back["notes"], bytes)
    anatomy = anatomy_of(site, back)
    check_sums(anatomy)
    assert len(anatomy.cookies) == 1
    notes, cart = anatomy.values
    assert notes.stored is not None
    assert 9_000 < notes.stored.octets < 9_100
    assert notes.stored.until >= anatomy.until
    assert (notes.packed, notes.shrunk) == (None, None)
    assert notes.text < 80
    assert cart.stored is None


def test_what_the_commit_will_move_to_the_store_is_told_before_and_not_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for profile, others in (("portable", ""), ("no-proxy", "; other=" + "x" * 5_000)):
        store = MemoryStore()
        site = Site(monkeypatch, far=store, profile=profile, overflow="memory:", cold=["history"])
        session = site.arrive_with("none=1" + others)
        session.update(notes=random.Random(1).randbytes(3_000), history=[1], cart=["linzer"])
        claims = claims_now(site, session)
        wires = site.manager.rehearse(session, wires_of(session), claims=claims, cookie=site.cookie)
        told = dissect(session, claims=claims, cookie=site.cookie, wires=wires)
        assert [value.stored is not None for value in told.values] == [True, True, False]
        assert not any(store.scan(""))
        lines = site.respond(session)
        assert any(store.scan(""))
        assert told.text == len(lines[0].partition(";")[0].partition("=")[2])


def test_it_can_not_be_changed(site: Site) -> None:
    anatomy = anatomy_of(site, site.arrive())
    with pytest.raises(AttributeError):
        anatomy.limit = 1  # type: ignore[misc]


def test_a_value_that_can_not_be_kept_is_an_error_as_at_the_commit(site: Site) -> None:
    session = site.arrive()
    session["cart"] = [FOREIGN]
    with pytest.raises(UsageError, match=r'session\["cart"\]\[0\] holds a value of type complex'):
        anatomy_of(site, session)
