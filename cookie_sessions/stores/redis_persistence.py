"""What a Redis writes to its disk, and so what is there again after it has restarted."""

from __future__ import annotations

from typing import Any, NamedTuple

from redis import exceptions

from cookie_sessions.stores.redis_outage import AnswerNotUnderstood
from cookie_sessions.stores.redis_servers import RedisServers


class Persistence(NamedTuple):
    """What one server does.

    Attributes:
        appends: whether it appends each change to a file (``appendonly``); None: it does not say.
        syncs: when the end of that file is on the disk (``appendfsync``): "always", "everysec" or
            "no"; None: it does not tell this user.
        saves: at which points it writes all that it has (``save``), such as "3600 1"; empty where
            at none; None: it does not tell this user.
    """

    appends: bool | None
    syncs: str | None
    saves: str | None


def persistence_of(servers: RedisServers, primary: str) -> Persistence:
    """Ask one of the servers.

    Args:
        servers: which is asked.
        primary: its name.

    Raises:
        redis.exceptions.RedisError, redis.exceptions.RedisClusterException, OSError: it failed.
    """
    section = servers.ask(primary, "INFO", "persistence")
    if not isinstance(section, dict):
        raise AnswerNotUnderstood
    enabled = section.get("aof_enabled")
    return Persistence(
        None if enabled is None else bool(enabled),
        _setting(servers, primary, "appendfsync"),
        _setting(servers, primary, "save"),
    )


def _setting(servers: RedisServers, primary: str, name: str) -> str | None:
    try:
        found: Any = servers.ask(primary, "CONFIG GET", name)
    except exceptions.ResponseError:
        # This user may not ask, or the server has no such command, as where others run it.
        return None
    if not isinstance(found, dict):
        raise AnswerNotUnderstood
    value = found.get(name)
    return value if isinstance(value, str) else None
