"""Sites with either store, whose users come in by either way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.redis_server import HOST, RedisServer
from tests.thefts.site import Site


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


# How users come in and where the list is have nothing to do with one another, so two pairs will do.
@pytest.fixture(scope="module", params=[("plain", "sqlite"), ("login", "redis")], ids="-".join)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site of each door and with each store."""
    door, store = request.param
    folder = tmp_path_factory.mktemp("site")
    yield from started(request, folder, door=door, store=store)


def started(
    request: pytest.FixtureRequest, folder: Path, *, door: str, store: str
) -> Iterator[Site]:
    """A site, stopped afterwards."""
    if store == "sqlite":
        url = f"sqlite:{folder / 'revocations.db'}"
    else:
        server: RedisServer = request.getfixturevalue("redis")
        url = f"redis://{HOST}:{server.port}/0"
    made = Site(folder, store=url, door=door)
    try:
        made.start()
        yield made
    finally:
        made.stop()
