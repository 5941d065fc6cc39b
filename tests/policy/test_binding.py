"""What a session is bound to, and how much another client differs from it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cookie_sessions.claims import MAX_FORMER_KIDS, Claims
from cookie_sessions.client import Client
from cookie_sessions.codec.payload import MAX_CLAIMS_OCTETS
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.policy.binding import (
    MAX_OCTETS,
    PROPERTIES,
    STANDARD,
    Judgement,
    Rules,
    Verdict,
    bind,
    judge,
    rebind,
)
from cookie_sessions.policy.network import network_of
from tests.fuzz.attempt import attempt
from tests.policy.user_agents import ABSURD, EVERYONE, SEQUENCES

CHROME = SEQUENCES["Chrome on Windows"][-2]
NEWER = SEQUENCES["Chrome on Windows"][-1]
OLDER = SEQUENCES["Chrome on Windows"][-3]
HOME = Client(CHROME, "de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "203.0.113.7", "t13d1516h2_8daa")
AWAY = "198.51.100.9"
RULES = Rules()

TEXTS = st.one_of(
    st.text(st.characters(max_codepoint=255), max_size=60),
    st.sampled_from([*EVERYONE, *ABSURD[:8], "de-DE,de;q=0.9", "*", ",,;", "-"]),
)
ADDRESSES = st.one_of(
    st.ip_addresses().map(str),
    st.ip_addresses(v=4).map(lambda address: f"::ffff:{address}"),
    st.text(st.characters(max_codepoint=255), max_size=40),
)
CLIENTS = st.builds(Client, TEXTS, TEXTS, ADDRESSES, TEXTS)


def verdict(client: Client, *, bound: Client = HOME, rules: Rules = RULES) -> str:
    return judge(bind(bound, PROPERTIES), client, rules).verdict


def differing(client: Client, *, bound: Client = HOME) -> tuple[str, ...]:
    return judge(bind(bound, PROPERTIES), client, RULES).differing


@given(CLIENTS, st.sets(st.sampled_from(PROPERTIES)))
@example(Client(), set(PROPERTIES))
@example(Client("\ud800", "\ud800", "\ud800", "\ud800"), set(PROPERTIES))
def test_a_client_is_always_like_itself(client: Client, properties: set[str]) -> None:
    octets = bind(client, properties)
    assert judge(octets, client, RULES) == (Verdict.ACCEPT, (), False)
    for newer in (False, True):
        assert rebind(octets, client, properties, newer=newer) == octets


@given(CLIENTS, CLIENTS)
def test_whoever_comes_is_judged_and_never_an_error(bound: Client, client: Client) -> None:
    judgement = judge(bind(bound, PROPERTIES), client, RULES)
    assert (judgement.verdict is Verdict.ACCEPT) or judgement.differing


@given(CLIENTS)
def test_bindings_are_small(client: Client) -> None:
    assert len(bind(client, PROPERTIES)) <= 24


def test_the_largest_claims_still_fit() -> None:
    claims = Claims(
        sid=bytes(16),
        iat=0,
        since=(1 << 32) * 1000,
        until=1 << 32,
        auth_time=1 << 32,
        subject=bytes(129),
        bindings=bytes(MAX_OCTETS),
        former_kids=(bytes(4),) * MAX_FORMER_KIDS,
        imported_from=bytes(8),
    )
    assert len(claims.to_octets()) <= MAX_CLAIMS_OCTETS


@pytest.mark.parametrize("browser", SEQUENCES)
@pytest.mark.parametrize("network", [HOME.address, AWAY])
def test_a_browser_that_updates_itself_is_accepted_wherever_its_phone_is(
    browser: str, network: str
) -> None:
    first, *later = SEQUENCES[browser]
    octets = bind(HOME._replace(user_agent=first), PROPERTIES)
    for text in later:
        client = HOME._replace(user_agent=text, address=network)
        judgement = judge(octets, client, RULES)
        assert judgement.verdict is Verdict.ACCEPT
        assert "user_agent" not in judgement.differing
        octets = rebind(octets, client, PROPERTIES, newer=judgement.newer)
    if browser == "WebKit's view in an application":
        return
    older = judge(octets, HOME._replace(user_agent=first), RULES)
    assert older.differing == ("user_agent",)


def test_every_browser_is_another_than_each_of_another_family_or_system() -> None:
    for bound, texts in SEQUENCES.items():
        for other, others in SEQUENCES.items():
            same = {bound, other} <= {"Safari on macOS", "Safari on iPhone", "Safari on iPad"}
            same |= {bound, other} == {"Chrome on macOS", "Chrome on iOS"}
            same |= {bound, other} == {"Firefox on Linux", "Firefox on Android"}
            if bound == other or same:
                continue
            client = HOME._replace(user_agent=others[-1])
            found = verdict(client, bound=HOME._replace(user_agent=texts[-1]))
            assert found == "reauthenticate", (bound, other)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "accept"),
        ({"address": AWAY}, "accept"),
        ({"address": "2001:db8::1"}, "accept"),
        ({"user_agent": NEWER}, "accept"),
        ({"user_agent": OLDER}, "accept"),
        ({"user_agent": NEWER, "fingerprint": "t13d9", "address": AWAY}, "accept"),
        ({"fingerprint": "t13d9"}, "accept"),
        ({"accept_language": "fr"}, "accept"),
        ({"accept_language": "fr", "address": AWAY}, "anomalous"),
        ({"fingerprint": "t13d9", "address": AWAY}, "anomalous"),
        ({"user_agent": OLDER, "address": AWAY}, "anomalous"),
        ({"user_agent": SEQUENCES["Firefox on Windows"][-1]}, "reauthenticate"),
        ({"user_agent": SEQUENCES["Chrome on macOS"][-1], "address": AWAY}, "reauthenticate"),
        ({"user_agent": "curl/8.5.0", "accept_language": "", "address": AWAY}, "reject"),
        ({"user_agent": "", "accept_language": "", "address": AWAY}, "reject"),
        ({"user_agent": "curl/8.5.0", "fingerprint": "", "address": AWAY}, "reject"),
    ],
)
def test_the_standard_judges_as_the_page_says(change: dict[str, str], expected: str) -> None:
    assert verdict(HOME._replace(**change)) == expected


@pytest.mark.parametrize(
    ("bound", "present", "alike"),
    [
        ("de-DE,de;q=0.9,en;q=0.7", "de", True),
        ("de-DE,de;q=0.9,en;q=0.7", "en-GB,en;q=0.5", True),
        ("de-DE,de;q=0.9,en;q=0.7", "fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5", True),
        ("fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7", "de", False),
        ("DE", "de-AT", True),
        ("zh-Hant-TW", "zh-CN", True),
        ("de", "nl", False),
        ("de", "", False),
        ("", "de", False),
        ("", "*", True),
        ("*", ", ;q=1,", True),
        ("de", "," * 5000 + "de", False),
    ],
)
def test_one_common_language_is_enough(bound: str, present: str, alike: bool) -> None:
    found = differing(
        HOME._replace(accept_language=present), bound=HOME._replace(accept_language=bound)
    )
    assert found == (() if alike else ("accept_language",))


@pytest.mark.parametrize(
    ("bound", "present", "alike"),
    [
        ("203.0.113.7", "203.0.113.200", True),
        ("203.0.113.7", "203.0.114.7", False),
        ("203.0.113.7", "::ffff:203.0.113.9", True),
        ("::ffff:cb00:7107", "203.0.113.9", True),
        ("203.0.113.7", "203.0.113.8:51413", True),
        ("2001:db8:1:2::3", "2001:db8:1:ffff::1", True),
        ("2001:db8:1:2::3", "[2001:db8:1::9]:443", True),
        ("2001:db8:1:2::3", "2001:db8:2:2::3", False),
        ("fe80::1%eth0", "fe80::2%wlan0", True),
        ("203.0.113.7", "2001:db8:1:2::3", False),
        ("203.0.113.7", "", False),
        ("203.0.113.7", "unknown", False),
        ("203.0.113.7", "203.0.113", False),
        ("203.0.113.7", "203.0.113.007", False),
        ("", "203.0.113.7", True),
        ("unix:", "198.51.100.9", True),
    ],
)
def test_a_network_is_a_24th_or_a_48th(bound: str, present: str, alike: bool) -> None:
    found = differing(HOME._replace(address=present), bound=HOME._replace(address=bound))
    assert found == (() if alike else ("network",))


@pytest.mark.parametrize(
    "text", ["", "x", "[", "[]", "]:", ":", "::ffff:1.2.3", "1.2.3.4.5", "%", "9" * 9999, "\x00"]
)
def test_what_is_no_address_is_in_no_network(text: str) -> None:
    assert network_of(text) is None


def test_a_fingerprint_that_was_bound_must_come_again() -> None:
    assert differing(HOME._replace(fingerprint="")) == ("fingerprint",)
    assert differing(HOME, bound=HOME._replace(fingerprint="")) == ()


def test_the_systems_player_passes_for_a_browser_of_that_system_only() -> None:
    player = "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; de_de)"
    for browser, expected in (("Chrome on iOS", ()), ("Chrome on Windows", ("user_agent",))):
        bound = HOME._replace(user_agent=SEQUENCES[browser][-1])
        assert differing(HOME._replace(user_agent=player), bound=bound) == expected
    assert differing(HOME, bound=HOME._replace(user_agent=player)) == ()


def test_only_a_newer_version_and_its_fingerprint_are_taken_over() -> None:
    octets = bind(HOME, PROPERTIES)
    client = Client(NEWER, "fr", AWAY, "t13d9")
    same = rebind(octets, client, PROPERTIES, newer=False)
    assert same == octets
    moved = rebind(octets, client, PROPERTIES, newer=True)
    assert judge(moved, client, RULES).differing == ("accept_language", "network")
    assert judge(moved, HOME, RULES).differing == ("user_agent", "fingerprint")


def test_what_was_not_bound_is_added() -> None:
    octets = bind(HOME, ["network"])
    assert rebind(octets, HOME, PROPERTIES, newer=False) == bind(HOME, PROPERTIES)


def test_what_settings_do_not_name_counts_nothing_and_is_kept() -> None:
    octets = bind(HOME, PROPERTIES)
    rules = Rules(weights=(("network", 100),))
    assert judge(octets, HOME._replace(user_agent="curl/8"), rules).verdict is Verdict.ACCEPT
    assert judge(octets, HOME._replace(address=AWAY), rules).verdict is Verdict.REJECT
    assert rebind(octets, HOME, rules.properties, newer=False) == octets


LATER = b"\x09\x02hi"


def test_properties_of_a_later_release_are_kept_and_ignored() -> None:
    octets = bind(HOME, PROPERTIES) + LATER
    assert judge(octets, HOME, RULES).verdict is Verdict.ACCEPT
    assert rebind(octets, HOME, PROPERTIES, newer=True) == octets
    assert bind(HOME, PROPERTIES) == octets.removesuffix(LATER)


def test_properties_of_a_later_release_go_where_claims_have_no_room_for_them() -> None:
    octets = bind(HOME, ["network"]) + b"\x09\x16" + bytes(22)
    assert rebind(octets, HOME, ["network"], newer=False) == octets
    assert rebind(octets, HOME, PROPERTIES, newer=False) == bind(HOME, PROPERTIES)


@pytest.mark.parametrize(
    "octets",
    [
        b"\x01",
        b"\x00\x00",
        b"\x01\x02\x03",
        b"\x01\x05abcde",
        b"\x02\x01a",
        b"\x02\x06abcdef",
        b"\x03\x03abc\x03\x03abc",
        b"\x04\x03abc\x03\x03abc",
        b"\x03\x04abcd",
        b"\x09\xff",
    ],
)
def test_octets_that_no_release_writes_are_undecodable(octets: bytes) -> None:
    for use in (
        lambda: judge(octets, HOME, RULES),
        lambda: rebind(octets, HOME, PROPERTIES, newer=False),
    ):
        with pytest.raises(Rejected) as caught:
            use()
        assert caught.value.reason is Reason.UNDECODABLE


@given(st.binary(max_size=48), CLIENTS)
def test_any_octets_are_judged_or_undecodable(octets: bytes, client: Client) -> None:
    outcome = attempt(lambda: judge(octets, client, RULES))
    refused = isinstance(outcome, Rejected) and outcome.reason is Reason.UNDECODABLE
    assert refused or isinstance(outcome, Judgement)


def test_nothing_bound_is_nothing_to_judge() -> None:
    assert judge(b"", HOME, RULES).verdict is Verdict.ACCEPT
    assert bind(HOME, []) == b""


@pytest.mark.parametrize(
    ("thresholds", "points", "expected"),
    [
        ((), 1000, "accept"),
        (((Verdict.REJECT, 1),), 1, "reject"),
        (((Verdict.REJECT, 2),), 1, "accept"),
        (((Verdict.REJECT, None), (Verdict.ANOMALOUS, 5)), 1000, "anomalous"),
        (((Verdict.ANOMALOUS, 50), (Verdict.REJECT, 20)), 60, "reject"),
        (((Verdict.REJECT, 20), (Verdict.ANOMALOUS, 50)), 60, "reject"),
    ],
)
def test_the_most_severe_verdict_that_is_reached_holds(
    thresholds: tuple[tuple[Verdict, int | None], ...], points: int, expected: str
) -> None:
    assert Rules(thresholds=thresholds).verdict(points) == expected


def test_a_client_does_not_show_itself() -> None:
    assert repr(HOME) == "<Client>"


def test_the_standard_weighs_every_property() -> None:
    assert [name for name, _ in STANDARD] == list(PROPERTIES)
    order = [verdict.severity for verdict in Verdict]
    assert order == sorted(order)
