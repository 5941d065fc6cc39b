"""Handing a signed-in user over to another domain: three calls, each for one view of yours.

The target's view that begins returns :func:`start`; the source's view returns :func:`send` for a
user who is signed in; the target's view for POST calls :func:`redeem` and signs in whom it gets.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Response, after_this_request, current_app, redirect, request
from markupsafe import escape
from werkzeug.exceptions import BadRequest, Forbidden

from cookie_sessions import clock
from cookie_sessions.cookies import CookieAttributes, find
from cookie_sessions.errors import ConfigurationError, Rejected, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.flask.session import unavailable_as_503
from cookie_sessions.flask.state import AppState
from cookie_sessions.handoff import (
    VISIT_SECONDS,
    HandedOff,
    HandoffRefused,
    is_visit,
    new_nonce,
    open_handoff,
    origin_of,
    seal_handoff,
    visit_of,
)
from cookie_sessions.settings import PREFIX, Settings

FIELD: Final = "handoff"
"""The form's one field."""

MAX_FORM_OCTETS: Final = 16_384

_SCRIPT: Final = "document.forms[0].submit()"
_SCRIPT_HASH: Final = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode("ascii")


def start(source: str | None = None) -> Response:
    """At the target: send the visitor to a source, and have the browser know that it was asked for.

    Args:
        source: the origin of one of COOKIE_SESSIONS_HANDOFF_SOURCES; may be left out where there
            is only one.

    Returns:
        The response of the view: a redirect that sets a cookie of ten minutes.

    Raises:
        ConfigurationError: no sources are set.
        UsageError: it is none of them.
    """
    settings = _settings(sources=True)
    target = _own_origin(settings)
    url = _source_url(settings, source)
    nonce = new_nonce(now=clock.now())
    visit = visit_of(nonce, source=origin_of(url), target=target)
    response = redirect(f"{url}?{urlencode({'target': target, 'visit': visit})}", 303)
    cookie = _cookie(target)
    response.headers.add("Set-Cookie", cookie.render(nonce, max_age=VISIT_SECONDS))
    return _unseen(response)  # type: ignore[arg-type]


def send(
    subject: str, *, claims: Mapping[str, Any] | None = None, automatic: bool = False
) -> Response:
    """At the source: have the browser take to the target who is signed in here.

    To be called in the view that the target sends visitors to, once it is known who they are.

    Args:
        subject: what the target knows them by.
        claims: what else it is to be told: text, numbers, booleans and None by text.
        automatic: whether the page's form sends itself; otherwise the visitor presses its button,
            and sees where it leads.

    Returns:
        The response of the view: a page with a form, which no cache keeps.

    Raises:
        BadRequest: the request names no target, or one that is not trusted.
        UsageError: the subject or the claims can't be handed over.
        ConfigurationError: no targets are set.
    """
    settings = _settings(sources=False)
    urls = {origin_of(url): url for url in settings.handoff_targets}
    target, visit = _one_argument("target"), _one_argument("visit")
    if target not in urls:
        _tell_refusal("unknown_target")
        raise BadRequest("This page does not lead to where you came from.")
    if not is_visit(visit):
        _tell_refusal("malformed")
        raise BadRequest("The address of this page is not whole. Please go back.")
    with unavailable_as_503():
        text = seal_handoff(
            subject,
            claims or {},
            ring=AppState.of(current_app).handoff_ring(),
            source=_own_origin(settings),
            target=target,
            visit=visit,
            now=clock.now(),
        )
    return _page(urls[target], text, automatic=automatic)


