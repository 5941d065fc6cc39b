"""Whatever a client sends, the edge refuses it as Python does, or opens it as Python does."""

from __future__ import annotations

import base64
import random
import time
from collections.abc import Set

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ormsgpack import packb

from cookie_sessions.claims import Claims
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.policy import Timeouts
from tests.examples.edge.edge import Edge, form
from tests.examples.edge.site import PRIMARY, options, sealed, stored
from tests.plain import HOUR, START, Site

MANY = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(monkeypatch, profile="granian")


def python_says(site: Site, header: str) -> Set[Reason] | str | None:
    """The sid of the session that opens, the reasons for which none does, or None of no cookie."""
    arrival = site.manager.arrival(header, name="session")
    content = arrival.open()
    if content is not None:
        return content.claims.sid.hex()
    return arrival.reasons or None


def agree(edge: Edge, site: Site, header: str) -> Set[Reason] | str | None:
    """What Python says, if the edge says the same."""
    verdict = python_says(site, header)
    told = edge.say("open", header=header, options=options(now=site.now))
    if "reason" in told:
        assert isinstance(verdict, Set)
        assert told["reason"] in verdict
    else:
        assert "answer" in told, told
        assert verdict == (told["answer"] and told["answer"]["claims"]["sid"])
    return verdict


