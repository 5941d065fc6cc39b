"""Without keys: what anyone can read of a cookie, however it was pasted, and what is wrong."""

from __future__ import annotations

import json

import pytest
from flask import Flask, session

from cookie_sessions.cli.inspect.command import inspect as command
from cookie_sessions.cli.inspect.pasted import MAX_CHARACTERS
from cookie_sessions.cookies import MAX_HEADER_OCTETS
from tests.cli.inspect.world import Shop, facts, fill_three_cookies, inspect

SEALED_AT = "2030-01-01T00:00:00Z"


def kid(shop: Shop) -> str:
    (entry,) = shop.world.keys().entries
    return entry.kid.hex()


def test_the_transcript_of_one_cookie(shop: Shop) -> None:
    header = shop.header()
    shop.world.now += 180
    octets = len(header)
    plaintext = (octets - len("session=")) * 3 // 4 - 50
    result = inspect(text=header)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"session: version 1, 1 cookie\n"
        f"  key       {kid(shop)}\n"
        f"  sealed    2030-01-01 00:00Z (3 min ago)\n"
        f"  end       moves with use (a permanent session)\n"
        f"  octets    {octets} in cookies: {plaintext} of ciphertext, {octets - plaintext} of "
        f"overhead\n"
        f"  cookie    session: {octets} octets of the 4096 that browsers keep\n"
        f"\n"
        f"Nothing of this is verified: that takes the keys, and --reason TEXT.\n"
    )


def test_the_envelope_for_machines(shop: Shop) -> None:
    header = shop.header()
    shop.world.now += 180
    told = facts(text=header)
    assert told["envelope"] == {
        "version": 1,
        "flags": 1,
        "refreshable": True,
        "kid": kid(shop),
        "sealed_at": SEALED_AT,
        "age": 180,
        "verified": False,
    }
    assert told["cookies"] == [{"name": "session", "octets": len(header)}]
    octets = told["octets"]
    assert octets["cookies"] == len(header) == octets["text"] + len("session=")
    assert octets["envelope"] == octets["ciphertext"] + 50 == octets["text"] * 3 // 4
    assert octets["overhead"] == octets["cookies"] - octets["ciphertext"]
    assert (told["claims"], told["values"], told["reason"], told["har"]) == (None,) * 4


def test_every_form_of_a_pasted_cookie_is_the_same_cookie(shop: Shop) -> None:
    (line,) = shop.lines()
    pair = line.partition(";")[0]
    forms = [
        pair,
        pair.removeprefix("session="),
        f"  {pair}\r\n",
        f"theme=dark; {pair}; other=1",
        f"Cookie: theme=dark; {pair}",
        f"cookie:{pair}",
        f"Set-Cookie: {line}",
        line,
        f"> GET / HTTP/1.1\n> Host: shop.example\n> Cookie: {pair}\n>\n",
        f"< HTTP/1.1 200 OK\n< Set-Cookie: a=b; Path=/\n< Set-Cookie: {line}\n",
        f"Cookie: theme=dark\nCookie: {pair}",
        f"Cookie: session=of-before\nSet-Cookie: {line}",
        f"\ufeff{pair}",
    ]
    told = [facts(text=form) for form in forms]
    assert all(each == told[0] for each in told)
    assert told[0]["name"] == "session"


def test_an_argument_is_read_too_and_warned_of(shop: Shop) -> None:
    header = shop.header()
    result = inspect(header, "--json")
    assert json.loads(result.stdout) == facts(text=header)
    assert "shell's history" in result.stderr
    assert header not in result.stderr
    assert inspect("Cookie: a=b", f"Set-Cookie: {header}").exit_code == 0


def test_a_cookie_of_another_name_is_found_by_its_looks(shop: Shop) -> None:
    value = shop.header().removeprefix("session=")
    told = facts(text=f"a=1; __Host-shop={value}; flag")
    assert told["name"] == "__Host-shop"
    two = inspect(text=f"one={value}; two={value}")
    assert two.exit_code == 1
    assert two.stderr == "Error: Several cookies may be meant: one, two. Say which: --name NAME.\n"
    assert facts("--name", "two", text=f"one={value}; two={value}")["name"] == "two"


def test_three_cookies_are_joined(shop: Shop) -> None:
    lines = shop.lines(fill_three_cookies)
    header = shop.header(fill_three_cookies)
    assert len(lines) >= 3
    told = facts(text=header)
    assert [cookie["name"] for cookie in told["cookies"]] == [
        "session",
        *(f"session.{n}" for n in range(1, len(lines))),
    ]
    assert sum(cookie["octets"] for cookie in told["cookies"]) == told["octets"]["cookies"]
    assert told["octets"]["cookies"] == len(header) - len("; ") * (len(lines) - 1)
    result = inspect(text=header)
    assert f"{len(lines)} cookies" in result.stdout
    assert "  cookie    session.2: " in result.stdout


def test_a_missing_chunk_is_named_and_the_envelope_shown(shop: Shop) -> None:
    pairs = shop.header(fill_three_cookies).split("; ")
    without = "; ".join(pair for pair in pairs if not pair.startswith("session.2="))
    told = facts(text=without, status=1)
    assert told["reason"] == "missing_chunk"
    assert told["envelope"]["kid"] == kid(shop)
    assert {"name": "session.2", "octets": None} in told["cookies"]
    assert told["octets"] is None
    result = inspect(text=without)
    assert result.exit_code == 1
    assert "  cookie    session.2: did not arrive\n" in result.stdout
    assert "Error: The cookie is refused. missing_chunk: " in result.stderr


