"""What the doctors say of a list in a Redis, and what the Redis then does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cookie_sessions.cli.doctor.durability import durability
from cookie_sessions.cli.doctor.store import examine_list
from cookie_sessions.stores import redis_topology
from cookie_sessions.stores.redis_persistence import Persistence
from tests.cli.revocations.world import REVOCATIONS, Shop, run
from tests.stores.redis_server import HOST, RedisServer


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that has each change on its disk may answer late on a slow machine."""
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(redis_topology, name, 60.0)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that has each change on its disk before it counts."""
    server = RedisServer(
        tmp_path / "redis", "appendonly yes", "appendfsync always", password="canary"
    )
    server.start()
    yield server
    server.stop()


def url_of(server: RedisServer, user: str = "") -> str:
    return f"redis://{user}:canary@{HOST}:{server.port}/0"


@pytest.mark.once
def test_a_redis_that_drops_living_entries_is_a_warning(redis: RedisServer) -> None:
    health = examine_list(url_of(redis))
    assert (health.fault, health.policy, health.warnings, health.notes) == (
        "",
        "noeviction",
        (),
        (),
    )
    redis.tell("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    (warning,) = examine_list(url_of(redis)).warnings
    redis.tell("ACL", "SETUSER", "blind", "on", ">canary", "~*", "+@all", "-info")
    (untold,) = examine_list(url_of(redis, "blind")).warnings
    redis.stop()
    assert "what was signed out would live again: set maxmemory-policy noeviction" in warning
    assert "is told to this user: see that they are noeviction and yes" in untold
    assert examine_list(url_of(redis)).fault


@pytest.mark.once
def test_a_redis_that_forgets_is_a_warning_with_the_fix(redis: RedisServer, keyed: Shop) -> None:
    url = url_of(redis)
    keyed.app.config[REVOCATIONS] = url
    sound = run("doctor", "--revocations", url)
    assert (sound.exit_code, sound.stderr) == (0, "")
    assert "ok: All processes see that list, and its Redis has" in keyed.flask("doctor").stdout
    fix = "would live again: set appendonly yes and appendfsync always"
    for settings, told in (
        ({"appendfsync": "everysec"}, "its appendfsync is everysec, so after a loss of power"),
        ({"appendonly": "no"}, "it does not write each change to its disk"),
        ({"save": "3600 1 60 100"}, "at save points alone (save 3600 1 60 100)"),
    ):
        for name, value in settings.items():
            redis.tell("CONFIG", "SET", name, value)
        result = run("doctor", "--revocations", url)
        assert result.exit_code == 4
        assert told in result.stderr
        assert fix in result.stderr or "set appendfsync always" in result.stderr
        seen = keyed.flask("doctor")
        assert seen.exit_code == 4
        assert told in seen.stderr
        assert "All processes see that list" not in seen.stdout
        assert "canary" not in result.output + seen.output


@pytest.mark.once
def test_what_a_redis_warns_of_is_what_it_forgets(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", "appendonly no", password="canary")
    server.start()
    url = url_of(server)
    try:
        assert run("revoke", "--key", "0a1b2c3d", "--new-list", "--store", url).exit_code == 0
        assert run("doctor", "--revocations", url).exit_code == 4
        server.stop()
        server.start()
        told = json.loads(run("revocations", "count", "--json", "--store", url).stdout)
    finally:
        server.stop()
    assert told["key"] == 0


@pytest.mark.once
def test_what_a_redis_does_not_tell_is_a_note_and_no_ok(redis: RedisServer, keyed: Shop) -> None:
    redis.tell("ACL", "SETUSER", "few", "on", ">canary", "~*", "+@all", "-config")
    url = url_of(redis, "few")
    result = run("doctor", "--revocations", url)
    assert result.exit_code == 0
    assert result.stderr.startswith(
        f"note: The store redis://{HOST}:{redis.port}: its appendfsync "
    )
    assert json.loads(run("doctor", "--revocations", url, "--json").stdout)["notes"]
    keyed.app.config[REVOCATIONS] = url
    seen = keyed.flask("doctor")
    assert "note: All processes see that list. Its store redis" in seen.stderr
    assert "All processes see that list" not in seen.stdout
    redis.tell("CONFIG", "SET", "appendonly", "no")
    forgets = run("doctor", "--revocations", url)
    assert forgets.exit_code == 4
    assert "(appendonly is no), so after a restart" in forgets.stderr


def test_servers_of_a_cluster_are_told_of_once_and_one_that_says_nothing_is_no_good_one() -> None:
    good = Persistence(appends=True, syncs="always", saves="")
    lossy = Persistence(appends=True, syncs="no", saves="")
    silent = Persistence(appends=None, syncs=None, saves=None)
    assert durability([good, good]) == ((), ())
    (warning,), notes = durability([good, lossy, lossy])
    assert "its appendfsync is no" in warning
    assert notes == ()
    warnings, (note,) = durability([good, silent])
    assert warnings == ()
    assert "does not say whether it writes each change" in note
