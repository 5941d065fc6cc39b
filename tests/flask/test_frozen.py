"""A sandbox that sleeps between two requests: what is fresh is judged when it is used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.keys import KeySet, change, dump_jwk_set, parse_jwk_set
from tests.flask.frozen import Sandbox, sandbox
from tests.stores.redis_server import RedisServer, until

HOURS = 6 * 3600


class Ring:
    """A ring file with a key that seals, and what an operator does to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.touch(mode=0o600)
        self.keys = change.begin(now=int(time.time()) - 864_000)
        self._write(self.keys)

    @property
    def setting(self) -> str:
        return f"file:{self._path}"

    @property
    def first(self) -> bytes:
        return self.keys.entries[0].kid

    def revoke_the_first(self) -> None:
        """Have another key seal, and the first one neither seal nor open."""
        now = int(time.time())
        keys = change.add(self.keys, now=now, seals_from=now)
        self._write(change.revoke(keys, self.first))

    def _write(self, keys: KeySet) -> None:
        new = self._path.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(dump_jwk_set(keys))
        new.rename(self._path)
        self.keys = parse_jwk_set(self._path.read_bytes(), origin="the test")


@pytest.fixture
def ring(tmp_path: Path) -> Ring:
    return Ring(tmp_path / "keys.json")


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One that closes connections which nobody has used for a second."""
    server = RedisServer(tmp_path / "redis", "timeout 1")
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def config(ring: Ring, redis: RedisServer) -> dict[str, Any]:
    url = f"redis://127.0.0.1:{redis.port}"
    return {
        "COOKIE_SESSIONS_KEYS": ring.setting,
        "COOKIE_SESSIONS_REVOCATIONS": url,
        "COOKIE_SESSIONS_REVOCATIONS_TIMEOUT": 60,
        "COOKIE_SESSIONS_OVERFLOW": url,
        "COOKIE_SESSIONS_COLD": ["large"],
    }


def alone(redis: RedisServer) -> bool:
    """Whether the server has closed all connections but the one that asks."""
    clients = redis.tell("CLIENT LIST")
    assert isinstance(clients, list)
    return len(clients) == 1


def signed_in(visited: Sandbox) -> str:
    cookie = visited.get("/sign-in").cookie
    assert visited.get("/", cookie).text == "ann"
    return cookie


def test_a_key_that_was_revoked_while_a_process_was_stopped_neither_opens_nor_seals(
    config: dict[str, Any], ring: Ring
) -> None:
    with sandbox({**config, "COOKIE_SESSIONS_KEYS_RELOAD": 1}) as visited:
        cookie = signed_in(visited)
        visited.freeze()
        ring.revoke_the_first()
        time.sleep(2.2)
        visited.thaw()
        assert visited.get("/", cookie).text == "nobody"
        anew = visited.get("/sign-in")
        assert anew.status == 200
        with sandbox({"COOKIE_SESSIONS_KEYS": ring.setting}) as other:
            # It knows the new ring alone, and nothing else could open what it was given.
            assert other.get("/", anew.cookie).text == "ann"
            assert other.get("/", cookie).text == "nobody"


def test_a_session_that_was_ended_while_a_process_was_stopped_is_refused_at_its_first_request(
    config: dict[str, Any],
) -> None:
    with sandbox(config) as visited, sandbox(config) as other:
        cookie = signed_in(visited)
        visited.freeze()
        assert other.get("/revoke").status == 200
        time.sleep(2.2)
        visited.thaw()
        told = visited.get("/", cookie)
        assert (told.status, told.text) == (200, "nobody")


def test_connections_that_the_server_closed_meanwhile_cost_no_visitor_a_503(
    config: dict[str, Any], redis: RedisServer
) -> None:
    with sandbox(config) as visited:
        cookie = visited.get("/stow", signed_in(visited)).cookie
        for path in ("/fetch", "/change", "/stow", "/revoke"):
            visited.freeze()
            until(lambda: alone(redis))
            visited.thaw()
            told = visited.get(path, cookie)
            assert told.status == 200, path
            cookie = told.cookie or cookie


@pytest.mark.parametrize("ended", ["the key", "the user"])
@pytest.mark.parametrize("woken_behind", [False, True])
def test_after_hours_everything_old_is_asked_for_anew_by_the_clock_as_it_is_then(
    config: dict[str, Any], ring: Ring, ended: str, woken_behind: bool
) -> None:
    with sandbox(config) as visited, sandbox(config) as other:
        cookie = signed_in(visited)
        if ended == "the key":
            ring.revoke_the_first()
        else:
            assert other.get("/revoke").status == 200
        if woken_behind:
            # For a moment its clock says what it said before, or a little less.
            visited.get("/plain", cookie, forward=-3)
            assert visited.get("/", cookie).text == "nobody"
        assert visited.get("/", cookie, forward=HOURS).text == "nobody"
        # By its clock the cookie that it seals now is hours ahead; what counts is under which key.
        anew = visited.get("/sign-in").cookie
        assert visited.get("/", anew).text == "ann"
        assert visited.get("/", anew, forward=-HOURS).status == 200


def test_between_requests_a_sandbox_has_no_thread_but_the_main_one(config: dict[str, Any]) -> None:
    with sandbox(config) as visited:
        cookie = signed_in(visited)
        for path in ("/stow", "/fetch", "/change", "/revoke"):
            told = visited.get(path, cookie)
            assert (told.status, told.threads) == (200, ["MainThread"]), path
            cookie = told.cookie or cookie
