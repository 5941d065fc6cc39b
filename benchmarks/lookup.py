"""One key among many against the only key: the look-up by itself, and a whole cookie opened.

The peers try their keys in turn, so it matters where the right one stands; with us it does not.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from benchmarks.peers import DEFAULT, FERNET, OURS
from benchmarks.timing import ratios, rounds
from cookie_sessions import sealer
from cookie_sessions.crypto import KEY_OCTETS
from cookie_sessions.keys import Key, KeyRing

COUNTS: Final = (1, 10, 100, 1000)
MIDDLE, LAST = "middle", "last"
FIND: Final = "find"

_FINDS: Final = 100
_SECONDS: Final = 0.004
_OCTETS: Final = 300
_NOW: Final = 1_741_600_000
_PLACE: Final = sealer.Place("session", "session", "")


@dataclass(frozen=True, slots=True)
class Search:
    """What one key among many costs.

    Attributes:
        who: name of the peer whose cookie is opened, or ``FIND`` for our look-up by itself.
        keys: how many keys there are.
        position: which of them it is, in the order in which the peers try them.
        times: seconds for one, round by round.
        ratios: how many times that is of what the only key costs, round by round.
    """

    who: str
    keys: int
    position: str
    times: Sequence[float]
    ratios: Sequence[float]


def measure(*, count: int) -> list[Search]:
    """The cost of the middle and of the last key, for ours and for the peers.

    Args:
        count: how many rounds.
    """
    calls: dict[str, Callable[[], object]] = {}
    for keys in COUNTS:
        ring = [Key(os.urandom(KEY_OCTETS)) for _ in range(keys)]
        fernets = [Fernet(Fernet.generate_key()) for _ in range(keys)]
        secrets = [os.urandom(32).hex() for _ in range(keys)]
        for position, place in ((MIDDLE, (keys - 1) // 2), (LAST, keys - 1)):
            calls |= {
                _name(FIND, keys, position): _find(ring, place),
                _name(OURS, keys, position): _open(ring, place),
                _name(FERNET, keys, position): _decrypt(fernets, place),
                _name(DEFAULT, keys, position): _verify(secrets, place),
            }
    times = rounds(calls, count=count, seconds=_SECONDS)
    return [
        Search(
            who,
            keys,
            position,
            [seconds / (_FINDS if who == FIND else 1) for seconds in times[name]],
            ratios(times[name], times[_name(who, 1, position)]),
        )
        for who in (FIND, OURS, FERNET, DEFAULT)
        for keys in COUNTS
        for position in (MIDDLE, LAST)
        for name in [_name(who, keys, position)]
    ]


def found(searches: Sequence[Search], who: str, *, keys: int, position: str = LAST) -> Search:
    """The one of these searches that is about this."""
    wanted = (who, keys, position)
    return next(one for one in searches if (one.who, one.keys, one.position) == wanted)


def _name(who: str, keys: int, position: str) -> str:
    return f"{who} {keys} {position}"


def _find(keys: Sequence[Key], place: int) -> Callable[[], None]:
    """Look-ups of keys in turn, beginning with one of them."""
    ring = KeyRing(*keys)
    kids = [keys[(place + number) % len(keys)].kid for number in range(_FINDS)]

    def find() -> None:
        for kid in kids:
            ring.get(kid)

    return find


def _open(keys: Sequence[Key], place: int) -> Callable[[], object]:
    ring = KeyRing(*keys)
    text = sealer.seal(
        bytes(_OCTETS), ring=KeyRing(keys[place]), place=_PLACE, refreshable=False, now=_NOW
    )
    return lambda: sealer.open_text(text, ring=ring, place=_PLACE, now=_NOW)


def _decrypt(fernets: Sequence[Fernet], place: int) -> Callable[[], object]:
    token = fernets[place].encrypt(bytes(_OCTETS))
    many = MultiFernet(fernets)
    return lambda: many.decrypt(token)


def _verify(secrets: Sequence[str], place: int) -> Callable[[], object]:
    """Flask's serializer for a secret key and its fallbacks; it is made once, not per request.

    The secret key is tried first, then the fallbacks from the last to the first.
    """
    app = Flask("benchmarks")
    interface = SecureCookieSessionInterface()
    app.secret_key = secrets[place]
    signer = interface.get_signing_serializer(app)
    app.secret_key, *fallbacks = secrets
    app.config["SECRET_KEY_FALLBACKS"] = fallbacks[::-1]
    serializer = interface.get_signing_serializer(app)
    assert signer is not None
    assert serializer is not None
    text = signer.dumps({"text": "x" * _OCTETS})
    return lambda: serializer.loads(text)
