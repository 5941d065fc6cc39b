"""The cookies of a HAR file (HTTP Archive 1.2), as browsers' developer tools save it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from cookie_sessions.cli.inspect.header import merged, our_name
from cookie_sessions.cli.report import printable
from cookie_sessions.errors import ConfigurationError, Rejected, UsageError

MAX_OCTETS: Final = 1 << 26
"""64 MiB: what is larger holds the bodies of responses, which nothing here needs."""

_LONGEST_PLACE: Final = 60
_LONGEST_WORD: Final = 36


class Exchange(NamedTuple):
    """One request of the file with its response.

    Attributes:
        number: its place in the file, from 1.
        when: when it was sent, as the file has it.
        what: method, host and path; the query is left out, for it may hold secrets.
        status: of the response, or 0.
        cookies: values of the request's Cookie headers.
        set_cookies: values of the response's Set-Cookie headers.
    """

    number: int
    when: str
    what: str
    status: int
    cookies: tuple[str, ...]
    set_cookies: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Exchange {self.number}>"

    def carries(self, *, name: str | None, default: str) -> bool:
        """Whether a cookie of ours is in the request, or in the browser after the response.

        Args:
            name: the cookie that was asked for, or None.
            default: the one that is taken if it is there.
        """
        return self.header(name=name, default=default, after=False) is not None

    def header(self, *, name: str | None, default: str, after: bool) -> str | None:
        """The Cookie header that is to be looked at; None where it has no cookie of ours.

        Args:
            name: the cookie that was asked for, or None.
            default: the one that is taken if it is there.
            after: whether the cookies count that the browser has after the response; where the
                request brings none of ours, they do in any case.

        Raises:
            UsageError: several cookies may be meant.
        """
        sent, kept = merged(self.cookies, ()), merged(self.cookies, self.set_cookies)
        for header in (kept,) if after else (sent, kept):
            if _has(header, name=name, default=default):
                return header
        return None


def read_har(name: str) -> bytes:
    """The octets of a file, ``-`` for standard input.

    Raises:
        ConfigurationError: it can't be read, or is too large.
    """
    try:
        if name == "-":
            octets = sys.stdin.buffer.read(MAX_OCTETS + 1)
        else:
            with Path(name).open("rb") as file:
                octets = file.read(MAX_OCTETS + 1)
    except OSError as error:
        raise ConfigurationError(
            f"The file {name} can't be read: {error.strerror}. Correct its name or its mode."
        ) from None
    if len(octets) > MAX_OCTETS:
        raise ConfigurationError(
            f"The HAR file has more than {MAX_OCTETS >> 20} MiB. Save it again without the "
            f"responses' content, or copy the Cookie header of one request instead."
        )
    return octets


def exchanges_in(octets: bytes) -> list[Exchange]:
    """All requests of a HAR file with their responses, in the order of the file.

    Args:
        octets: the file; UTF-8, with or without a byte order mark.

    Raises:
        UsageError: it is no HAR. Nothing of its content is in the message.
    """
    try:
        document = json.loads(octets.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        # Raised below instead: the error holds the whole document.
        document = None
    log = document.get("log") if isinstance(document, dict) else None
    entries = log.get("entries") if isinstance(log, dict) else None
    if not isinstance(entries, list):
        raise UsageError(
            "That is no HAR file: JSON with a list at log.entries (HTTP Archive 1.2). In the "
            "developer tools' network panel, export one again."
        )
    return [_exchange(number, entry) for number, entry in enumerate(entries, 1)]


def in_time_order(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Requests in the order in which they were sent, as the format asks its readers to put them.

    Chromium writes them in another one. Where a time can't be read, the file's own order stays.

    Args:
        exchanges: in the order of the file.
    """
    found = list(exchanges)
    times = {each.number: _seconds(each.when) for each in found}
    known = {number: at for number, at in times.items() if at is not None}
    return sorted(found, key=lambda each: known[each.number]) if len(known) == len(found) else found


def refuse_without_ours(exchanges: list[Exchange]) -> UsageError:
    """What is said where no request of the file carries a cookie of ours."""
    any_cookie = any(each.cookies or each.set_cookies for each in exchanges)
    why = (
        "It has others; say which is meant: --name NAME."
        if any_cookie
        else "It has no cookies at all: Chromium leaves them out of a HAR that it calls sanitized. "
        "Export it with sensitive data."
    )
    return UsageError(
        f"None of the {len(exchanges)} requests in the HAR file carries a session of ours. {why}"
    )


def _has(header: str, *, name: str | None, default: str) -> bool:
    try:
        return our_name(header, name=name, default=default) is not None
    except Rejected:
        # It is too large, and says so when it is looked at.
        return True


def _exchange(number: int, entry: object) -> Exchange:
    request, response = (_member(entry, part, dict, number) for part in ("request", "response"))
    method = request.get("method")
    status = response.get("status")
    return Exchange(
        number,
        _word(entry.get("startedDateTime") if isinstance(entry, dict) else None),
        f"{_word(method)} {_place(request.get('url'))}",
        status if type(status) is int and 0 <= status < 1000 else 0,
        _cookies(request, "cookie", number),
        _cookies(response, "set-cookie", number),
    )


def _cookies(message: dict[str, Any], header: str, number: int) -> tuple[str, ...]:
    """The header's values; where it was left out, what the list of cookies says."""
    lines: list[str] = []
    for name, value in _named(message, "headers", number):
        if name.lower() == header:
            # Chromium has held several Set-Cookie headers as lines of one.
            lines += value.split("\n")
    if not lines:
        pairs = _named(message, "cookies", number)
        lines = [f"{name}={value}" for name, value in pairs if ";" not in name + value]
    return tuple(lines)


def _named(message: dict[str, Any], part: str, number: int) -> list[tuple[str, str]]:
    found = []
    for each in _member(message, part, list, number):
        name = each.get("name") if isinstance(each, dict) else None
        value = each.get("value") if isinstance(each, dict) else None
        if not isinstance(name, str) or not isinstance(value, str):
            raise _other_shape(part, number)
        found.append((name, value))
    return found


def _member(owner: object, name: str, kind: type, number: int) -> Any:
    member = owner.get(name, kind()) if isinstance(owner, dict) else None
    if not isinstance(member, kind):
        raise _other_shape(name, number)
    return member


def _other_shape(name: str, number: int) -> UsageError:
    return UsageError(
        f"Entry {number} of the HAR file has no {name} as HTTP Archive 1.2 writes it. Export the "
        f"file again, or copy the Cookie header of one request instead."
    )


def _seconds(when: str) -> float | None:
    try:
        read = datetime.fromisoformat(when)
    except ValueError:
        return None
    return (read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp()


def _place(url: object) -> str:
    """Host and path; of any other scheme nothing, for the rest of a data URL is data."""
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        is_http = parts is not None and parts.scheme in ("http", "https")
        place = f"{parts.hostname or '?'}{parts.path}" if parts and is_http else "?"
    except ValueError:
        place = "?"
    return _word(place, _LONGEST_PLACE)


def _word(text: object, longest: int = _LONGEST_WORD) -> str:
    return printable(text)[:longest] if isinstance(text, str) and text else "?"
