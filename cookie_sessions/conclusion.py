"""What every adapter decides alike when a response is made: refresh, write, delete, or nothing.

The manager does what is decided here; what a framework lets its users override comes as functions,
each asked only where something depends on it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, cast

from cookie_sessions import clock
from cookie_sessions.fixation import begins_anew
from cookie_sessions.intent import NOTHING

if TYPE_CHECKING:
    from cookie_sessions.arrival import Arrival
    from cookie_sessions.cookies import CookieAttributes, Surroundings
    from cookie_sessions.manager import SessionManager
    from cookie_sessions.session import Session


RETRY_AFTER: Final = 5
"""Seconds after which a visitor may try again when keys or stores did not answer."""

UNAVAILABLE_TEXT: Final = (
    "Sessions are not available at the moment. Please try again in a few seconds."
)
"""What such a visitor is told."""


def sliding_since(session: Session) -> int | None:
    """When the cookie was sealed whose end may be moved without the session being used.

    The response depends on that cookie whether it is moved or not.

    Args:
        session: one that is not open.

    Returns:
        Seconds since the epoch, by the clear part of the cookie; None where there is none such.
    """
    return cast("Arrival", session._origin).sliding_since()


def refresh_is_due(
    manager: SessionManager, session: Session, *, sealed_at: int, is_public: Callable[[], bool]
) -> bool:
    """Whether a session that was not used is to be refreshed.

    That was read without a key: only a session that opens and passes is refreshed, and one that
    the browser forgets anyway is not written by a request that had no use for it, unless settings
    of ours end it when it is not used.

    Args:
        manager: whose timeouts apply.
        session: the session; opened only where it is old enough.
        sealed_at: when its cookie says that it was sealed, in seconds since the epoch.
        is_public: whether the response says that shared caches may keep it.

    Raises:
        Unavailable: the keys can't be had.
    """
    if not manager.timeouts().refresh_due(sealed_at=sealed_at, now=clock.now()):
        return False
    if is_public():
        return False
    return session.permanent or (manager.timeouts().all_slide and not session.new)


def is_renewed(manager: SessionManager, session: Session, *, each_request: bool) -> bool | None:
    """Whether the end of an open session is moved, or its changes are kept, by this response.

    Args:
        manager: whose timeouts apply.
        session: the session.
        each_request: whether requests move it that changed nothing.

    Returns:
        None where no settings of ours say so, and the framework's own rule holds.
    """
    timeouts = manager.timeouts()
    claims, content = session._claims, session._content
    if claims is not None and timeouts.lasts(claims) is not None:
        return session.modified
    if timeouts.refresh is None:
        return None
    if session.modified or content is None or not each_request:
        return session.modified
    slides = timeouts.all_slide or session.permanent
    return slides and timeouts.refresh_due(sealed_at=content.head.sealed_at, now=clock.now())


def kept_until(manager: SessionManager, session: Session) -> float | None:
    """Until when a browser is to keep the cookie of a permanent session: a courtesy, no more.

    Args:
        manager: whose timeouts apply.
        session: the session.

    Returns:
        Seconds since the epoch; None where the framework's own lifetime says it.
    """
    timeouts = manager.timeouts()
    claims = session._own_claims
    if session._intent.remembers:
        return clock.now() + session._intent.remembers
    lasts = timeouts.lasts(claims)
    if lasts is not None and not begins_anew(session, manager=manager):
        # A proof has its times begin anew.
        begun = clock.now() if session._intent.signs_in else claims.iat
        return begun + lasts
    return clock.now() + timeouts.idle if timeouts.all_slide else None


def lines_of(
    manager: SessionManager,
    session: Session,
    *,
    cookie: Callable[[], CookieAttributes],
    renew: Callable[[], bool],
    expires: Callable[[], int | None],
    surroundings: Callable[[], Surroundings],
) -> list[str]:
    """The lines with which a response keeps or drops a session; none where it stays as it came.

    Args:
        manager: whose settings, keys and stores apply.
        session: an open session.
        cookie: gives the attributes of its cookie.
        renew: says whether its end is moved or its changes are kept.
        expires: gives until when the browser keeps it, in seconds since the epoch, or None.
        surroundings: gives what else the request and the response carry.

    Raises:
        UsageError: a value can't be packed, or the session does not fit a cookie.
        Unavailable: the keys or a store do not answer.
    """
    if not keeps_something(manager, session):
        if is_dropped(session):
            return manager.delete(session, cookie=cookie(), surroundings=surroundings())
        return []
    renewed = renew()
    if not renewed and not manager.must_rewrite(session):
        return []
    # What the framework's getters raise comes in the order in which it always came.
    until = expires()
    return manager.seal(
        session, cookie=cookie(), expires=until, renew=renewed, surroundings=surroundings()
    )


def keeps_something(manager: SessionManager, session: Session) -> bool:
    """Pack what was changed, drop what is not the present owner's, and say whether more is left.

    Args:
        manager: whose settings apply.
        session: an open session.

    Raises:
        UsageError: a value can't be packed.
    """
    content = session._content
    if (
        content is not None
        and session._wires
        and not session._written
        and not session._watched
        and session._intent is NOTHING
        and session._claims is content.claims
    ):
        # A cookie brought what is there, and nothing was asked of it but to be read.
        return True
    manager.settle(session)
    # Values that can't be unpacked here are not the application's to lose.
    return session._holds_something


def is_dropped(session: Session) -> bool:
    """Whether the browser is to drop the cookie of a session that keeps nothing."""
    return session.modified or cast("Arrival", session._origin).spent
