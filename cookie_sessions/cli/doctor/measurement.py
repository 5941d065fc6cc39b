"""How much passes, of each kind: found by halving, and confirmed by small requests between."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from cookie_sessions import clock
from cookie_sessions.cli.doctor.site import CLOSED, DROPPED, OK, Answer, Site
from cookie_sessions.probe import MAX_OCTETS, cookie_pairs, set_cookie_values

_LEAST: Final = 256
_COOKIE: Final = 4_000
_LINE: Final = 2_000
_PADDING: Final = 1_024
_LEAST_PADDING: Final = 16
_MAX_SINGLE: Final = 16_384
_SET_COOKIE: Final = len("Set-Cookie: \r\n")


class Limit(NamedTuple):
    """The most of one kind that passes, in octets.

    Attributes:
        passed: the greatest size that passed; 0 where none did.
        failed: the least that did not; None where all did that are asked for.
        refusal: the status of the answer to that, ``closed`` (or no answer in time), ``dropped``
            for an answer without what was sent; None where all passed.
    """

    passed: int
    failed: int | None
    refusal: int | str | None


class Measured(NamedTuple):
    """What a deployment lets through.

    Attributes:
        cookie_line: the value of one Cookie line.
        cookie_lines: the values of several Cookie lines of one request.
        request: all headers of a request with its line.
        set_cookies: all Set-Cookie values of a response.
        set_cookie: a single Set-Cookie value.
        overhead: octets that the probe's answers have beside Set-Cookie lines, as the application
            counts them.
        own: octets of the headers of the doctor's requests beside Cookie lines and padding.
        joints: what stands between the values of two Cookie lines when they arrive; empty where
            not both do.
        application: what the application said of its settings.
        ahead: by how many seconds its clock is at least ahead of this machine's, or behind where
            that is negative; None where it does not say.
    """

    cookie_line: Limit
    cookie_lines: Limit
    request: Limit
    set_cookies: Limit
    set_cookie: Limit
    overhead: int
    own: int
    joints: tuple[str, ...]
    application: dict[str, Any]
    ahead: int | None = None

    @property
    def response(self) -> int:
        """All headers of the largest response that passed, as the application counts them."""
        lines = _count(self.set_cookies.passed, _COOKIE)
        return self.overhead + self.set_cookies.passed + lines * _SET_COOKIE


KINDS: Final = {
    "cookie_line": "one Cookie line",
    "cookie_lines": "several Cookie lines",
    "request": "a whole request",
    "set_cookies": "all Set-Cookie lines",
    "set_cookie": "one Set-Cookie line",
}
"""What is measured, in this order, with the names for people."""

Progress = Callable[[str, int, int], None]
"""Told after each request: the kind, the octets that were asked for, and how many requests yet."""


def measure(site: Site, progress: Progress) -> Measured:
    """Measure everything, with some 150 requests.

    Args:
        site: the deployment.
        progress: told how far it is.

    Raises:
        Unavailable: the probe does not answer, or stops answering even small requests.
    """
    asked = clock.now()
    first = site.control()
    ahead = _ahead(first.told.get("clock"), asked=asked, answered=clock.now())
    limits = {
        kind: _limit(site, _ASK[kind], kind, progress, most=_MOST.get(kind, MAX_OCTETS))
        for kind in KINDS
    }
    both = site.ask(cookies=cookie_pairs(64, 2))
    joints = both.told.get("joints", ()) if both.told.get("cookies") == 2 else ()
    return Measured(
        **limits,
        overhead=int(first.told["overhead"]),
        own=site.headers_octets,
        joints=tuple(map(str, joints)),
        application=first.told.get("application") or {},
        ahead=ahead,
    )


def _ahead(told: object, *, asked: float, answered: float) -> int | None:
    """How far a clock is from what it can have been while it was asked: whole seconds."""
    if type(told) is not int:
        return None
    # It counts whole seconds, so it may say up to one less than it was.
    return max(0, math.floor(told - answered)) + min(0, math.ceil(told + 1 - asked))


def _ask_cookie_line(site: Site, octets: int) -> tuple[Answer, bool]:
    count = _count(octets, _COOKIE)
    pairs = cookie_pairs(octets - 2 * (count - 1), count)
    return _arrived(site.ask(cookies=["; ".join(pairs)]), pairs)


def _ask_cookie_lines(site: Site, octets: int) -> tuple[Answer, bool]:
    pairs = cookie_pairs(octets, max(2, _count(octets, _LINE)))
    return _arrived(site.ask(cookies=pairs), pairs)


def _ask_request(site: Site, octets: int) -> tuple[Answer, bool]:
    answer = site.ask(padding=_padding(octets - site.least_octets))
    return answer, bool(answer.told)


def _ask_set_cookies(site: Site, octets: int) -> tuple[Answer, bool]:
    return _set(site, octets, _count(octets, _COOKIE))


def _ask_set_cookie(site: Site, octets: int) -> tuple[Answer, bool]:
    return _set(site, octets, 1)


_ASK: Final[dict[str, Callable[[Site, int], tuple[Answer, bool]]]] = {
    "cookie_line": _ask_cookie_line,
    "cookie_lines": _ask_cookie_lines,
    "request": _ask_request,
    "set_cookies": _ask_set_cookies,
    "set_cookie": _ask_set_cookie,
}
_MOST: Final = {"set_cookie": _MAX_SINGLE}


def _limit(
    site: Site,
    ask: Callable[[Site, int], tuple[Answer, bool]],
    kind: str,
    progress: Progress,
    *,
    most: int,
) -> Limit:
    refusals: dict[int, int | str] = {}

    def passes(octets: int) -> bool:
        answer, whole = ask(site, octets)
        progress(kind, octets, site.requests)
        if answer.status == OK and whole:
            return True
        refusals[octets] = DROPPED if answer.status == OK else answer.status or CLOSED
        # What fails for another reason than its size must not be taken for a limit.
        site.control()
        return False

    low, high = 0, _LEAST
    while high < most and passes(high):
        low, high = high, min(2 * high, most)
    if high == most and high not in refusals and passes(most):
        return Limit(most, None, None)
    while high - low > 1 and high > _LEAST:
        middle = (low + high) // 2
        if passes(middle):
            low = middle
        else:
            high = middle
    return Limit(low, high, refusals[high])


def _count(octets: int, each: int) -> int:
    return max(1, -(-octets // each))


def _padding(octets: int) -> list[tuple[str, str]]:
    # Whole lines of 1,024 leave no gaps in servers that keep them in buffers of 8,192.
    sizes = [min(_PADDING, octets - at) for at in range(0, octets, _PADDING)]
    if len(sizes) > 1 and sizes[-1] < _LEAST_PADDING:
        sizes[-2:] = [sum(sizes[-2:])]
    named = [(f"X-Probe-{number}", size) for number, size in enumerate(sizes)]
    return [(name, "v" * max(1, size - len(name) - len(": \r\n"))) for name, size in named]


def _arrived(answer: Answer, pairs: list[str]) -> tuple[Answer, bool]:
    told = answer.told
    whole = told.get("cookies") == len(pairs) and told.get("octets") == sum(map(len, pairs))
    return answer, whole


def _set(site: Site, octets: int, lines: int) -> tuple[Answer, bool]:
    answer = site.ask(set_octets=octets, set_lines=lines)
    # What stands in front may set cookies of its own, such as one that keeps a visitor in place.
    missing = set(set_cookie_values(octets, lines)) - set(answer.set_cookies)
    return answer, not missing
