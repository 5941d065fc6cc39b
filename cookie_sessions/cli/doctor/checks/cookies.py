"""Whether the session's cookie is kept where it belongs."""

from __future__ import annotations

from datetime import UTC, datetime

from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok, warning
from cookie_sessions.cookies import is_prefixed
from cookie_sessions.cookies.names import HOST_PREFIX
from cookie_sessions.settings import PREFIX


def secure(deployment: Deployment) -> Finding | None:
    """Whether the cookie goes over HTTPS alone."""
    cookie = deployment.cookie
    if cookie is None:
        return None
    if cookie.secure or cookie.partitioned:
        return ok("Browsers send the cookie over HTTPS alone (Secure).")
    return warning(
        f"The cookie has no Secure attribute, so browsers send it over plain HTTP too, where "
        f"everybody on the way can copy it. Set {PREFIX}COOKIE_PREFIX = 'host', or "
        f"SESSION_COOKIE_SECURE = True."
    )


def host_prefix(deployment: Deployment) -> Finding | None:
    """Whether a neighbour, or plain HTTP, can plant a cookie."""
    cookie = deployment.cookie
    if cookie is None:
        return None
    if is_prefixed(cookie.name, HOST_PREFIX):
        return ok(f"Nobody but this host can set the cookie {cookie.name}.")
    if cookie.domain is not None:
        told = (
            f"The cookie is shared with other hosts (SESSION_COOKIE_DOMAIN), each of which can "
            f"read and replace it. Where that is not needed, take the domain out and set "
            f"{PREFIX}COOKIE_PREFIX = 'host'"
        )
        if is_prefixed(cookie.name):
            return note(f"{told}.")
        return warning(f"{told}; where it is, set it to 'secure'.")
    return warning(
        f"The cookie's name does not begin with __Host-, so a sibling subdomain, or a page over "
        f"plain HTTP, can plant one of that name. Set {PREFIX}COOKIE_PREFIX = 'host', and "
        f"{PREFIX}PREVIOUS_NAMES so that nobody is signed out by the change."
    )


def previous_names(deployment: Deployment) -> Finding | None:
    """Whether a former name gives up what the prefix of the present one is for."""
    cookie, names = deployment.cookie, deployment.settings.previous_names
    if cookie is None or not is_prefixed(cookie.name):
        return None
    weaker = [(name, until) for name, until in names if not is_prefixed(name)]
    if not weaker:
        return ok("No cookie is read whose name is without a prefix.")
    told = " and ".join(
        f"{name} (until {datetime.fromtimestamp(until, UTC):%Y-%m-%d %H:%M}Z)"
        for name, until in weaker
    )
    return note(
        f"Cookies of a former name without a prefix are still read: {told}. Whoever can plant one "
        f"has it taken by visitors who have no other. Take the name out of "
        f"{PREFIX}PREVIOUS_NAMES once the sessions of before have ended."
    )


def join_by_commas(deployment: Deployment) -> Finding | None:
    """Whether scripts can forge a cookie's name."""
    if not deployment.settings.join_by_commas:
        return None
    return note(
        f"Cookie lines that were joined by commas are taken apart, so a script of a page, or a "
        f"neighbour, can put any cookie of ours into the value of another, and no __Host- name can "
        f"be used. Have the server join them by '; ' (RFC 9113, section 8.2.3), and take "
        f"{PREFIX}JOIN_BY_COMMAS out."
    )


def samesite(deployment: Deployment) -> Finding | None:
    """Whether browsers send the cookie along with requests of other sites."""
    cookie = deployment.cookie
    if cookie is None:
        return None
    value = (cookie.samesite or "").capitalize()
    if value in ("Lax", "Strict"):
        return ok(f"Browsers keep the cookie from most requests of other sites (SameSite={value}).")
    fix = "Set SESSION_COOKIE_SAMESITE to 'Lax', unless other sites have to send it"
    if not value:
        return warning(
            f"The cookie has no SameSite attribute, and what that means depends on the browser. "
            f"{fix}: then to 'None'."
        )
    if deployment.csrf:
        return note(
            f"Browsers send the cookie along with requests of other sites (SameSite=None), and "
            f"only the check of requests stops forged ones. {fix}."
        )
    return warning(
        f"Browsers send the cookie along with requests of other sites (SameSite=None), and nothing "
        f"tells forged ones from others. {fix}, and "
        + (
            "use CookieSessions(app, csrf=True)."
            if deployment.is_flask
            else 'compare where requests come from (docs/middleware.md, "Forged requests").'
        )
    )


def named_cookies(deployment: Deployment) -> Finding | None:
    """Whether browsers keep the cookies of further sessions from other sites."""
    if not deployment.named:
        return None
    sent = [each.name for each in deployment.named if (each.samesite or "").lower() == "none"]
    if not sent:
        names = ", ".join(each.name for each in deployment.named)
        return ok(f"Browsers keep the cookies of further sessions from other sites: {names}.")
    told = (
        f"Browsers send the cookies of further sessions along with requests of other sites "
        f"(samesite='None'): {', '.join(sent)}. Make those sessions with samesite='Strict'"
    )
    if deployment.csrf:
        return note(f"{told}; only the check of requests stops forged ones.")
    return warning(f"{told}, and use CookieSessions(app, csrf=True).")


def httponly(deployment: Deployment) -> Finding | None:
    """Whether scripts can read the cookie."""
    if deployment.cookie is None:
        return None
    if deployment.cookie.httponly:
        return ok("Scripts can't read the cookie (HttpOnly).")
    return warning(
        "Every script of a page can read the cookie and send it elsewhere. Take "
        "SESSION_COOKIE_HTTPONLY = False out."
    )
