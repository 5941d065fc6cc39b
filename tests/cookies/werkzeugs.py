"""Our reader against Werkzeug's: ``python -m tests.cookies.werkzeugs`` counts the differences.

Our reading is the sentence that specifies it, here as a few plain lines; each habit changes one
thing of it. A difference counts as explained only where habits, applied to our reading, give
exactly what Werkzeug gave.
"""

from __future__ import annotations

import argparse
import enum
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Set
from typing import Final

from werkzeug.http import parse_cookie
from werkzeug.wrappers import Request

from cookie_sessions.cookies import MAX_HEADER_OCTETS, MAX_VALUES, find
from cookie_sessions.errors import Rejected
from tests.cookies.headers import Asked, headers

Answer = tuple[str, ...] | str
"""The values, or the word for a refusal."""

UNDECODABLE: Final = "UnicodeDecodeError"

_QUOTED: Final = re.compile(r'[ \t]*("(?:[^\\"]|\\.)*")[ \t]*(?=;|\Z)')
_ESCAPE: Final = re.compile(rb"\\([0-3][0-7]{2}|.)")


class Habit(enum.Enum):
    """One thing that Werkzeug does and we don't, by its name in docs/cookie-header.md."""

    BARE = "a name without `=` is a cookie with an empty value"
    BLANK = "a value with a blank inside is skipped"
    QUOTE = "a value with a stray quote is skipped"
    UNQUOTES = "quotes around a value are removed and escapes in it resolved"
    HIDES = "a quoted value runs on over semicolons"
    REPEATS = "equal values of a name are listed again"
    UNBOUNDED = "there is no bound"
    DECODES = "the header is decoded as UTF-8"
    RAISES = "a header that is not UTF-8 raises"


READERS: Final = {
    "request.cookies": frozenset(Habit) - {Habit.DECODES, Habit.RAISES},
    "parse_cookie": frozenset(Habit),
}
"""The two readers of Werkzeug, and the habits of each."""


def ours(header: str, name: str) -> Answer:
    """What our reader gives."""
    try:
        return find(header, name)
    except Rejected as refusal:
        return str(refusal.reason)


def werkzeugs(reader: str, header: str, name: str) -> Answer:
    """What one of Werkzeug's readers gives."""
    environ = {"HTTP_COOKIE": header}
    try:
        cookies = Request(environ).cookies if reader == "request.cookies" else parse_cookie(environ)
    except UnicodeDecodeError:
        return UNDECODABLE
    return tuple(cookies.getlist(name))


def read(header: str, name: str, habits: Set[Habit]) -> Answer:
    """Our reading, with these habits of Werkzeug's added to it."""
    if Habit.UNBOUNDED not in habits and len(header) > MAX_HEADER_OCTETS:
        return "too_large"
    text = header
    if not header.isascii():
        try:
            decoded = header.encode("latin-1").decode()
        except UnicodeDecodeError:
            if Habit.RAISES in habits:
                return UNDECODABLE
        else:
            text = decoded if Habit.DECODES in habits else header
    values = list(_values(text, name, habits))
    different = list(dict.fromkeys(values))
    if Habit.UNBOUNDED not in habits and len(different) > MAX_VALUES:
        return "ambiguous"
    return tuple(values if Habit.REPEATS in habits else different)


def explain(header: str, name: str, answer: Answer, known: frozenset[Habit]) -> tuple[Habit, ...]:
    """Habits with which our reading becomes this answer, none of which can be left out.

    Args:
        header: the header.
        name: the name that was asked for.
        answer: what the other reader gave.
        known: the habits of the other reader.

    Returns:
        The habits, none if our own reading gives the answer.

    Raises:
        LookupError: no habits explain it.
    """
    needed = {habit for habit in known if _can_matter(habit, header)}
    if read(header, name, needed) != answer:
        raise LookupError(f"Werkzeug's {answer!r} for {name!r} in {header!r} is unexplained.")
    for habit in Habit:
        if habit in needed and read(header, name, needed - {habit}) == answer:
            needed.remove(habit)
    return tuple(habit for habit in Habit if habit in needed)


def compare(asked: Iterable[Asked]) -> Counter[tuple[str, Habit | str]]:
    """Compare our reader with both of Werkzeug's for each header.

    Returns:
        For each reader and habit, in how many headers it takes part in a difference; and for each
        reader how many headers "differ", and in how many it finds the name ("found").

    Raises:
        LookupError: a difference that nothing explains, or a reading of ours that is not plain.
    """
    counts: Counter[tuple[str, Habit | str]] = Counter()
    for header, name in asked:
        mine = ours(header, name)
        if mine != read(header, name, set()):
            raise LookupError(f"We read {mine!r} for {name!r} in {header!r}, not as specified.")
        explained: dict[Answer, tuple[Habit, ...]] = {mine: ()}
        for reader, known in READERS.items():
            answer = werkzeugs(reader, header, name)
            if answer not in explained:
                explained[answer] = explain(header, name, answer, known)
            counts.update((reader, habit) for habit in explained[answer])
            counts[reader, "differ"] += answer != mine
            counts[reader, "found"] += bool(answer)
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cookies.werkzeugs", description=__doc__)
    parser.add_argument("--headers", type=int, default=100_000, help="how many (100000)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    chosen = parser.parse_args()
    counts = compare(headers(chosen.headers, seed=chosen.seed))
    for (reader, what), count in sorted(counts.items(), key=lambda item: (item[0][0], -item[1])):
        text = what.value if isinstance(what, Habit) else what
        sys.stdout.write(f"{count:>9,}  {reader}: {text}\n")
    return 0


def _can_matter(habit: Habit, header: str) -> bool:
    match habit:
        case Habit.QUOTE | Habit.UNQUOTES | Habit.HIDES:
            return '"' in header
        case Habit.DECODES | Habit.RAISES:
            return not header.isascii()
        case Habit.BLANK:
            return " " in header or "\t" in header
        case _:
            return True


def _values(header: str, name: str, habits: Set[Habit]) -> Iterator[str]:
    hides = Habit.HIDES in habits and '"' in header
    end = -1
    while end < len(header):
        start = end + 1
        end = header.find(";", start)
        if end < 0:
            end = len(header)
        key, equals, value = header[start:end].partition("=")
        quoted = None
        if hides and equals and re.fullmatch(r'[ \t]*[^ \t"]+[ \t]*', key):
            quoted = _QUOTED.match(header, start + len(key) + 1)
        if quoted:
            end, value = quoted.end(), quoted[1]
        if name not in key or key.strip(" \t") != name:
            continue
        value = value.strip(" \t")
        if not equals:
            if Habit.BARE in habits:
                yield ""
        elif quoted or _QUOTED.fullmatch(value):
            yield _unquoted(value) if Habit.UNQUOTES in habits else value
        elif not (Habit.BLANK in habits and re.search(r"[ \t]", value)) and not (
            Habit.QUOTE in habits and '"' in value
        ):
            yield value


def _unquoted(value: str) -> str:
    def plain(escape: re.Match[bytes]) -> bytes:
        return escape[1] if len(escape[1]) == 1 else bytes([int(escape[1], 8)])

    return _ESCAPE.sub(plain, value[1:-1].encode()).decode(errors="replace")


if __name__ == "__main__":
    raise SystemExit(main())
