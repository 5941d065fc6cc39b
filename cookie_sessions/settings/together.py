"""Settings that only make sense together, or that exclude one another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.settings.values import LONGEST_WINDOW_DAYS

if TYPE_CHECKING:
    from cookie_sessions.settings.settings import Settings

PREFIX: Final = "COOKIE_SESSIONS_"
"""What every setting's name begins with in a framework's configuration."""


def check_together(settings: Settings) -> None:
    """Refuse what contradicts itself.

    Raises:
        ConfigurationError: two settings don't go together; says which, and what to do.
    """
    _check_window(settings)
    _check_tiers(settings)
    _check_revocations(settings)
    _check_binding(settings)


def _check_window(settings: Settings) -> None:
    if settings.write == "sealed":
        return
    if settings.accept_flask_cookies_until is None:
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and nobody would read what is written: "
            f"{PREFIX}ACCEPT_FLASK_COOKIES_UNTIL is not set. Set it to a date at most "
            f"{LONGEST_WINDOW_DAYS} days ahead, or write 'sealed'."
        )
    if settings.flask_cookies_written_before is not None:
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and {PREFIX}FLASK_COOKIES_WRITTEN_BEFORE refuses what "
            f"is written. Take the latter out of every instance, then write 'flask'."
        )


def _check_tiers(settings: Settings) -> None:
    both = sorted({*settings.hot} & {*settings.cold})
    if both:
        raise ConfigurationError(
            f"{PREFIX}HOT and {PREFIX}COLD both name {both[0]!r}. A value is either never in "
            f"the store or always: take it out of one of them."
        )
    if settings.cold and settings.overflow is None:
        raise ConfigurationError(
            f"{PREFIX}COLD names keys for the overflow store, and there is none. Set "
            f"{PREFIX}OVERFLOW to its URL."
        )
    if settings.subject_key in settings.cold:
        raise ConfigurationError(
            f"{PREFIX}COLD names {settings.subject_key!r}, which says whose session it is and must "
            f"be known wherever the session is opened. Take it out of {PREFIX}COLD."
        )


def _check_revocations(settings: Settings) -> None:
    if settings.revocations is None:
        if settings.register:
            raise ConfigurationError(
                f"{PREFIX}REGISTER needs a store, and there is none. Set {PREFIX}REVOCATIONS "
                f"to its URL."
            )
        return
    if settings.write == "flask":
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and Flask's own cookies have no room for what "
            f"{PREFIX}REVOCATIONS needs. Set it once every instance writes sealed cookies."
        )
    if not settings.revocations_are_a_snapshot:
        return
    for name in ("index_key", "snapshot_keys"):
        if getattr(settings, name) is None:
            raise ConfigurationError(
                f"{PREFIX}REVOCATIONS is a snapshot, and {PREFIX}{name.upper()} is not set. "
                f'docs/revocation.md, "Snapshots", says where it comes from.'
            )
    if settings.register:
        raise ConfigurationError(
            f"{PREFIX}REGISTER needs a store that can be written, and {PREFIX}REVOCATIONS is a "
            f"snapshot. Take one of them out."
        )
    if not settings.unsafe_logout_keeps_copies:
        raise ConfigurationError(
            f"{PREFIX}REVOCATIONS is a snapshot, which can only be read: signing out here would "
            f"leave every copied cookie alive until its end. Name a store instead, or accept "
            f"that with {PREFIX}UNSAFE_LOGOUT_KEEPS_COPIES = True."
        )


def _check_binding(settings: Settings) -> None:
    if settings.binding is None:
        for name in ("binding_verdicts", "fingerprint_header"):
            if getattr(settings, name):
                raise ConfigurationError(
                    f"{PREFIX}{name.upper()} says how sessions are bound, and they are bound to "
                    f"nothing. Set {PREFIX}BINDING, such as to 'standard', or take it out."
                )
        return
    if settings.write == "flask":
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and Flask's own cookies have no room for what "
            f"{PREFIX}BINDING needs. Set it once every instance writes sealed cookies."
        )
    from cookie_sessions.policy.binding import STANDARD

    # The standard weighs a fingerprint where there is one; who names it means to have one.
    asked = settings.binding != STANDARD and "fingerprint" in dict(settings.binding)
    if asked and settings.fingerprint_header is None:
        raise ConfigurationError(
            f"{PREFIX}BINDING names the fingerprint, and nothing says where it is. Set "
            f"{PREFIX}FINGERPRINT_HEADER to the header in which your proxy puts it."
        )
