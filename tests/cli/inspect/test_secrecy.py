"""Neither a key nor a cookie, an id, a subject or a value goes where it was not asked for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from click.testing import Result
from flask import session

from cookie_sessions.sealer import Place, open_text
from tests.cli.inspect.world import (
    ESCAPES,
    REASON,
    SUBJECT,
    TOKEN,
    Shop,
    exchange,
    fill_oddly,
    fill_three_cookies,
    har,
    inspect,
)
from tests.keys.secrecy import reveals, shown

VALUE = "a value that only --values shows"
NEVER = (TOKEN, "in-the-query")


def fill_secretly() -> None:
    """A subject, a value, and a value of a secret name."""
    session.subject = SUBJECT  # type: ignore[attr-defined]
    session["note"] = VALUE
    session["csrf_token"] = TOKEN


def runs(shop: Shop) -> Iterator[tuple[bool, str, Result]]:
    """Ways of going right and wrong: whether values were asked for, the header, what came out."""
    whole = shop.header(fill_secretly)
    split = shop.header(fill_three_cookies)
    cut = whole[:-5]
    altered = whole[:-6] + ("B" if whole[-6] != "B" else "C") + whole[-5:]
    for header in (whole, cut, altered, f"{whole}; {split}", split.partition("; ")[2]):
        for form in ((), ("--json",)):
            yield False, header, inspect(*form, text=header)
            yield False, header, inspect(*REASON, *form, text=header)
            yield True, header, inspect(*REASON, "--values", *form, text=header)
            yield False, header, inspect(header, *form)
            for wrong in (
                ("--audience", "x"),
                ("--keys", "file:/nowhere"),
                ("--name", "other"),
                ("--types", "tests.nothing:x"),
                ("--access-log", "/nowhere/at/all"),
                ("--authorization",),
            ):
                yield True, header, inspect(*REASON, "--values", *wrong, *form, text=header)
            file = har(exchange(cookies=(header,)))
            yield False, header, inspect("--har", "-", *form, input=file)
            yield False, header, inspect("--har", "-", "--list", *form, input=file)
            yield False, header, inspect("--har", "-", *form, input=file[:-9])
        yield False, header, inspect(*REASON, "--secret-env", header, text=header)
    shop.world.now += 400 * 86_400
    yield True, whole, inspect(*REASON, "--values", text=whole)


def test_nothing_is_said_that_was_not_asked_for(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    (entry,) = shop.world.keys().entries
    assert entry.key is not None
    material = entry.key.export_material()
    ring = shop.world.keys().ring(shop.world.now)
    place = Place("session", "session", "")
    statuses = set()
    shown_values = 0
    sid = None
    for asked, header, result in runs(shop):
        statuses.add(result.exit_code)
        said = result.output + (shown(result.exception) if result.exception else "")
        quiet = result.stderr + caplog.text
        assert said
        assert not reveals(said, material)
        for secret in NEVER:
            assert secret not in said
        for secret in (VALUE, SUBJECT):
            assert secret not in quiet
            assert asked or secret not in said
        shown_values += VALUE in result.stdout
        value = header.partition("=")[2].partition(";")[0]
        assert value[20:60] not in said
        if sid is None:
            text = header.partition("=")[2]
            opened = open_text(text, ring=ring, place=place, now=shop.world.now)
            sid = opened.plaintext[1:17]
        assert not reveals(said, sid)
    assert statuses == {0, 1}
    assert shown_values >= 2


def test_the_objects_inside_do_not_show_what_they_hold(shop: Shop) -> None:
    from cookie_sessions.cli.inspect.clear import clear_of
    from cookie_sessions.cli.inspect.har import exchanges_in
    from cookie_sessions.cli.inspect.opening import Lens

    header = shop.header(fill_secretly)
    clear = clear_of(header, "session")
    lens = Lens(
        shop.world.keys().ring(shop.world.now),
        place=Place("session", "session", ""),
        types=(),
        secret_names=(),
        timeouts=None,
    )
    contents = lens.open(clear.whole, now=shop.world.now, values=True)
    (entry,) = exchanges_in(har(exchange(cookies=(header,))).encode())
    told = repr((clear, contents, contents.values, entry, lens))
    assert VALUE in str([value.text for value in contents.values])
    for secret in (VALUE, TOKEN, SUBJECT, clear.whole[20:60]):
        assert secret not in told


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_nothing_in_keys_or_values_steers_a_terminal(shop: Shop, form: tuple[str, ...]) -> None:
    header = shop.header(fill_oddly)
    result = inspect(*REASON, "--values", *form, text=header)
    assert result.exit_code == 0
    steering = [letter for letter in ESCAPES if not letter.isprintable()]
    assert len(steering) >= 5
    assert not set(steering) & set(result.output)
    assert all(letter.isprintable() or letter == "\n" for letter in result.output)
    assert "egnihton" in result.stdout


def test_what_a_stdout_cant_encode_is_escaped_and_no_traceback(shop: Shop) -> None:
    def fill() -> None:
        session["name"] = "Zo\u00eb \U0001f600"

    header = shop.header(fill)
    from click.testing import CliRunner

    from cookie_sessions.cli.commands import program

    arguments = ["inspect", *REASON, "--values", "-"]
    result = CliRunner(charset="ascii").invoke(program, arguments, input=header)
    assert result.exit_code == 0, result.output
    assert "name = 'Zo\\xeb \\U0001f600'" in result.stdout
    assert "#" in result.stdout
    assert "Zo\u00eb \U0001f600" in inspect(*REASON, "--values", text=header).stdout


@pytest.mark.parametrize("columns", [1, 20, 40, 71, 72, 80, 100, 200])
def test_a_table_fits_the_terminal(shop: Shop, columns: int) -> None:
    result = inspect(*REASON, text=shop.header(), env={"COLUMNS": str(columns)})
    table = "KEY" + result.stdout.partition("KEY")[2]
    widest = max(len(line) for line in table.splitlines())
    assert widest <= max(columns, 25)
    assert ("TYPE" in table) == (columns >= 72)
    assert ("\u2588" in table) == (columns >= 72)
    assert "cart" in table


def test_the_keys_of_json_are_whole_and_those_of_the_table_cut(shop: Shop) -> None:
    long = "k" * 90

    def fill() -> None:
        session[long] = 1

    header = shop.header(fill)
    told = json.loads(inspect(*REASON, "--json", text=header).stdout)
    assert [value["key"] for value in told["values"]] == [long]
    assert "k" * 25 + "..." in inspect(*REASON, text=header, env={"COLUMNS": "200"}).stdout
