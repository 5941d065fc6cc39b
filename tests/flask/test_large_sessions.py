"""Sessions over several cookies, through Flask and a jar."""

from __future__ import annotations

from typing import Any

import pytest
from flask import session

from cookie_sessions.cookies import CookieAttributes
from tests.flask.conftest import Clock
from tests.flask.large import FULL, app_of, header_of, names, names_in, noise
from tests.flask.world import events_of, get, names_of, route, set_cookies

LATER = "2999-12-31"


def attributes(line: str) -> set[str]:
    """The attributes by which a browser tells cookies apart, and those that guard it."""
    _, *parts = line.split("; ")
    return {part for part in parts if not part.startswith(("Expires=", "Max-Age="))}


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"SESSION_COOKIE_NAME": "__Host-session", "SESSION_COOKIE_SECURE": True},
        {"SESSION_COOKIE_PATH": "/", "SESSION_COOKIE_SAMESITE": "Strict"},
    ],
    ids=["plain", "host prefix", "strict"],
)
def test_growing_and_shrinking_leaves_nothing_behind(config: dict[str, Any]) -> None:
    app = app_of(**config)
    name = config.get("SESSION_COOKIE_NAME", "session")
    client = app.test_client()
    told = events_of(app)
    for count in (1, 2, 3, 4, 5, 1, 8, 7, 2, 5, 1):
        octets = 20 if count == 1 else FULL * count
        response = client.get(f"/write/{octets}", base_url="https://localhost")
        assert response.status_code == 200
        assert names_in(client) == names(count, name)
        assert client.get("/whole", base_url="https://localhost").text == "True"
        assert client.get("/length", base_url="https://localhost").text == str(octets)
    assert names_of(told) == ["created"]


@pytest.mark.parametrize("domain", [None, "localhost.example"])
def test_a_deletion_has_the_attributes_of_what_was_set(domain: str | None) -> None:
    app = app_of(
        SESSION_COOKIE_DOMAIN=domain,
        SESSION_COOKIE_PATH="/",
        SESSION_COOKIE_SECURE=True,
        SESSION_COOKIE_SAMESITE="Strict",
    )
    at = f"https://{domain or 'localhost'}"
    client = app.test_client()
    written = set_cookies(client.get(f"/write/{5 * FULL}", base_url=at))
    for path in ("/write/20", "/leave"):
        client.get(f"/write/{5 * FULL}", base_url=at)
        lines = set_cookies(client.get(path, base_url=at))
        gone = [line for line in lines if "; Max-Age=0" in line]
        expected = names(5) if path == "/leave" else names(5)[1:]
        assert sorted(line.partition("=")[0] for line in gone) == expected
        assert {frozenset(attributes(line)) for line in gone} == {
            frozenset(attributes(line)) for line in written
        }
    assert names_in(client) == []


def test_chunks_are_set_before_their_head_and_deleted_after_it() -> None:
    client = app_of().test_client()
    lines = set_cookies(client.get(f"/write/{3 * FULL}"))
    assert [line.partition("=")[0] for line in lines] == names(3)[::-1]
    lines = set_cookies(client.get("/write/20"))
    assert [line.partition("=")[0] for line in lines] == names(3)


@pytest.mark.parametrize("path", ["/destroy", "/leave"])
def test_ending_a_session_takes_every_chunk_away(path: str) -> None:
    client = app_of().test_client()
    client.get(f"/write/{4 * FULL}")
    assert len(names_in(client)) == 4
    client.get(path)
    assert names_in(client) == []
    assert client.get("/length").text == "0"


def test_a_new_id_keeps_a_session_of_many_chunks() -> None:
    client = app_of().test_client()
    client.get(f"/write/{4 * FULL}")
    before = client.get("/sid").text
    client.get("/regenerate")
    assert client.get("/sid").text != before
    assert client.get("/whole").text == "True"
    assert names_in(client) == names(4)


def test_a_session_of_many_chunks_that_is_not_used_costs_nothing_and_stays() -> None:
    client = app_of().test_client()
    client.get(f"/write/{4 * FULL}")
    before = header_of(client)
    response = client.get("/length")
    assert set_cookies(response) == []
    assert header_of(client) == before


def test_a_refresh_of_an_unused_session_renews_every_chunk(clock: Clock) -> None:
    app = app_of()

    def keep() -> str:
        session.update(noise=noise(3 * FULL), _permanent=True)
        return ""

    app.add_url_rule("/keep", view_func=keep)
    route(app, lambda: "untouched", at="/other")
    client = app.test_client()
    client.get("/keep")
    clock.forward(3600)
    lines = set_cookies(client.get("/other"))
    assert [line.partition("=")[0] for line in lines] == names(3)[::-1]
    assert all("; Expires=" in line for line in lines)
    assert client.get("/whole").text == "True"


def test_a_session_of_many_chunks_moves_to_another_name() -> None:
    before, after = (
        app_of(),
        app_of(
            SESSION_COOKIE_NAME="__Host-sid",
            SESSION_COOKIE_SECURE=True,
            COOKIE_SESSIONS_PREVIOUS_NAMES={"session": LATER},
        ),
    )
    client = before.test_client()
    client.get(f"/write/{3 * FULL}")
    sid = client.get("/sid").text
    client.application = after
    response = client.get("/whole", base_url="https://localhost")
    assert response.text == "True"
    assert names_in(client) == names(3, "__Host-sid")
    assert client.get("/sid", base_url="https://localhost").text == sid
    client.get("/leave", base_url="https://localhost")
    assert names_in(client) == []


