"""Moving in: for a time, Flask's own signed cookies are read beside ours, or written for a while.

The two are told apart by their form alone: Flask's has three parts between dots, and no value of
ours contains a dot. docs/moving-in.md tells the operator's side.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping
from typing import Any, Final, NamedTuple, Protocol

from cookie_sessions.claims import NAME_OCTETS, Claims
from cookie_sessions.clock import SKEW
from cookie_sessions.codec import Codec, Wire
from cookie_sessions.content import Content
from cookie_sessions.envelope import MAX_TEXT_OCTETS, REFRESHABLE, Head
from cookie_sessions.errors import Reason, Rejected, UsageError

_DOT: Final = "."
_PERMANENT: Final = "_permanent"
_SIGNED: Final = re.compile(r"\.?[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{1,11}\.[A-Za-z0-9_-]+")


class Signed(NamedTuple):
    """What one of Flask's cookies says, its signature verified.

    Attributes:
        values: the session.
        signed_at: when it was signed, in seconds since the epoch.
        kid: the key id of the secret key that verified it, 4 octets.
    """

    values: Mapping[str, Any]
    signed_at: int
    kid: bytes

    def __repr__(self) -> str:
        return f"<Signed session of {len(self.values)} values>"


class SignedForm(Protocol):
    """Reads and writes Flask's own form; the application's secret keys are its business."""

    def read(self, text: str) -> Signed:
        """Verify and unpack a text that has passed :func:`check_form`; Rejected if it fails."""
        ...

    def peek(self, text: str) -> Head | None:
        """The head that a text of this form would have, unverified; None where it has none."""
        ...

    def write(self, values: Mapping[Any, Any], *, signed_at: int) -> str:
        """The text that Flask's own interface reads; UsageError for what it can't keep."""
        ...


class Migration:
    """What is read and written beside sealed cookies, and until when.

    Args:
        form: reads and writes Flask's cookies.
        until: when they are no longer read, in seconds since the epoch.
        written_before: those signed later than this are refused, in seconds since the epoch, with
            the one allowance for clocks; None: there is no such moment.
        writes: whether sessions are written in Flask's form until then.
    """

    def __init__(
        self,
        form: SignedForm,
        *,
        until: float,
        written_before: float | None = None,
        writes: bool = False,
    ) -> None:
        self._form = form
        self._until = until
        self._written_before = written_before
        self._writes = writes

    def is_open(self, now: float) -> bool:
        """Whether Flask's cookies are read at this moment, in seconds since the epoch."""
        return now < self._until

    def writes_signed(self, now: float) -> bool:
        """Whether sessions are written in Flask's form at this moment."""
        return self._writes and self.is_open(now)

    def may_sign(self, now: float) -> bool:
        """Whether what is written in Flask's form at this moment would be read again."""
        return self.is_open(now) and self._written_before is None

    def reads(self, text: str, *, now: float) -> bool:
        """Whether a text is for Flask's reader, by its form; says nothing of its worth."""
        return _DOT in text and self.is_open(now)

    def peek(self, text: str) -> Head | None:
        """The head that one of Flask's cookies would have: its time, which is not verified yet."""
        return self._form.peek(text)

    def open(
        self, text: str, *, codec: Codec, idle: int, revoked: Container[bytes], now: float
    ) -> Content:
        """Make one of Flask's sessions ours, its beginning and its end as they were signed.

        Args:
            text: the cookie.
            codec: packs the values.
            idle: the idle timeout, in seconds: Flask's age limit.
            revoked: the key ids that open nothing any more.
            now: seconds since the epoch.

        Returns:
            The content, with a fresh session id. Its claims name the cookie by 64 bits of a hash.

        Raises:
            Rejected: ``not_yet_valid``, ``key_retired`` if it was signed after Flask's ceased to be
                written, ``key_revoked``, ``undecodable`` for values that have no place in a
                session of ours, or what the form's reader says.
        """
        signed = self._form.read(text)
        at = signed.signed_at
        if at > now + SKEW:
            raise Rejected(Reason.NOT_YET_VALID)
        if self._written_before is not None and at > self._written_before + SKEW:
            raise Rejected(Reason.KEY_RETIRED)
        if signed.kid in revoked:
            raise Rejected(Reason.KEY_REVOKED)
        claims = Claims.begin(now=at, until=at + idle)
        claims = claims._replace(imported_from=fingerprint(text))
        flags = REFRESHABLE if signed.values.get(_PERMANENT) else 0
        wires = _packed(signed.values, codec)
        head = Head(flags, signed.kid, at)
        plaintext = codec.dump_payload(claims.to_octets(), wires)
        return Content(claims, wires, head, plaintext, imported=True)

    def write(self, values: Mapping[Any, Any], *, signed_at: int) -> str:
        """The session as Flask writes it.

        Args:
            values: the session.
            signed_at: the time to sign, in seconds since the epoch.

        Raises:
            UsageError: Flask's serializer can't keep a value.
        """
        return self._form.write(values, signed_at=signed_at)


def check_form(text: str) -> None:
    """Refuse what Flask's serializer never writes, before anything in it is looked at.

    Raises:
        Rejected: ``too_large`` or ``malformed``.
    """
    if len(text) > MAX_TEXT_OCTETS:
        raise Rejected(Reason.TOO_LARGE)
    if _SIGNED.fullmatch(text) is None:
        raise Rejected(Reason.MALFORMED)


def fingerprint(text: str) -> bytes:
    """What names an imported cookie in claims and revocation lists: 64 bits of its SHA-256."""
    return hashlib.sha256(text.encode()).digest()[:NAME_OCTETS]


def _packed(values: Mapping[str, Any], codec: Codec) -> dict[Any, Wire]:
    try:
        return {
            name: codec.to_wire(name, value, codec.pack(value, name=name))
            for name, value in values.items()
        }
    except UsageError:
        # Raised below instead: this error names a place in the session.
        pass
    raise Rejected(Reason.UNDECODABLE)
