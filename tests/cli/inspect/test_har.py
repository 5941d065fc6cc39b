"""The cookies of a HAR file: which requests carry a session, and which of them is looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.cli.inspect import har as module
from tests.cli.inspect.world import (
    REASON,
    Shop,
    exchange,
    facts,
    fill_oddly,
    fill_three_cookies,
    har,
    inspect,
)


def of_har(text: str | bytes, *line: str, status: int = 0) -> Any:
    """What the command says of a HAR file on stdin, with --json."""
    result = run(text, *line, "--json")
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def run(text: str | bytes, *line: str) -> Any:
    """The command on a HAR file on stdin."""
    return inspect("--har", "-", *line, input=text)


@pytest.fixture
def recorded(shop: Shop) -> str:
    """A visit: a first response that sets the cookie, another site, two requests that bring it."""
    permanent, plain = shop.lines()[0], shop.lines(fill_oddly)[0]
    pair = permanent.partition(";")[0]
    return har(
        exchange(set_cookies=(permanent,)),
        exchange("https://elsewhere.example/pixel", cookies=("a=b",)),
        exchange(cookies=(f"theme=dark; {pair}",)),
        exchange("https://shop.example/pay", cookies=(pair,), set_cookies=(plain,)),
    )


def test_the_last_request_with_a_session_is_looked_at(recorded: str) -> None:
    told = of_har(recorded)
    assert told["har"] == {
        "entry": 4,
        "at": "2030-01-01T00:00:00.000Z",
        "request": "GET shop.example/pay",
        "status": 200,
        "sends": True,
        "sets": True,
        "entries": [1, 3, 4],
    }
    assert told["envelope"]["flags"] == 1
    result = run(recorded)
    assert result.stdout.startswith(
        "Entry 4 of the HAR file, GET shop.example/pay, 2030-01-01T00:00:00.000Z; 3 carry a "
        "session, see --list.\n\nsession: version 1, 1 cookie\n"
    )


@pytest.mark.parametrize(
    ("times", "order"),
    [
        (["2030-01-01T00:00:02Z", "2030-01-01T00:00:01Z", "2030-01-01T00:00:03Z"], [2, 1, 3]),
        (["2030-01-01T02:00:00+02:00", "2030-01-01T00:00:00", "2029-12-31T23:00:00Z"], [3, 1, 2]),
        (["2030-01-01T00:00:02Z", "yesterday", "2030-01-01T00:00:01Z"], [1, 2, 3]),
        (["2030-01-01T00:00:02Z", None, "2030-01-01T00:00:01Z"], [1, 2, 3]),
        (["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "2030-01-01"], [2, 3, 1]),
    ],
)
def test_requests_are_put_in_the_order_of_their_times(
    shop: Shop, times: list[Any], order: list[int]
) -> None:
    entries = [exchange(cookies=(shop.header(),)) | {"startedDateTime": each} for each in times]
    told = of_har(har(*entries))["har"]
    assert told["entries"] == order
    assert told["entry"] == order[-1]


def test_an_entry_is_chosen_and_what_its_response_leaves(recorded: str) -> None:
    assert of_har(recorded, "--entry", "3")["har"]["entry"] == 3
    assert of_har(recorded, "--entry", "1")["envelope"]["flags"] == 1
    assert of_har(recorded, "--entry", "4", "--after")["envelope"]["flags"] == 0
    result = run(recorded, "--entry", "2")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Entry 2 carries no session of ours" in result.stderr
    assert "Entry 99 carries" in run(recorded, "--entry", "99").stderr


def test_the_list_has_no_query_and_no_cookie(recorded: str) -> None:
    result = run(recorded, "--list")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ENTRY  AT                        REQUEST                STATUS",
        "1      2030-01-01T00:00:00.000Z  GET shop.example/cart  200",
        "3      2030-01-01T00:00:00.000Z  GET shop.example/cart  200",
        "4      2030-01-01T00:00:00.000Z  GET shop.example/pay   200",
    ]
    assert "in-the-query" not in result.output
    for more in (["--entry", "1"], ["--after"], ["--reason", "x"]):
        refused = run(recorded, "--list", *more)
        assert refused.exit_code == 2
        assert "--list opens nothing" in refused.stderr
    entries = json.loads(run(recorded, "--list", "--json").stdout)["entries"]
    assert [entry["entry"] for entry in entries] == [1, 3, 4]


def test_a_file_is_read_as_stdin_is(recorded: str, tmp_path: Path) -> None:
    file = tmp_path / "visit.har"
    file.write_text(recorded, encoding="utf-8-sig")
    assert facts("--har", str(file)) == of_har(recorded)


def test_a_session_of_a_har_is_opened(recorded: str) -> None:
    told = of_har(recorded, *REASON)
    assert [value["key"] for value in told["values"]][:2] == ["_permanent", "cart"]


def test_a_split_session_is_joined_over_lines_of_a_request(shop: Shop) -> None:
    lines = shop.lines(fill_three_cookies)
    pairs = tuple(line.partition(";")[0] for line in lines)
    whole = of_har(har(exchange(cookies=pairs)))
    assert whole["reason"] is None
    assert len(whole["cookies"]) == len(pairs) >= 3
    assert of_har(har(exchange(set_cookies=tuple(lines))))["octets"] == whole["octets"]
    joined = exchange(set_cookies=("\n".join(lines),))
    assert of_har(har(joined))["octets"] == whole["octets"]
    assert of_har(har(exchange(cookies=pairs[1:])), status=1)["reason"] == "missing_chunk"


def test_lists_of_cookies_count_where_the_headers_are_left_out(shop: Shop) -> None:
    name, _, value = shop.header().partition("=")
    entry = exchange()
    entry["request"]["cookies"] = [
        {"name": name, "value": value},
        {"name": "evil", "value": "1; session=planted"},
    ]
    assert of_har(har(entry))["reason"] is None
    entry = exchange()
    entry["response"]["cookies"] = [{"name": name, "value": value, "httpOnly": True}]
    assert of_har(har(entry))["reason"] is None


def test_two_sessions_in_one_request_are_ambiguous(shop: Shop) -> None:
    told = of_har(har(exchange(cookies=(shop.header(), shop.header()))), status=1)
    assert told["reason"] == "ambiguous"


def test_a_session_that_the_response_deletes_is_gone_afterwards(shop: Shop) -> None:
    text = har(exchange(cookies=(shop.header(),), set_cookies=("session=; Max-Age=0; Path=/",)))
    assert of_har(text)["reason"] is None
    result = run(text, "--after")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "it was deleted" in result.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "null",
        "{}",
        '{"log": []}',
        '{"log": {"entries": {}}}',
        '{"log": {"entries": null}}',
        "[" * 100_000,
        '{"log": {"entries": ' + "[" * 100_000,
        b"\xff\xfe{\x00}\x00",
        b'{"log": {"entries": [\xff]}}',
    ],
)
def test_what_is_no_har_is_refused_in_one_line(text: str | bytes) -> None:
    result = run(text)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("Error: That is no HAR file: JSON with a list at log.entries")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        (1, "request"),
        ({"request": []}, "request"),
        ({"request": {"headers": 1}}, "headers"),
        ({"request": {"headers": [1]}}, "headers"),
        ({"request": {"headers": [{"name": "cookie"}]}}, "headers"),
        ({"request": {"headers": [{"name": "cookie", "value": None}]}}, "headers"),
        ({"request": {}, "response": {"cookies": {}}}, "cookies"),
        ({"request": {}, "response": "x"}, "response"),
    ],
)
def test_an_entry_of_another_shape_is_named_by_its_number(entry: Any, told: str) -> None:
    result = run(har(exchange(), entry))
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"Entry 2 of the HAR file has no {told} as HTTP Archive 1.2 writes it" in result.stderr


def test_a_har_without_cookies_says_how_to_save_one_that_has_them() -> None:
    result = run(har(exchange(), exchange()))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "None of the 2 requests" in result.stderr
    assert "Export it with sensitive data" in result.stderr
    result = run(har(exchange(cookies=("a=b",))))
    assert "It has others" in result.stderr


def test_a_huge_file_is_refused_before_it_is_read_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OCTETS", 1 << 20)
    result = run("[" + " " * (1 << 20))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "more than 1 MiB" in result.stderr


@pytest.mark.parametrize("name", ["no-such-file.har", "."])
def test_a_file_that_cant_be_read_is_an_error(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = inspect("--har", name)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"The file {name} can't be read: " in result.stderr


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:password@shop.example/a?b#c", "GET shop.example/a"),
        ("http://[::1", "GET ?"),
        ("data:text/plain,secret", "GET ?"),
        ("https://shop.example/\x1b[31m\u202e", "GET shop.example/?[31m?"),
        ("https://shop.example/" + "a" * 200, "GET shop.example/" + "a" * 47),
        (None, "GET ?"),
        ("", "GET ?"),
    ],
)
def test_an_address_is_shown_without_what_may_be_secret_or_steer_a_terminal(
    shop: Shop, url: Any, shown: str
) -> None:
    entry = exchange(cookies=(shop.header(),))
    entry["request"]["url"] = url
    assert of_har(har(entry))["har"]["request"] == shown


def test_members_that_no_har_has_to_have_may_be_missing(shop: Shop) -> None:
    headers = [{"name": "Cookie", "value": shop.header(), "comment": ""}]
    told = of_har(json.dumps({"log": {"entries": [{"request": {"headers": headers}}]}}))
    assert (told["har"]["at"], told["har"]["request"], told["har"]["status"]) == ("?", "? ?", 0)


def test_a_name_chooses_among_the_sessions_of_a_file(shop: Shop) -> None:
    value = shop.header().partition("=")[2]
    text = har(exchange(cookies=(f"one={value}; two={value}",)))
    assert run(text).exit_code == 1
    assert of_har(text, "--name", "two")["name"] == "two"
    assert run(text, "--name", "three").exit_code == 1
