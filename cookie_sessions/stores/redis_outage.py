"""What can go wrong with a Redis, in words; and whether its client is installed at all."""

from __future__ import annotations

from typing import Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.outage import outages

try:
    from redis import exceptions
except ImportError as error:
    raise ConfigurationError(
        f"A store of Redis needs the package redis, which can't be imported ({error}). "
        'Type: pip install "cookie-sessions[redis]"'
    ) from error


class PrimariesChanged(exceptions.RedisError):
    """Other servers are primaries than when a scan began, so it would not meet everything."""


class AnswerNotUnderstood(exceptions.RedisError):
    """What came back is no answer that the protocol has for the question."""


_FAULTS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (PrimariesChanged, "changed its primaries during a scan. Begin the scan again"),
    (AnswerNotUnderstood, "got an answer that makes no sense. See whether a Redis listens there"),
    (exceptions.OutOfMemoryError, "has reached its maxmemory. Raise it, or give it less to keep"),
    (exceptions.AuthenticationError, "refused the name or the password. Correct its URL"),
    (
        exceptions.NoPermissionError,
        "does not allow this user what is needed. Give it the commands that docs/stores.md lists",
    ),
    (exceptions.BusyLoadingError, "is still loading its data. Try again"),
    (exceptions.TimeoutError, "did not answer in time. See whether it runs, and how busy it is"),
    (exceptions.MaxConnectionsError, "is asked by too many threads at once. Use more processes"),
    (exceptions.ConnectionError, "can't be reached, or closed the connection. See whether it runs"),
    (exceptions.ReadOnlyError, "is a replica, which takes no writes. Give the primary's URL"),
    (exceptions.ClusterError, "is a cluster that is not whole. Look at: redis-cli cluster info"),
    (exceptions.RedisClusterException, "is no cluster, or one that is not whole. Correct its URL"),
    (
        exceptions.ResponseError,
        "answered with an error. Look at its log; another program may use the same prefix",
    ),
)


def _tell(error: Exception) -> str:
    for kind, fault in _FAULTS:
        if isinstance(error, kind):
            return fault
    return f"failed with {type(error).__name__}. See whether it is a Redis, and which version"


redis_outages: Final = outages(
    exceptions.RedisError, exceptions.RedisClusterException, OSError, tell=_tell
)
"""For methods that talk to a Redis: what fails there is Unavailable."""
