"""The deployment that is asked: one address, bounded requests, and nothing followed or kept."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from cookie_sessions import clock
from cookie_sessions.cli.report import printable
from cookie_sessions.cookies import octets_of
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.probe import HEADER, PATH, RUN_HEADER, new_run

MAX_REQUESTS: Final = 400
"""A run takes some 150; more would mean that it does not come to an end."""

MAX_SECONDS: Final = 600

OK: Final = 200
CLOSED: Final = "closed"
DROPPED: Final = "dropped"

_TIMEOUT: Final = 15.0
_MAX_BODY: Final = 65_536
_REDIRECTS: Final = range(300, 400)


class Answer(NamedTuple):
    """What came back for one request.

    Attributes:
        status: its number; 0 where the connection was closed, or nobody answered in time.
        set_cookies: the values of its Set-Cookie headers.
        told: what the probe said; empty if it was not the probe that answered.
    """

    status: int
    set_cookies: tuple[str, ...]
    told: dict[str, Any]


class Site:
    """Asks the probe of one address, and goes nowhere else: no redirect is followed.

    Certificates are verified. Each request has a connection of its own, because a server that
    refuses one often closes it.

    Args:
        url: where the application's root is, ``https://`` or ``http://``.
        token: opens the probe.
        headers: further headers of each request, such as a staging site's Authorization.

    Attributes:
        name: the address.
        is_encrypted: whether it is asked over TLS.
        requests: how many it was sent.
        headers_octets: what the headers of a small request take.
        least_octets: what a small request takes, its line included.

    Raises:
        UsageError: the URL or a header can't be used.
    """

    def __init__(self, url: str, *, token: str, headers: Sequence[tuple[str, str]] = ()) -> None:
        parts = _checked(url)
        self._host = parts.hostname or ""
        self._netloc = parts.netloc
        self._port = parts.port
        self._path = parts.path.rstrip("/") + PATH
        self._context = ssl.create_default_context() if parts.scheme == "https" else None
        self._headers = [
            ("Host", self._netloc),
            ("Connection", "close"),
            ("Accept", "application/json"),
            ("User-Agent", "cookie-sessions-doctor"),
            (HEADER, token),
            (RUN_HEADER, new_run()),
            *headers,
        ]
        self._deadline = clock.now() + MAX_SECONDS
        self.requests = 0
        self.is_encrypted = self._context is not None
        self.headers_octets = octets_of(self._headers) + len("\r\n")
        self.least_octets = len(f"GET {self._target(0, 1)} HTTP/1.1\r\n") + self.headers_octets
        self.name: str = f"{parts.scheme}://{self._netloc}{parts.path.rstrip('/')}/"

    def __repr__(self) -> str:
        return f"<Site {self.name}>"

    def ask(
        self,
        *,
        cookies: Sequence[str] = (),
        padding: Sequence[tuple[str, str]] = (),
        set_octets: int = 0,
        set_lines: int = 1,
    ) -> Answer:
        """Send one request.

        Args:
            cookies: values of its Cookie lines.
            padding: headers that only take room.
            set_octets: how many octets of Set-Cookie values the answer is to have.
            set_lines: on how many lines.

        Raises:
            Unavailable: nobody can be reached, or this took too many requests or too long.
        """
        if self.requests == MAX_REQUESTS or clock.now() > self._deadline:
            raise Unavailable(
                f"{self.name} was asked {self.requests} times in at most {MAX_SECONDS} seconds and "
                f"no end was in sight, so the doctor stopped. Try again when the site is faster."
            )
        self.requests += 1
        headers = [*self._headers, *padding, *(("Cookie", line) for line in cookies)]
        return self._exchange(self._target(set_octets, set_lines), headers)

    def control(self) -> Answer:
        """Send a request without anything large, and make sure that the probe answers.

        Raises:
            Unavailable: another answers, or nobody; says what that may mean.
        """
        answer = self.ask()
        if answer.status != OK or not answer.told:
            raise Unavailable(self._refusal(answer))
        return answer

    def end(self) -> None:
        """Close the probe in the process that gets this request. That it fails does not matter."""
        try:
            self._exchange(f"{self._path}?end", self._headers)
        except Unavailable:
            # Its time ends it, too.
            pass

    def _target(self, octets: int, lines: int) -> str:
        return f"{self._path}?set={octets}&lines={lines}"

    def _exchange(self, target: str, headers: Sequence[tuple[str, str]]) -> Answer:
        connection = self._connection()
        try:
            connection.connect()
        except ssl.SSLError as error:
            raise Unavailable(
                f"{self.name} has no certificate that this machine trusts, or speaks no TLS: "
                f"{_why(error)}. Nothing was sent. If it has an authority of your own, name its "
                f"file in the environment variable SSL_CERT_FILE."
            ) from None
        except (OSError, UnicodeError) as error:
            raise Unavailable(
                f"{self.name} can't be reached: {_why(error)}. Correct --url, or the way there."
            ) from None
        try:
            return self._answer(connection, target, headers)
        except (OSError, http.client.HTTPException):
            return Answer(0, (), {})
        finally:
            connection.close()

    def _answer(
        self,
        connection: http.client.HTTPConnection,
        target: str,
        headers: Sequence[tuple[str, str]],
    ) -> Answer:
        connection.putrequest("GET", target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        try:
            connection.endheaders()
        except (ConnectionError, ssl.SSLError):
            # It refuses before it has read all, and its answer may stand there already.
            pass
        response = connection.getresponse()
        lines = response.headers.get_all("Set-Cookie") or []
        return Answer(response.status, tuple(lines), _told(response))

    def _connection(self) -> http.client.HTTPConnection:
        if self._context is None:
            return http.client.HTTPConnection(self._host, self._port, timeout=_TIMEOUT)
        return http.client.HTTPSConnection(
            self._host, self._port, timeout=_TIMEOUT, context=self._context
        )

    def _refusal(self, answer: Answer) -> str:
        if answer.status == 0:
            return f"{self.name} closes the connection of a small request. Is it up?"
        if answer.status in _REDIRECTS:
            return (
                f"{self.name} sends on to another address (status {answer.status}), and the doctor "
                f"follows none. Give --url the address that the application itself has."
            )
        if answer.status in (401, 403):
            return (
                f"{self.name} wants somebody to sign in first (status {answer.status}). Add what "
                f"it wants, such as --header @FILE with a line Authorization: Basic ..."
            )
        if answer.status in (429, 503):
            return (
                f"{self.name} answers {answer.status} to a small request, so it limits how often "
                f"it is asked, or is down. Except the doctor from that limit, or wait, and start "
                f"again."
            )
        return (
            f"{self.name} has no probe for this token (status {answer.status}). Either the "
            f"application does not have the COOKIE_SESSIONS_PROBE that belongs to it, or was not "
            f"restarted since, or the address is not the application's root, or the token has been "
            f"used by another run, or what stands in front takes the header {HEADER} away. Every "
            f"run needs a new token: cookie-sessions doctor --new-token."
        )


def parse_header(text: str) -> tuple[str, str]:
    """Read ``Name: value``.

    Raises:
        UsageError: it is none. The message does not repeat it.
    """
    name, colon, value = text.partition(":")
    value = value.strip(" \t\r\n")
    if (
        not colon
        or not name.isascii()
        or not name.replace("-", "a").replace("_", "a").isalnum()
        or not (value.isascii() and value.isprintable())
        or name.lower() in ("cookie", "host", "connection", HEADER.lower(), RUN_HEADER.lower())
    ):
        raise UsageError(
            "A header can't be used (it is not repeated here, as it may hold a password). Write "
            "--header 'Name: value', in ASCII, or --header @FILE; Cookie, Host and Connection are "
            "the doctor's own."
        )
    return name, value


def _checked(url: str) -> SplitResult:
    parts = _split(url)
    if parts is None or not url.isascii() or not url.isprintable() or " " in url:
        raise ConfigurationError(
            "The address can't be used. Write --url https://shop.example/, the application's root."
        )
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigurationError(
            "The address holds a password, a query or a fragment. Write --url "
            "https://shop.example/ alone, and a password as --header @FILE."
        )
    return parts


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("https", "http") and parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if known else None


def _told(response: http.client.HTTPResponse) -> dict[str, Any]:
    if response.status != OK:
        return {}
    try:
        told = json.loads(response.read(_MAX_BODY))
    except ValueError:
        return {}
    is_ours = isinstance(told, dict) and told.keys() >= {"cookies", "octets", "joints", "overhead"}
    return told if is_ours else {}


def _why(error: OSError | UnicodeError) -> str:
    if isinstance(error, UnicodeError):
        return "its name is none"
    if isinstance(error, ssl.SSLCertVerificationError):
        return printable(error.verify_message)
    return printable(error.strerror or type(error).__name__)
