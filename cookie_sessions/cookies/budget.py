"""What the deployment in front of the application lets through, and whether a response keeps to it.

Octets are counted as the strictest party does: a cookie with its name and attributes, a header with
its name. Only our own octets ever break a budget: what other applications of the host set may
warn, and may move values to a store, but never makes an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from cookie_sessions.errors import ConfigurationError

_SET_COOKIE: Final = len("Set-Cookie: \r\n")
_COOKIE: Final = len("Cookie: \r\n")
_AUTHORIZATION: Final = len("Authorization: Session \r\n")
_TOKEN: Final = len("Session-Token: \r\n")
_FIELD: Final = len(": \r\n")
_LINE_AND_REFERER: Final = 256
# Kept free of the session in a request: a link may make them as long as it likes, so what stands
# there in one request says nothing of the next, and must not decide what is an error.
_LEAST_REQUEST: Final = _LINE_AND_REFERER + _COOKIE


class Profile(NamedTuple):
    """The limits of one deployment, in octets; None where it has none that a session reaches.

    Attributes:
        name: what it is called in settings.
        cookie_line: the value of the one Cookie header that a request carries.
        source: where the numbers come from.
        request: all of a request's headers with the request line.
        set_cookies: all Set-Cookie values of one response.
        response: all of a response's headers.
    """

    name: str
    cookie_line: int
    source: str
    request: int | None = None
    set_cookies: int | None = None
    response: int | None = None


_MEASURED: Final = "measured with its default settings: python -m tests.deployments"

PROFILES: Final[Mapping[str, Profile]] = {
    profile.name: profile
    for profile in (
        Profile(
            name="portable",
            cookie_line=7_424,
            response=3_900,
            source="what passes nearly everywhere: lighttpd's 8,192 for a request, less 768 for "
            "its other headers, and one page of nginx's buffer",
        ),
        Profile(
            name="no-proxy", cookie_line=8_180, source="gunicorn alone, which limits no response"
        ),
        Profile(name="gunicorn", cookie_line=8_180, source=_MEASURED),
        Profile(name="nginx", cookie_line=8_182, request=32_144, response=3_900, source=_MEASURED),
        Profile(
            name="nginx-16k",
            cookie_line=8_182,
            request=32_144,
            response=16_100,
            source="nginx with proxy_buffer_size 16k and proxy_buffers 4 16k; " + _MEASURED,
        ),
        Profile(name="apache", cookie_line=8_183, source=_MEASURED),
        Profile(
            name="lighttpd",
            cookie_line=8_192 - _LEAST_REQUEST,
            request=8_192,
            set_cookies=64_000,
            source=_MEASURED,
        ),
        Profile(
            name="haproxy",
            cookie_line=15_200 - _LEAST_REQUEST,
            request=15_200,
            response=15_000,
            source="its 15,360, less 4 for each of 25 headers; " + _MEASURED,
        ),
        Profile(
            name="uwsgi",
            cookie_line=3_500 - _LEAST_REQUEST,
            request=3_500,
            set_cookies=64_000,
            source="its 4,096, less its own variables, the URL once more, and 5 for each of 20 "
            "headers; " + _MEASURED,
        ),
        Profile(name="waitress", cookie_line=260_000, source=_MEASURED),
        Profile(name="granian", cookie_line=400_000, source=_MEASURED),
        Profile(name="uvicorn", cookie_line=16_384, source="h11's and hypercorn's source"),
        Profile(
            name="node",
            cookie_line=16_384 - _LEAST_REQUEST,
            request=16_384,
            response=16_200,
            source="Node.js as a proxy; " + _MEASURED,
        ),
        Profile(
            name="heroku",
            cookie_line=8_192 - _COOKIE,
            source="Heroku's documentation, HTTP routing",
        ),
        Profile(
            name="aws-alb",
            cookie_line=16_384 - _COOKIE,
            request=65_536,
            response=32_768,
            source="AWS's documentation, quotas of Application Load Balancers",
        ),
        Profile(
            name="aws-http-api",
            cookie_line=10_240 - _COOKIE,
            request=10_240,
            source="AWS's documentation, quotas of API Gateway",
        ),
        Profile(
            name="cloudfront",
            cookie_line=20_480 - _COOKIE,
            request=20_480,
            source="AWS's documentation, quotas of CloudFront",
        ),
        Profile(
            name="vercel",
            cookie_line=16_384 - _COOKIE,
            request=32_768,
            source="Vercel's documentation, limits of headers",
        ),
        Profile(
            name="kestrel",
            cookie_line=32_768 - _LEAST_REQUEST,
            request=32_768,
            source="ASP.NET Core's documentation, MaxRequestHeadersTotalSize",
        ),
    )
}
"""The deployments that settings may name."""


def profile_of(names: Iterable[str]) -> Profile:
    """The limits of a chain of deployments, such as nginx in front of gunicorn.

    Args:
        names: of ``PROFILES``, at least one.

    Returns:
        A profile whose every limit is the lowest of theirs.

    Raises:
        ConfigurationError: there is no such profile; names those that there are.
    """
    chain: list[Profile] = []
    for name in names:
        if name not in PROFILES:
            from difflib import get_close_matches

            near = get_close_matches(name, PROFILES, n=1)
            hint = f"Did you mean {near[0]!r}? " if near else ""
            raise ConfigurationError(
                f"COOKIE_SESSIONS_PROFILE names {name!r}, and there is no such profile. "
                f"{hint}Known are {', '.join(PROFILES)}."
            )
        chain.append(PROFILES[name])
    if len(chain) == 1:
        return chain[0]
    if not chain:
        raise ConfigurationError(
            f"COOKIE_SESSIONS_PROFILE is an empty list. Name one or several of "
            f"{', '.join(PROFILES)}."
        )
    return Profile(
        name="+".join(profile.name for profile in chain),
        cookie_line=min(profile.cookie_line for profile in chain),
        request=_lowest(profile.request for profile in chain),
        set_cookies=_lowest(profile.set_cookies for profile in chain),
        response=_lowest(profile.response for profile in chain),
        source="; ".join(dict.fromkeys(profile.source for profile in chain)),
    )


class LineLimit(NamedTuple):
    """How many Set-Cookie lines a response can carry, behind an adapter that keeps no more.

    Attributes:
        kept: that number; the last ones survive.
        strict: whether a session that needs more is refused, instead of being told of.
        others: how many the response has already.
    """

    kept: int
    strict: bool = False
    others: int = 0


def _no_limit() -> LineLimit | None:
    return None


class Surroundings(NamedTuple):
    """What an adapter can see beside our own cookies; asked only where a limit depends on it.

    Attributes:
        request: gives the octets of the headers that a visitor's requests have in common: all but
            Cookie and Referer.
        response: gives the octets of the headers that the response has already.
        lines: gives the limit on Set-Cookie lines, or None where there is none.
    """

    request: Callable[[], int]
    response: Callable[[], int]
    lines: Callable[[], LineLimit | None] = _no_limit


NOTHING_SEEN: Final = Surroundings(int, int)
"""For an adapter that sees neither: both count as 0 octets."""


def octets_of(headers: Iterable[tuple[str, str]]) -> int:
    """The octets that headers take on the line."""
    octets = 0
    for name, value in headers:
        octets += len(name) + len(value) + _FIELD
    return octets


class Excess(NamedTuple):
    """A limit that is broken.

    Attributes:
        octets: what was counted.
        limit: what the profile admits.
        what: which limit it is: an attribute of the profile, ``cookies`` where one session would
            need more cookies than it may take, ``signed`` for the one of Flask's own form,
            ``authorization`` and ``text`` for a session in headers, ``overflow`` and ``entry`` for
            the store, ``lines`` where what is counted are Set-Cookie lines.
    """

    octets: int
    limit: int
    what: str

    @property
    def is_of_store(self) -> bool:
        """Whether it is a limit of the store, and not of cookies."""
        return self.what in ("overflow", "entry")

    @property
    def is_of_lines(self) -> bool:
        """Whether lines are counted, and not octets."""
        return self.what == "lines"

    @property
    def why(self) -> str:
        """What would happen above the limit."""
        return _WHY[self.what]

    @property
    def remedy(self) -> str:
        """What an operator can do about it."""
        return _REMEDIES.get(self.what, "")


_WHY: Final = {
    "cookies": "browsers drop a cookie above 4096, and a session takes 8 cookies at most",
    "signed": "browsers drop a cookie above 4096, and Flask's own form takes one cookie only",
    "cookie_line": "the server in front refuses the next request, whose Cookie header is longer",
    "authorization": (
        "the server in front refuses the next request, whose Authorization header is longer"
    ),
    "text": "no longer text is read",
    "request": "the server in front refuses the next request, whose headers are longer",
    "set_cookies": "the server in front refuses a response with more Set-Cookie octets",
    "response": (
        "the server in front answers 502 to a response whose headers, the page's own included, "
        "take more"
    ),
    "overflow": "one session may keep no more in the overflow store",
    "entry": "the overflow store takes no longer value",
    "lines": (
        "the adapter between the gateway and the application keeps no more Set-Cookie lines of a "
        "response, and drops the others"
    ),
}
_REMEDIES: Final = {
    "overflow": "COOKIE_SESSIONS_OVERFLOW_OCTETS is the bound.",
    "response": (
        "nginx lifts this limit with proxy_buffer_size 16k and proxy_buffers 4 16k; then set "
        "COOKIE_SESSIONS_PROFILE to 'nginx-16k', or to 'no-proxy' where nothing of the kind stands "
        "in front."
    ),
    "cookie_line": "COOKIE_SESSIONS_PROFILE names the deployment whose limits apply.",
    "authorization": "COOKIE_SESSIONS_PROFILE names the deployment whose limits apply.",
    "request": "COOKIE_SESSIONS_PROFILE names the deployment whose limits apply.",
    "set_cookies": "COOKIE_SESSIONS_PROFILE names the deployment whose limits apply.",
    "lines": (
        "On a load balancer turn on multi-value headers in the target group, or use an adapter "
        "that keeps all lines; docs/serverless-adapters.md says which do."
    ),
}


def request_excess(profile: Profile, *, cookie: int, surroundings: Surroundings) -> Excess | None:
    """Which limit the next request would break, or None.

    Args:
        profile: the limits.
        cookie: octets of that request's Cookie header, or of our part of it.
        surroundings: what else is there.
    """
    if cookie > profile.cookie_line:
        return Excess(cookie, profile.cookie_line, "cookie_line")
    if profile.request is not None:
        octets = surroundings.request() + _LINE_AND_REFERER + cookie + _COOKIE
        if octets > profile.request:
            return Excess(octets, profile.request, "request")
    return None


def response_excess(
    profile: Profile, *, lines: Sequence[str], surroundings: Surroundings
) -> Excess | None:
    """Which limit a response would break, or None.

    Args:
        profile: the limits.
        lines: the values of all Set-Cookie headers of ours, deletions included.
        surroundings: what else is there.
    """
    total = sum(map(len, lines))
    if profile.set_cookies is not None and total > profile.set_cookies:
        return Excess(total, profile.set_cookies, "set_cookies")
    if profile.response is not None:
        octets = surroundings.response() + total + len(lines) * _SET_COOKIE
        if octets > profile.response:
            return Excess(octets, profile.response, "response")
    return None


def line_excess(limit: LineLimit | None, *, lines: int) -> Excess | None:
    """The limit on Set-Cookie lines where so many break it, or None.

    Args:
        limit: the limit, or None where there is none.
        lines: how many there are. Ours are the last of a response, so they are lost only where
            there are more of them by themselves.
    """
    return None if limit is None or lines <= limit.kept else Excess(lines, limit.kept, "lines")


def token_excess(
    profile: Profile, *, octets: int, longest: int, surroundings: Surroundings
) -> Excess | None:
    """Which limit a session would break that comes and goes in headers of its own, or None.

    A server that refuses a long Cookie header refuses others of that length too.

    Args:
        profile: the limits.
        octets: the sealed text.
        longest: the longest text that is read.
        surroundings: what else is there.
    """
    if octets > longest:
        return Excess(octets, longest, "text")
    line = profile.cookie_line + _COOKIE - _AUTHORIZATION
    if octets > line:
        return Excess(octets, line, "authorization")
    if profile.request is not None:
        total = surroundings.request() + _LINE_AND_REFERER + octets + _AUTHORIZATION
        if total > profile.request:
            return Excess(total, profile.request, "request")
    if profile.response is not None:
        total = surroundings.response() + octets + _TOKEN
        if total > profile.response:
            return Excess(total, profile.response, "response")
    return None


def _lowest(limits: Iterable[int | None]) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
