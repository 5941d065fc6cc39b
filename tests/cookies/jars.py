"""What scripts and servers may try to put into a browser's jar, one plan a Cookie header."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.cookies.echo import PARENT
from tests.cookies.headers import NAMES, Grammar

GENUINE: Final = "GENUINE"
"""The value of the cookies that the site itself sets and scripts must not touch."""

SITES: Final[tuple[tuple[str, ...], ...]] = ((), ("__Host-session",), ("session", "__Secure-s"))
"""The names of the site's own cookies, which a batch of plans finds in the jar."""

_ANYWHERE: Final = "; Path=/;"
_LEADS: Final = ("", " ", "=", "\t")
_JAR: Final = 150
"""Cookies a batch: Chromium drops some of a site's when there are more than 180."""


class Plan(NamedTuple):
    """Cookies that are set below one path, and the request that then sends them.

    Attributes:
        path: of the request.
        scripted: what a script assigns to ``document.cookie``.
        served: values of Set-Cookie headers.
    """

    path: str
    scripted: tuple[str, ...]
    served: tuple[bytes, ...]


class Batch(NamedTuple):
    """Plans that are carried out together, as each has a path of its own."""

    site: tuple[str, ...]
    plans: tuple[Plan, ...]


def batches(count: int, *, seed: int) -> Iterator[Batch]:
    """Batches that hold so many plans, always the same ones for a seed."""
    grammar = Grammar(seed)
    while count > 0:
        plans: list[Plan] = []
        cookies = 0
        while len(plans) < count and cookies < _JAR:
            plan = _plan(grammar, len(plans))
            cookies += len(plan.scripted) + len(plan.served)
            plans.append(plan)
        count -= len(plans)
        yield Batch(grammar.one(SITES), tuple(plans))


def _plan(grammar: Grammar, number: int) -> Plan:
    name = grammar.one(NAMES)
    kind = grammar.draw()
    if kind < 0.003:
        paths = [f"/{number}" + "/p" * depth for depth in range(20)]
        pad = "y" * 4000 if kind < 0.001 else ""
        flood = tuple(f"{name}={depth}{pad}; Path={path}" for depth, path in enumerate(paths))
        return Plan(paths[-1], flood, ())
    paths = [f"/{number}", f"/{number}/a", f"/{number}/a/b"]
    scripted: list[str] = []
    served: list[bytes] = []
    for _ in range(1 + grammar.below(4)):
        line = _line(grammar, name, grammar.one(paths))
        octets = line.encode("latin-1")
        # Below its own path only: the cookies that the server sets for all paths are the site's.
        if grammar.draw() < 0.2 and _ANYWHERE not in line:
            served.append(_not_utf_8(grammar, octets.translate(None, b"\x00\r\n")))
            continue
        try:
            text = octets.decode()
        except UnicodeDecodeError:
            text = line
        scripted.append(text if grammar.draw() < 0.99 else text.replace("=", "=\udc00", 1))
    return Plan(paths[-1], tuple(scripted), tuple(served))


def _not_utf_8(grammar: Grammar, octets: bytes) -> bytes:
    """Now and then octets that a script can't set, as its text becomes UTF-8."""
    if grammar.draw() < 0.8:
        return octets
    at = grammar.below(octets.index(b"; Path") + 1) if b"; Path" in octets else 0
    return octets[:at] + grammar.one((b"\xe9", b"\x85", b"\xa0", b"\xe2\x82")) + octets[at:]


def _line(grammar: Grammar, name: str, path: str) -> str:
    kind = grammar.draw()
    if kind < 0.02:
        pair = f"{name}={'y' * (4080 + grammar.below(20))}"
    elif kind < 0.08:
        evil = f"{grammar.one(_LEADS)}{name}{grammar.one(('', ' '))}=EVIL"
        pair = grammar.one((f"={evil}", f" = {evil}", evil, f"={name}", f"=,{evil}", f"={evil};="))
    else:
        pair = grammar.pair(name)
    attributes = [f"; Path={path}"]
    if name.startswith("__") or grammar.draw() < 0.1:
        attributes.append("; Secure")
    if grammar.draw() < 0.3:
        attributes.append(
            grammar.one(
                (
                    *(f";path = {path} ", "; HttpOnly", "; Max-Age=0", "; Max-Age=99"),
                    *(f"; Domain={PARENT}", f"; Domain={PARENT}", "; SameSite=Strict", ";", "; ="),
                    *(
                        f"; {name}=EVIL",
                        f",{name}=EVIL",
                        "; SameSite=None; Secure",
                        "; Partitioned",
                    ),
                )
            )
        )
    if grammar.draw() < 0.005:
        attributes.append(grammar.one((_ANYWHERE, f"{_ANYWHERE} Secure; Partitioned")))
    if grammar.draw() < 0.1:
        attributes.reverse()
    return pair + "".join(attributes)
