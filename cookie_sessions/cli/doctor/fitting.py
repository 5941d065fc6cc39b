"""Which profiles a deployment fits, by what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cookie_sessions.cli.doctor.measurement import Measured
from cookie_sessions.cookies import LIMIT, MAX_COOKIES, PROFILES, Profile, profile_of
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.probe import MAX_OCTETS

_LINE_AND_COOKIE: Final = 266
"""What a profile keeps free in a request: for its line, a Referer, and the Cookie line's name."""

_BROWSER: Final = 600
_PAGE: Final = 600
"""What a browser's other headers take, and a page's: only the order of profiles depends on it."""

_ATTRIBUTES: Final = 128


def shortcomings(profile: Profile, measured: Measured) -> list[str]:
    """What the profile would have a session do and the deployment does not let through.

    Limits above what was asked for count as met by all of it. A profile without a limit of some
    kind needs as much as its longest session can take.

    Args:
        profile: the limits.
        measured: of the deployment.

    Returns:
        A phrase for each; empty where the profile fits.
    """
    return [
        f"{what}: {passed:,} passed, it admits {needed:,}"
        for what, passed, needed in _comparisons(profile, measured)
        if passed < min(needed, MAX_OCTETS)
    ]


def fitting(measured: Measured) -> list[Profile]:
    """The profiles that fit, those that leave a session the most room first."""
    found = [each for each in PROFILES.values() if not shortcomings(each, measured)]
    return sorted(found, key=room, reverse=True)


def room(profile: Profile) -> int:
    """Roughly how many octets of cookies a session may have, beside usual headers."""
    limits = [profile.cookie_line, MAX_COOKIES * LIMIT]
    if profile.request is not None:
        limits.append(profile.request - _LINE_AND_COOKIE - _BROWSER)
    if profile.set_cookies is not None:
        limits.append(profile.set_cookies)
    if profile.response is not None:
        limits.append(profile.response - _PAGE)
    return min(limits)


def configured(measured: Measured) -> Profile | None:
    """The profile that the application said it has; None where it said none that is known here."""
    name = measured.application.get("profile")
    if not isinstance(name, str):
        return None
    try:
        return profile_of(name.split("+"))
    except ConfigurationError:
        return None


def _comparisons(profile: Profile, measured: Measured) -> Iterator[tuple[str, int, int]]:
    line = profile.cookie_line
    if profile.request is not None:
        yield "a whole request", measured.request.passed, profile.request
        line = min(line, profile.request - measured.own - _LINE_AND_COOKIE)
    yield "one Cookie line", measured.cookie_line.passed, line
    if profile.response is not None:
        yield "all headers of a response", measured.response, profile.response
    if profile.set_cookies is not None:
        yield "all Set-Cookie lines", measured.set_cookies.passed, profile.set_cookies
    elif profile.response is None:
        most = MAX_COOKIES * LIMIT
        needed = min(most, profile.cookie_line + MAX_COOKIES * _ATTRIBUTES)
        yield "all Set-Cookie lines", measured.set_cookies.passed, needed
    if profile.response is None or profile.response > LIMIT:
        yield "one Set-Cookie line", measured.set_cookie.passed, LIMIT
