"""Whether what ends a session ends all copies of it."""

from __future__ import annotations

from typing import Final

from cookie_sessions.cli.doctor.checks.stores import answering
from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok, warning
from cookie_sessions.cli.times import duration
from cookie_sessions.settings import PREFIX

_LONG_STALENESS: Final = 60
"""Seconds after which somebody who was signed out has had time to do something."""


def interface(deployment: Deployment) -> Finding:
    """Whether the sessions are ours at all."""
    if deployment.is_sealed:
        return ok("The application's sessions are sealed.")
    return warning(
        f"The application's session interface is {deployment.interface}, and none of these "
        f"settings concerns it. Call CookieSessions(app)."
    )


def has_list(deployment: Deployment) -> Finding:
    """Whether signing out ends a session, and not only the cookie of one browser."""
    if deployment.settings.revocations is not None:
        return ok("There is a list of ended sessions.")
    return warning(
        f"There is no list of ended sessions: signing out takes the cookie from one browser, and a "
        f"copy of it counts until its end. Set {PREFIX}REVOCATIONS to the URL of "
        f"a store, such as sqlite:/var/lib/app/revocations.db."
    )


def list_is_written(deployment: Deployment) -> Finding | None:
    """Whether what ends here ends everywhere."""
    if deployment.settings.revocations is None:
        return None
    if not deployment.settings.revocations_are_a_snapshot:
        return ok(
            f"Signing out here ends a session that belongs to somebody (Flask-Login, "
            f"session.subject, or {PREFIX}SUBJECT_KEY), also where its cookie was copied to."
        )
    return warning(
        f"The list is a snapshot, which can only be read: signing out here ends no copied "
        f"cookie. Have the application that signs people out name the store in "
        f"{PREFIX}REVOCATIONS."
    )


def list_answers(deployment: Deployment) -> Finding | None:
    """Whether the list can be used from here."""
    return answering(
        deployment.revocations,
        store="The list's store",
        file="The list's file",
        maker="request that uses a session",
    )


def list_keeps(deployment: Deployment) -> Finding | None:
    """Whether the list is one for all processes, and loses nothing."""
    health = deployment.revocations
    if health is None or not health.answers or health.fault:
        return None
    if health.warnings:
        return warning(f"The list's store {health.name}: {'; '.join(health.warnings)}.")
    if health.notes:
        return note(
            f"All processes see that list. Its store {health.name}: {'; '.join(health.notes)}."
        )
    if health.policy is not None:
        return ok(
            "All processes see that list, and its Redis has each entry on its disk before it "
            "counts. Where a replica takes over, the last ones may be lost."
        )
    return ok("All processes see that list, and its store drops nothing that it was given.")


def staleness(deployment: Deployment) -> Finding | None:
    """How soon a revocation counts in other processes."""
    settings = deployment.settings
    if settings.revocations is None or settings.revocations_are_a_snapshot:
        return None
    seconds = settings.revocations_staleness
    if seconds > _LONG_STALENESS:
        return warning(
            f"Whoever is signed out in one process is still signed in in the others for up to "
            f"{duration(seconds)}. Set {PREFIX}REVOCATIONS_STALENESS to a few seconds (default 2)."
        )
    return ok(f"What ends counts in every process within {seconds:g} s.")


def when_down(deployment: Deployment) -> Finding | None:
    """What becomes of requests while the list can't be asked."""
    settings = deployment.settings
    if settings.revocations is None:
        return None
    if settings.revocations_down == "accept":
        return warning(
            f"While the list can't be asked, ended sessions count again "
            f"({PREFIX}REVOCATIONS_DOWN is 'accept'), and whoever can disturb it can bring that "
            f"about. Set it to 'refuse', or alarm on the event unchecked."
        )
    return ok("While the list can't be asked, no session is accepted unchecked.")


def subject(deployment: Deployment) -> Finding | None:
    """Whether anything says whose a session is."""
    if deployment.settings.revocations is None:
        return None
    if deployment.has_login or deployment.names_subject:
        key = deployment.settings.subject_key
        return ok(f"The session's key {key!r} says whose it is, so all of a user's can be ended.")
    if not deployment.is_flask:
        return warning(
            f"Nothing in the configuration says whose a session is. Unless the application sets "
            f"session.subject, all sessions are nobody's: signing out ends no copy of a cookie, "
            f"and nobody can be signed out everywhere. If it does, accept this finding (--accept "
            f"subject); else set {PREFIX}SUBJECT_KEY to the session key that names the user."
        )
    return warning(
        f"Nothing in the configuration says whose a session is: Flask-Login is not in use, and "
        f"{PREFIX}SUBJECT_KEY is not set. Unless views set session.subject, all sessions are "
        f"nobody's: signing out ends no copy of a cookie, and nobody can be signed out "
        f"everywhere. Set {PREFIX}SUBJECT_KEY to the session key that names the "
        f"user. If views set session.subject, set it to its default, "
        f"{deployment.settings.subject_key!r}, and this is not asked again."
    )


def remember_cookies(deployment: Deployment) -> Finding | None:
    """Whether Flask-Login's remember cookies end with the sessions."""
    if not deployment.has_login:
        return None
    if not deployment.plain_users:
        return note(
            "No user class takes get_id() from Flask-Login's UserMixin. Whether what theirs gives "
            "changes with the password can't be seen from here: if it does not, a remember cookie "
            "(login_user(remember=True)) signs its bearer in again after every revocation. See "
            "that it does."
        )
    names = ", ".join(deployment.plain_users)
    return note(
        f"{names}: get_id() is that of Flask-Login's UserMixin. If the application calls "
        f"login_user(remember=True), which can't be seen from here, the remember cookie signs its "
        f"bearer in again after every revocation, a change of the password included. Then let "
        f"get_id() return an alternative id that changes with the password, or remember the "
        f"session itself instead: {PREFIX}REMEMBER_TIMEOUT and session.remember()."
    )


def register(deployment: Deployment) -> Finding:
    """Whether users can see where they are signed in."""
    settings = deployment.settings
    if settings.register:
        return ok("Users can be shown where they are signed in, and end each of those sessions.")
    needs = ""
    if settings.revocations is None or settings.revocations_are_a_snapshot:
        needs = f", which needs the URL of a store in {PREFIX}REVOCATIONS"
    return note(
        f"There is no register of who is signed in where, so users can't see their sessions or end "
        f"one of them. Set {PREFIX}REGISTER = True{needs}."
    )
