"""One Cookie header, made of what somebody pasted or recorded, and which of its cookies is ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from cookie_sessions.cli.report import printable
from cookie_sessions.cookies import (
    MAX_HEADER_OCTETS,
    chunk_names,
    find,
    head_text,
    is_split,
    is_token,
)
from cookie_sessions.envelope import peek
from cookie_sessions.errors import Reason, Rejected, UsageError
from cookie_sessions.migration import check_form

_BLANKS: Final = " \t"
_LONGEST_NAME: Final = 64
_MOST_NAMES: Final = 12
_FLASKS_BEGINNINGS: Final = ("eyJ", "e30", ".eJ")
# Those of an object in base64url, of an empty one, and of any that was deflated.
_OURS, _FLASKS = range(2)


def merged(cookies: Iterable[str], set_cookies: Iterable[str]) -> str:
    """The Cookie header that a browser would send next.

    Args:
        cookies: values of Cookie headers; duplicates in them stay what they are.
        set_cookies: values of Set-Cookie headers, in their order. Each takes the place of the
            cookies of its name, whatever its scope; one without a value deletes them.
    """
    later = dict(pair for line in set_cookies for pair in _pairs(line.partition(";")[0]))
    pairs = [pair for line in cookies for pair in _pairs(line) if pair[0] not in later]
    pairs += [pair for pair in later.items() if pair[1]]
    return "; ".join(f"{name}={value}" for name, value in pairs)


def our_name(header: str, *, name: str | None, default: str) -> str | None:
    """The name of the one cookie of a header that is to be looked at.

    Args:
        header: the Cookie header's value.
        name: the one that was asked for, or None.
        default: the one that is taken if it is there.

    Returns:
        The name that was asked for or the one by default, where the header has it or a chunk of
        it; else that of the only cookie that looks sealed, or like Flask's own. None: there is
        none.

    Raises:
        Rejected: ``too_large``.
        UsageError: several are possible; names them.
    """
    if len(header) > MAX_HEADER_OCTETS:
        raise Rejected(Reason.TOO_LARGE)
    names = {each for each, _ in _pairs(header)}
    wanted = default if name is None else name
    if wanted in names or not names.isdisjoint(chunk_names(wanted)):
        return wanted
    if name is not None:
        return None
    looks: dict[int, list[str]] = {_OURS: [], _FLASKS: []}
    for each, value in _pairs(header):
        kind = _kind(value) if is_token(each) else None
        if kind is not None and each not in looks[kind]:
            looks[kind].append(each)
    found = looks[_OURS] or looks[_FLASKS]
    if len(found) > 1:
        raise UsageError(f"Several cookies may be meant: {_listed(found)}. Say which: --name NAME.")
    return found[0] if found else None


def nothing_found(header: str, *, name: str | None) -> UsageError:
    """What is said where no cookie of ours is there.

    Args:
        header: the Cookie header's value.
        name: the one that was asked for, or None.
    """
    names = [each for each, _ in _pairs(header) if is_token(each) and len(each) <= _LONGEST_NAME]
    there = f"There are: {_listed(names)}." if names else "There is no cookie at all."
    what = "cookie of that name" if name is not None else "cookie that looks like a session of ours"
    return UsageError(f"There is no {what}. {there} Say which it is: --name NAME.")


def is_flasks_own(text: str) -> bool:
    """Whether a cookie's value has the form of Flask's signed cookie, and begins as its JSON."""
    try:
        check_form(text)
    except Rejected:
        return False
    return text.startswith(_FLASKS_BEGINNINGS)


def the_value(header: str, name: str) -> str:
    """The only value of a cookie.

    Args:
        header: the Cookie header's value.
        name: the cookie's name.

    Raises:
        Rejected: ``missing_chunk`` where there is none, because only chunks of it came;
            ``ambiguous`` where there are several.
    """
    values = find(header, name)
    if len(values) != 1:
        raise Rejected(Reason.AMBIGUOUS if values else Reason.MISSING_CHUNK)
    return values[0]


def _pairs(header: str) -> list[tuple[str, str]]:
    """Names and values, split as the package's own reader splits them."""
    pairs = [pair.partition("=") for pair in header.split(";")]
    return [(name.strip(_BLANKS), value.strip(_BLANKS)) for name, equals, value in pairs if equals]


def _kind(value: str) -> int | None:
    if peek(head_text(value) if is_split(value) else value) is not None:
        return _OURS
    return _FLASKS if is_flasks_own(value) else None


def _listed(names: Sequence[str]) -> str:
    told = ", ".join(printable(name) for name in dict.fromkeys(names[:_MOST_NAMES]))
    return told if len(names) <= _MOST_NAMES else f"{told} and {len(names) - _MOST_NAMES} more"
