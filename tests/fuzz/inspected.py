"""What ``inspect`` reads: pasted text and HAR files, against plainer readings of the same.

The first octet says whether the rest is a text or a HAR file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from cookie_sessions import envelope
from cookie_sessions.cli.inspect.clear import clear_of
from cookie_sessions.cli.inspect.facts import Inspection, as_json
from cookie_sessions.cli.inspect.har import Exchange, exchanges_in
from cookie_sessions.cli.inspect.header import our_name
from cookie_sessions.cli.inspect.pasted import header_in
from cookie_sessions.cli.inspect.reasons import MEANINGS
from cookie_sessions.cli.inspect.view import exchanges_table, lines_of
from cookie_sessions.cookies import find, is_token
from cookie_sessions.errors import CookieSessionsError, UsageError
from tests.fuzz import vectors
from tests.fuzz.attempt import attempt

TEXT, HAR = range(2)
NAME: Final = "session"
NOW: Final = 1_750_000_000.0
WORDS: Final = (
    *(b"Cookie: ", b"Set-Cookie: ", b"session=", b"session.1=~1", b"~2", b"; ", b"\n", b"> "),
    *(b'{"log":{"entries":[', b'{"request":{', b'"response":{', b'"headers":[', b'"cookies":['),
    *(b'{"name":"cookie","value":"session=', b'"set-cookie"', b'"url":"https://a/', b"}]}", b"\\n"),
    *(b'"status":200', b'"startedDateTime":"', b"\\u001b", b"\xef\xbb\xbf", b"eyJ", b"?", b"AQAA"),
)

_SHOWN: Final = 20
"""Characters of a cookie's value in a row that nothing which is said may hold."""


def check(data: bytes) -> None:
    if data[:1] and data[0] % 2 == HAR:
        _check_har(data[1:])
        return
    text = data[1:].decode("utf-8", "surrogateescape")
    header = header_in(text, name=NAME)
    _check_merged(text, header)
    _check_header(header)


def seeds() -> Iterator[bytes]:
    text = next(vectors.texts()).decode()
    pair = f"session={text}"
    for pasted in (
        text,
        pair,
        f"a=b; {pair}; flag; =x",
        f"> GET /\n> Cookie: {pair}\n> Cookie: a=b",
        f"Cookie: {pair}; session=other\nSet-Cookie: session=; Max-Age=0; session=trick",
        f"Set-Cookie: {pair}; Path=/\nset-cookie: flag; session=trick",
        f"Cookie: a=1; {pair}\nSet-Cookie: a=2",
        f"one={text}; two={text}",
        f"session={text}=; x=" + "A" * 70,
        "A" * 70 + "==",
        "session=eyJhIjoxfQ.aGVsbG8.c2lnbmF0dXJl",
        "session=\x1b[31m",
        "\x1b[31m=" + text,
        "session=~2",
        "session.1=~1AAAAAAx",
    ):
        yield bytes((TEXT,)) + pasted.encode("utf-8", "surrogateescape")
    for split in vectors.split_headers():
        if len(split) < 1500:
            yield bytes((TEXT,)) + split
    entries: list[Any] = [
        {"request": {"headers": [{"name": "Cookie", "value": pair}]}},
        {"request": {"cookies": [{"name": "session", "value": text}], "url": "https://a/b?c"}},
        {"response": {"headers": [{"name": "set-cookie", "value": f"{pair}; Path=/\na=b"}]}},
        {"request": {"headers": [{"name": "cookie", "value": pair}], "url": "http://a/\x1b[2J?q"}},
        {"request": {"headers": [{"name": 1, "value": pair}]}},
        {"request": {"cookies": [{"name": "a;session", "value": "x"}]}},
        {"response": {"status": 200}, "startedDateTime": "\u202e"},
        {"request": [], "response": {}},
        5,
    ]
    for entry in entries:
        yield bytes((HAR,)) + json.dumps({"log": {"entries": [entry]}}).encode()
    for other in (b"", b"{}", b'{"log":{"entries":1}}', b"\xff", b"[" * 2000):
        yield bytes((HAR,)) + other


