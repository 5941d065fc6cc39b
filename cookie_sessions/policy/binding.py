"""Whether a session is still where it was made: pure functions of (octets, client, rules).

docs/protection-binding.md, "In the claims", is the specification of the octets.
"""

from __future__ import annotations

import enum
import functools
import hashlib
from collections.abc import Callable, Collection, Mapping
from typing import Final, NamedTuple

from cookie_sessions.client import MAX_CHARACTERS, Client
from cookie_sessions.errors import Reason, Rejected
from cookie_sessions.policy.network import network_of
from cookie_sessions.policy.user_agent import SYSTEM_PLAYER, parse

MAX_OCTETS: Final = 30
"""What all bindings may take, those of a later release included; ours take at most 24."""

_MAX_LANGUAGES: Final = 16
_BOUND_LANGUAGES: Final = 2
_LANGUAGE_OCTETS: Final = 2
_HASH_OCTETS: Final = 3
_VERSION_OCTETS: Final = 2
_SYSTEMS: Final = ("", "windows", "apple", "linux")
"""The places are in sealed sessions: new ones go to the end."""


class Verdict(enum.StrEnum):
    """What follows from how a session's client differs, the mildest first."""

    ACCEPT = "accept"
    ANOMALOUS = "anomalous"
    REAUTHENTICATE = "reauthenticate"
    REJECT = "reject"

    @property
    def severity(self) -> int:
        """Its place in that order."""
        return _SEVERITIES[self]


_SEVERITIES: Final = {verdict: place for place, verdict in enumerate(Verdict)}


class Anomaly(NamedTuple):
    """A session in a client that is not like the one that it is bound to.

    Attributes:
        verdict: what follows from it.
        properties: the names of what differs; never what it is.
    """

    verdict: Verdict
    properties: tuple[str, ...]


class Judgement(NamedTuple):
    """What was found, and why.

    Attributes:
        verdict: what follows.
        differing: the names of the properties that count.
        newer: whether the browser has a newer version than the session is bound to.
    """

    verdict: Verdict
    differing: tuple[str, ...] = ()
    newer: bool = False


class _Match(enum.Enum):
    SAME = 0
    HALF = 1
    OTHER = 2
    NEWER = 3


STANDARD: Final = (
    ("user_agent", 60),
    ("accept_language", 25),
    ("network", 15),
    ("fingerprint", 30),
)
"""The weights of the standard: what a browser or a phone changes by itself has no consequence."""

THRESHOLDS: Final = (
    (Verdict.ANOMALOUS, 40),
    (Verdict.REAUTHENTICATE, 60),
    (Verdict.REJECT, 100),
)
"""The points from which the verdicts hold, unless settings say otherwise."""


class Rules(NamedTuple):
    """How much each property counts, and what follows.

    Attributes:
        weights: properties with their points.
        thresholds: verdicts with the points from which they hold; None: never.
    """

    weights: tuple[tuple[str, int], ...] = STANDARD
    thresholds: tuple[tuple[Verdict, int | None], ...] = THRESHOLDS

    @property
    def properties(self) -> tuple[str, ...]:
        """What sessions are bound to."""
        return tuple(name for name, _ in self.weights)

    def verdict(self, points: int) -> Verdict:
        """The most severe verdict that so many points reach."""
        reached = [
            verdict
            for verdict, least in self.thresholds
            if least is not None and 0 < least <= points
        ]
        return max(reached, key=lambda verdict: verdict.severity, default=Verdict.ACCEPT)


def bind(client: Client, properties: Collection[str]) -> bytes:
    """What claims hold of a client.

    Args:
        client: the client.
        properties: the names of what is to be bound.

    Returns:
        At most 24 octets; none where nothing of it can be told.
    """
    return _joined(_taken(client, properties))


def rebind(octets: bytes, client: Client, properties: Collection[str], *, newer: bool) -> bytes:
    """What claims hold after a client was accepted.

    Args:
        octets: the bindings as they are.
        client: the client.
        properties: the names of what is to be bound.
        newer: whether its browser has a newer version, which is taken over with its fingerprint.

    Raises:
        Rejected: ``undecodable``.
    """
    bound = _entries(octets)
    taken = _taken(client, properties)
    kept = dict(bound) if not newer else {**bound, **{n: taken[n] for n in _MOVING & taken.keys()}}
    joined = _joined({**taken, **kept})
    if len(joined) > MAX_OCTETS:
        joined = _joined({number: kept.get(number, taken[number]) for number in taken})
    return joined


def judge(octets: bytes, client: Client, rules: Rules) -> Judgement:
    """Say how a client differs from the one that a session is bound to.

    Args:
        octets: the bindings.
        client: the client.
        rules: what counts how much. Properties that the session is not bound to count nothing.

    Raises:
        Rejected: ``undecodable``: no release has written these octets.
    """
    return _judged(octets, Client(*[text[:MAX_CHARACTERS] for text in client]), rules)


