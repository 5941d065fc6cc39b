"""Cookies of split sessions: what they are joined to, or the Reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions.cookies import MAX_COOKIES, chunk_names, split
from cookie_sessions.errors import Reason
from tests.vectors import positive
from tests.vectors.steps import fixed

Vector = dict[str, Any]
Pairs = list[list[str]]

_NAME: Final = "session"
_ROOM: Final = 100


def vectors() -> list[Vector]:
    """All of them, those that are joined first."""
    return [*_whole(), *_passed_over(), *_refused()]


def _vector(name: str, pairs: Pairs, *, cookie: str = _NAME, **expected: Any) -> Vector:
    return {"name": name, "cookie": cookie, "cookies": pairs, **expected}


def _pairs(text: str, *, room: int = _ROOM, cookie: str = _NAME) -> Pairs:
    names = (cookie, *chunk_names(cookie))
    return [[name, value] for name, value in zip(names, split(text, room=room), strict=False)]


def _text(length: int, seed: str) -> str:
    """Characters that stand for a sealed text: nothing here looks into it but for the tag."""
    octets = fixed(f"a split text: {seed}", length)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return "".join([alphabet[octet & 63] for octet in octets])


def _whole() -> Iterator[Vector]:
    sealed = {vector["name"]: vector for vector in positive.vectors()}
    for name, room in (
        ("the worked example of the format's page", 64),
        ("shrunk strings", 130),
        ("another cookie name", 70),
        ("each type of value", 600),
    ):
        text, cookie = sealed[name]["text"], sealed[name]["place"]["name"]
        pairs = _pairs(text, room=room, cookie=cookie)
        assert len(pairs) > 1
        yield _vector(
            f"a sealed session: {name}", pairs, cookie=cookie, room=room, text=text, opens_as=name
        )
    for count in range(2, MAX_COOKIES + 1):
        least = _ROOM + 1 if count == 2 else 98 + 90 * (count - 2) + 1
        most = 98 + 90 * (count - 1)
        for length in (least, most):
            text = _text(length, str(length))
            pairs = _pairs(text)
            assert len(pairs) == count
            yield _vector(f"{count} cookies for {length} characters", pairs, room=_ROOM, text=text)


def _passed_over() -> Iterator[Vector]:
    text, other = _text(300, "ours"), _text(300, "theirs")
    pairs, theirs = _pairs(text), _pairs(other)
    stray = [["session.7", "~7ZZZZZZ"], ["session.8", "~8x"], ["session.01", pairs[1][1]]]
    yield _vector("in another order", pairs[::-1], text=text)
    yield _vector("each cookie twice", pairs * 2, text=text)
    yield _vector("beside chunks of another text", [*theirs[1:], *pairs], text=text)
    yield _vector("beside chunks behind the last one", [*pairs, *stray], text=text)
    yield _vector(
        "beside values that are no chunks",
        [["session.1", ""], *pairs, ["session.2", "~"], ["session.2", text[:30]]],
        text=text,
    )
    yield _vector(
        "cut elsewhere than a writer cuts",
        [
            ["session", f"~3{text[:22]}"],
            ["session.1", f"~1{text[16:22]}"],
            ["session.2", f"~2{text[16:22]}{text[22:]}"],
        ],
        text=text,
    )
    yield _vector(
        "a count that lies, so that a part of the text is left",
        [["session", f"~2{pairs[0][1][2:]}"], *pairs[1:]],
        text=text[: 98 + 90],
    )


def _refused() -> Iterator[Vector]:
    text, other = _text(300, "ours"), _text(300, "theirs")
    pairs, theirs = _pairs(text), _pairs(other)
    head, first, second, third = pairs

    def refused(name: str, cookies: Pairs, reason: Reason) -> Vector:
        return _vector(name, cookies, reason=reason.value)

    missing, mixed, malformed = Reason.MISSING_CHUNK, Reason.MIXED_CHUNKS, Reason.MALFORMED
    yield refused("a head alone", [head], missing)
    yield refused("the first chunk missing", [head, second, third], missing)
    yield refused("the last chunk missing", [head, first, second], missing)
    yield refused("the last chunk renamed", [head, first, second, ["session.4", third[1]]], missing)
    yield refused(
        "a chunk in other letters", [head, first, second, ["Session.3", third[1]]], missing
    )
    yield refused("a count too high", [["session", f"~5{head[1][2:]}"], *pairs[1:]], missing)
    yield refused(
        "a chunk in the place of the head", [["session", f"~2{second[1][2:]}"], first], mixed
    )
    yield refused(
        "two chunks exchanged",
        [head, ["session.1", second[1]], ["session.2", first[1]], third],
        mixed,
    )
    yield refused("one chunk of another text", [head, first, theirs[2], third], mixed)
    yield refused("all chunks of another text", [head, *theirs[1:]], mixed)
    yield refused("missing before mixed decides", [head, theirs[2], third], missing)
    yield refused("mixed before missing decides", [head, theirs[1], third], mixed)
    yield refused("an empty chunk", [head, first, ["session.2", ""], third], mixed)
    yield refused(
        "a chunk cut in its tag", [head, first, ["session.2", second[1][:7]], third], mixed
    )
    yield refused(
        "a chunk whose tag differs in its last character",
        [head, first, ["session.2", f"{second[1][:7]}.{second[1][8:]}"], third],
        mixed,
    )
    yield refused(
        "two chunks that fit",
        [*pairs, ["session.2", f"{second[1][:-1]}."]],
        Reason.AMBIGUOUS,
    )
    for what, count in (("0", "0"), ("1", "1"), ("9", "9"), ("a letter", "A"), ("a tilde", "~")):
        value = f"~{count}{head[1][2:]}"
        yield refused(f"a count that is {what}", [["session", value], *pairs[1:]], malformed)
    yield refused("a head of its mark alone", [["session", "~"], *pairs[1:]], malformed)
    yield refused("a head of 23 characters", [["session", head[1][:23]], *pairs[1:]], malformed)
