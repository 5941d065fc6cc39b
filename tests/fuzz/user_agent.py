"""User-Agent headers of any content against what is promised of each.

The input is the header, in Latin-1 as WSGI hands it over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from cookie_sessions.client import MAX_CHARACTERS
from cookie_sessions.policy import user_agent
from cookie_sessions.policy.user_agent import MAX_MAJOR, parse
from tests.policy.user_agents import ABSURD, SEQUENCES

WORDS: Final = (
    *(b"Chrome/", b"Edg/", b"Version/", b"Safari/", b"Firefox/", b"AppleWebKit/", b"CriOS/"),
    *(b"Mozilla/5.0 (", b"; wv)", b"(Windows NT 10.0", b"(Macintosh", b"(Linux; Android 10; K)"),
    *(b"AppleCoreMedia/1.0", b"99999999999", b"65535", b"65536", b"\xe9", b"\x00"),
)

KNOWN: Final = {family for _, family in user_agent._FAMILIES} | {"android webview"}
_BEHIND: Final = "Edg/3 (Windows) Firefox/99"


def check(data: bytes) -> None:
    text = data.decode("latin-1")
    agent = parse(text)
    assert agent.family.isascii(), "a family of other letters"
    assert agent.family == agent.family.lower(), "two spellings of one family"
    assert len(agent.family) <= 32, "a family of any length"
    assert agent.system in ("", "windows", "apple", "linux"), "a system without a number"
    assert 0 <= agent.major <= MAX_MAJOR, "a version without room"
    padded = text.ljust(MAX_CHARACTERS)[:MAX_CHARACTERS]
    assert parse(padded) == parse(padded + _BEHIND), "read beyond the bound"
    if agent.family:
        assert agent.family in KNOWN or agent.family in text.lower(), "a family from nowhere"
    if agent.major and agent.major < MAX_MAJOR:
        assert str(agent.major) in text, "a version from nowhere"


def seeds() -> Iterator[bytes]:
    for sequence in SEQUENCES.values():
        yield sequence[0].encode()
    for text in ABSURD:
        yield text[:1200].encode("latin-1", "replace")
