"""What a session does not carry over to another owner.

Whoever makes a visitor use a session of their own knows what is in it. A new id alone does not help
where a secret that they know, such as the token of a form, stays in the session: they could post
forms in the visitor's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cookie_sessions.intent import NOTHING
from cookie_sessions.ownership import former_subject, subject_of

if TYPE_CHECKING:
    from cookie_sessions.codec import Wire
    from cookie_sessions.content import Content
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
    if content is None or goes_on(session, content, manager=manager):
        return ()
    names = set(manager.shed_names) if is_anothers(session, manager=manager) else set[str]()
    forgets = content.claims.lasts is not None and session._intent.remembers is None
    # Once all is packed nobody can tell what the request itself has said of it.
    if forgets and not session._settled and begins_anew(session, manager=manager):
        names.add("_permanent")
    held = session._held()
    found = [name for name in names if name in held]
    if not found:
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


def goes_on(session: Session, content: Content, *, manager: SessionManager) -> bool:
    """Whether nothing was asked of a session that came, and all that says whose it is stands.

    So it is in most requests, and spares them every further question about owners.

    Args:
        session: an open session.
        content: the session as it came.
        manager: says under which key it is said whose it is.
    """
    if session._intent is not NOTHING or session._claims is not content.claims:
        return False
    key = manager.settings.subject_key
    if session._assigned(key):
        return False
    present, came = (session._wires or {}).get(key), content.owner
    # Values of other types may be equal that name different owners.
    return present is came or (type(present) is str and type(came) is str and present == came)


def is_anothers(session: Session, *, manager: SessionManager) -> bool:
    """Whether a session that came is another's from now on.

    So it is, too, where nobody has proved anything in it before: an application that says by no
    subject whose it is says it by ``mark_authenticated()``.

    Raises:
        UsageError: whose it is now can't be packed.
    """
    content, intent = session._content, session._intent
    if content is None or goes_on(session, content, manager=manager):
        return False
    first = intent.proved_at is not None and content.claims.auth_time is None
    if not (first or _may_be_anothers(session, content, manager)):
        return False
    former = former_subject(content, manager=manager)
    return (first and former is None) or former != subject_of(session, manager=manager)


def begins_anew(session: Session, *, manager: SessionManager) -> bool:
    """Whether a session that came has its times begin anew: another's, or signed in to once more.

    Raises:
        UsageError: whose it is now can't be packed.
    """
    intent = session._intent
    signs_in = intent.signs_in and not intent.reauthenticates
    return signs_in or is_anothers(session, manager=manager)


def _may_be_anothers(session: Session, content: Content, manager: SessionManager) -> bool:
    """Whether anything that says whose it is has changed; spares all others the comparison."""
    return (
        session._intent.subject is not None
        or session._own_claims.subject != content.claims.subject
        or session._held().get(manager.settings.subject_key) is not content.owner
        or session._assigned(manager.settings.subject_key)
    )
