"""Whether a request comes from whom it seems to."""

from __future__ import annotations

from cookie_sessions.cli.doctor.deployment import Deployment, Finding, note, ok, warning
from cookie_sessions.cli.times import moment
from cookie_sessions.policy.binding import STANDARD
from cookie_sessions.settings import PREFIX

_PLAIN = "http:"


def csrf(deployment: Deployment) -> Finding | None:
    """Whether requests that other sites had sent are refused."""
    if not deployment.is_sealed:
        return None
    if deployment.csrf:
        by = "Flask-WTF" if deployment.csrf == "flask_wtf" else "CookieSessions"
        return ok(f"Requests that change something and were forged are refused (by {by}).")
    if not deployment.is_flask:
        return note(
            "Whether forged requests are refused can't be seen from here. Have the application "
            "compare where those come from that change something, and that open a WebSocket, with "
            'cookie_sessions.csrf.origin_verdict (docs/middleware.md, "Forged requests").'
        )
    return warning(
        "Nothing tells requests that another site had sent from those of the application's own "
        "pages: neither CookieSessions(app, csrf=True) nor Flask-WTF's CSRFProtect is in use. "
        "Use one of them. If each request that changes something needs a CORS preflight, as with "
        "JSON alone, accept this finding (--accept csrf)."
    )


def binding(deployment: Deployment) -> Finding | None:
    """Whether a copied session is recognised in another client."""
    if not deployment.is_sealed:
        return None
    weights = deployment.settings.binding
    if weights is not None:
        names = [name for name, _ in weights]
        if deployment.settings.fingerprint_header is None:
            names = [name for name in names if name != "fingerprint"]
        return ok(f"Sessions are bound to their client: {', '.join(names)}.")
    return note(
        f"Sessions are bound to nothing of their client, so a copied one is as good in any other. "
        f"Set {PREFIX}BINDING = 'standard'."
    )


def proxy(deployment: Deployment) -> Finding | None:
    """Whether what sessions are bound to is the client's and not the proxy's, or made up."""
    settings = deployment.settings
    header = settings.fingerprint_header
    asks_network = settings.binding not in (None, STANDARD) and "network" in dict(
        settings.binding or ()
    )
    if header is None and not asks_network:
        return None
    if deployment.has_proxy_fix:
        return ok("What sessions are bound to comes by a proxy that the application believes.")
    bound = f"the header {header}, which any client can send" if header else "addresses"
    return note(
        f"Sessions are bound to {bound}, and no ProxyFix says that there is a proxy. Without one "
        f"that removes the header from what clients send, a copy comes with the owner's; behind "
        f"one, all addresses are the proxy's. Use werkzeug.middleware.proxy_fix.ProxyFix with the "
        f"number of proxies (WSGI), or see that the server itself believes them, and nobody else."
    )


def handoff(deployment: Deployment) -> Finding | None:
    """Whether users are handed over by HTTPS."""
    settings = deployment.settings
    urls = [*settings.handoff_targets, *settings.handoff_sources, settings.handoff_origin or ""]
    if not any(urls):
        return None
    plain = [url for url in urls if url.startswith(_PLAIN)]
    if not plain:
        return ok("Users are handed over by HTTPS, to origins that are named.")
    return warning(
        f"Users are handed over by plain HTTP: {', '.join(plain)}. That is for development. Name "
        f"https URLs in {PREFIX}HANDOFF_ORIGIN, {PREFIX}HANDOFF_TARGETS and "
        f"{PREFIX}HANDOFF_SOURCES."
    )


def probe(deployment: Deployment) -> Finding | None:
    """Whether somebody can ask the application for what the doctor measures with."""
    grant = deployment.settings.probe
    if grant is None:
        return None
    if grant.ends <= deployment.now:
        return note(f"The doctor's probe has ended ({moment(grant.ends)}). Take {PREFIX}PROBE out.")
    return warning(
        f"The doctor's probe is open until {moment(grant.ends)}: whoever has its token can ask for "
        f"large answers and learn three settings. Take {PREFIX}PROBE out when it has measured."
    )


def header(deployment: Deployment) -> Finding | None:
    """Whether sessions come where no browser looks after them."""
    if not deployment.settings.header:
        return None
    return note(
        f"Sessions may come in the Authorization header: whoever has one is its bearer, and no "
        f"attribute of a cookie looks after it. Keep that header and Session-Token out of the logs "
        f"of servers and proxies. If all clients are browsers, take {PREFIX}HEADER out."
    )
