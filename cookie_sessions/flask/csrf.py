"""Protection against forged requests in Flask: one check before each unsafe request, and its token.

docs/protection-csrf.md tells what is checked, and what to do for scripts, JSON and other clients.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from flask import Blueprint, current_app, g, request, session
from werkzeug.exceptions import Forbidden

from cookie_sessions.csrf import SAFE_METHODS, issue, origin_verdict, token_verdict
from cookie_sessions.errors import CsrfReason, Unavailable, UsageError
from cookie_sessions.events import EventName
from cookie_sessions.flask.session import FORGED, PRESENT, FlaskSession, came_by_header
from cookie_sessions.flask.state import AppState
from cookie_sessions.succession import Succession

if TYPE_CHECKING:
    from flask import Flask, Request
    from werkzeug.local import LocalProxy

    from cookie_sessions.manager import SessionManager

FIELD: Final = "csrf_token"
HEADERS: Final = ("X-CSRFToken", "X-CSRF-Token")
KEPT: Final = "_forms"
"""The session key that keeps a session whose id a token was made of, be it empty otherwise."""

MAX_TOKENS: Final = 4
"""Different tokens of one request that are looked at; with more it is refused."""

_EXEMPT: Final = "_cookie_sessions_csrf_exempt"

# The object behind Flask's proxy, which is slower to ask each time.
_present_request: Final = cast("LocalProxy[Request]", request)._get_current_object

T = TypeVar("T", bound=Callable[..., Any] | Blueprint)


class CsrfRejected(Forbidden):
    """A request was refused as forged: a 403 that an error handler of the application may answer.

    Attributes:
        reason: why, one of :class:`cookie_sessions.CsrfReason`. It may be shown.
    """

    def __init__(self, reason: CsrfReason) -> None:
        super().__init__(
            "This request could not be verified. Its page may have been opened before you signed "
            "in or out, or another site may have sent it. Load the page again, then repeat what "
            "you did."
        )
        self.reason = reason


def csrf_token() -> str:
    """The token for the forms and scripts of this response; templates know it by the same name.

    The same text in one response, another one in the next. It is good as long as the session has
    its id: make it after signing somebody in, not before. A session that holds nothing yet is kept
    from now on, under the key ``_forms``, so that its id comes back with the form. Where
    Flask-WTF's CSRFProtect checks the tokens, it is Flask-WTF's.

    Returns:
        92 characters of base64url. Empty on the error page of a request whose session is
        unavailable.

    Raises:
        UsageError: the session is not one of ours, or was asked for after its response was made
            and ``COOKIE_SESSIONS_STRICT`` is set.
        ServiceUnavailable: the keys can't be had (503, Retry-After); once in a request.
    """
    if is_checked_by_flask_wtf(current_app):
        return str(sys.modules["flask_wtf.csrf"].generate_csrf())
    # The object behind Flask's proxy.
    present = PRESENT._get_current_object()
    if not isinstance(present, FlaskSession):
        raise UsageError(
            f"A token is made of the id of a sealed session, and this is a "
            f"{type(present).__name__}. Put CookieSessions(app) where the application is made, and "
            f"set SECRET_KEY or COOKIE_SESSIONS_KEYS."
        )
    try:
        return _token_of(present)
    except Unavailable:
        present._become_unavailable()
        present._tell_visitor()
        return ""


def csrf_exempt(target: T) -> T:
    """Let a view, or all views of a blueprint, be reached without a token and from anywhere.

    For what carries its own proof, such as the signed calls of a payment provider. Blueprints that
    are nested in an exempt one are not exempt.

    Args:
        target: a view function, or a blueprint.

    Returns:
        The same object; it may stand above or below the route's decorator.

    Raises:
        UsageError: it is a class, a name, or something else that can't be marked.
    """
    given: object = target
    if not isinstance(given, type) and (isinstance(given, Blueprint) or callable(given)):
        try:
            setattr(target, _EXEMPT, True)
        except AttributeError:
            # Raised below instead: bound methods and functions in C can't be marked.
            pass
        else:
            return target
    raise UsageError(
        "csrf_exempt takes a view function or a Blueprint. Put it directly on the function; for a "
        "class-based view, into its list of decorators: decorators = [csrf_exempt]."
    )


def protect(app: Flask) -> None:
    """Check each request of an application before its own ``before_request`` functions run."""
    # Flask calls these first, and for a third of what a before_request function costs each request.
    checks = app.url_value_preprocessors[None]
    if check not in checks:
        checks.insert(0, check)


def offer_token(app: Flask) -> None:
    """Have templates know ``csrf_token``, unless Flask-WTF or the application has its own."""
    if is_checked_by_flask_wtf(app):
        return
    names: dict[str, Any] = app.jinja_env.globals
    if _has_flask_wtfs(app):
        # It is there and turned off, but its function would go on giving tokens to templates.
        names[FIELD] = csrf_token
        app.template_context_processors[None].append(lambda: {FIELD: csrf_token})
    names.setdefault(FIELD, csrf_token)


def check(_endpoint: str | None, _values: object) -> None:
    """Refuse the present request if another site may have had it sent.

    Raises:
        CsrfRejected: it may.
        ServiceUnavailable: the keys can't be had, so nobody can say.
    """
    if _present_request().method in SAFE_METHODS:
        return
    state = AppState.of(current_app)
    settings = state.manager.settings
    if settings.csrf is False or _is_exempt():
        return
    by_header = came_by_header(session)
    # No page of another site can send the header that brings a visitor's session, nor any header of
    # that name unless CORS answers let it. Where they do, its own is no proof beside cookies.
    if by_header and not request.headers.get("Cookie"):
        return
    reason = origin_verdict(
        fetch_site=request.headers.get("Sec-Fetch-Site"),
        origin=request.headers.get("Origin"),
        own=f"{request.scheme}://{request.host}",
        trusted=settings.csrf_trusted_origins,
    )
    if reason is not None:
        # The visitor's own session may have stayed behind (SameSite): none begins in its place.
        request.environ[FORGED] = True
    # What no view will answer has nothing to protect: 404, 405 and redirections say what they are.
    if request.routing_exception is not None:
        return
    if reason is None and not (by_header or _will_be_checked_by_flask_wtf()):
        reason = _tokens_verdict(state.manager)
    if reason is not None:
        state.events.emit(EventName.CSRF_REJECTED, reason=reason)
        raise CsrfRejected(reason)


def is_checked_by_flask_wtf(app: Flask) -> bool:
    """Whether Flask-WTF's CSRFProtect looks after an application's tokens, so that ours rest."""
    return bool(app.config.get("WTF_CSRF_ENABLED", True)) and _has_flask_wtfs(app)


def _token_of(present: FlaskSession) -> str:
    kept = present.get(KEPT) is True
    if present._unavailable:
        return ""
    manager = AppState.of(current_app).manager
    sid = Succession(manager, present).settle_id()
    known = present._csrf
    if known is None or known[0] != sid:
        known = present._csrf = (sid, issue(sid, ring=manager.ring()))
    if not kept:
        # Only a session with something in it comes back, and one that was emptied is deleted.
        present[KEPT] = True
    return known[1]


def _tokens_verdict(manager: SessionManager) -> CsrfReason | None:
    """Judge all tokens of a request. Their order decides nothing: every one must be good."""
    tokens = _tokens()
    if not tokens:
        return CsrfReason.TOKEN_MISSING
    if len(tokens) > MAX_TOKENS:
        return CsrfReason.TOKEN_AMBIGUOUS
    present = PRESENT._get_current_object()
    if not isinstance(present, FlaskSession) or present.new or present._content is None:
        return CsrfReason.NO_SESSION
    # The id that came: a hook of the application may have given the session another since.
    sid = present._content.claims.sid
    verdicts = [_token_verdict(manager, text, sid) for text in tokens]
    if any(verdicts):
        return verdicts[0] if len(verdicts) == 1 else CsrfReason.TOKEN_AMBIGUOUS
    if "flask_wtf.csrf" in sys.modules:
        # What its CSRFProtect would note, so that a FlaskForm does not check again.
        g.csrf_valid = True
    return None


def _token_verdict(manager: SessionManager, text: str, sid: bytes) -> CsrfReason | None:
    # The form of a token decides who reads it; none is tried in turn.
    if "." in text and "flask_wtf.csrf" in sys.modules:
        return _flask_wtfs_verdict(text)
    ring = manager.ring()
    verdict = token_verdict(text, sid=sid, ring=ring)
    if verdict is CsrfReason.TOKEN_UNKNOWN_KID:
        newer = manager.newer_ring(ring)
        if newer is not None:
            return token_verdict(text, sid=sid, ring=newer)
    return verdict


def _flask_wtfs_verdict(text: str) -> CsrfReason | None:
    """Judge the token of a FlaskForm, whose hidden field has the same name as ours."""
    try:
        sys.modules["flask_wtf.csrf"].validate_csrf(text)
    except (ValueError, TypeError, RuntimeError):
        # A wrong or late token; a session value that is no text; no secret key.
        return CsrfReason.TOKEN_MISMATCH
    return None


def _tokens() -> list[str]:
    form = request.form
    names = [FIELD] if FIELD in form else []
    if "flask_wtf.csrf" in sys.modules:
        # A FlaskForm with a prefix puts it before the name of its field.
        theirs = current_app.config.get("WTF_CSRF_FIELD_NAME") or FIELD
        names += [name for name in form if name == theirs or name.endswith(f"-{theirs}")]
    given = [text for name in names for text in form.getlist(name)]
    given += [text for name in HEADERS for text in request.headers.getlist(name)]
    return [*dict.fromkeys(filter(None, given))]


def _is_exempt() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    blueprint = current_app.blueprints.get(request.blueprint or "")
    return any(getattr(each, _EXEMPT, False) is True for each in (view, blueprint))


def _has_flask_wtfs(app: Flask) -> bool:
    flask_wtf: Any = sys.modules.get("flask_wtf.csrf")
    return flask_wtf is not None and isinstance(app.extensions.get("csrf"), flask_wtf.CSRFProtect)


def _will_be_checked_by_flask_wtf() -> bool:
    # Where WTF_CSRF_CHECK_DEFAULT is False the application calls protect() where it wants to.
    methods = current_app.config.get("WTF_CSRF_METHODS", ())
    return request.method in methods and is_checked_by_flask_wtf(current_app)
