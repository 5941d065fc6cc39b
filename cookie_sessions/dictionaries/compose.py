"""Composes a dictionary from the phrases that many people share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.sample import Phrase
from cookie_sessions.dictionaries.trained import Trained, numbered

DEFAULT_OCTETS: Final = 49_152
"""How large a dictionary may be where nobody says it."""

BUILT_IN_HEAD: Final = 151
"""Octets before the content of the dictionary that ships: magic, number, entropy tables."""

_LEAST_PHRASE: Final = 4
_REFERENCE: Final = 3
"""Octets that a phrase costs where it stands in the dictionary, about."""


def compose(
    phrases: Sequence[Phrase], *, octets: int, sessions: int, subjects: int, now: int
) -> Trained:
    """Make a dictionary of the one that ships and of what saves the most beside it.

    Args:
        phrases: what people share.
        octets: how large it may be.
        sessions: how many sampled writes they come from.
        subjects: the fewest people who share any of them.
        now: seconds since the epoch.

    Returns:
        A dictionary with what is met most often last, where a match costs least.
    """
    shipped = built_in_octets()
    head, content = shipped[:BUILT_IN_HEAD], shipped[BUILT_IN_HEAD:]
    chosen = _chosen(phrases, content, octets - len(shipped))
    added = b"".join(phrase.text for phrase in chosen)
    return Trained(
        numbered(head, content + added),
        made=now,
        sessions=sessions,
        subjects=subjects,
        phrases=tuple(len(phrase.text) for phrase in chosen),
    )


def _chosen(phrases: Sequence[Phrase], content: bytes, room: int) -> list[Phrase]:
    wanted = [
        phrase
        for phrase in phrases
        if len(phrase.text) >= _LEAST_PHRASE and phrase.text not in content
    ]
    wanted.sort(key=lambda phrase: (-_worth(phrase), phrase.text))
    taken: list[Phrase] = []
    # Two octets that no phrase begins with keep apart what is only looked through.
    looked = b""
    for phrase in wanted:
        if len(phrase.text) > room:
            break
        if phrase.text not in looked:
            taken.append(phrase)
            looked += phrase.text + b"\xc1\xc1"
            room -= len(phrase.text)
    longest = sorted(taken, key=lambda phrase: -len(phrase.text))
    kept: list[Phrase] = []
    looked = b""
    for phrase in longest:
        if phrase.text not in looked:
            kept.append(phrase)
            looked += phrase.text + b"\xc1\xc1"
    return sorted(kept, key=lambda phrase: (phrase.sessions, phrase.text))


def _worth(phrase: Phrase) -> int:
    return phrase.sessions * (len(phrase.text) - _REFERENCE)
