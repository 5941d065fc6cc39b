"""What an application's configuration means for its sessions: one small pure function a check."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.cli.times import duration
from cookie_sessions.settings import PREFIX, Settings

_LONG_STALENESS: Final = 60
"""Seconds after which somebody who was signed out has had time to do something."""


class Level(enum.StrEnum):
    """How much a finding matters."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


class Finding(NamedTuple):
    """What one check says.

    Attributes:
        level: how much it matters.
        text: for people: what is so, what follows, what to do.
    """

    level: Level
    text: str


class Deployment(NamedTuple):
    """What is known of an application.

    Attributes:
        interface: the name of what keeps its sessions.
        is_sealed: whether that is ours.
        settings: ours.
        names_subject: whether the setting SUBJECT_KEY is its own.
        revocations: the store of its list; None where there is none, and for a snapshot.
        has_login: whether it has a manager of Flask-Login.
        plain_users: its user classes that take get_id() from Flask-Login's UserMixin.
    """

    interface: str
    is_sealed: bool
    settings: Settings
    names_subject: bool
    revocations: StoreHealth | None
    has_login: bool
    plain_users: tuple[str, ...]


Check = Callable[[Deployment], Finding | None]
"""Says what it found, or None where it has nothing to look at."""


def interface(deployment: Deployment) -> Finding:
    """Whether the sessions are ours at all."""
    if deployment.is_sealed:
        return _ok("The application's sessions are sealed.")
    return _warning(
        f"The application's session interface is {deployment.interface}, and none of these "
        f"settings concerns it. Call CookieSessions(app)."
    )


def has_list(deployment: Deployment) -> Finding:
    """Whether signing out ends a session, and not only the cookie of one browser."""
    if deployment.settings.revocations is not None:
        return _ok("There is a list of ended sessions.")
    return _warning(
        f"There is no list of ended sessions: signing out takes the cookie from one browser, and a "
        f"copy of it counts until its end (ASVS 5.0, 7.4.1). Set {PREFIX}REVOCATIONS to the URL of "
        f"a store, such as sqlite:/var/lib/app/revocations.db."
    )


def list_is_written(deployment: Deployment) -> Finding | None:
    """Whether what ends here ends everywhere."""
    if deployment.settings.revocations is None:
        return None
    if not deployment.settings.revocations_are_a_snapshot:
        return _ok(
            f"Signing out here ends a session that belongs to somebody (Flask-Login, "
            f"session.subject, or {PREFIX}SUBJECT_KEY), also where its cookie was copied to."
        )
    return _warning(
        f"The list is a snapshot, which can only be read: signing out here ends no copied cookie "
        f"(ASVS 5.0, 7.4.1). Have the application that signs people out name the store in "
        f"{PREFIX}REVOCATIONS."
    )


def list_answers(deployment: Deployment) -> Finding | None:
    """Whether the list can be used from here."""
    health = deployment.revocations
    if health is None:
        return None
    if health.fault:
        return Finding(Level.ERROR, health.fault)
    if health.is_absent:
        return _note(
            f"The list's file is not there yet ({health.name}), and was not made to try it out. "
            f"The first request that uses a session makes it."
        )
    return _ok(f"The list's store {health.name} answers.")


def list_keeps(deployment: Deployment) -> Finding | None:
    """Whether the list is one for all processes, and loses nothing."""
    health = deployment.revocations
    if health is None or not health.answers or health.fault:
        return None
    if health.warnings:
        return _warning(f"The list's store {health.name}: {'; '.join(health.warnings)}.")
    if health.notes:
        return _note(
            f"All processes see that list. Its store {health.name}: {'; '.join(health.notes)}."
        )
    if health.policy is not None:
        return _ok(
            "All processes see that list, and its Redis has each entry on its disk before it "
            "counts. Where a replica takes over, the last ones may be lost."
        )
    return _ok("All processes see that list, and its store drops nothing that it was given.")


def staleness(deployment: Deployment) -> Finding | None:
    """How soon a revocation counts in other processes."""
    settings = deployment.settings
    if settings.revocations is None or settings.revocations_are_a_snapshot:
        return None
    seconds = settings.revocations_staleness
    if seconds > _LONG_STALENESS:
        return _warning(
            f"Whoever is signed out in one process is still signed in in the others for up to "
            f"{duration(seconds)}. Set {PREFIX}REVOCATIONS_STALENESS to a few seconds (default 2)."
        )
    return _ok(f"What ends counts in every process within {seconds:g} s.")


