"""What applications and commands use: end sessions, and ask whether one has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cookie_sessions import clock
from cookie_sessions.claims import SID_OCTETS, Claims
from cookie_sessions.crypto import KID_OCTETS
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.revocation.facts import Standing
from cookie_sessions.revocation.identity import session_id
from cookie_sessions.revocation.ledger import RECENT_SECONDS, Ledger, passed

if TYPE_CHECKING:
    from cookie_sessions.revocation.registry import Registry, SignedIn

__all__ = ["RECENT_SECONDS", "Revocations"]


class Revocations(Ledger):
    """Ends sessions.

    What is ended here is refused from the next request on in this process, and in others once what
    they read last is older than the stated staleness.
    """

    def revoke(self, sid: str) -> None:
        """End a session, and what has taken its place since. Ending it twice is no error.

        Args:
            sid: its id, 32 hexadecimal digits, as ``session.sid`` gives it.

        Raises:
            UsageError: it is no id, or the list can only be read.
            Unavailable: the store does not answer; the session may not have been ended.
        """
        octets = _hex_octets(sid, SID_OCTETS)
        if octets is None:
            raise UsageError("A session's id has 32 hexadecimal digits, as session.sid gives them.")
        self.end((session_id(octets),))

    def revoke_subject(self, subject: Any, *, before: float | None = None) -> None:
        """End all sessions of a subject that began before a moment.

        It reaches five minutes beyond the moment, as far as clocks may differ. Whoever signs in
        afterwards is not refused, whatever the clocks say.

        Args:
            subject: whom the sessions belong to, as ``session.subject`` was set; any value that a
                session keeps. A number and its text are one subject.
            before: seconds since the epoch, not later than now; None: now.

        Raises:
            UsageError: the moment is to come, the value is None or can't be packed, or the list
                can only be read.
            Unavailable: the store does not answer.
        """
        self.mark_subject(self.subject_octets(subject), before=before)

    def revoke_all(self, *, before: float | None = None) -> None:
        """End all sessions that began before a moment; it reaches ten minutes beyond it.

        Otherwise as :meth:`revoke_subject`.
        """
        self._writable().raise_general(all_sessions=True, before=passed(before))
        self._events.emit(EventName.REVOKED, what="all")

    def revoke_key(self, kid: str) -> None:
        """End all sessions that a key seals or sealed, also where the ring does not say so yet.

        The ring is the lasting truth: ``cookie-sessions keys revoke``. This counts within the
        staleness, and until the longest session has ended.

        Args:
            kid: the key's id, 8 hexadecimal digits.

        Raises:
            UsageError: it is no key id, or the list can only be read.
            Unavailable: the store does not answer.
        """
        octets = _hex_octets(kid, KID_OCTETS)
        if octets is None:
            raise UsageError(
                "A key's id has 8 hexadecimal digits. cookie-sessions keys list shows them."
            )
        self._writable().raise_general(kids=(octets,))
        self._events.emit(EventName.REVOKED, what="key")

    def signed_in(self, subject: Any) -> list[SignedIn]:
        """The sessions of a subject that are on the register, the one seen last first.

        Args:
            subject: as for :meth:`revoke_subject`; None is nobody, who has none.

        Raises:
            ConfigurationError: there is no register.
            Unavailable: the store does not answer.
        """
        if subject is None:
            self._register()
            return []
        octets = self.subject_octets(subject)
        written = self._writable()
        mark = written.mark(self.index().subject(octets))
        listed = self._register().of(octets, mark=mark, now=clock.now())
        ended = written.ended([entry.session for entry in listed])
        return [entry for entry in listed if entry.session not in ended]

    def end_signed_in(self, subject: Any, reference: str) -> bool:
        """End one session of a subject.

        Args:
            subject: as for :meth:`revoke_subject`; None is nobody, who has no session.
            reference: what :meth:`signed_in` calls it.

        Returns:
            Whether this subject has such a session.

        Raises:
            ConfigurationError: there is no register.
            Unavailable: the store does not answer.
        """
        if subject is None:
            self._register()
            return False
        return self._end_listed(reference, subject=self.subject_octets(subject))

    def end_reference(self, reference: str) -> bool:
        """End one session, whosever it is: for administrators.

        Args:
            reference: what :meth:`signed_in` calls it.

        Returns:
            Whether there is such a session.

        Raises:
            ConfigurationError: there is no register.
            Unavailable: the store does not answer.
        """
        return self._end_listed(reference, subject=None)

    def _end_listed(self, reference: str, *, subject: bytes | None) -> bool:
        found = self._register().find(reference, subject=subject)
        if found is None:
            return False
        self.end((found.session,))
        self._register().forget([reference], subject=subject)
        return True

    def is_revoked(self, claims: Claims, *, kid: bytes = b"") -> bool:
        """Whether a session has ended: by its id, its subject's mark, that of all, or its keys.

        Args:
            claims: the session's.
            kid: names the key that sealed it, 4 octets.

        Raises:
            Unavailable: nobody could be asked, and the settings don't accept that.
        """
        standing = self.check(claims, kid=kid).standing
        return standing in (Standing.REVOKED, Standing.KEY_REVOKED)

    def _register(self) -> Registry:
        if self.registry is None:
            raise ConfigurationError(
                "Nobody keeps a register of who is signed in where. Set COOKIE_SESSIONS_REGISTER "
                "to True; sessions are listed from their next sign-in on."
            )
        return self.registry


def _hex_octets(text: str, octets: int) -> bytes | None:
    if len(text) != 2 * octets or not text.isascii() or not text.isalnum():
        return None
    try:
        return bytes.fromhex(text)
    except ValueError:
        return None
