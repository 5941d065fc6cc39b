"""What each reason of a refusal means to whoever looks at the cookie, and what to do next."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cookie_sessions.errors import Reason

MEANINGS: Final = MappingProxyType(
    {
        Reason.MALFORMED: "it is not the text of a sealed session: cut off, quoted, encoded once "
        "more, or another application's. Copy the whole value as the browser sends it",
        Reason.MISSING_CHUNK: "a part of a split session did not arrive. Give all its cookies, as "
        "a whole Cookie header",
        Reason.MIXED_CHUNKS: "a part belongs to another writing of the session. The cookies are "
        "not of one moment, or the browser dropped one of them",
        Reason.TOO_LARGE: "it is longer than what is read at all",
        Reason.UNKNOWN_VERSION: "a later release wrote it, or it is none of ours. Look "
        "at it with the release that the application has",
        Reason.UNKNOWN_KID: "the keys have none of that id. Name those that it was sealed with",
        Reason.KEY_RETIRED: "its key has retired, so no server opens it any more",
        Reason.KEY_REVOKED: "its key, or one that it was sealed with before, is revoked, so no "
        "server accepts it",
        Reason.BAD_SEAL: "it was altered, or sealed for another name, audience or header. See "
        "--name, --audience and --authorization",
        Reason.UNDECODABLE: "it is authentic and can't be read, as another release's may be",
        Reason.EXPIRED_IDLE: "its end has passed",
        Reason.EXPIRED_ABSOLUTE: "the session's absolute end has passed",
        Reason.NOT_YET_VALID: "it was sealed in the future: a clock is wrong",
        Reason.AMBIGUOUS: "several different cookies have the name, or several parts fit. A "
        "server opens each; give one alone",
    }
)
"""For every reason that a single cookie can have."""


def told(reason: Reason) -> str:
    """A reason with its meaning."""
    return f"{reason.value}: {MEANINGS[reason]}."
