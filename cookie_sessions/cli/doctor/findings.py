"""What the measurements mean for the application's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from cookie_sessions.cli.doctor.fitting import configured, fitting, room, shortcomings
from cookie_sessions.cli.doctor.measurement import Measured
from cookie_sessions.cli.doctor.others import Others
from cookie_sessions.cli.doctor.site import DROPPED
from cookie_sessions.clock import SKEW
from cookie_sessions.cookies import PROFILES, Profile

_PORTABLE = PROFILES["portable"]
_NEARLY: Final = 60
"""Seconds by which clocks may differ before anybody needs to know."""


class Findings(NamedTuple):
    """What is to be told beside the numbers.

    Attributes:
        profiles: that fit, those with the most room first.
        configured: what the application has; None where it did not say.
        notes: what is good to know.
        warnings: what is to be changed.
    """

    profiles: tuple[str, ...]
    configured: str | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


def find(measured: Measured, *, is_encrypted: bool) -> Findings:
    """Judge what was measured.

    Args:
        measured: of the deployment.
        is_encrypted: whether it was asked over TLS.
    """
    profiles = fitting(measured)
    chosen = configured(measured)
    return Findings(
        tuple(each.name for each in profiles),
        None if chosen is None else chosen.name,
        tuple(_notes(measured, profiles, chosen)),
        tuple(_warnings(measured, profiles, chosen, is_encrypted=is_encrypted)),
    )


def crowded(others: Others, profile: Profile) -> str | None:
    """A warning where a browser's cookies leave sessions little room, or None."""
    left = profile.cookie_line - others.octets
    if left < 0:
        return (
            f"The cookies of this browser take {others.octets:,} octets, and the profile "
            f"{profile.name!r} admits {profile.cookie_line:,}: the site may refuse this visitor. "
            f"Have the largest of them set for fewer paths or hosts, or made smaller."
        )
    return None


def _notes(measured: Measured, profiles: list[Profile], chosen: Profile | None) -> Iterator[str]:
    if _NEARLY < abs(measured.ahead or 0) <= SKEW:
        yield f"{_apart(measured)}. Up to {SKEW} seconds are allowed for."
    if chosen is not None and profiles and room(profiles[0]) > room(chosen):
        yield (
            f"The profile {profiles[0].name!r} leaves sessions the most room of those that fit "
            f"here. Set COOKIE_SESSIONS_PROFILE to it if these limits are here to stay."
        )
    if not measured.joints:
        yield (
            "Of two Cookie lines only one arrives. Browsers send one over HTTP/1.1; over HTTP/2 "
            "they may send more, which what stands in front must join by '; '."
        )
    elif {",", ", "} & set(measured.joints) and not measured.application.get("join_by_commas"):
        yield (
            "The server joins two Cookie lines by a comma, which hides the second. Browsers send "
            "one line over HTTP/1.1; over HTTP/2 they may send more, which what stands in front "
            "must join by '; '. COOKIE_SESSIONS_JOIN_BY_COMMAS is for fronts that don't."
        )
    if measured.cookie_line.refusal == DROPPED:
        yield (
            f"Above {measured.cookie_line.passed:,} octets the Cookie header is taken away and the "
            f"request goes on: visitors would be signed out without an error."
        )


def _warnings(
    measured: Measured, profiles: list[Profile], chosen: Profile | None, *, is_encrypted: bool
) -> Iterator[str]:
    apart = _apart(measured)
    if abs(measured.ahead or 0) > SKEW:
        yield (
            f"{apart}, and more than {SKEW} seconds between instances sign visitors out at the one "
            f"that is behind, and end sessions early at the one that is ahead. Have both machines "
            f"keep their time by NTP."
        )
    portable = shortcomings(_PORTABLE, measured)
    if portable:
        yield f"The default profile 'portable' does not fit here: {'; '.join(portable)}." + (
            f" Set COOKIE_SESSIONS_PROFILE to {profiles[0].name!r}."
            if profiles
            else " No profile does: raise the limits of what stands in front."
        )
    broken = [] if chosen is None or chosen == _PORTABLE else shortcomings(chosen, measured)
    if chosen is not None and broken:
        yield (
            f"The application's profile {chosen.name!r} does not fit here: {'; '.join(broken)}. "
            f"Sessions that it admits would be refused on the way. Set COOKIE_SESSIONS_PROFILE to "
            f"one that fits."
        )
    secure = measured.application.get("secure")
    if is_encrypted and secure is False:
        yield (
            "The site has HTTPS, and its session's cookie would also be sent without. Set "
            "SESSION_COOKIE_SECURE to True."
        )
    if not is_encrypted and secure:
        yield (
            "The session's cookie is for HTTPS alone (SESSION_COOKIE_SECURE), and this address is "
            "not: browsers keep no session here, except on localhost."
        )
    commas = {",", ", "} & set(measured.joints)
    if measured.application.get("join_by_commas") and not commas:
        yield (
            "COOKIE_SESSIONS_JOIN_BY_COMMAS is set, and nothing here joins Cookie lines by commas. "
            "Take it out: it lets scripts of a page forge cookies."
        )


def _apart(measured: Measured) -> str:
    ahead = measured.ahead or 0
    where = "ahead of" if ahead > 0 else "behind"
    return f"The application's clock is {abs(ahead):,} seconds {where} this machine's"
