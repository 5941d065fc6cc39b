"""What a visitor is answered who must prove again who they are."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from flask import redirect, request, url_for
from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import Unauthorized
from werkzeug.routing import BuildError

from cookie_sessions.errors import ConfigurationError, ReauthenticationRequired
from cookie_sessions.flask.state import APPLICATION, AppState

_LONGEST_NEXT: Final = 2000
"""Characters of an address to come back to: a longer one is cut down to its path, or left out."""

_AS_IT_IS: Final = "/%:@!$&'()*+,;=~-._"


class FreshnessRequired(ReauthenticationRequired, Unauthorized):
    """The core's error as an HTTPException: 401, or a redirect to where the proof is asked for."""

    # Where there is a redirect, no handler of 401 is to answer in its place.
    code: int | None  # type: ignore[assignment]

    def __init__(self, *, max_age: float, view: str | None) -> None:
        super().__init__(max_age=max_age)
        # RFC 9470, section 3, has these names.
        challenge: dict[str, str | None] = {
            "error": "insufficient_user_authentication",
            "max_age": f"{max_age:.0f}",
        }
        self.www_authenticate = (WWWAuthenticate("session", challenge),)
        if view is not None and request.endpoint != view:
            self.response = redirect(_address_of(view), code=303)
            self.code = None


def answer_to(required: ReauthenticationRequired) -> FreshnessRequired:
    """The answer to a visitor of the present request.

    Args:
        required: what the session raised.

    Raises:
        ConfigurationError: the setting names an endpoint that the application does not have.
    """
    settings = AppState.of(APPLICATION._get_current_object()).manager.settings
    return FreshnessRequired(max_age=required.max_age, view=settings.reauthentication_view)


def _address_of(view: str) -> str:
    back = _way_back()
    try:
        return url_for(view) if back is None else url_for(view, next=back)
    except BuildError:
        pass
    raise ConfigurationError(
        f"COOKIE_SESSIONS_REAUTHENTICATION_VIEW names {view!r}, and no address can be built for "
        f"such an endpoint. Name the endpoint of a view that takes no arguments from its path."
    )


def _way_back() -> str | None:
    """Path and query of the request, if a browser can come back to it: always on this host."""
    if request.method not in ("GET", "HEAD"):
        return None
    path = f"{request.script_root}{request.path}"
    # Two slashes, or a slash and a backslash, begin the name of another host.
    path = "/" + quote(path.lstrip("/\\"), safe=_AS_IT_IS.replace("%", ""))
    query = quote(request.query_string.decode("latin-1"), safe=_AS_IT_IS + "?")
    whole = f"{path}?{query}" if query else path
    for way in (whole, path):
        if len(way) <= _LONGEST_NEXT:
            return way
    return None
