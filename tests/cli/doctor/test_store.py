"""What the doctor says of an overflow store."""

from __future__ import annotations

from pathlib import Path

import pytest

from cookie_sessions.cli.doctor.store import examine
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores import redis_topology
from tests.stores.redis_server import HOST, RedisServer

PASSWORD = "canary"


def test_a_file_that_works_answers_and_is_left_as_it_was(tmp_path: Path) -> None:
    from cookie_sessions.stores import store_from_url

    url = f"sqlite:{tmp_path / 'overflow.db'}"
    health = examine(url)
    assert (health.answers, health.fault, health.policy, health.warnings) == (True, "", None, ())
    store = store_from_url(url)
    assert [name for page in store.scan("") for name in page] == []
    store.close()


def test_a_file_that_can_not_be_made_is_a_fault(tmp_path: Path) -> None:
    health = examine(f"sqlite:{tmp_path}/no/folder/overflow.db")
    assert not health.answers
    assert health.fault


def test_a_store_of_one_process_is_warned_of() -> None:
    health = examine("memory:")
    assert health.answers
    assert "one process alone" in health.warnings[0]


def test_a_url_that_is_none_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        examine("nothing://user:canary@host")
    assert PASSWORD not in str(caught.value)


@pytest.mark.once
def test_a_redis_that_drops_living_entries_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A slow machine may answer late.
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS"):
        monkeypatch.setattr(redis_topology, name, 60.0)
    server = RedisServer(tmp_path / "redis", password=PASSWORD)
    server.start()
    try:
        url = f"redis://:{PASSWORD}@{HOST}:{server.port}/0"
        health = examine(url)
        assert (health.answers, health.policy, health.warnings) == (True, "noeviction", ())
        server.tell("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
        evicting = examine(url)
        assert evicting.policy == "allkeys-lru"
        assert "set maxmemory-policy noeviction" in evicting.warnings[0]
        assert server.tell("DBSIZE") == 0
        wrong = examine(url.replace(PASSWORD, "wrong"))
    finally:
        server.stop()
    assert not wrong.answers
    assert not examine(url).answers
    assert PASSWORD not in f"{health}{evicting}{wrong}"
