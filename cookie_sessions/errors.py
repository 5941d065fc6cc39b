"""The error taxonomy: one class for each person who must act.

``ConfigurationError`` is for the operator, ``UsageError`` for the developer, ``Rejected`` for the
client's cookie and ``Unavailable`` for the infrastructure.
"""

from __future__ import annotations

import enum


class Reason(enum.StrEnum):
    """Why a cookie was refused. Closed: log field, metric label and expectation in test vectors."""

    MALFORMED = "malformed"
    MISSING_CHUNK = "missing_chunk"
    MIXED_CHUNKS = "mixed_chunks"
    TOO_LARGE = "too_large"
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_KID = "unknown_kid"
    KEY_RETIRED = "key_retired"
    KEY_REVOKED = "key_revoked"
    BAD_SEAL = "bad_seal"
    UNDECODABLE = "undecodable"
    EXPIRED_IDLE = "expired_idle"
    EXPIRED_ABSOLUTE = "expired_absolute"
    NOT_YET_VALID = "not_yet_valid"
    REVOKED = "revoked"
    AMBIGUOUS = "ambiguous"
    BINDING_MISMATCH = "binding_mismatch"
    PROOF_REQUIRED = "proof_required"


class CsrfReason(enum.StrEnum):
    """Why a request was refused as forged. Closed, as :class:`Reason` is, and for the same uses."""

    CROSS_SITE = "cross_site"
    """Its browser says that another site or origin sent it (Sec-Fetch-Site)."""
    CROSS_ORIGIN = "cross_origin"
    """Its Origin header names another origin."""
    NULL_ORIGIN = "null_origin"
    """Its Origin header is ``null``: a sandboxed frame, a local file or a redirect on its way."""
    MALFORMED_ORIGIN = "malformed_origin"
    """Its Origin header is no origin."""
    TOKEN_MISSING = "token_missing"  # noqa: S105 - no token, but the lack of one.
    NO_SESSION = "no_session"
    """It brought a token and no living session that the token could belong to."""
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105
    TOKEN_AMBIGUOUS = "token_ambiguous"  # noqa: S105
    """It brought several tokens, of which not all are good."""
    TOKEN_UNKNOWN_KID = "token_unknown_kid"  # noqa: S105
    TOKEN_KEY_RETIRED = "token_key_retired"  # noqa: S105
    TOKEN_KEY_REVOKED = "token_key_revoked"  # noqa: S105
    TOKEN_MISMATCH = "token_mismatch"  # noqa: S105
    """Its token was altered, or is another session's: one before a sign-in, too."""


class CookieSessionsError(Exception):
    """The base of every error that this package raises."""


class ConfigurationError(CookieSessionsError):
    """The operator must change a setting or a key file. Raised at start-up or first use."""


class UsageError(CookieSessionsError):
    """The developer put something into the session that can't be kept there."""


class SessionTooLarge(UsageError):
    """The sealed session is more than its cookies may take in this deployment.

    Attributes:
        octets: what was counted; Set-Cookie lines where an adapter keeps too few of them.
        limit: the most that the profile of the deployment admits, or the adapter.
        by_key: octets of each session key as it stands in the cookie, largest first; as it stands
            in the overflow store where a limit of the store is broken.
    """

    def __init__(
        self,
        *,
        octets: int,
        limit: int,
        by_key: list[tuple[str, int]],
        why: str = "browsers drop a cookie above that",
        remedy: str = "",
        unit: str = "octets",
    ) -> None:
        self.octets = octets
        self.limit = limit
        self.by_key = by_key
        width = max([len(name) for name, _ in by_key] + [11])
        rows = "\n".join(f"  {name:<{width}}  {size:>7}" for name, size in by_key)
        super().__init__(
            f"The session does not fit: {octets} {unit} where {limit} are allowed, because {why}. "
            f"The response was not given a session cookie. Keep less in the session, or keep an "
            f"identifier there and the data in your database. {remedy}".rstrip()
            + f"\n  {'session key':<{width}}  {'octets':>7}\n{rows}"
        )


class Rejected(CookieSessionsError):
    """The client's cookie was refused; expected at any time, never an error for the visitor.

    Attributes:
        reason: why, one of :class:`Reason`.
        recent: whether that is so only since a moment ago, so that a response may be on its way
            which replaces the cookie.
    """

    def __init__(self, reason: Reason, *, recent: bool = False) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.recent = recent


class ReauthenticationRequired(CookieSessionsError):
    """The user must prove again who they are before going on; expected at any time.

    Attributes:
        max_age: how long ago that may have been, in seconds.
    """

    def __init__(self, *, max_age: float) -> None:
        super().__init__(
            "This needs a recent proof of who you are, and the last one is too old or was given in "
            "another browser. Sign in again, or confirm your password, and repeat the request."
        )
        self.max_age = max_age


class Unavailable(CookieSessionsError):
    """Infrastructure did not answer: a key source or a store. Try again later."""
