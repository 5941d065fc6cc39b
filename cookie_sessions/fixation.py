"""What a session does not carry over to another owner.

Whoever makes a visitor use a session of their own knows what is in it. A new id alone does not help
where a secret that they know, such as the token of a form, stays in the session: they could post
forms in the visitor's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cookie_sessions.ownership import former_subject, subject_of

if TYPE_CHECKING:
    from cookie_sessions.codec import Wire
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.session import Session

_NO_CLAIMS: Final = b"\0"


def shed(session: Session, *, manager: SessionManager) -> tuple[str, ...]:
    """Drop the secrets that came with the cookie, if the session is another's from now on.

    What the request itself has stored stays: it is the new owner's. It is known for certain once
    the session has been settled; before that, whatever was assigned counts as the request's own.

    Args:
        session: an open session.
        manager: says whose it was and is, and which names are secrets.

    Returns:
        The names that were dropped.

    Raises:
        UsageError: whose it is now can't be packed.
    """
    content = session._content
    if content is None or not _may_be_anothers(session, manager):
        return ()
    held = session._held()
    found = [name for name in manager.shed_names if name in held]
    if not found:
        return ()
    if former_subject(content, manager=manager) == subject_of(session, manager=manager):
        return ()
    codec = manager.codec
    _, came = codec.load_payload(content.plaintext)

    def came_along(name: str) -> bool:
        if name not in came or session._assigned(name):
            return False
        # Octets are compared: not all values as they stand in a payload compare equal by content.
        return packed(held[name]) == packed(came[name])

    def packed(wire: Wire) -> bytes:
        return codec.dump_payload(_NO_CLAIMS, {"": wire})

    dropped = [name for name in found if came_along(name)]
    session._drop(dropped)
    return tuple(dropped)


def _may_be_anothers(session: Session, manager: SessionManager) -> bool:
    """Whether anything that says whose it is has changed; spares all others the comparison."""
    content, intent = session._content, session._intent
    assert content is not None
    return (
        intent.subject is not None
        or session._own_claims.subject != content.claims.subject
        or session._held().get(manager.settings.subject_key) is not content.owner
        or session._assigned(manager.settings.subject_key)
    )
