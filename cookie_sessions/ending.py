"""Puts sessions on the list of those that have ended, as an application asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions.errors import Unavailable, UsageError
from cookie_sessions.ownership import subject_in, subject_of

if TYPE_CHECKING:
    from cookie_sessions.content import Content
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.session import Session


def end(content: Content, *, asked: bool | None, manager: SessionManager) -> None:
    """Put a session on the revocation list, if there is one.

    Args:
        content: the session as it came.
        asked: whether it is to be; None: if it is somebody's.
        manager: has the list.

    Raises:
        Unavailable: the list does not answer, and the settings don't do without.
    """
    revocations = manager.revocations
    if revocations is None or asked is False:
        return
    subject = subject_in(content, manager=manager)
    if subject is None and not asked:
        revocations.tell_not_revoked("no_subject")
        return
    if revocations.read_only:
        revocations.tell_not_revoked("read_only")
        return
    from cookie_sessions.revocation.identity import ids_of, reference_of

    ids = ids_of(content.claims, signed=content.imported)
    try:
        revocations.end(ids, until=content.claims.until)
        if revocations.registry is not None and subject is not None:
            reference = reference_of(content.claims.sid)
            revocations.registry.forget([reference], subject=subject)
    except Unavailable:
        if not revocations.accepts_unchecked:
            raise
        revocations.tell_not_revoked("unavailable")


def end_others(session: Session, *, manager: SessionManager) -> int:
    """End all sessions of a session's subject.

    Args:
        session: one of them, which goes on.
        manager: has the list.

    Returns:
        From when this session counts that goes on, in milliseconds since the epoch; 0 where it
        has ended itself.

    Raises:
        UsageError: there is no list, or the session is nobody's.
        Unavailable: the list does not answer.
    """
    if manager.revocations is None:
        raise UsageError(
            "There is no revocation list, so nobody can be signed out elsewhere. Set "
            "COOKIE_SESSIONS_REVOCATIONS to the URL of a store."
        )
    subject = subject_of(session, manager=manager)
    if subject is None:
        raise UsageError(
            "The session belongs to nobody, so there are no others to sign out. Set "
            "session.subject when the user signs in, or name the session key that says who "
            "they are in COOKIE_SESSIONS_SUBJECT_KEY."
        )
    # A session that a mark had met already does not become valid by making another, nor may a
    # second click on the button end what goes on after the first.
    since = session._own_claims.since
    raised = manager.revocations.mark_subject(subject, unless_met=since)
    return 0 if since <= raised.former else raised.mark + 1
