"""The way of a request: which cookie counts, what a refusal does, what is written at the end."""

from __future__ import annotations

import itertools
import random

import pytest

from cookie_sessions.arrival import MAX_OPENS, Arrival
from cookie_sessions.claims import MAX_FORMER_KIDS
from cookie_sessions.clock import SKEW
from cookie_sessions.cookies import LIMIT
from cookie_sessions.envelope import peek
from cookie_sessions.errors import SessionTooLarge
from cookie_sessions.events import EventName
from cookie_sessions.keys import KeyRing
from cookie_sessions.policy import Timeouts
from cookie_sessions.session import Session
from tests.plain import HOUR, START, Site, key

EXPIRES = "; Expires=Thu, 01 Jan 1970 00:00:00 GMT"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch)


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch, previous_names={"old": "2030-01-31"})


def refused(site: Site, *texts: str) -> list[str]:
    """The reasons why a session that these cookies bring is a new and empty one."""
    before = len(site.reasons)
    session = site.arrive(*texts)
    assert dict(session) == {}
    assert session.new
    return site.reasons[before:]


def under(site: Site, name: str) -> str:
    """A session's cookie as it was set under another name."""
    now_named = site.cookie
    site.cookie = now_named.named(name)
    text = site.store(a=1)
    site.cookie = now_named
    return text


def test_what_was_stored_comes_back(site: Site) -> None:
    text = site.store(a=1, b=[2])
    assert dict(site.arrive(text)) == {"a": 1, "b": [2]}
    assert site.names == [EventName.CREATED]
    head = peek(text)
    assert head is not None
    assert (head.sealed_at, head.refreshable) == (int(START), False)
    permanent = peek(site.store(_permanent=True))
    assert permanent is not None
    assert permanent.refreshable


def test_each_refusal_is_an_empty_session_and_one_event_with_its_reason(site: Site) -> None:
    text = site.store(a=1)
    flipped = text[:40] + ("B" if text[40] == "A" else "A") + text[41:]
    assert refused(site) == []
    assert refused(site, "") == ["malformed"]
    assert refused(site, "junk!") == ["malformed"]
    assert refused(site, "~2.junk") == ["malformed"]
    assert refused(site, f"~2{text[:60]}") == ["missing_chunk"]
    assert refused(site, "A" * 40_000) == ["too_large"]
    assert refused(site, "A" * 70_000) == ["too_large"]
    assert refused(site, "C" + text[1:]) == ["unknown_version"]
    assert refused(site, flipped) == ["bad_seal"]
    assert refused(site, site.forge(b"no payload")) == ["undecodable"]
    site.now -= SKEW + 2
    assert refused(site, text) == ["not_yet_valid"]
    site.now = START + HOUR + 1
    assert refused(site, text) == ["expired_idle"]
    site.timeouts = Timeouts(idle=HOUR, absolute=HOUR)
    assert refused(site, text) == ["expired_absolute"]
    site.keys = KeyRing(key(2))
    assert refused(site, text) == ["unknown_kid"]
    site.keys = KeyRing(key(2), revoked=[key(1).kid])
    assert refused(site, text) == ["key_revoked"]


def test_only_what_no_instance_will_open_again_is_spent(site: Site) -> None:
    text = site.store(a=1)

    def spent(*texts: str) -> bool:
        session = site.arrive(*texts)
        assert len(session) in (0, 1)
        assert isinstance(session._origin, Arrival)
        return session._origin.spent

    assert not spent()
    assert not spent(text)
    assert not spent("junk!")
    assert not spent(site.forge(b"no payload"))
    flipped = text[:40] + ("B" if text[40] == "A" else "A") + text[41:]
    assert spent(flipped)
    assert not spent(flipped, "junk!")
    assert not spent(flipped, text)
    site.keys = KeyRing(key(2))
    assert not spent(text)
    site.keys = KeyRing(key(2), revoked=[key(1).kid])
    assert spent(text)
    site.keys = KeyRing(key(1))
    site.now += HOUR + 1
    assert spent(text)


def test_equal_values_are_one(site: Site) -> None:
    text = site.store(a=1)
    assert dict(site.arrive(*[text] * 50)) == {"a": 1}
    assert site.codec.opened == 1


def test_of_one_session_the_latest_seal_counts_whatever_the_order(site: Site) -> None:
    first = site.store(n=1)
    texts = [first]
    for number in (2, 3):
        site.now += 10
        session = site.arrive(first)
        session["n"] = number
        texts.append(site.write(session))
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        assert dict(site.arrive(*(texts[index] for index in order))) == {"n": 3}
    assert dict(site.arrive(texts[1], texts[0])) == {"n": 2}


def test_seals_of_one_second_are_decided_without_regard_to_their_order(site: Site) -> None:
    first = site.store(n=1)
    session = site.arrive(first)
    session["n"] = 2
    second = site.write(session)
    assert dict(site.arrive(first, second)) == dict(site.arrive(second, first))


