"""The way into an application for ``cookie-sessions doctor``, open only while a setting says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from cookie_sessions import clock
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.probe import HEADER, PATH, RUN_HEADER, Application, Endpoint, Reply
from cookie_sessions.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

_TOKEN: Final = f"HTTP_{HEADER.upper().replace('-', '_')}"
_RUN: Final = f"HTTP_{RUN_HEADER.upper().replace('-', '_')}"


class ProbeEntrance:
    """Stands before an application, and lets everything pass that is not the doctor's run.

    It answers before Flask does, so no session, no view, no hook and no error page of the
    application has a part in it. Without the right token the application answers as it does for
    any path. Where the setting is not there it goes away with the first request.

    Args:
        app: the application, whose settings are read at the first request.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._inner: WSGIApplication = app.wsgi_app
        self._endpoint: Endpoint | None = None
        self._looked = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the doctor, or have the application answer (WSGI, PEP 3333)."""
        if not self._looked:
            self._look()
        reply = None if self._endpoint is None else _asked(self._endpoint, environ)
        if reply is None:
            return self._inner(environ, start_response)
        start_response("200 OK", reply.headers)
        return [reply.body]

    def _look(self) -> None:
        try:
            settings = Settings.from_mapping(self._app.config)
        except ConfigurationError:
            # The session interface reads them too, and says there what is wrong.
            settings = Settings()
        if settings.probe is not None:
            self._endpoint = Endpoint(
                settings.probe,
                Application(
                    profile=settings.profile.name,
                    secure=bool(self._app.session_interface.get_cookie_secure(self._app)),
                    join_by_commas=settings.join_by_commas,
                ),
            )
        elif self._app.wsgi_app is self:
            self._app.wsgi_app = self._inner  # type: ignore[method-assign, assignment]
        self._looked = True


def _asked(endpoint: Endpoint, environ: WSGIEnvironment) -> Reply | None:
    if _TOKEN not in environ or not environ.get("PATH_INFO", "").endswith(PATH):
        return None
    # Whatever becomes of it, the application and its logs need not see a token.
    token = environ.pop(_TOKEN)
    if environ["REQUEST_METHOD"] != "GET":
        return None
    return endpoint.answer(
        token=token,
        run=environ.get(_RUN, ""),
        query=environ.get("QUERY_STRING", ""),
        cookie=environ.get("HTTP_COOKIE", ""),
        now=clock.now(),
    )
