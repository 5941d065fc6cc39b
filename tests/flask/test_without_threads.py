"""No thread is needed for anything: where none can be started, all of it works all the same."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.keys import change, dump_jwk_set
from cookie_sessions.revocation.facts import Entries
from cookie_sessions.revocation.identity import IndexKey
from cookie_sessions.revocation.snapshot.publisher import publish
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key
from tests.flask.frozen import ROOT, sandbox
from tests.revocation.snapshot.test_site import Server
from tests.stores.redis_server import RedisServer

INDEX_KEY = "an index key of these tests, long enough"
TTL = 60
NONE = {"THREADS": "none"}

BARE = """
import threading

def start(thread):
    raise RuntimeError("can't start new thread")

threading.Thread.start = start

from cookie_sessions import clock
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.events import Events
from cookie_sessions.keys import KeyProvider, new_jwk_set, source_of
from cookie_sessions.manager import SessionManager
from cookie_sessions.overflow import Overflow
from cookie_sessions.policy import Timeouts
from cookie_sessions.revocation.configured import revocations_in
from cookie_sessions.codec import Codec
from cookie_sessions.session import Session
from cookie_sessions.settings import Settings
from cookie_sessions.stores import store_from_url

text = new_jwk_set()
provider = KeyProvider(source_of(lambda: text))
events, codec, timeouts = Events(), Codec(), Timeouts(idle=3600)
manager = SessionManager(
    settings=Settings(cold=("large",)),
    ring=provider.ring,
    look_again=provider.look_again,
    timeouts=lambda: timeouts,
    events=events,
    codec=codec,
    overflow=Overflow(store_from_url("memory:"), events=events, cold=("large",)),
    revocations=revocations_in("memory:", codec=codec, events=events, longest=lambda: 3600),
)

def visit(header):
    return manager.load(manager.arrival(header, name="session"), session_class=Session)

def close(session):
    session._commit()
    session._settle()
    lines = manager.seal(session, cookie=CookieAttributes("session"), expires=None)
    return "; ".join(line.partition(";")[0] for line in lines)

session = visit("")
session.update(_user_id="ann", large=["x"] * 600)
cookie = close(session)
assert visit(cookie)["large"] == ["x"] * 600
provider.reload()
assert visit(cookie)["_user_id"] == "ann"
manager.revocations.revoke_subject("ann")
assert "_user_id" not in visit(cookie)
assert threading.active_count() == 1
print("done")
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[str]:
    server = RedisServer(tmp_path / "redis")
    server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}"
    finally:
        server.stop()


def test_the_bare_manager_loads_commits_reloads_its_keys_stows_and_revokes() -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout == "done\n", done.stderr


def test_an_application_loads_commits_reloads_its_keys_stows_and_revokes(
    tmp_path: Path, redis: str
) -> None:
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    keys = change.begin(now=int(time.time()) - 864_000)
    path.write_text(dump_jwk_set(keys))
    config: dict[str, Any] = {
        "COOKIE_SESSIONS_KEYS": f"file:{path}",
        "COOKIE_SESSIONS_REVOCATIONS": redis,
        "COOKIE_SESSIONS_REVOCATIONS_TIMEOUT": 60,
        "COOKIE_SESSIONS_OVERFLOW": redis,
        "COOKIE_SESSIONS_COLD": ["large"],
        "COOKIE_SESSIONS_REGISTER": True,
    }
    with sandbox(config, **NONE) as visited:
        cookie = visited.get("/sign-in").cookie
        cookie = visited.get("/stow", cookie).cookie
        assert visited.get("/fetch", cookie).text == "True"
        first = keys.entries[0].kid
        now = int(time.time())
        path.write_text(
            dump_jwk_set(change.revoke(change.add(keys, now=now, seals_from=now), first))
        )
        assert visited.get("/", cookie, reload=True).text == "nobody"
        anew = visited.get("/sign-in").cookie
        # Some hours on, it is due to be refreshed.
        told = visited.get("/", anew, forward=3 * 3600)
        assert (told.text, bool(told.cookie)) == ("ann", True)
        assert visited.get("/revoke").status == 200
        assert visited.get("/", told.cookie).text == "nobody"
        assert told.threads == ["MainThread"]


@pytest.mark.parametrize("by", ["http", "file"])
def test_a_signed_list_is_fetched_and_fetched_again(tmp_path: Path, by: str) -> None:
    private, public = new_signing_key()
    key = SigningKey(json.loads(private))

    def published(sequence: int, mark: float = 0) -> None:
        publish(
            Entries([], [], [], int(mark * 1000)),
            tmp_path,
            key=key,
            audience="cookie_sessions",
            index_check=IndexKey(INDEX_KEY.encode()).check,
            sequence=sequence,
            now=time.time(),
            ttl=TTL,
        )

    published(1)
    server = Server(tmp_path)
    place = server.url if by == "http" else f"file:{tmp_path}/revocations.jwt"
    config: dict[str, Any] = {
        "SECRET_KEY": "a secret key of these tests, long enough",
        "COOKIE_SESSIONS_REVOCATIONS": f"snapshot:{place}",
        "COOKIE_SESSIONS_SNAPSHOT_KEYS": public,
        "COOKIE_SESSIONS_INDEX_KEY": INDEX_KEY,
        "COOKIE_SESSIONS_UNSAFE_LOGOUT_KEEPS_COPIES": True,
    }
    try:
        with sandbox(config, **NONE) as visited:
            cookie = visited.get("/sign-in").cookie
            assert visited.get("/", cookie).text == "ann"
            published(2, mark=time.time() + 30)
            told = visited.get("/", cookie, forward=TTL)
            assert (told.status, told.text, told.threads) == (200, "nobody", ["MainThread"])
    finally:
        server.end()