def redeem() -> HandedOff:
    """At the target: take in whom a source has handed over, once.

    To be called in a view for POST, which must be exempt from checks of tokens and of origins: the
    form comes from another site, and the browser's nonce does what they would.

    Returns:
        Whom; the caller signs them in, and answers with a redirect to a page of its own.

    Raises:
        Forbidden: it does not count, and nobody is to be signed in; an event says why.
        ServiceUnavailable: the store that remembers which were used, or the keys, do not answer.
        ConfigurationError: no sources are set.
        UsageError: the view takes other methods than POST.
    """
    settings = _settings(sources=True)
    if request.method != "POST":
        raise UsageError(
            "A hand-off is redeemed by POST alone, so that no address ever holds one. Route the "
            "view with methods=['POST']."
        )
    after_this_request(_unseen)
    state = AppState.of(current_app)
    target = _own_origin(settings)
    cookie = _cookie(target)
    request.max_content_length = MAX_FORM_OCTETS
    try:
        with unavailable_as_503():
            handed, once = open_handoff(
                request.form.get(FIELD, ""),
                ring=state.handoff_ring(),
                sources={origin_of(url) for url in settings.handoff_sources},
                target=target,
                nonce=_nonce(cookie.name),
                now=clock.now(),
            )
            revocations = state.manager.revocations
            # The settings are refused where there is none.
            assert revocations is not None
            if not revocations.spend(once.name, ends=once.ends):
                raise HandoffRefused("spent", was_ours=True)
    except HandoffRefused as refused:
        why, was_ours = refused.why, refused.was_ours
    else:
        _drop(cookie)
        state.events.emit(EventName.HANDED_OFF)
        return handed
    if was_ours:
        _drop(cookie)
    _tell_refusal(why)
    raise Forbidden("This sign-in was begun in another browser, is over, or was used. Begin again.")


def _settings(*, sources: bool) -> Settings:
    settings = AppState.of(current_app).manager.settings
    if not (settings.handoff_sources if sources else settings.handoff_targets):
        raise ConfigurationError(
            f"Nobody is handed over unless the other side is named: "
            f"{PREFIX}HANDOFF_{'SOURCES' if sources else 'TARGETS'} is empty. List the URLs of its "
            f"views there."
        )
    return settings


def _own_origin(settings: Settings) -> str:
    # Settings that name another side are refused without it.
    assert settings.handoff_origin is not None
    return settings.handoff_origin


def _source_url(settings: Settings, source: str | None) -> str:
    urls = {origin_of(url): url for url in settings.handoff_sources}
    if source is None and len(urls) == 1:
        return settings.handoff_sources[0]
    if source is None or source not in urls:
        raise UsageError(
            f"The source of a hand-off is none of {PREFIX}HANDOFF_SOURCES. Pass the origin of one: "
            f"{', '.join(urls)}."
        )
    return urls[source]


def _cookie(target: str) -> CookieAttributes:
    """The cookie of the nonce. A POST from another site brings no cookie but of SameSite=None."""
    if target.startswith("https:"):
        return CookieAttributes("__Host-handoff", secure=True, samesite="None")
    return CookieAttributes("handoff", samesite="Lax")


def _nonce(name: str) -> str:
    """The nonce that the browser has; empty where there is none, or more than one."""
    try:
        values = find(request.environ.get("HTTP_COOKIE", ""), name)
    except Rejected:
        return ""
    return values[0] if len(values) == 1 else ""


def _one_argument(name: str) -> str:
    values = request.args.getlist(name)
    return values[0] if len(values) == 1 else ""


def _drop(cookie: CookieAttributes) -> None:
    @after_this_request
    def drop(response: Response) -> Response:
        response.headers.add("Set-Cookie", cookie.render_deletion())
        return response


def _tell_refusal(why: str) -> None:
    AppState.of(current_app).events.emit(EventName.HANDOFF_REFUSED, why=why)


def _unseen(response: Response) -> Response:
    """Have no cache and no Referer tell of it."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _page(url: str, text: str, *, automatic: bool) -> Response:
    name = origin_of(url).partition("://")[2]
    script = f"<script>{_SCRIPT}</script>" if automatic else ""
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Continue to '
        f'{escape(name)}</title></head><body><form method="post" action="{escape(url)}">'
        f'<input type="hidden" name="{FIELD}" value="{escape(text)}">'
        f"<p>You are being taken to {escape(name)}, and are signed in there.</p>"
        f"<button>Continue to {escape(name)}</button></form>{script}</body></html>"
    )
    response = Response(page, content_type="text/html; charset=utf-8")
    policy = f"default-src 'none'; base-uri 'none'; form-action {origin_of(url)}"
    policy += "; frame-ancestors 'none'"
    if automatic:
        policy += f"; script-src 'sha256-{_SCRIPT_HASH}'"
    response.headers["Content-Security-Policy"] = policy
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return _unseen(response)
