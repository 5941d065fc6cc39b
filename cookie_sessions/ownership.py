"""Whose a session was as it came, and whose it is now: as claims carry a subject."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cookie_sessions.codec import Reference
from cookie_sessions.content import Content
from cookie_sessions.errors import Rejected

if TYPE_CHECKING:
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.session import Session


def subject_in(content: Content, *, manager: SessionManager) -> bytes | None:
    """Whom a session belonged to as it came.

    Raises:
        Rejected: ``undecodable``: its value can't be unpacked here, so nobody can be asked.
        Unavailable: it is in the overflow store, which does not answer.
    """
    owner = content.owner
    if content.claims.subject is not None or owner is None:
        return content.claims.subject
    if manager.overflow is not None and Reference.of(owner) is not None:
        # It was moved there before it said whose session this is.
        key = manager.settings.subject_key
        owner = manager.overflow.fetch(manager.codec, {key: owner}).get(key, owner)
    return _octets(manager.codec.from_wire(owner), manager)


def former_subject(content: Content, *, manager: SessionManager) -> bytes | None:
    """As :func:`subject_in`; nobody where its value can't be unpacked here."""
    try:
        return subject_in(content, manager=manager)
    except Rejected:
        # No list had it opened. It is copied forward for those who can read it.
        return None


def subject_of(session: Session, *, manager: SessionManager) -> bytes | None:
    """Whom a session belongs to that is committed now.

    Raises:
        UsageError: it can't be packed.
    """
    subject = session._intent.subject
    if subject is None:
        explicit = session._own_claims.subject
        if explicit is not None:
            return explicit
        key = manager.settings.subject_key
        if key not in session:
            return None
        subject = session[key]
    return None if subject is None else _octets(subject, manager)


def _octets(subject: Any, manager: SessionManager) -> bytes:
    from cookie_sessions.revocation.identity import subject_octets

    packed = b"" if type(subject) is str else manager.codec.pack(subject, name="the subject")
    return subject_octets(subject, packed=packed)
