"""Several cookies of our name, former names and scopes, and applications side by side."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import FlaskSession
from tests.flask.conftest import Clock
from tests.flask.world import (
    counting_cryptography,
    events_of,
    get,
    names_of,
    ours,
    route,
    sealed,
    set_cookies,
)

LATER = "2999-12-31"


def app_of(**config: Any) -> Flask:
    app = ours(**config)

    def sid() -> str:
        held: Any = session
        found: FlaskSession = held._get_current_object()
        return found.sid

    route(app, lambda: session.update(a=1), at="/write")
    route(app, lambda: session.update(a=2), at="/again")
    route(app, lambda: session.clear(), at="/leave")
    route(app, lambda: session.get("a"))
    route(app, lambda: "untouched", at="/other")
    route(app, sid, at="/sid")
    return app


def deleted(response: Any) -> list[tuple[str, str | None, str]]:
    """The name, domain and path of each cookie that a response deletes from its own jar."""
    found: list[tuple[str, str | None, str]] = []
    for line in set_cookies(response):
        pair, *attributes = line.split("; ")
        facts = {name: value for name, _, value in (one.partition("=") for one in attributes)}
        if facts.get("Max-Age") == "0" and "Partitioned" not in facts:
            found.append((pair.partition("=")[0], facts.get("Domain"), facts["Path"]))
    return found


def test_of_one_session_the_latest_cookie_counts_whatever_the_order(clock: Clock) -> None:
    app = app_of()
    told = events_of(app)
    old = sealed(get(app, "/write"))
    clock.forward(1)
    new = sealed(get(app, "/again", cookie=f"session={old}"))
    for pair in ([old, new], [new, old], [old, new, old, new]):
        cookie = "; ".join(f"session={value}" for value in pair)
        assert get(app, cookie=cookie).text == "2"
    assert names_of(told) == ["created"]


def test_of_two_sessions_neither_counts() -> None:
    app = app_of()
    told = events_of(app)
    one, two = (sealed(get(app, "/write")) for _ in range(2))
    del told[:]
    for pair in ([one, two], [two, one]):
        response = get(app, cookie="; ".join(f"session={value}" for value in pair))
        assert (response.text, set_cookies(response)) == ("None", [])
    assert names_of(told) == ["rejected:ambiguous"] * 2


def test_the_way_out_of_ambiguity_is_the_next_write() -> None:
    app = app_of(SESSION_COOKIE_DOMAIN="example.com", COOKIE_SESSIONS_FORMER_SCOPES=[(None, "/a")])
    one, two = (sealed(get(app, "/write")) for _ in range(2))
    response = get(app, "/write", cookie=f"session={one}; session={two}")
    assert deleted(response) == [("session", None, "/a"), ("session", None, "/")]
    value = sealed(response)
    assert get(app, cookie=f"session={value}").text == "1"


@pytest.mark.parametrize("partitioned", [False, True])
def test_a_cookie_in_the_other_jar_is_deleted_before_the_session_is_set(
    partitioned: bool,
) -> None:
    app = app_of(
        SESSION_COOKIE_NAME="__Host-session",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_PARTITIONED=partitioned,
    )
    one, two = (sealed(get(app, "/write"), "__Host-session") for _ in range(2))
    header = f"__Host-session={one}; __Host-session={two}"
    assert get(app, cookie=header).text == "None"
    first, second = set_cookies(get(app, "/write", cookie=header))
    assert first.startswith("__Host-session=;")
    assert not second.startswith("__Host-session=;")
    assert ("Partitioned" in first, "Partitioned" in second) == (not partitioned, partitioned)
    leaving = set_cookies(get(app, "/leave", cookie=header))
    assert sorted("Partitioned" in line for line in leaving) == [False, True]


def test_a_former_scope_is_cleaned_up_when_both_cookies_of_a_session_arrive(clock: Clock) -> None:
    scopes = [("example.com", "/"), (None, "/shop")]
    app = app_of(COOKIE_SESSIONS_FORMER_SCOPES=scopes)
    old = sealed(get(app, "/write"))
    clock.forward(1)
    new = sealed(get(app, "/again", cookie=f"session={old}"))
    response = get(app, "/again", cookie=f"session={old}; session={new}")
    assert deleted(response) == [("session", "example.com", "/"), ("session", None, "/shop")]
    assert sealed(response)
    response = get(app, "/leave", cookie=f"session={old}; session={new}")
    assert deleted(response) == [
        ("session", None, "/"),
        ("session", "example.com", "/"),
        ("session", None, "/shop"),
    ]


def test_a_single_cookie_cleans_up_nothing() -> None:
    app = app_of(COOKIE_SESSIONS_FORMER_SCOPES=[("example.com", "/")])
    cookie = f"session={sealed(get(app, '/write'))}"
    assert deleted(get(app, "/again", cookie=cookie)) == []


def test_what_does_not_open_is_no_duplicate() -> None:
    app = app_of()
    value = sealed(get(app, "/write"))
    foreign = sealed(get(app_of(SECRET_KEY="another application's secret key"), "/write"))
    other_audience = sealed(get(app_of(COOKIE_SESSIONS_AUDIENCE="other"), "/write"))
    told = events_of(app)
    for junk in (foreign, other_audience, "junk", "", value[:-1]):
        for pair in ([junk, value], [value, junk]):
            cookie = "; ".join(f"session={one}" for one in pair)
            assert get(app, cookie=cookie).text == "1"
    assert names_of(told) == []


def test_at_most_four_cookies_are_opened() -> None:
    app = app_of()
    values = [sealed(get(app, "/write")) for _ in range(5)]
    told = events_of(app)
    for number, opens in [(4, 4), (5, 0)]:
        with counting_cryptography() as counter:
            cookie = "; ".join(f"session={value}" for value in values[:number])
            assert get(app, cookie=cookie).text == "None"
        assert counter.opens == opens
    assert names_of(told) == ["rejected:ambiguous"] * 2


def test_many_cookies_of_our_name_are_only_a_matter_of_one_event() -> None:
    app = app_of()
    told = events_of(app)
    cookie = "; ".join(f"session=junk{number}" for number in range(1000))
    with counting_cryptography() as counter:
        assert get(app, cookie=cookie).text == "None"
    assert (counter.opens, names_of(told)) == (0, ["rejected:ambiguous"])


def test_each_reason_is_told_once_whatever_the_number_of_cookies() -> None:
    app = app_of()
    value = sealed(get(app, "/write"))
    told = events_of(app)
    spoiled = f"{value[:60]}AAAA{value[64:]}"
    get(app, cookie=f"session={spoiled}; session=!; session=?")
    assert names_of(told) == ["rejected:bad_seal", "rejected:malformed"]


def test_applications_with_one_key_and_two_audiences_keep_apart() -> None:
    one, two = (app_of(COOKIE_SESSIONS_AUDIENCE=name) for name in ("one", "two"))
    told = events_of(two)
    cookie = f"session={sealed(get(one, '/write'))}"
    assert (get(one, cookie=cookie).text, get(two, cookie=cookie).text) == ("1", "None")
    assert names_of(told) == ["rejected:bad_seal"]


def moved(**config: Any) -> Flask:
    return app_of(
        SESSION_COOKIE_NAME="__Host-session",
        SESSION_COOKIE_SECURE=True,
        COOKIE_SESSIONS_PREVIOUS_NAMES={"session": LATER},
        **config,
    )


def test_moving_to_a_host_prefix_logs_nobody_out_and_takes_the_old_cookie_away() -> None:
    app = moved()
    before = app_of()
    cookie = f"session={sealed(get(before, '/write'))}"
    response = get(app, "/", cookie=cookie)
    assert response.text == "1"
    assert deleted(response) == [("session", None, "/")]
    new = f"__Host-session={sealed(response, '__Host-session')}"
    assert get(app, cookie=new).text == "1"
    assert get(app, "/sid", cookie=new).text == get(before, "/sid", cookie=cookie).text
    assert get(before, cookie=new.replace("__Host-", "")).text == "None"


def test_the_moved_cookie_wins_over_the_one_of_the_former_name() -> None:
    app = moved()
    old = f"session={sealed(get(app_of(), '/write'))}"
    new = f"__Host-session={sealed(get(app, '/again'), '__Host-session')}"
    assert get(app, cookie=f"{old}; {new}").text == "2"


def test_leaving_takes_the_cookie_of_the_former_name_along() -> None:
    app = moved(COOKIE_SESSIONS_FORMER_SCOPES=[("example.com", "/")])
    old = f"session={sealed(get(app_of(), '/write'))}"
    new = f"__Host-session={sealed(get(app, '/again'), '__Host-session')}"
    for cookie in (f"{old}; {new}", f"{new}; {old}", old):
        gone = deleted(get(app, "/leave", cookie=cookie))
        assert ("session", None, "/") in gone
        assert ("session", "example.com", "/") in gone


def test_leaving_takes_a_former_cookie_along_that_the_bound_left_unopened() -> None:
    app = moved()
    value = sealed(get(app_of(), "/write"))
    junk = "; ".join(f"__Host-session={value[:60]}{n}{n}{n}{n}{value[64:]}" for n in range(4))
    gone = deleted(get(app, "/leave", cookie=f"{junk}; session={value}"))
    assert ("session", None, "/") in gone


def test_moving_to_another_name_does_not_prolong_a_session_that_was_only_read(clock: Clock) -> None:
    app = moved(PERMANENT_SESSION_LIFETIME=100)
    old = f"session={sealed(get(app_of(PERMANENT_SESSION_LIFETIME=100), '/write'))}"
    clock.forward(60)
    new = f"__Host-session={sealed(get(app, cookie=old), '__Host-session')}"
    clock.forward(40)
    assert get(app, cookie=new).text == "1"
    clock.forward(1)
    assert get(app, cookie=new).text == "None"


def test_another_applications_cookie_of_the_former_name_stays() -> None:
    app = moved()
    foreign = f"session={sealed(get(app_of(SECRET_KEY='not ours, but a secret key'), '/write'))}"
    new = f"__Host-session={sealed(get(app, '/again'), '__Host-session')}"
    for path in ("/leave", "/again"):
        names = [name for name, _, _ in deleted(get(app, path, cookie=f"{foreign}; {new}"))]
        assert "session" not in names


def test_former_names_are_read_until_their_date(clock: Clock) -> None:
    # The clock of these tests stands at 17:46:40 on the 17th of March 2030.
    for until, shown in [("2030-03-16", "None"), ("2030-03-17", "1"), ("2030-03-18", "1")]:
        app = app_of(SESSION_COOKIE_NAME="new", COOKIE_SESSIONS_PREVIOUS_NAMES={"session": until})
        assert get(app, cookie=f"session={sealed(get(app_of(), '/write'))}").text == shown


@pytest.mark.parametrize(
    ("spoil", "reason", "gone"),
    [
        (lambda value: value[:-1] + ("A" if value[-1] != "A" else "E"), "bad_seal", True),
        (lambda value: value[:60] + "AAAA" + value[64:], "bad_seal", True),
        (lambda value: "AQ" + "AAAAAA" + value[8:], "unknown_kid", False),
        (lambda value: "Ag" + value[2:], "unknown_version", False),
        (lambda value: value + "!", "malformed", False),
        (lambda value: value[:20], "malformed", False),
        (lambda value: "~2." + value, "missing_chunk", False),
        (lambda _: "", "malformed", False),
    ],
)
def test_what_nobody_will_ever_open_is_deleted_and_the_rest_left_to_others(
    spoil: Any, reason: str, gone: bool
) -> None:
    app = app_of()
    cookie = f"session={spoil(sealed(get(app, '/write')))}"
    told = events_of(app)
    assert set_cookies(get(app, "/other", cookie=cookie)) == []
    response = get(app, cookie=cookie)
    assert response.text == "None"
    assert names_of(told) == [f"rejected:{reason}"]
    assert (deleted(response) == [("session", None, "/")]) is gone


@pytest.mark.parametrize(
    "setting", ["PERMANENT_SESSION_LIFETIME", "COOKIE_SESSIONS_ABSOLUTE_TIMEOUT"]
)
def test_a_cookie_whose_time_is_over_is_deleted_when_the_session_is_used(
    clock: Clock, setting: str
) -> None:
    app = app_of(**{setting: 100})
    cookie = f"session={sealed(get(app, '/write'))}"
    clock.forward(101)
    assert set_cookies(get(app, "/other", cookie=cookie)) == []
    assert deleted(get(app, cookie=cookie)) == [("session", None, "/")]


def test_a_spent_cookie_stays_where_another_may_open_elsewhere(clock: Clock) -> None:
    app = app_of()
    value = sealed(get(app, "/write"))
    foreign = sealed(get(app_of(SECRET_KEY="another instance's newer key"), "/write"))
    response = get(app, cookie=f"session={value[:-8]}AAAAAAAA; session={foreign}")
    assert (response.text, set_cookies(response)) == ("None", [])


def test_cookie_lines_joined_by_commas_are_split_only_where_that_was_set() -> None:
    value = sealed(get(app_of(), "/write"))
    header = f"theme=dark,session={value}"
    assert get(app_of(), cookie=header).text == "None"
    assert get(app_of(COOKIE_SESSIONS_JOIN_BY_COMMAS=True), cookie=header).text == "1"


def test_a_prefixed_name_is_never_read_from_behind_a_comma() -> None:
    app = moved(COOKIE_SESSIONS_JOIN_BY_COMMAS=True)
    with pytest.raises(ConfigurationError, match="prefix"):
        get(app, cookie="theme=dark,__Host-session=x")


@pytest.mark.parametrize("domain", [".example.com", "Example.com", "example.com:5000"])
def test_the_clean_up_never_deletes_the_cookie_that_was_just_set(domain: str) -> None:
    app = app_of(SESSION_COOKIE_DOMAIN=domain, COOKIE_SESSIONS_FORMER_SCOPES=[("example.com", "/")])
    response = get(app, "/write", cookie="session=AAAA; session=AAAB")
    assert deleted(response) == [("session", None, "/")]


def test_an_empty_domain_is_the_host_itself_to_the_clean_up() -> None:
    response = get(app_of(SESSION_COOKIE_DOMAIN=""), "/write", cookie="session=AAAA; session=AAAB")
    assert deleted(response) == []


def test_former_names_share_the_bound_on_opening() -> None:
    names = {f"former{number}": LATER for number in range(5)}
    app = app_of(SESSION_COOKIE_NAME="present", COOKIE_SESSIONS_PREVIOUS_NAMES=names)
    text = sealed(get(app_of(), "/write"))
    junk = "; ".join(f"{name}={text[:-1]}{end}" for name in names for end in "AEIM")
    with counting_cryptography() as counter:
        get(app, "/leave", cookie=junk)
    assert counter.opens <= 4


def test_of_several_former_names_the_first_whose_cookie_opens_counts() -> None:
    names = {"first": LATER, "second": LATER}
    app = app_of(SESSION_COOKIE_NAME="present", COOKIE_SESSIONS_PREVIOUS_NAMES=names)
    first, second = (
        set_cookies(get(app_of(SESSION_COOKIE_NAME=name), "/write"))[0].split(";")[0].split("=")[1]
        for name in names
    )
    told = events_of(app)
    for cookie, opens in (
        (f"second={second}; first={first}", 1),
        (f"first={second}; second={second}", 2),
    ):
        with counting_cryptography() as counter:
            assert get(app, cookie=cookie).text == "1"
        assert counter.opens == opens
    assert "rejected:bad_seal" in names_of(told)


def test_a_planted_former_cookie_does_not_stand_in_for_a_prefixed_one_that_arrived() -> None:
    old = f"session={sealed(get(app_of(), '/write'))}"
    assert get(moved(), cookie=old).text == "1"
    assert get(moved(), cookie=f"{old}; __Host-session=garbage").text == "None"


def test_junk_beside_a_permanent_session_stops_neither_vary_nor_refresh(clock: Clock) -> None:
    app = app_of()
    route(app, lambda: session.update(_permanent=True), at="/keep")
    text = sealed(get(app, "/keep"))
    clock.forward(61)
    for cookie in (f"session={text}; session=junk", f"session=junk; session={text}"):
        response = get(app, "/other", cookie=cookie)
        assert response.headers["Vary"] == "Cookie"
        assert sealed(response) != text


def test_of_several_cookies_the_one_sealed_last_says_whether_a_refresh_is_due(clock: Clock) -> None:
    app = app_of()
    route(app, lambda: session.update(_permanent=True), at="/keep")
    older = sealed(get(app, "/keep"))
    clock.forward(50)
    newer = sealed(get(app, "/keep", cookie=f"session={older}"))
    clock.forward(20)
    for cookie in (f"session={older}; session={newer}", f"session={newer}; session={older}"):
        assert set_cookies(get(app, "/other", cookie=cookie)) == []


def test_a_later_cookie_that_is_not_permanent_stops_no_refresh_of_one_that_is(clock: Clock) -> None:
    app = app_of()
    route(app, lambda: session.update(_permanent=True), at="/keep")
    text = sealed(get(app, "/keep"))
    clock.forward(61)
    foreign = sealed(get(app_of(SECRET_KEY="another application's key"), "/write"))
    response = get(app, "/other", cookie=f"session={foreign}; session={text}")
    assert response.headers["Vary"] == "Cookie"
    assert sealed(response) != text