def test_every_flipped_bit_is_refused_for_the_same_reason(edge: Edge, site: Site) -> None:
    text = site.store(user_id=7)
    octets = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    reasons: set[Reason] = set()
    for place in range(8 * len(octets)):
        changed = bytearray(octets)
        changed[place // 8] ^= 1 << place % 8
        sent = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        verdict = agree(edge, site, f"session={sent}")
        assert isinstance(verdict, Set)
        reasons |= verdict
    assert reasons == {
        Reason.UNKNOWN_VERSION,
        Reason.MALFORMED,
        Reason.UNKNOWN_KID,
        Reason.NOT_YET_VALID,
        Reason.BAD_SEAL,
    }


def test_every_truncation_and_every_other_last_character_is_refused_for_the_same_reason(
    edge: Edge, site: Site
) -> None:
    text = site.store(user_id=7)
    for sent in [*(text[:end] for end in range(len(text))), *(text[:-1] + c for c in URL), text]:
        verdict = agree(edge, site, f"session={sent}")
        assert isinstance(verdict, str) == (sent == text)


@pytest.mark.parametrize("foreign", list("+/=.~ \t\n\"'%,\0\x85\xa0\xff"))
def test_every_foreign_character_is_refused_for_the_same_reason(
    edge: Edge, site: Site, foreign: str
) -> None:
    text = site.store(user_id=7)
    for sent in (foreign + text, text[:9] + foreign + text[9:], text + foreign):
        agree(edge, site, f"session={sent}")
        agree(edge, site, f"{foreign}session={text}")
        agree(edge, site, f"a=b{foreign}session={text}; session{foreign}={text}")


def test_chunks_that_were_lost_mixed_or_changed_are_refused_for_the_same_reason(
    edge: Edge, site: Site
) -> None:
    one, two = (
        stored(site, {"blob": random.Random(seed).randbytes(7000)}).split("; ") for seed in (1, 2)
    )
    assert len(one) == 3
    verdicts = [
        agree(edge, site, "; ".join(pairs))
        for pairs in (
            one,
            one[::-1],
            one[1:],
            one[:1],
            [one[0], two[1], one[2]],
            [*one, *two],
            [*one, one[1] + "A"],
            [*one, one[0]],
            [one[0], one[1], one[2][:-4]],
            [pair.replace("=~", "=~~", 1) for pair in one],
        )
    ]
    told = {str(reason) for verdict in verdicts if isinstance(verdict, Set) for reason in verdict}
    assert told >= {"missing_chunk", "mixed_chunks", "ambiguous", "malformed", "bad_seal"}


def test_of_several_cookies_of_one_name_the_same_one_counts(edge: Edge, site: Site) -> None:
    first = site.store(a=1)
    other = site.store(a=2)
    session = site.arrive(first)
    session["a"] = 3
    site.now += 10
    later = site.write(session)
    bad = "A" * 80
    several = ([first, later], [later, first], [first, bad], [bad, first], [first, other])
    for texts in (*several, [first] * 9, [f"{first[:-2]}{c}A" for c in "ABCDE"], [bad, "~", ""]):
        agree(edge, site, "; ".join(f"session={text}" for text in texts))
    told = edge.ask("open", header=f"session={first}; session={later}", options=options())
    assert told["values"] == [["a", form(3)]]


def test_of_two_sealed_in_one_second_the_text_decides(edge: Edge, site: Site) -> None:
    won = set()
    for number in range(1, 40):
        first = site.store(a=0)
        session = site.arrive(first)
        session["a"] = number
        header = f"session={first}; session={site.write(session)}"
        counts = dict(site.arrive_with(header))
        told = edge.ask("open", header=header, options=options())
        assert dict(told["values"]) == {"a": form(counts["a"])}
        won.add(counts["a"] == 0)
    assert won == {True, False}


def test_a_chunk_among_too_many_is_refused_for_the_same_reason(edge: Edge, site: Site) -> None:
    header = stored(site, {"blob": random.Random(1).randbytes(7000)})
    for many, opens in ((15, True), (16, False)):
        others = "".join(f"; session.1=~1{number}" for number in range(many))
        assert isinstance(agree(edge, site, header + others), str) == opens


ODD_MAPS = {
    "a key that is text as if it had surrogates": "81c403d4026101",
    "a key with a surrogate": "81c406c70302edb3bf01",
    "a key twice in a map that stands for a value": "81a16182a16201a16202",
    "one key as two numbers": "82c4010101c409cb3ff000000000000002",
    "one key as a number and as true": "82c4010101c401c302",
    "one tuple as a key twice": "82c40592c700400101c40692c70040cc0102",
    "a set as a key": "81c40592c700410101",
    "a frozenset as a key": "81c40592c700420101",
    "a JWT as a key": "81c40894c700458080c40001",
    "a marker that is not first": "81c40491c7004001",
    "a name with a code in both forms": "821701a57468656d6502",
}


@pytest.mark.parametrize("octets", ODD_MAPS.values(), ids=ODD_MAPS)
def test_odd_maps_get_the_same_verdict(edge: Edge, site: Site, octets: str) -> None:
    header, _ = sealed(bytes.fromhex(octets))
    agree(edge, site, header)


@pytest.mark.parametrize("depth", [200, 254, 255, 5000, 20_000])
def test_deep_nesting_gets_the_same_verdict(edge: Edge, site: Site, depth: int) -> None:
    for array in (b"\x91", b"\x81\xa0"):
        nested = array * (depth // len(array)) + b"\xc0"
        header, _ = sealed(b"\x81\xa1a" + nested)
        agree(edge, site, header)
        header, _ = sealed(b"\x81\xa1a" + packb(nested))
        assert isinstance(agree(edge, site, header), str)


def test_headers_and_values_beyond_the_bounds_are_refused_for_the_same_reason(
    edge: Edge, site: Site
) -> None:
    text = site.store(a=1)
    assert agree(edge, site, f"session={text}; x=" + "y" * 65_000)
    assert agree(edge, site, f"session={text}; x=" + "y" * 65_536) == {Reason.TOO_LARGE}
    assert agree(edge, site, "session=" + "A" * 32_769) == {Reason.TOO_LARGE}
    many = "; ".join(f"session={number}" for number in range(17))
    assert agree(edge, site, many) == {Reason.AMBIGUOUS}


def test_a_header_of_blanks_takes_time_in_proportion_to_its_length(edge: Edge) -> None:
    began = time.monotonic()
    for header in ("x" + " " * 65_000 + "=1", "session=x" + "\t" * 65_000 + "x") * 50:
        edge.say("open", header=header, options=options())
    # A backtracking pattern takes seconds for one of them.
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "header", ["", "a=b", "session", "session ; =x", "sessions=1", "x=session=1"]
)
def test_a_request_without_our_cookie_has_no_session(edge: Edge, site: Site, header: str) -> None:
    assert agree(edge, site, header) is None
    assert edge.ask("open", header=None, options=options()) is None


PARTS = st.sampled_from(
    ["session", "session.1", "session.2", "=", ";", "; ", ",", " ", "\t", "~2", "~1", '"', "AQ"]
)


@MANY
@given(data=st.data())
def test_garbage_gives_a_refusal_and_never_another_error(edge: Edge, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch)
        text = site.store(user_id=7)
        part = PARTS | st.just(text) | st.text(st.characters(max_codepoint=255), max_size=60)
        header = data.draw(st.lists(part, max_size=12).map("".join))
        agree(edge, site, header)
        assert "error" not in edge.say("openText", text=header, options=options())


@MANY
@given(content=st.binary(max_size=60), start=st.sampled_from([b"", b"\x80", b"\x81\xa1a", b"\x82"]))
def test_garbage_that_is_sealed_gives_the_same_verdict(
    edge: Edge, content: bytes, start: bytes
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        header, _ = sealed(start + content)
        agree(edge, Site(patch), header)


@MANY
@given(data=st.data())
def test_a_damaged_session_that_is_sealed_gives_the_same_verdict(
    edge: Edge, data: st.DataObject
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        site = Site(patch)
        session = site.arrive()
        session.update({"a": [1, {"b": 2.5}], "user_id": 300, (1, "x"): {1, 2}, "s": "text" * 9})
        session[b"k"] = {1: 2, None: "x"}
        plaintext = bytearray(site.open(site.write(session)))
        for _ in range(data.draw(st.integers(1, 3))):
            place = data.draw(st.integers(0, len(plaintext) - 1))
            plaintext[place] = data.draw(st.integers(0, 255))
        agree(edge, site, f"session={site.forge(bytes(plaintext))}")


def test_a_moved_clock_ends_sessions_in_the_same_second(edge: Edge, site: Site) -> None:
    remembered = Claims.begin(now=START, until=int(START) + 9000)._replace(lasts=9000)
    later = Claims.begin(now=START + 290, until=int(START) + 9000)
    kinds = [
        Claims.begin(now=START, until=int(START) + 100),
        remembered._replace(lasts=None),
        remembered,
        # Sealed while a remembered session lived for less, or none was remembered.
        remembered._replace(until=int(START) + 100),
        later._replace(auth_time=int(START) + 295),
    ]
    settings_of = [
        Timeouts(idle=HOUR),
        Timeouts(idle=50, absolute=80),
        Timeouts(idle=80, absolute=50),
        Timeouts(idle=HOUR, absolute=5000, remember=7000),
        Timeouts(idle=HOUR, remember=10_000),
    ]
    ends = (100, 50, 80, HOUR, 5000, 7000, 9000, 10_000, -300, -10, -5)
    reasons: set[Reason] = set()
    for claims in kinds:
        site.now = START
        header = f"session={site.forge(site.payload({'a': 1}, claims=claims))}"
        for timeouts in settings_of:
            site.timeouts = timeouts
            given = {name: getattr(timeouts, name) for name in ("idle", "absolute", "remember")}
            for moved in [end + step for end in ends for step in (-1, -0.5, 0, 0.4, 0.5, 0.6, 1)]:
                site.now = START + moved
                verdict = python_says(site, header)
                told = edge.say("open", header=header, options=options(now=site.now, **given))
                if "reason" in told:
                    assert verdict == {told["reason"]}, (claims, timeouts, moved)
                    reasons.add(Reason(told["reason"]))
                else:
                    assert told["answer"]["claims"]["sid"] == verdict, (claims, timeouts, moved)
    assert reasons == {Reason.EXPIRED_IDLE, Reason.EXPIRED_ABSOLUTE, Reason.NOT_YET_VALID}


def test_without_timeouts_a_session_ends_where_its_claims_say(edge: Edge, site: Site) -> None:
    claims = Claims.begin(now=START, until=int(START) + 9000)
    header = f"session={site.forge(site.payload({'a': 1}, claims=claims))}"
    given = options(now=int(START) + 9000.9, idle=None)
    assert edge.ask("open", header=header, options=given)["values"] == [["a", form(1)]]
    with pytest.raises(Rejected) as refusal:
        edge.ask("open", header=header, options={**given, "now": int(START) + 9001})
    assert refusal.value.reason is Reason.EXPIRED_IDLE


@pytest.mark.parametrize("name", ["idle", "absolute", "remember", "now", "skew"])
def test_a_time_that_is_a_text_is_an_error_and_no_session_without_an_end(
    edge: Edge, site: Site, name: str
) -> None:
    said = edge.say("open", header=f"session={site.store(a=1)}", options=options(**{name: "10"}))
    assert said["error"].startswith("TypeError: Times are numbers of seconds")


@pytest.mark.parametrize("revoked", [PRIMARY, [PRIMARY.upper()], {PRIMARY: True}, [None]])
def test_revoked_keys_that_would_never_be_found_are_an_error(
    edge: Edge, site: Site, revoked: object
) -> None:
    header = f"session={site.store(a=1)}"
    said = edge.say("open", header=header, options=options(revoked=revoked))
    assert said["error"].startswith("TypeError: Revoked keys are an array of ids")
    with pytest.raises(Rejected) as refusal:
        edge.ask("open", header=header, options=options(revoked=[PRIMARY]))
    assert refusal.value.reason is Reason.KEY_REVOKED
