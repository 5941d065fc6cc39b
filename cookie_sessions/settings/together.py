"""Settings that only make sense together, or that exclude one another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.policy.levels import LEVELS
from cookie_sessions.settings.settings import PREFIX
from cookie_sessions.settings.values import LONGEST_WINDOW_DAYS

if TYPE_CHECKING:
    from cookie_sessions.settings.settings import Settings

"""What every setting's name begins with in a framework's configuration."""


def check_together(settings: Settings) -> None:
    """Refuse what contradicts itself.

    Raises:
        ConfigurationError: two settings don't go together; says which, and what to do.
    """
    _check_timeouts(settings)
    _check_window(settings)
    _check_tiers(settings)
    _check_revocations(settings)
    _check_handoff(settings)
    _check_binding(settings)
    if settings.csrf:
        check_csrf(settings)


def check_csrf(settings: Settings) -> None:
    """Refuse what tokens against forged requests can't be made with; for whoever turns them on.

    Raises:
        ConfigurationError: sessions are written in a form that has no id.
    """
    if settings.write == "flask":
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and Flask's own cookies have no room for the id that "
            f"tokens against forged requests are made of. Turn {PREFIX}CSRF and csrf=True on once "
            f"every instance writes sealed cookies."
        )


def _check_timeouts(settings: Settings) -> None:
    remember, absolute = settings.remember_timeout, settings.absolute_timeout
    level = LEVELS.get(settings.timeouts)
    if remember is not None and level is not None and level.idle < level.absolute:
        raise ConfigurationError(
            f"{PREFIX}REMEMBER_TIMEOUT has sessions live unused, and {settings.timeouts.upper()} "
            f"of NIST SP 800-63B-4 ends them after {level.idle} seconds without activity. Take it "
            f"out, or name another level in {PREFIX}TIMEOUTS."
        )
    others = [absolute and absolute + 1, settings.idle_timeout, level and level.absolute]
    if remember is not None and remember < next(filter(None, others), 0):
        raise ConfigurationError(
            f"{PREFIX}REMEMBER_TIMEOUT is not longer than what other settings let a session live, "
            f"so remembering one would shorten it. Make it longer, or take it out."
        )
    if level is None:
        return
    for name, allowed in (
        ("idle_timeout", level.idle),
        ("absolute_timeout", level.absolute),
        ("remember_timeout", level.absolute),
    ):
        if (getattr(settings, name) or 0) > allowed:
            raise ConfigurationError(
                f"{PREFIX}{name.upper()} is longer than the {allowed} seconds that "
                f"{settings.timeouts.upper()} of NIST SP 800-63B-4 allows. Shorten it, or name "
                f"another level in {PREFIX}TIMEOUTS."
            )


def _check_window(settings: Settings) -> None:
    if settings.write == "sealed":
        return
    if settings.remember_timeout is not None:
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and Flask's own cookies can't say that a session is "
            f"remembered. Set {PREFIX}REMEMBER_TIMEOUT once every instance writes sealed cookies."
        )
    if settings.accept_flask_cookies_until is None:
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and nobody would read what is written: "
            f"{PREFIX}ACCEPT_FLASK_COOKIES_UNTIL is not set. Set it to a date at most "
            f"{LONGEST_WINDOW_DAYS} days ahead, or write 'sealed'."
        )
    if settings.header:
        raise ConfigurationError(
            f"{PREFIX}WRITE is 'flask', and {PREFIX}HEADER lets sessions come in a header, where "
            f"instances that know nothing but Flask's own cookies don't look. Turn it on once "
            f"every instance writes sealed cookies."
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


def _check_handoff(settings: Settings) -> None:
    if not (settings.handoff_sources or settings.handoff_targets):
        return
    if settings.handoff_origin is None:
        raise ConfigurationError(
            f"{PREFIX}HANDOFF_SOURCES or {PREFIX}HANDOFF_TARGETS is set, and "
            f"{PREFIX}HANDOFF_ORIGIN is not: what is handed over is bound to origins, and none is "
            f"taken from a request. Set it to this application's own, such as "
            f"'https://shop.example.org'."
        )
    if not settings.handoff_sources:
        return
    if settings.revocations is None or settings.revocations_are_a_snapshot:
        raise ConfigurationError(
            f"{PREFIX}HANDOFF_SOURCES is set, and there is no store that remembers which hand-offs "
            f"were used, so each could be used again. Set {PREFIX}REVOCATIONS to the URL of a "
            f"store that can be written."
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