@functools.lru_cache(maxsize=256)
def _judged(octets: bytes, client: Client, rules: Rules) -> Judgement:
    # Most requests of a visitor are judged as the one before.
    bound = _entries(octets)
    points = 0
    differing: list[str] = []
    newer = False
    weights = dict(rules.weights)
    for name, each in _PROPERTIES.items():
        entry = bound.get(each.number)
        weight = weights.get(name, 0)
        if entry is None or not weight:
            continue
        match = each.compare(entry, client)
        newer = newer or match is _Match.NEWER
        if newer and name == "fingerprint" and match is _Match.OTHER:
            # Another version of a browser may well speak TLS in another way.
            match = _Match.HALF
        if match is _Match.OTHER or match is _Match.HALF:
            points += weight if match is _Match.OTHER else weight // 2
            differing.append(name)
    return Judgement(rules.verdict(points), tuple(differing), newer)


def _taken(client: Client, properties: Collection[str]) -> dict[int, bytes]:
    taken = {
        each.number: each.take(client) for name, each in _PROPERTIES.items() if name in properties
    }
    return {number: content for number, content in taken.items() if content is not None}


def _entries(octets: bytes) -> dict[int, bytes]:
    entries: dict[int, bytes] = {}
    position = last = 0
    while position < len(octets):
        number, length = octets[position], octets[position + 1 : position + 2]
        content = octets[position + 2 :][: length[0]] if length else b""
        if number <= last or not length or len(content) < length[0]:
            raise Rejected(Reason.UNDECODABLE)
        if number in _LENGTHS and len(content) not in _LENGTHS[number]:
            raise Rejected(Reason.UNDECODABLE)
        entries[number] = content
        position += 2 + length[0]
        last = number
    return entries


def _joined(entries: Mapping[int, bytes]) -> bytes:
    return b"".join(
        [bytes((number, len(content))) + content for number, content in sorted(entries.items())]
    )


@functools.lru_cache(maxsize=256)
def _hashed(text: str, octets: int) -> bytes:
    # A header of WSGI holds no surrogates; a client made by hand may.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:octets]


def _take_user_agent(client: Client) -> bytes | None:
    agent = parse(client.user_agent)
    if agent.family == SYSTEM_PLAYER:
        # It says nothing of the browser that it fetches for.
        return None
    system = bytes((_SYSTEMS.index(agent.system),))
    version = agent.major.to_bytes(_VERSION_OCTETS, "big")
    return _hashed(agent.family, _HASH_OCTETS) + system + version


def _compare_user_agent(bound: bytes, client: Client) -> _Match:
    present = _take_user_agent(client)
    if present is None:
        system = _SYSTEMS.index(parse(client.user_agent).system)
        return _Match.SAME if bound[_HASH_OCTETS] == system else _Match.OTHER
    if present[:-_VERSION_OCTETS] != bound[:-_VERSION_OCTETS]:
        return _Match.OTHER
    before, now = bound[-_VERSION_OCTETS:], present[-_VERSION_OCTETS:]
    if before == now or not any(before) or not any(now):
        return _Match.SAME
    return _Match.NEWER if now > before else _Match.HALF


def _languages(client: Client) -> list[bytes]:
    """The primary languages of Accept-Language (RFC 9110, section 12.5.4), in its order."""
    primary: dict[bytes, None] = {}
    ranges = client.accept_language[:MAX_CHARACTERS].split(",", _MAX_LANGUAGES)
    for each in ranges[:_MAX_LANGUAGES]:
        code = each.partition(";")[0].strip(" \t").partition("-")[0].lower()
        if code and code != "*":
            primary[_hashed(code, _LANGUAGE_OCTETS)] = None
    return list(primary)


def _take_languages(client: Client) -> bytes:
    return b"".join(_languages(client)[:_BOUND_LANGUAGES])


def _compare_languages(bound: bytes, client: Client) -> _Match:
    present = _languages(client)
    known = {
        bound[place : place + _LANGUAGE_OCTETS] for place in range(0, len(bound), _LANGUAGE_OCTETS)
    }
    same = not known.isdisjoint(present) if known else not present
    return _Match.SAME if same else _Match.OTHER


def _take_network(client: Client) -> bytes | None:
    network = network_of(client.address)
    return None if network is None else hashlib.sha256(network).digest()[:_HASH_OCTETS]


def _take_fingerprint(client: Client) -> bytes | None:
    fingerprint = client.fingerprint[:MAX_CHARACTERS]
    return _hashed(fingerprint, _HASH_OCTETS) if fingerprint else None


def _equals(take: Callable[[Client], bytes | None]) -> Callable[[bytes, Client], _Match]:
    def compare(bound: bytes, client: Client) -> _Match:
        return _Match.SAME if take(client) == bound else _Match.OTHER

    return compare


class _Property(NamedTuple):
    number: int
    lengths: tuple[int, ...]
    take: Callable[[Client], bytes | None]
    compare: Callable[[bytes, Client], _Match]


# What is bound under a number is in sealed sessions: another way to read a property has another.
_PROPERTIES: Final = {
    "user_agent": _Property(1, (6,), _take_user_agent, _compare_user_agent),
    "accept_language": _Property(2, (0, 2, 4), _take_languages, _compare_languages),
    "network": _Property(3, (3,), _take_network, _equals(_take_network)),
    "fingerprint": _Property(4, (3,), _take_fingerprint, _equals(_take_fingerprint)),
}
_LENGTHS: Final = {each.number: each.lengths for each in _PROPERTIES.values()}
_MOVING: Final = frozenset({_PROPERTIES["user_agent"].number, _PROPERTIES["fingerprint"].number})
PROPERTIES: Final = tuple(_PROPERTIES)
"""The names of what a session can be bound to."""
