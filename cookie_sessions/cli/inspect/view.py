"""An inspection for people: lines that fit the terminal and can't steer it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import click

from cookie_sessions.cli.inspect.clear import Clear
from cookie_sessions.cli.inspect.facts import Inspection, subject_of
from cookie_sessions.cli.inspect.har import Exchange
from cookie_sessions.cli.inspect.opening import Contents, Value
from cookie_sessions.cli.revocations.table import table
from cookie_sessions.cli.times import duration, moment_from
from cookie_sessions.cookies import LIMIT
from cookie_sessions.revocation.identity import session_id

LONGEST_VALUE: Final = 2000

_WIDE: Final = 72
_LEAST_KEY: Final = 8
_LONGEST_KEY: Final = 28
_LONGEST_KIND: Final = 24
_LONGEST_BAR: Final = 30
_LEAST_BAR: Final = 4
_GAP: Final = "  "


class _Row(NamedTuple):
    """A line of the table: what it is of, and its octets on the way into the cookie."""

    key: str
    kind: str
    packed: int | None
    compressed: int | None
    text: int
    notes: str


def say(text: str) -> None:
    """Print a line on stdout, in characters that it can show."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    # A character that can't be encoded would end in an error that holds the whole text.
    click.echo(text.encode(encoding, "backslashreplace").decode(encoding))