def test_signing_out_deletes_the_chunks_of_a_former_name_as_well() -> None:
    before = app_of()
    after = app_of(SESSION_COOKIE_NAME="sid", COOKIE_SESSIONS_PREVIOUS_NAMES={"session": LATER})
    client, other = before.test_client(), after.test_client()
    client.get(f"/write/{3 * FULL}")
    other.get("/write/20")
    cookie = f"{header_of(client)}; {header_of(other)}"
    lines = set_cookies(get(after, "/leave", cookie=cookie))
    assert {line.partition("=")[0] for line in lines} == {"sid", *names(3)}
    assert all("; Max-Age=0" in line for line in lines)


def test_two_sessions_of_many_chunks_under_one_name_are_cleaned_up_together() -> None:
    app = app_of(
        SESSION_COOKIE_DOMAIN="example.com",
        COOKIE_SESSIONS_FORMER_SCOPES=[(None, "/shop")],
    )
    clients = [app.test_client() for _ in range(2)]
    for client in clients:
        client.get(f"/write/{3 * FULL}", base_url="http://example.com")
    cookie = "; ".join(map(header_of, clients))
    told = events_of(app)
    assert get(app, "/length", cookie=cookie).text == "0"
    assert names_of(told) == ["rejected:ambiguous"]
    lines = set_cookies(get(app, "/write/20", cookie=cookie))
    gone = {
        (line.partition("=")[0], "Domain=example.com" in line, "Path=/shop" in line)
        for line in lines
        if "; Max-Age=0" in line and "Partitioned" not in line
    }
    scopes = [(False, False), (False, True), (True, False)]
    # The cookie of today's name and scope is the one that was set.
    kept = ("session", True, False)
    assert gone == {(name, *scope) for name in names(3) for scope in scopes} - {kept}


def test_of_one_session_in_two_scopes_the_later_one_is_joined_from_its_own_chunks(
    clock: Clock,
) -> None:
    app = app_of()
    route(app, lambda: len(session["n"]), at="/n")
    client = app.test_client()
    client.get(f"/write/{3 * FULL}")
    old = header_of(client)
    clock.forward(5)
    client.get("/more")
    new = header_of(client)
    for cookie in (f"{old}; {new}", f"{new}; {old}"):
        assert get(app, "/n", cookie=cookie).text == "1"
        assert get(app, "/whole", cookie=cookie).text == "True"


def damaged(header: str, kind: str) -> str:
    pairs = header.split("; ")
    if kind == "missing":
        return "; ".join(pairs[:-1])
    if kind == "swapped":
        first, second = (pair.partition("=")[2] for pair in pairs[1:3])
        return "; ".join([pairs[0], f"session.1={second}", f"session.2={first}"])
    if kind == "doubled":
        return f"{header}; {pairs[1]}AAAA"
    if kind == "cut":
        return header[:-4]
    if kind == "longer":
        return f"{header}AAAA"
    if kind == "renamed":
        return header.replace("session.2", "session.3")
    if kind == "a lower count":
        return header.replace("~3", "~2", 1)
    if kind == "head alone":
        return pairs[0]
    assert kind == "no head"
    return "; ".join(pairs[1:])


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "missing_chunk"),
        ("renamed", "missing_chunk"),
        ("head alone", "missing_chunk"),
        ("swapped", "mixed_chunks"),
        ("doubled", "ambiguous"),
        ("cut", "bad_seal malformed"),
        ("longer", "bad_seal"),
        ("a lower count", "bad_seal malformed"),
        ("no head", ""),
    ],
)
def test_damaged_chunks_are_an_anonymous_session_and_the_next_write_mends_it(
    kind: str, reason: str
) -> None:
    app = app_of()
    client = app.test_client()
    client.get(f"/write/{2 * FULL + 1500}")
    cookie = damaged(header_of(client), kind)
    told = events_of(app)
    response = get(app, "/length", cookie=cookie)
    assert (response.status_code, response.text) == (200, "0")
    assert [str(one.reason) in reason for one in told] == ([True] if reason else [])
    lines = set_cookies(get(app, "/write/20", cookie=cookie))
    kept = [line.partition("=")[0] for line in lines if "; Max-Age=0" not in line]
    gone = {line.partition("=")[0] for line in lines if "; Max-Age=0" in line}
    arrived = {pair.partition("=")[0] for pair in cookie.split("; ")}
    assert kept == ["session"]
    assert gone >= arrived - {"session"}


def test_a_chunk_of_another_visitor_never_becomes_part_of_a_session() -> None:
    app = app_of()
    clients = [app.test_client() for _ in range(2)]
    for client in clients:
        client.get(f"/write/{3 * FULL}")
    mine, theirs = (header_of(client).split("; ") for client in clients)
    for at in range(3):
        mixed = "; ".join([*mine[:at], theirs[at], *mine[at + 1 :]])
        assert get(app, "/length", cookie=mixed).text == "0"


def test_the_attributes_of_every_chunk_are_those_of_the_head() -> None:
    lines = set_cookies(get(app_of(SESSION_COOKIE_PARTITIONED=True), f"/write/{3 * FULL}"))
    assert len({frozenset(attributes(line)) for line in lines}) == 1
    head = CookieAttributes.of(
        "session",
        domain=None,
        path="/",
        secure=False,
        httponly=True,
        samesite=None,
        partitioned=True,
    )
    assert attributes(lines[0]) == attributes(head.render("x"))
