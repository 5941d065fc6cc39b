"""Cookie headers by a grammar in which whatever readers disagree about is frequent.

The same seed gives the same headers under every Python: all is drawn by ``Random.random``, the one
method whose sequence Python promises.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, TypeVar

NAMES: Final = ("session", "session", "__Host-session", "__Secure-s", "a", "session.1")
"""The names that are asked for; each step below takes one of them as "ours"."""

BLANKS: Final = ("", "", "", "", "", "", " ", " ", "\t", " \t ")
ODD_BLANKS: Final = (
    *("\xc2\x85", "\xc2\xa0", "\xe2\x80\x80", "\xe3\x80\x80", "\xef\xbb\xbf"),
    *("\x00", "\n", "\r", "\x0b", "\x0c", "\x1c", "\x1f", "\x7f", "\x85", "\xa0"),
)
SEPARATORS: Final = (
    *("; ", "; ", "; ", "; ", "; ", "; ", ";", ";", ";", ";;", "; ;", " ; ", ";\t"),
    *("; ", "; ", "; ", ";", ", ", ",", "&", "\n", ";\xc2\xa0", ";\xe2\x80\x80", "\xc2\x85;"),
)
PIECES: Final = (
    *("a", "b", "Zm9v", "0", "-", "_", ".", "=", "==", "%3B", "%20", "+", "/", "&", ":", "$Path"),
    *('"', '"', '\\"', "\\\\", "\\", "\\073", "\\054", "\\351", "\\400", "'", ",", ", ", " ", "\t"),
    *("\xc3\xa9", "\xe2\x82\xac", "\xc2\xa0", "\x00", "\x0b", "\x7f"),
)
ALPHABET: Final = (*PIECES, *ODD_BLANKS, ";", ";", "; ", "=", " ", '"')
OTHERS: Final = ("x", "_ga", "theme", "$Version", "$Path", "x y", "", "sid", "\xc3\xa9", "a/b")
BASE64URL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

T = TypeVar("T")


class Asked(NamedTuple):
    """A header, and the name whose values are asked of it."""

    header: str
    name: str


class Grammar:
    """Draws names, values, pairs and headers from a seed."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed).random

    def below(self, limit: int) -> int:
        """A number from 0 to ``limit`` - 1."""
        return int(self.draw() * limit)

    def one(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the next."""
        return choices[int(self.draw() * len(choices))]

    def near(self, name: str) -> str:
        """A name that a careless reader takes for this one."""
        at = self.below(len(name))
        odd = self.one(ODD_BLANKS)
        return self.one(
            (
                *(f"x{name}", f"{name}x", f"{name}.1", f".{name}", f"{name}-", f"{name}{name}"),
                *(name.swapcase(), name.title(), name[1:], name[:-1], f"${name}", f"x={name}"),
                *(f"__Host-{name}", f"__host-{name}", f"%{ord(name[at]):02x}{name[at + 1 :]}"),
                *(f'"{name}"', f'"{name}', f"x {name}", f"{name} x", f"{name[:at]} {name[at:]}"),
                *(odd + name, name + odd, name[:at] + odd + name[at:], f"={name}", f"x,{name}"),
            )
        )

    def value(self, name: str) -> str:
        """A value, often one that tries to be more than a value."""
        kind = self.draw()
        if kind < 0.25:
            return self.one(("", "1", "2", "v", "v", "Zm9v"))
        if kind < 0.45:
            return "".join([self.one(BASE64URL) for _ in range(self.below(24))])
        if kind < 0.85:
            text = "".join([self.one(PIECES) for _ in range(1 + self.below(6))])
            return f'"{text}"' if kind < 0.65 else text
        evil = f"{name}=EVIL"
        return self.one(
            (
                *(f"1,{evil}", f"1, {evil}", f'"; {evil}', f'"a; {evil}"', f'"a;{evil};"'),
                *(
                    f'"a; {evil}; b"c',
                    f'"\\"; {evil}"',
                    f"1\n{evil}",
                    f"1\xc2\x85{evil}",
                    f"={evil}",
                ),
                *(f"1 {evil}", f'"1\\073 {evil}"', f'a"; {evil}; "', f"'a; {evil}'"),
            )
        )

    def pair(self, name: str) -> str:
        """One pair, of our name, of a near one or of another; sometimes without its ``=``."""
        kind = self.draw()
        key = name if kind < 0.45 else self.near(name) if kind < 0.75 else self.one(OTHERS)
        if self.draw() < 0.08:
            return key
        before, after = self.one(BLANKS), self.one(BLANKS)
        if self.draw() < 0.05:
            after = self.one(ODD_BLANKS)
        return f"{key}{before}={after}{self.value(name)}{self.one(BLANKS)}"

    def header(self, name: str) -> str:
        """A Cookie header in latin-1."""
        kind = self.draw()
        if kind < 0.005:
            return "; ".join([f"{name}={self.below(24)}" for _ in range(40)])
        parts = [self.one(BLANKS)]
        for _ in range(1 + self.below(4)):
            parts.append(self.pair(name))
            parts.append(self.one(SEPARATORS))
        if kind < 0.5:
            parts.pop()
        text = "".join(parts)
        if kind > 0.85:
            at = self.below(len(text) + 1)
            text = text[:at] + self.one(ALPHABET) + text[at + self.below(2) :]
        if 0.005 <= kind < 0.006:
            text += f"; x={'y' * (65_300 + self.below(400))}"
        return text


def headers(count: int, *, seed: int) -> Iterator[Asked]:
    """So many headers, always the same ones for a seed."""
    grammar = Grammar(seed)
    for _ in range(count):
        name = grammar.one(NAMES)
        yield Asked(grammar.header(name), name)