def when_down(deployment: Deployment) -> Finding | None:
    """What becomes of requests while the list can't be asked."""
    settings = deployment.settings
    if settings.revocations is None:
        return None
    if settings.revocations_down == "accept":
        return _warning(
            f"While the list can't be asked, ended sessions count again "
            f"({PREFIX}REVOCATIONS_DOWN is 'accept'), and whoever can disturb it can bring that "
            f"about. Set it to 'refuse', or alarm on the event unchecked."
        )
    return _ok("While the list can't be asked, no session is accepted unchecked.")


def subject(deployment: Deployment) -> Finding | None:
    """Whether anything says whose a session is."""
    if deployment.settings.revocations is None:
        return None
    if deployment.has_login or deployment.names_subject:
        key = deployment.settings.subject_key
        return _ok(f"The session's key {key!r} says whose it is, so all of a user's can be ended.")
    return _warning(
        f"Nothing in the configuration says whose a session is: Flask-Login is not in use, and "
        f"{PREFIX}SUBJECT_KEY is not set. Unless views set session.subject, all sessions are "
        f"nobody's: signing out ends no copy of a cookie, and nobody can be signed out everywhere "
        f"(ASVS 5.0, 7.4.1 to 7.4.3). Set {PREFIX}SUBJECT_KEY to the session key that names the "
        f"user. If views set session.subject, set it to its default, "
        f"{deployment.settings.subject_key!r}, and this is not asked again."
    )


def remember_cookies(deployment: Deployment) -> Finding | None:
    """Whether Flask-Login's remember cookies end with the sessions."""
    if not deployment.has_login:
        return None
    if not deployment.plain_users:
        return _note(
            "No user class takes get_id() from Flask-Login's UserMixin. Whether what theirs gives "
            "changes with the password can't be seen from here: if it does not, a remember cookie "
            "(login_user(remember=True)) signs its bearer in again after every revocation."
        )
    names = ", ".join(deployment.plain_users)
    return _note(
        f"{names}: get_id() is that of Flask-Login's UserMixin. If the application calls "
        f"login_user(remember=True), which can't be seen from here, the remember cookie signs its "
        f"bearer in again after every revocation, a change of the password included (ASVS 5.0, "
        f"7.4.3). Then let get_id() return an alternative id that changes with the password, or "
        f"use a longer PERMANENT_SESSION_LIFETIME instead."
    )


def absolute_timeout(deployment: Deployment) -> Finding:
    """Whether a session that is used ends at all."""
    seconds = deployment.settings.absolute_timeout
    if seconds is not None:
        return _ok(f"A session ends {duration(seconds)} after it began, whatever happens.")
    return _note(
        f"A session that is used never ends, and so does a stolen one (ASVS 5.0, 7.3.2). "
        f"{PREFIX}ABSOLUTE_TIMEOUT sets an end."
    )


CHECKS: Final[tuple[Check, ...]] = (
    interface,
    has_list,
    list_is_written,
    list_answers,
    list_keeps,
    staleness,
    when_down,
    subject,
    remember_cookies,
    absolute_timeout,
)


def check(deployment: Deployment, checks: Iterable[Check] = CHECKS) -> list[tuple[str, Finding]]:
    """Run checks.

    Args:
        deployment: what is known of the application.
        checks: which.

    Returns:
        Pairs of a check's name and what it found, in their order.
    """
    found = ((each.__name__, each(deployment)) for each in checks)
    return [(name, finding) for name, finding in found if finding is not None]


def plain_users(mixin: type) -> tuple[str, ...]:
    """The classes whose ``get_id`` is that of Flask-Login's UserMixin.

    A class from which others only derive to give it one is none of them.

    Args:
        mixin: UserMixin.
    """
    found = _plain(mixin.__subclasses__(), getattr(mixin, "get_id", None))
    return tuple(sorted({f"{each.__module__}.{each.__qualname__}" for each in found}))


def _plain(classes: Iterable[type], get_id: object) -> Iterator[type]:
    for each in classes:
        derived: list[type] = each.__subclasses__()
        found = list(_plain(derived, get_id))
        if getattr(each, "get_id", None) is get_id and (found or not derived):
            yield each
        yield from found


def _ok(text: str) -> Finding:
    return Finding(Level.OK, text)


def _note(text: str) -> Finding:
    return Finding(Level.NOTE, text)


def _warning(text: str) -> Finding:
    return Finding(Level.WARNING, text)