def test_of_two_sessions_none_counts(site: Site) -> None:
    texts = site.store(a=1), site.store(a=1)
    assert refused(site, *texts) == ["ambiguous"]
    assert refused(site, *reversed(texts)) == ["ambiguous"]
    assert refused(site, *texts, "junk!") == ["ambiguous"]


def test_a_cookie_that_does_not_open_is_no_duplicate(site: Site) -> None:
    text = site.store(a=1)
    for junk in ("", "junk!", text[:-3], site.forge(b"no payload"), "~1.x"):
        assert dict(site.arrive(junk, text)) == dict(site.arrive(text, junk)) == {"a": 1}
    assert site.reasons == []


def test_more_values_than_the_bound_are_refused_unopened(site: Site) -> None:
    text = site.store(a=1)
    junk = [text[:-4] + f"{number:04}" for number in range(100)]
    assert dict(site.arrive(text, *junk[: MAX_OPENS - 1])) == {"a": 1}
    assert site.codec.opened == 1
    for count in (MAX_OPENS, 15, 16, 100):
        assert refused(site, text, *junk[:count]) == ["ambiguous"]
    assert site.codec.opened == 1


def test_a_write_cleans_up_where_two_values_arrived(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(monkeypatch, former_scopes=[("example.com", "/"), (None, "/app")])
    texts = site.store(a=1), site.store(a=2)
    session = site.arrive(*texts)
    session["b"] = 3
    lines = site.respond(session)
    assert len(lines) == 4
    assert lines[0].startswith("session=;")
    assert "Partitioned" in lines[0]
    assert not lines[1].startswith("session=;")
    for line, scope in zip(lines[2:], ("Domain=example.com;", "Path=/app;"), strict=True):
        assert line.startswith("session=; ")
        assert "Expires=Thu, 01 Jan 1970" in line
        assert scope in line
    session = site.arrive(texts[0])
    session["b"] = 3
    assert len(site.respond(session)) == 1


def test_a_former_name_is_read_until_its_date_and_then_moved(moved: Site) -> None:
    text = under(moved, "old")
    session = moved.arrive(text, name="old")
    assert session["a"] == 1
    session["a"] = 2
    line, deletion = moved.respond(session)
    assert line.startswith("session=AQ")
    assert deletion.startswith("old=; Expires=Thu, 01 Jan 1970")
    assert dict(moved.arrive(line.partition(";")[0].removeprefix("session="))) == {"a": 2}
    # It was sealed under its own name, and opens under no other.
    assert refused(moved, text) == ["bad_seal"]
    assert dict(moved.arrive(under(moved, "older"), name="older")) == {}


def test_after_its_date_a_former_name_is_nothing(moved: Site) -> None:
    moved.timeouts = Timeouts(idle=HOUR * 24 * 365 * 20)
    text = under(moved, "old")
    moved.now = 1_896_134_399.0
    assert dict(moved.arrive(text, name="old")) == {"a": 1}
    moved.now += 1
    assert dict(moved.arrive(text, name="old")) == {}


def test_the_name_of_today_goes_before_a_former_one(moved: Site) -> None:
    header = f"old={under(moved, 'old')}; session={moved.store(b=2)}"
    session = moved.manager.load(
        moved.manager.arrival(header, name="session"), session_class=Session
    )
    assert dict(session) == {"b": 2}


def test_another_audience_opens_nothing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Site(monkeypatch, audience="other")
    assert refused(other, site.store(a=1)) == ["bad_seal"]
    assert dict(other.arrive(site.store(a=1), other.store(b=2))) == {"b": 2}


def test_a_session_sealed_under_another_key_carries_the_former_one(site: Site) -> None:
    text = site.store(n=0)
    for number in range(2, 14):
        site.keys = KeyRing(key(number), key(number - 1))
        session = site.arrive(text)
        session["n"] = number
        text = site.write(session)
        again = site.arrive(text)
        assert again["n"] == number
        former = [key(one).kid for one in range(1, number)][-MAX_FORMER_KIDS:]
        assert list(again._own_claims.former_kids) == former
    site.keys = KeyRing(key(13), revoked=[key(12).kid])
    assert refused(site, text) == ["key_revoked"]
    site.keys = KeyRing(key(13), revoked=[key(1).kid])
    assert dict(site.arrive(text)) == {"n": 13}


def test_a_refresh_under_another_key_carries_the_former_one_too(site: Site) -> None:
    text = site.store(_permanent=True, a=1)
    site.keys = KeyRing(key(2), key(1))
    for _ in range(2):
        session = site.arrive(text)
        assert session.permanent
        assert not session.modified
        text = site.write(session)
        assert site.arrive(text)._own_claims.former_kids == (key(1).kid,)
    site.keys = KeyRing(key(2), revoked=[key(1).kid])
    assert refused(site, text) == ["key_revoked"]


def test_a_key_that_comes_back_is_carried_once(site: Site) -> None:
    text = site.store(n=0)
    for primary, other in ((2, 1), (1, 2), (2, 1), (1, 2)):
        site.keys = KeyRing(key(primary), key(other))
        session = site.arrive(text)
        session["n"] = primary
        text = site.write(session)
    assert site.arrive(text)._own_claims.former_kids == (key(1).kid, key(2).kid)


def test_a_destroyed_session_leaves_no_former_key_behind(site: Site) -> None:
    text = site.store(n=0)
    site.keys = KeyRing(key(2), key(1))
    session = site.arrive(text)
    session.destroy()
    session["n"] = 1
    assert site.arrive(site.write(session))._own_claims.former_kids == ()


def test_a_write_and_a_refresh_move_the_end_and_nothing_else_does(site: Site) -> None:
    site.timeouts = Timeouts(idle=HOUR, absolute=3 * HOUR)
    begun = int(START)
    text = site.store(_permanent=True)
    for _ in range(6):
        site.now += HOUR / 2
        session = site.arrive(text)
        assert session.permanent
        text = site.write(session)
        claims = site.arrive(text)._own_claims
        assert claims.iat == begun
        assert claims.until == min(int(site.now) + HOUR, begun + 3 * HOUR)
    site.now += 1
    assert refused(site, text) == ["expired_absolute"]


def test_a_session_too_large_raises_with_octets_that_add_up(site: Site) -> None:
    site.cookie = site.cookie.scoped(domain="example.com", path="/")
    noise = random.Random(5)
    session = site.arrive()
    values = {"big": noise.randbytes(2250), "cart": noise.randbytes(600), "n": 7, 5: "five"}
    session.update(values)
    with pytest.raises(SessionTooLarge) as caught:
        site.respond(session)
    error = caught.value
    assert site.names == [EventName.OVERSIZE]
    assert site.happened[-1].details == {"octets": error.octets}
    assert error.octets > error.limit == site.manager.settings.profile.response
    assert [name for name, _ in error.by_key][:2] == ["big", "cart"]
    assert {name for name, _ in error.by_key} == {"big", "cart", "n", "5"}
    # What is not a value: name, attributes, header, nonce, tag, claims, the head of the map.
    empty = len(session._own_claims.to_octets()) + 10 + 24 + 16 + 2
    around = len("Set-Cookie: \r\n") + site.cookie.octets("") - len(EXPIRES)
    expected = around + empty * 4 / 3 + sum(size for _, size in error.by_key)
    assert abs(error.octets - expected) <= len(values) + 2


def _lines(site: Site, length: int) -> list[str]:
    session = site.arrive()
    session["big"] = random.Random(length).randbytes(length)
    return site.respond(session)


def _octets(site: Site, length: int) -> int:
    try:
        return len(_lines(site, length)[0]) + len("Set-Cookie: \r\n")
    except SessionTooLarge as error:
        return error.octets


def test_all_octets_that_a_response_may_have_are_used_and_none_more(site: Site) -> None:
    limit = site.manager.settings.profile.response
    assert limit is not None
    octets = [_octets(site, length) for length in range(2750, 2840)]
    assert {after - before for before, after in itertools.pairwise(octets)} == {1, 2}
    assert octets[0] < limit < octets[-1]
    assert site.names.count(EventName.OVERSIZE) == len([size for size in octets if size > limit])


def test_all_octets_that_a_cookie_may_have_are_used_before_a_second_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site(monkeypatch, profile="no-proxy")
    written = [_lines(site, length) for length in range(2900, 2990)]
    octets = [max(len(line) for line in lines) + len(EXPIRES) for lines in written]
    assert {after - before for before, after in itertools.pairwise(octets)} <= {0, 1, 2}
    assert octets[0] < LIMIT == octets[-1]
    single = [size for size, lines in zip(octets, written, strict=True) if len(lines) == 1]
    assert {len(lines) for lines in written} == {1, 2}
    assert max(single) in (LIMIT, LIMIT - 1)
    assert octets[len(single) :] == [LIMIT] * (len(octets) - len(single))
    assert EventName.OVERSIZE not in site.names


def test_a_session_that_outgrew_its_cookie_unchanged_is_left_as_it_is(site: Site) -> None:
    noise = random.Random(7).randbytes(3000)
    length = 2600
    full = ""
    while True:
        try:
            full = site.store(_permanent=True, big=noise[:length])
        except SessionTooLarge:
            break
        length += 1
    # The former key's id is carried along from now on, and there is no room left for it.
    assert full
    site.keys = KeyRing(key(2), key(1))
    site.happened.clear()
    session = site.arrive(full)
    assert session["big"] == noise[: length - 1]
    assert site.respond(session) == []
    assert site.names == [EventName.OVERSIZE]
    session["n"] = 1
    session = site.arrive(full)
    session["n"] = 1
    with pytest.raises(SessionTooLarge):
        site.respond(session)


def test_a_foreign_mapping_is_taken_over(site: Site) -> None:
    session = site.manager.adopt({"a": [1]}, session_class=Session)
    assert session.new
    assert dict(site.arrive(site.write(session))) == {"a": [1]}