def test_chunks_without_their_head_are_a_missing_chunk(shop: Shop) -> None:
    chunks = shop.header(fill_three_cookies).partition("; ")[2]
    told = facts(text=chunks, status=1)
    assert (told["reason"], told["envelope"]) == ("missing_chunk", None)
    assert told["cookies"][0] == {"name": "session", "octets": None}


def test_chunks_of_two_writings_are_mixed(shop: Shop) -> None:
    one = shop.header(fill_three_cookies).split("; ")
    other = shop.header(fill_three_cookies).split("; ")
    told = facts(text="; ".join([one[0], other[1], *one[2:]]), status=1)
    assert told["reason"] == "mixed_chunks"
    assert told["envelope"]["sealed_at"] == SEALED_AT


def test_two_different_cookies_of_the_name_are_ambiguous(shop: Shop) -> None:
    one, other = shop.header(), shop.header()
    told = facts(text=f"{one}; {other}", status=1)
    assert told["reason"] == "ambiguous"
    assert [cookie["octets"] for cookie in told["cookies"]] == [len(one), len(other)]
    assert facts(text=f"{one}; {one}")["reason"] is None


@pytest.mark.parametrize(
    ("value", "reason", "version"),
    [
        ("", "malformed", None),
        ("nonsense", "unknown_version", 0x9E),
        ("%7B%22", "malformed", None),
        ("A" * 100, "unknown_version", 0),
        ("Ag" + "A" * 98, "unknown_version", 2),
        ("AQAA", "malformed", 1),
        ("AQ" + "A" * 98 + "=", "malformed", 1),
        ('"AQAAAA"', "malformed", None),
        ("~", "malformed", None),
        ("~9" + "A" * 40, "malformed", 0),
        ("~2AQAA" + "A" * 40, "missing_chunk", 1),
        ("A" * 40_000, "too_large", 0),
    ],
)
def test_what_is_none_of_ours_has_its_reason(value: str, reason: str, version: int | None) -> None:
    told = facts(text=f"session={value}", status=1)
    assert told["reason"] == reason
    assert (told["envelope"] or {}).get("version") == version
    result = inspect(text=f"session={value}")
    assert f"Error: The cookie is refused. {reason}: " in result.stderr
    assert not value or len(value) < 3 or value not in result.output


def test_flasks_own_signed_cookie_is_called_what_it_is() -> None:
    app = Flask("signed")
    app.secret_key = "a secret key for the signer"

    @app.get("/")
    def index() -> str:
        session["user"] = "somebody in the clear"
        return ""

    header = app.test_client().get("/").headers["Set-Cookie"].partition(";")[0]
    told = facts(text=header)
    assert (told["form"], told["reason"], told["envelope"]) == ("flask", None, None)
    result = inspect(text=header)
    assert result.exit_code == 0
    assert "Flask's own signed cookie" in result.stdout
    assert "somebody" not in result.output
    assert facts(text=header.replace("session=", "shop="))["name"] == "shop"
    opened = inspect("--reason", "ticket", "--keys", "file:/nowhere", text=header)
    assert opened.exit_code == 1
    assert "nothing to open" in opened.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a=1; b=2", "There are: a, b."),
        ("Cookie: ", "There is no cookie at all."),
        ("", "There is no text"),
        (" \n ", "There is no text"),
        ("x" * (MAX_CHARACTERS + 1), "more text than"),
        ("a=" + "x" * MAX_HEADER_OCTETS, "longer than any that is read (too_large)"),
        ("\x1b[31m=AQAAAAAAAAAAAAAAAAAAAAAA", "There is no cookie at all."),
        ("; ".join(f"n{n}=1" for n in range(40)), "n11 and 28 more."),
    ],
)
def test_text_without_a_session_is_refused_in_one_line(text: str, told: str) -> None:
    result = inspect(text=text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert "\x1b" not in result.stderr


def test_a_name_that_is_not_there_is_said_to_be_missing(shop: Shop) -> None:
    result = inspect("--name", "other", text=shop.header())
    assert result.exit_code == 1
    assert "There is no cookie of that name. There are: session." in result.stderr


def test_octets_that_are_no_utf8_do_not_matter(shop: Shop) -> None:
    told = facts(text=b"x=\xff\xfe; " + shop.header().encode())
    assert told["name"] == "session"
    assert facts(text=b"session=\xff\xfe", status=1)["cookies"][0]["octets"] == len("session=") + 2


@pytest.mark.parametrize(
    "line",
    [
        [],
        ["-", "--har", "x.har"],
        ["-", "--list"],
        ["-", "--entry", "1"],
        ["-", "--after"],
        ["-", "--entry", "0"],
        ["-", "--values"],
        ["-", "--keys", "file:x"],
        ["-", "--types", "a:b"],
        ["-", "--audience", ""],
        ["-", "--secret-name", "x"],
        ["-", "--authorization"],
        ["-", "--access-log", "x"],
        ["-", "--secret-env", "X"],
        ["-", "--secret-key-file", "x"],
        ["-", "--nothing"],
    ],
)
def test_a_wrong_command_line_ends_with_2(line: list[str]) -> None:
    result = inspect(*line)
    assert (result.exit_code, result.stdout) == (2, "")


def test_without_a_reason_no_key_is_even_read(shop: Shop) -> None:
    header = shop.header()
    shop.world.path.write_text("this is no ring")
    assert inspect(text=header).exit_code == 0
    assert inspect("--reason", "ticket", text=header).exit_code == 1


def test_the_help_has_every_option_in_a_line() -> None:
    result = inspect("--help")
    assert result.exit_code == 0
    for parameter in command.params:
        for option in parameter.opts:
            assert option.startswith("--") is (option in result.stdout), option