def plain(text: str) -> str:
    """A text without what would steer a terminal: such characters are written as escapes."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
        for letter in text
    )


def lines_of(inspection: Inspection, *, width: int) -> Iterator[str]:
    """All lines of an inspection.

    Args:
        inspection: what was found.
        width: of the terminal, in characters.
    """
    clear = inspection.clear
    yield from _har(inspection)
    if clear.flasks:
        yield (
            f"{clear.name}: Flask's own signed cookie, {clear.octets} octets. It is not sealed: "
            f"whoever has it can read it, and nothing of it is shown here."
        )
        return
    yield from _envelope(clear, now=inspection.now)
    if inspection.contents is None:
        return
    yield ""
    yield from _claims(inspection.contents, values=inspection.values, now=inspection.now)
    yield ""
    yield from _table(_rows(clear, inspection.contents), width=width)
    if inspection.values:
        yield ""
        yield from _values(inspection.contents.values)


def exchanges_table(exchanges: Sequence[Exchange]) -> str:
    """The requests of a HAR file that carry a session of ours, as a table."""
    rows = [("ENTRY", "AT", "REQUEST", "STATUS")]
    rows += [(str(each.number), each.when, each.what, str(each.status)) for each in exchanges]
    return table(rows)


def _har(inspection: Inspection) -> Iterator[str]:
    chosen = inspection.chosen
    if chosen is None:
        return
    count = len(inspection.exchanges)
    others = f"; {count} carry a session, see --list" if count > 1 else ""
    yield f"Entry {chosen.number} of the HAR file, {chosen.what}, {chosen.when}{others}."
    yield ""


def _envelope(clear: Clear, *, now: float) -> Iterator[str]:
    arrived = [cookie for cookie in clear.cookies if cookie.octets is not None]
    several = f"{len(arrived)} cookies" if len(arrived) != 1 else "1 cookie"
    version = "of no known version" if clear.version is None else f"version {clear.version}"
    yield f"{plain(clear.name)}: {version}, {several}"
    head = clear.head
    if head is not None:
        moves = "moves with use (a permanent session)" if head.refreshable else "stays as it is"
        yield f"  key       {head.kid.hex()}"
        yield f"  sealed    {moment_from(head.sealed_at, now)}"
        yield f"  end       {moves}"
    if clear.sealed:
        yield (
            f"  octets    {clear.octets} in cookies: {clear.ciphertext} of ciphertext, "
            f"{clear.overhead} of overhead"
        )
    for cookie in clear.cookies:
        told = (
            "did not arrive"
            if cookie.octets is None
            else f"{cookie.octets} octets of the {LIMIT} that browsers keep"
        )
        yield f"  cookie    {plain(cookie.name)}: {told}"


def _claims(contents: Contents, *, values: bool, now: float) -> Iterator[str]:
    claims = contents.claims
    yield f"  session   {session_id(claims.sid).hex()} (its name in lists; its id is not shown)"
    yield f"  began     {moment_from(claims.iat, now)}"
    yield f"  counts    since {moment_from(claims.since / 1000, now)}"
    yield f"  ends      {moment_from(claims.until, now)}"
    if claims.auth_time is not None:
        yield f"  proved    {moment_from(claims.auth_time, now)}"
    if claims.subject is not None:
        subject = subject_of(claims) if values else "is set; --values shows it"
        yield f"  subject   {'is no text' if subject is None else plain(subject)}"
    if claims.lasts is not None:
        yield f"  lives     {duration(claims.lasts)} (remembered)"
    if claims.former_kids:
        yield f"  formerly  {', '.join(kid.hex() for kid in claims.former_kids)}"
    marks = [
        told
        for told, holds in (
            ("bound to its client", claims.bindings),
            ("taken over from Flask's own cookie", claims.imported_from),
            ("worth something beside another session only", claims.beside),
            (f"{len(claims.unknown)} claims of a later release", claims.unknown),
        )
        if holds
    ]
    if marks:
        yield f"  is        {', '.join(marks)}"
    if contents.refusal is not None:
        yield f"  refused   by a server now: {contents.refusal.value}"


def _rows(clear: Clear, contents: Contents) -> list[_Row]:
    """The values, the largest first, and what stands beside them; together all octets."""
    sealed = contents.sealed
    seal = sealed.header.text + sealed.nonce.text + sealed.tag.text
    claims = sealed.claims.text + sealed.count.text
    rows = [_value_row(value) for value in contents.values]
    rows.sort(key=lambda row: -row.text)
    return [
        *rows,
        _Row("(claims)", "", sealed.claims.octets, None, claims, ""),
        _Row("(seal)", "", None, None, seal, ""),
        _Row("(names)", "", None, None, clear.octets - sealed.text, ""),
    ]


def _value_row(value: Value) -> _Row:
    part = value.part
    notes = ["secret"] if part.secret else []
    if value.dictionary is not None:
        unread = " (see --dictionaries)" if value.kind == "undecodable" else ""
        notes.append(f"dictionary {value.dictionary}{unread}")
    if part.stored is not None:
        notes.append(f"{part.stored.octets} octets in the store")
    kind = plain(value.kind)
    return _Row(plain(value.key), kind, part.packed, part.compressed, part.text, ", ".join(notes))


def _table(rows: Sequence[_Row], *, width: int) -> Iterator[str]:
    """The rows with what the width leaves room for: keys, octets and shares always."""
    total = sum(row.text for row in rows)
    shares = [f"{100 * row.text / total:.0f}%" if total else "-" for row in rows]
    wide = width >= _WIDE
    numbers = [[_number(row.text), share] for row, share in zip(rows, shares, strict=True)]
    head = ["COOKIE", "SHARE"]
    if wide:
        numbers = [
            [_number(row.packed), _number(row.compressed), *rest]
            for row, rest in zip(rows, numbers, strict=True)
        ]
        head = ["PACKED", "COMPRESSED", *head]
    sizes = [max(map(len, column)) for column in zip(head, *numbers, strict=True)]
    right = sum(sizes) + len(_GAP) * len(sizes)
    kind_width = min(_LONGEST_KIND, max(len(row.kind) for row in rows)) if wide else 0
    room = width - right - (kind_width + len(_GAP) if kind_width else 0)
    key_width = max(_LEAST_KEY, min(_LONGEST_KEY, room, max(len(row.key) for row in rows)))
    bar_width = min(_LONGEST_BAR, room - len(_GAP) - key_width) if wide else 0
    mark = _mark()

    def line(key: str, kind: str, cells: Sequence[str]) -> str:
        parts = [_cut(key, key_width).ljust(key_width)]
        if kind_width:
            parts.append(_cut(kind, kind_width).ljust(kind_width))
        parts += [cell.rjust(size) for cell, size in zip(cells, sizes, strict=True)]
        return _GAP.join(parts)

    yield line("KEY", "TYPE", head).rstrip()
    most = max(row.text for row in rows)
    for row, cells in zip(rows, numbers, strict=True):
        told = line(row.key, row.kind, cells)
        if bar_width >= _LEAST_BAR and most:
            told += _GAP + mark * max(1, round(bar_width * row.text / most))
        yield told.rstrip()
        if row.notes:
            yield f"{_GAP}{row.notes}"
    yield line("(all)", "", [*[""] * (len(head) - 2), _number(total), ""]).rstrip()


def _values(values: Sequence[Value]) -> Iterator[str]:
    for value in values:
        text = plain(value.text if value.text is not None else f"({value.kind})")
        if len(text) > LONGEST_VALUE:
            text = f"{text[:LONGEST_VALUE]}... ({len(text) - LONGEST_VALUE} more; --json has all)"
        yield f"{plain(value.key)} = {text}"


def _number(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."


def _mark() -> str:
    try:
        "\u2588".encode(getattr(sys.stdout, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return "#"
    return "\u2588"
