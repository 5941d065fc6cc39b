"""What WSGI asks of whoever stands between a server and an application (PEP 3333)."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from wsgiref.util import FileWrapper, setup_testing_defaults
from wsgiref.validate import validator

import pytest

from cookie_sessions.adapters import SET_COOKIE_LINES, STRICT
from cookie_sessions.errors import ReauthenticationRequired, Unavailable, UsageError
from cookie_sessions.middleware import Sessions
from cookie_sessions.middleware.wsgi import ENVIRON_KEY, SessionMiddleware
from tests.middleware.connections import cut_off
from tests.middleware.sites import SECRET, wsgi_app

PLAIN = [("Content-Type", "text/plain")]


class Server:
    """What a server sees of one request.

    Args:
        app: the application.
        environ: what the environ has beside the usual.

    Attributes:
        starts: status, headers and whether there was an error, of each ``start_response``.
        written: what went through ``write``.
    """

    def __init__(self, app: Any, **environ: Any) -> None:
        self.environ: dict[str, Any] = {}
        setup_testing_defaults(self.environ)
        self.environ.update(environ)
        self.starts: list[tuple[str, list[tuple[str, str]], bool]] = []
        self.written = b""
        self.result: Iterable[bytes] = app(self.environ, self._start)

    def _start(self, status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], None]:
        if self.starts:
            assert exc_info, "a second start_response needs an error"
        self.starts.append((status, headers, exc_info is not None))
        return self._write

    def _write(self, data: bytes) -> None:
        self.written += data

    def body(self) -> bytes:
        """All parts; the result is closed behind them."""
        try:
            return b"".join(self.result)
        finally:
            close = getattr(self.result, "close", None)
            if close is not None:
                close()

    @property
    def status(self) -> str:
        return self.starts[-1][0]

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.starts[-1][1] if each.lower() == name]


class Parts:
    """A body that knows whether it was closed.

    Args:
        *parts: its parts; an exception is raised in its turn.
    """

    def __init__(self, *parts: bytes | Exception) -> None:
        self._parts = [*parts]
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if not self._parts:
            raise StopIteration
        part = self._parts.pop(0)
        if isinstance(part, Exception):
            raise part
        return part

    def close(self) -> None:
        self.closed += 1


def under(app: Any, sessions: Sessions | None = None) -> SessionMiddleware:
    return SessionMiddleware(app, sessions or Sessions({"SECRET_KEY": SECRET}))


def test_the_validator_of_the_standard_library_has_nothing_to_say() -> None:
    app = validator(under(validator(wsgi_app)))
    for path in ("/", "/write", "/stream", "/odd"):
        environ: dict[str, Any] = {}
        setup_testing_defaults(environ)
        environ.update(PATH_INFO=path, QUERY_STRING="", SCRIPT_NAME="")
        result = app(environ, lambda status, headers, exc_info=None: lambda data: None)
        assert b"".join(result)
        result.close()  # type: ignore[attr-defined]


def test_the_environ_has_the_session_where_it_is_said() -> None:
    seen: list[object] = []

    def app(environ: Any, start_response: Any) -> list[bytes]:
        seen.append(environ["mine"])
        start_response("204 No Content", [])
        return []

    Server(SessionMiddleware(app, {"SECRET_KEY": SECRET}, environ_key="mine")).body()
    assert repr(seen) == "[<Session not opened>]"


def test_a_server_that_joins_cookie_lines_by_commas_is_served_where_settings_say_so() -> None:
    sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_JOIN_BY_COMMAS": True})
    app = under(wsgi_app, sessions)
    (line,) = Server(app, PATH_INFO="/write").values("set-cookie")
    cookie = f"other=1, {line.partition(';')[0]}"
    assert Server(app, PATH_INFO="/read", HTTP_COOKIE=cookie).body() == b"1"
    assert Server(under(wsgi_app), PATH_INFO="/read", HTTP_COOKIE=cookie).body() == b"nothing"


def test_a_session_of_two_cookies_is_refused_where_the_adapter_of_a_function_keeps_one() -> None:
    sessions = Sessions({"SECRET_KEY": SECRET, "COOKIE_SESSIONS_PROFILE": "no-proxy"})
    app = under(wsgi_app, sessions)
    assert len(Server(app, PATH_INFO="/two").values("set-cookie")) == 2
    guarded = {SET_COOKIE_LINES: 1, STRICT: True}
    server = Server(app, PATH_INFO="/two", **guarded)
    assert (server.status, server.values("set-cookie")) == ("500 Internal Server Error", [])
    assert len(Server(app, PATH_INFO="/one", **guarded).values("set-cookie")) == 1


def test_octets_that_are_no_text_are_a_new_session() -> None:
    octets = bytes(range(0x80, 0x100)).decode("latin-1")
    for cookie in (f"session={octets}", f"{octets}={octets}", f"session={octets}; session.1=x"):
        assert Server(under(wsgi_app), PATH_INFO="/read", HTTP_COOKIE=cookie).body() == b"nothing"


def test_an_error_page_in_the_place_of_a_response_gets_the_same_cookie() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        start_response("200 OK", PLAIN)
        try:
            raise ValueError
        except ValueError:
            start_response("500 Oh", PLAIN, sys.exc_info())
        return [b"error"]

    server = Server(under(app))
    assert server.body() == b"error"
    first, second = [dict(headers) for _, headers, _ in server.starts]
    assert first["Set-Cookie"] == second["Set-Cookie"]
    assert (second["Vary"], second["Cache-Control"]) == ("Cookie", "private")
    assert server.starts[1][2]
    # The application's own list is its own.
    assert PLAIN == [("Content-Type", "text/plain")]


def test_what_can_not_be_kept_is_raised_into_the_application() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ[ENVIRON_KEY]["a"] = object()
        try:
            start_response("200 OK", PLAIN)
        except UsageError as error:
            environ[ENVIRON_KEY]["b"] = 1
            start_response("500 Oh", PLAIN, sys.exc_info())
            return [str(error).encode()]
        raise AssertionError

    server = Server(under(app))
    assert b'session["a"]' in server.body()
    assert server.values("set-cookie") == []
    assert server.values("vary") == ["Cookie"]


def test_a_response_that_sets_a_session_says_so_to_caches_whatever_the_application_says() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        session = environ[ENVIRON_KEY]
        session["a"] = 1
        session.accessed = False
        start_response("200 OK", PLAIN)
        return [b"page"]

    server = Server(under(app))
    assert server.body() == b"page"
    assert len(server.values("set-cookie")) == 1
    assert server.values("vary") == ["Cookie"]
    assert server.values("cache-control") == ["private"]


def test_what_is_written_goes_to_the_server() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        start_response("200 OK", PLAIN)(b"first ")
        return [b"second"]

    server = Server(under(app))
    assert (server.body(), server.written) == (b"second", b"first ")
    assert len(server.values("set-cookie")) == 1


@pytest.mark.parametrize(
    ("parts", "fails"),
    [
        ([b"", b"second"], False),
        ([b"", Unavailable("later")], True),
        ([Unavailable("later")], True),
    ],
)
def test_a_body_behind_what_was_written_goes_to_the_server_as_it_is(
    parts: list[bytes | Exception], *, fails: bool
) -> None:
    def app(environ: Any, start_response: Any) -> Parts:
        start_response("200 OK", PLAIN)(b"first ")
        return Parts(*parts)

    server = Server(under(app))
    if fails:
        with pytest.raises(Unavailable, match="later"):
            server.body()
    else:
        assert server.body() == b"second"
    assert (server.status, server.written) == ("200 OK", b"first ")


def _lets_out(error: Exception) -> Callable[[Any, Any], Iterable[bytes]]:
    def app(environ: Any, start_response: Any) -> Iterable[bytes]:
        raise error

    return app


def _lets_out_late(environ: Any, start_response: Any) -> Iterator[bytes]:
    text = str(environ[ENVIRON_KEY].get("a"))
    start_response("200 OK", PLAIN)
    yield text.encode()


def _writes(environ: Any, start_response: Any) -> list[bytes]:
    environ[ENVIRON_KEY]["a"] = 1
    start_response("200 OK", PLAIN)
    return []


def _writes_late(environ: Any, start_response: Any) -> Iterator[bytes]:
    environ[ENVIRON_KEY]["a"] = 1
    start_response("200 OK", PLAIN)
    yield from ()


def _writes_empty_parts(environ: Any, start_response: Any) -> Parts:
    environ[ENVIRON_KEY]["a"] = 1
    start_response("200 OK", PLAIN)
    return Parts(b"", b"")


@pytest.mark.parametrize(
    ("app", "status"),
    [
        (_lets_out(Unavailable("now")), "503 Service Unavailable"),
        (_lets_out(ReauthenticationRequired(max_age=300)), "401 Unauthorized"),
        (_lets_out_late, "503 Service Unavailable"),
        (_writes, "503 Service Unavailable"),
        (_writes_late, "503 Service Unavailable"),
        (_writes_empty_parts, "503 Service Unavailable"),
    ],
)
def test_an_answer_to_head_in_the_place_of_the_application_has_no_body(
    app: Any, status: str
) -> None:
    asked = {"REQUEST_METHOD": "HEAD", "HTTP_COOKIE": f"session=AQ{'A' * 90}"}
    server = Server(under(app, cut_off()), **asked)
    assert server.body() == b""
    assert server.status == status
    assert int(server.values("content-length")[0]) > 0


@pytest.mark.parametrize("early", [True, False])
def test_a_generator_that_finds_no_keys_at_its_first_part_is_answered_503(*, early: bool) -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        if early:
            start_response("200 OK", PLAIN)
        text = str(environ[ENVIRON_KEY].get("a"))
        start_response("200 OK", PLAIN)
        yield text.encode()

    server = Server(under(app, cut_off()), HTTP_COOKIE=f"session=AQ{'A' * 90}")
    assert b"not available" in server.body()
    assert server.status == "503 Service Unavailable"
    assert server.values("retry-after") == ["5"]
    assert server.values("cache-control") == ["no-store"]
    assert server.values("set-cookie") == []
    assert [error for _, _, error in server.starts] == ([False, True] if early else [False])


def test_a_session_that_can_not_be_sealed_is_answered_503_and_the_body_is_closed() -> None:
    body = Parts(b"secret page")

    def app(environ: Any, start_response: Any) -> Parts:
        environ[ENVIRON_KEY]["a"] = 1
        start_response("200 OK", [*PLAIN, ("Set-Cookie", "x=1")])(b"secret head")
        return body

    server = Server(under(app, cut_off()))
    assert b"not available" in server.body()
    assert (server.status, server.written, body.closed) == ("503 Service Unavailable", b"", 1)
    assert server.values("set-cookie") == []


def test_a_generator_whose_session_can_not_be_sealed_is_answered_503() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        start_response("200 OK", PLAIN)
        yield b"secret page"

    server = Server(under(app, cut_off()))
    assert b"not available" in server.body()
    assert server.status == "503 Service Unavailable"


def test_a_generator_without_a_part_whose_session_can_not_be_sealed_is_answered_503() -> None:
    def app(environ: Any, start_response: Any) -> Iterator[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        start_response("204 No Content", [])
        yield from ()

    server = Server(under(app, cut_off()))
    assert b"not available" in server.body()
    assert server.status == "503 Service Unavailable"


def test_an_application_that_answers_500_without_its_session_is_answered_503() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        try:
            environ[ENVIRON_KEY].get("a")
        except Unavailable:
            start_response("500 Oh", PLAIN, sys.exc_info())
        return [b"oh"]

    server = Server(under(app, cut_off()), HTTP_COOKIE=f"session=AQ{'A' * 90}")
    assert b"not available" in server.body()
    assert server.status == "503 Service Unavailable"


def test_an_error_behind_the_first_part_is_the_servers_and_the_body_is_closed() -> None:
    body = Parts(b"", b"first", Unavailable("later"))

    def app(environ: Any, start_response: Any) -> Parts:
        start_response("200 OK", PLAIN)
        return body

    server = Server(under(app))
    with pytest.raises(Unavailable, match="later"):
        server.body()
    assert (server.status, body.closed) == ("200 OK", 1)


def test_an_error_behind_what_was_written_is_the_servers() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", PLAIN)(b"first")
        raise Unavailable("later")

    with pytest.raises(Unavailable, match="later"):
        Server(under(app))


def test_who_has_to_prove_who_they_are_keeps_what_the_request_has_changed() -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        environ[ENVIRON_KEY]["next"] = "/pay"
        raise ReauthenticationRequired(max_age=300)

    server = Server(under(app))
    assert b"Sign in again" in server.body()
    assert server.status == "401 Unauthorized"
    assert len(server.values("set-cookie")) == 1
    assert server.values("www-authenticate") == [
        'session error="insufficient_user_authentication", max_age="300"'
    ]


def test_lists_and_files_are_handed_to_the_server_as_they_are() -> None:
    file = FileWrapper(io.BytesIO(b"file"))
    parts = [b"one"]

    def app(environ: Any, start_response: Any) -> Any:
        start_response("200 OK", PLAIN)
        return parts if environ["PATH_INFO"] == "/" else file

    assert Server(under(app)).result is parts
    server = Server(under(app), PATH_INFO="/file", **{"wsgi.file_wrapper": FileWrapper})
    assert server.result is file


def test_a_body_of_empty_parts_ends() -> None:
    def app(environ: Any, start_response: Any) -> Parts:
        start_response("200 OK", PLAIN)
        return Parts(b"", b"")

    assert Server(under(app)).body() == b""
