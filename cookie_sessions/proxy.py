"""Keeps our sessions from servers that a request is passed on to: a small WSGI wrapper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.authorization import token_in
from cookie_sessions.cookies import chunk_names, without
from cookie_sessions.cookies.names import check_name
from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_COOKIE: Final = "HTTP_COOKIE"
_AUTHORIZATION: Final = "HTTP_AUTHORIZATION"


class WithoutSessionCookies:
    """Calls a WSGI application (PEP 3333) as if the request had brought no session of ours.

    All cookies of the names and all chunks behind them are taken out of the Cookie header, and
    nothing else is changed in it; where nothing is left the header goes. A session in the
    Authorization header goes too. Whoever called this keeps the environ as it was.

    Args:
        wsgi_app: what passes requests on, or takes them itself and is not to see our sessions.
        names: the names of the cookie, former ones too.
        commas: whether the server joins repeated Cookie lines by commas.

    Raises:
        ConfigurationError: there is no name, or one that no cookie can have.
    """

    def __init__(
        self,
        wsgi_app: WSGIApplication,
        *,
        names: Iterable[str] = ("session",),
        commas: bool = False,
    ) -> None:
        # The letters of a text are names too, and none of them is the cookie's.
        given = () if isinstance(names, str) else tuple(names)
        if not given:
            raise ConfigurationError(
                "WithoutSessionCookies was given no names of cookies, so it would pass every "
                "session on. Give names=['session'], a list of the cookie's name and former names."
            )
        for name in given:
            check_name(name)
        self._wsgi_app = wsgi_app
        self._names = frozenset(each for name in given for each in (name, *chunk_names(name)))
        self._commas = commas

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Call the application with what is left of the environ."""
        changed: dict[str, Any] = {}
        cookies = environ.get(_COOKIE)
        if cookies:
            changed[_COOKIE] = without(cookies, self._names, commas=self._commas)
        if token_in(environ.get(_AUTHORIZATION, "")) is not None:
            changed[_AUTHORIZATION] = ""
        if changed:
            environ = {**environ, **changed}
            for name, value in changed.items():
                if not value:
                    del environ[name]
        return self._wsgi_app(environ, start_response)
