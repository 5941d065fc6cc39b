"""The token that opens the probe for a time, and what an application's setting keeps of it."""

from __future__ import annotations

import os
import re
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError

LONGEST_SECONDS: Final = 3_600
"""How long a token may last."""

_SECRET_OCTETS: Final = 32
_TOKEN: Final = re.compile(r"([0-9]{10})\.[A-Za-z0-9_-]{43}", re.ASCII)
_GRANT: Final = re.compile(r"([0-9]{10})\.([0-9a-f]{64})", re.ASCII)
_CONTEXT: Final = b"cookie_sessions probe\0"


@dataclass(frozen=True, slots=True)
class Grant:
    """Whom an application answers, and until when; knowing it is not enough to be answered.

    Attributes:
        ends: when it ends, in seconds since the epoch.
        digest: SHA-256 of the token, which holds 256 random bits and the same end.
    """

    ends: int
    digest: str

    @classmethod
    def from_text(cls, text: str, *, now: float) -> Grant:
        """Read a setting. One that has ended is read too, and admits nobody.

        Args:
            text: what :meth:`to_text` gave.
            now: seconds since the epoch.

        Raises:
            ConfigurationError: it is none, it is the token itself, or it ends too late. The
                message does not repeat it.
        """
        if _TOKEN.fullmatch(text):
            raise ConfigurationError(
                "COOKIE_SESSIONS_PROBE holds the token itself, and whoever reads the setting could "
                "use it. Make a new token (cookie-sessions doctor --new-token), and set what it "
                "prints as the setting."
            )
        found = _GRANT.fullmatch(text)
        if found is None or int(found[1]) > now + LONGEST_SECONDS + SKEW:
            raise ConfigurationError(
                "COOKIE_SESSIONS_PROBE is not what cookie-sessions doctor --new-token prints as "
                "the setting, or it ends more than an hour from now. Copy the whole line, or make "
                "a new token."
            )
        return cls(int(found[1]), found[2])

    def to_text(self) -> str:
        """The setting's text."""
        return f"{self.ends}.{self.digest}"

    def admits(self, token: str, *, now: float) -> bool:
        """Whether this is its token, and its time is not up; compares in constant time.

        Args:
            token: from a request.
            now: seconds since the epoch.
        """
        # Applications without a probe need not wait for OpenSSL.
        import hmac

        if now >= self.ends or len(token) > len(f"{self.ends}.") + 43:
            return False
        return hmac.compare_digest(_digest(token), self.digest)


def new_token(*, now: float, seconds: int = LONGEST_SECONDS) -> tuple[str, Grant]:
    """Draw a token of 256 random bits.

    Args:
        now: seconds since the epoch.
        seconds: how long it lasts, at most ``LONGEST_SECONDS``.

    Returns:
        The token, which is a secret, and the grant for the application's setting.

    Raises:
        ValueError: it would last too long, or not at all.
    """
    if not 0 < seconds <= LONGEST_SECONDS:
        raise ValueError("A token lasts at least a second and at most an hour.")
    ends = int(now) + seconds
    secret = urlsafe_b64encode(os.urandom(_SECRET_OCTETS)).rstrip(b"=").decode("ascii")
    token = f"{ends}.{secret}"
    return token, Grant(ends, _digest(token))


def end_of(token: str) -> int | None:
    """When a token ends, in seconds since the epoch; None if it does not look like one."""
    found = _TOKEN.fullmatch(token)
    return None if found is None else int(found[1])


def _digest(token: str) -> str:
    import hashlib

    return hashlib.sha256(_CONTEXT + token.encode("latin-1", "replace")).hexdigest()