def _check_merged(text: str, header: str) -> None:
    """What Set-Cookie lines set last is what is there, and nothing else that they hold."""
    lines = [line.strip(" \t\r").lstrip("<>").strip(" \t") for line in text.split("\n")]
    named = [line.partition(":") for line in lines if ":" in line]
    setting = [rest for name, _, rest in named if name.strip(" \t").lower() == "set-cookie"]
    last: dict[str, str] = {}
    for line in setting:
        name, equals, value = line.split(";")[0].partition("=")
        if equals:
            last[name.strip(" \t")] = value.strip(" \t")
    for name, value in last.items():
        if is_token(name):
            found = attempt(lambda name=name: find(header, name))  # type: ignore[misc]
            assert isinstance(found, CookieSessionsError) or found == ((value,) if value else ())


def _check_header(header: str) -> None:
    name = attempt(lambda: our_name(header, name=None, default=NAME))
    if isinstance(name, CookieSessionsError):
        _check_said(str(name), [], header)
        return
    if name is None:
        assert not find(header, NAME), "a cookie of the name by default is passed over"
        return
    clear = clear_of(header, name)
    assert clear.octets >= clear.ciphertext, "more octets inside than outside"
    assert clear.flasks or (clear.reason is None) == bool(clear.sealed), "no reason and no text"
    assert clear.reason is None or clear.reason in MEANINGS, "a reason that means nothing"
    if clear.sealed:
        head, sealed = envelope.parse(clear.whole)
        assert (clear.head, clear.sealed) == (head, len(sealed)), "another envelope is shown"
    # Not by find, which gives nothing of a name that stands there too often.
    pairs = [pair.strip(" \t").partition("=") for pair in header.split(";")]
    names = {each.name for each in clear.cookies}
    values = [value.strip(" \t") for name, _, value in pairs if name.strip(" \t") in names]
    inspection = Inspection(clear, None, clear.reason, NOW, values=True)
    said = "\n".join(lines_of(inspection, width=80))
    _check_said(said, values, header)
    told = json.loads(as_json(inspection))
    assert told["octets"] is None or told["octets"]["overhead"] > 0
    _check_said(as_json(inspection), values, header)


def _check_said(said: str, values: list[str], header: str) -> None:
    assert all(letter.isprintable() or letter == "\n" for letter in said), "steers a terminal"
    names = {pair.partition("=")[0].strip(" \t") for pair in header.split(";")}
    for value in values:
        for start in range(0, len(value) - _SHOWN, _SHOWN):
            part = value[start : start + _SHOWN]
            assert part not in said or any(part in name for name in names), "shows a value"


def _check_har(octets: bytes) -> None:
    found = attempt(lambda: exchanges_in(octets))
    if isinstance(found, CookieSessionsError):
        assert isinstance(found, UsageError), found
        assert found.__context__ is None, "drags another error along"
        assert len(str(found)) < 240, "repeats the file"
        return
    entries = json.loads(octets.decode("utf-8-sig"))["log"]["entries"]
    assert [each.number for each in found] == list(range(1, len(entries) + 1))
    _check_said(exchanges_table(found), [], "")
    for each, entry in zip(found, entries, strict=True):
        _check_exchange(each, entry)


def _check_exchange(each: Exchange, entry: dict[str, Any]) -> None:
    request = entry.get("request", {})
    query = str(request.get("url")).partition("?")[2]
    assert len(query) < _SHOWN or query not in each.what, "shows a query"
    sent = [
        line
        for header in request.get("headers", [])
        if header["name"].lower() == "cookie"
        for line in header["value"].split("\n")
    ]
    if sent:
        assert list(each.cookies) == sent, "other cookies than the headers have"
    header = attempt(lambda: each.header(name=None, default=NAME, after=False))
    assert isinstance(header, str | None | UsageError), header
    if isinstance(header, str):
        _check_header(header)
