"""What a server really lets through, found by asking."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NamedTuple

from tests.deployments.client import Answer, Headers, get

FAR: Final = 1 << 20
"""Octets above which nobody asks."""

OK: Final = int(HTTPStatus.OK)

_LINE: Final = 2000


class Limit(NamedTuple):
    """The most that passes.

    Attributes:
        octets: the greatest size that passed; ``FAR`` where all did.
        refusal: the status of the answer above it, 0 for a closed connection; None where all
            passed.
    """

    octets: int
    refusal: int | None

    def __str__(self) -> str:
        if self.refusal is None:
            return "> 1 MiB"
        return f"{self.octets:,} ({self.refusal or 'closed'})"


def greatest(passes: Callable[[int], bool], *, low: int, high: int) -> int:
    """The greatest number in ``low <= n < high`` that passes, where ``low`` does.

    Args:
        passes: whether one does; those below one that passes are taken to pass too.
        low: where to begin.
        high: the least that is taken to fail.
    """
    while high - low > 1:
        middle = (low + high) // 2
        if passes(middle):
            low = middle
        else:
            high = middle
    return low


def cookie_line(port: int, headers: Headers) -> Limit:
    """The longest value of the one Cookie header, beside others."""

    def ask(octets: int) -> Answer:
        return get(port, "/plain", headers, "n=".ljust(octets, "v"))

    return _limit(ask, lambda octets, answer: answer.body == str(octets))


def cookie_lines(port: int, headers: Headers) -> Limit:
    """The octets of all Cookie headers' values, where a client sends many."""

    def ask(octets: int) -> Answer:
        sizes = [min(_LINE, octets - at) for at in range(0, octets, _LINE)]
        return get(port, "/plain", headers, *["n=".ljust(size, "v") for size in sizes])

    return _limit(ask, lambda octets, answer: int(answer.body) >= octets)


def set_cookies(port: int, other: int) -> Limit:
    """The octets of all Set-Cookie values of one response, beside ``other`` octets of headers."""

    def ask(octets: int) -> Answer:
        return get(port, f"/plain?octets={octets}&other={other}", [])

    return _limit(ask, lambda octets, answer: sum(map(len, answer.set_cookies)) == octets)


def _limit(ask: Callable[[int], Answer], whole: Callable[[int, Answer], bool]) -> Limit:
    refusals: list[int] = []

    def passes(octets: int) -> bool:
        answer = ask(octets)
        passed = answer.status == OK and whole(octets, answer)
        if not passed:
            refusals.append(answer.status)
        return passed

    low, high = 64, 128
    assert passes(low)
    while high < FAR and passes(high):
        low, high = high, 2 * high
    if not refusals and passes(FAR):
        return Limit(FAR, None)
    return Limit(greatest(passes, low=low, high=high), refusals[-1])
