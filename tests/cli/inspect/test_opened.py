"""With keys and a reason: claims, keys, kinds and octets; values only where they are asked for."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import session

from cookie_sessions.codec import Codec, Reference, RegisteredType
from cookie_sessions.codec.compress import built_in_octets
from cookie_sessions.dictionaries.compose import BUILT_IN_HEAD
from cookie_sessions.dictionaries.shelf import Shelf, dump_shelf
from cookie_sessions.dictionaries.trained import Trained, numbered
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import KeyRing
from cookie_sessions.manager import PURPOSE
from cookie_sessions.sealer import Place, open_text, seal
from tests.cli.inspect.world import (
    REASON,
    SUBJECT,
    TOKEN,
    TYPES,
    Shop,
    facts,
    fill_oddly,
    fill_three_cookies,
    inspect,
)
from tests.cli.world import DAY, NOW, World

SECRET = "0123456789abcdef" * 2


class Basket(list[int]):
    """A type of the application that is a list, too, and does not say how long it is."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __len__(self) -> int:
        raise ValueError("what the value was")


def ring_of(shop: Shop) -> KeyRing:
    return shop.world.keys().ring(shop.world.now)


def resealed(shop: Shop, header: str, change: Any) -> str:
    """The same session with another payload, under the key that sealed it."""
    place = Place(PURPOSE, "session", "")
    now = shop.world.now
    opened = open_text(header.partition("=")[2], ring=ring_of(shop), place=place, now=now)
    codec = Codec(types=TYPES)
    claims, wires = codec.load_payload(opened.plaintext)
    payload = codec.dump_payload(claims, change(wires))
    return "session=" + seal(payload, ring=ring_of(shop), place=place, refreshable=False, now=now)


def test_the_transcript_of_an_opened_session(shop: Shop) -> None:
    header = shop.header()
    result = inspect(*REASON, text=header, env={"COLUMNS": "100"})
    assert result.exit_code == 0
    told = facts(*REASON, text=header)
    lines = result.stdout.splitlines()
    rows = lines[lines.index("") + 6 :]
    assert rows[0].split() == ["KEY", "TYPE", "PACKED", "COMPRESSED", "COOKIE", "SHARE"]
    by_key = {value["key"]: value for value in told["values"]}
    cart = by_key["cart"]
    share = f"{100 * cart['text'] / told['octets']['cookies']:.0f}%"
    assert rows[1].split()[:8] == [
        *("cart", "list", "of", "20", str(cart["packed"]), str(cart["compressed"])),
        *(str(cart["text"]), share),
    ]
    assert rows[1].split()[8] == "\u2588" * 30
    assert rows[2].strip() == "dictionary 1"
    assert rows[-1].split() == ["(all)", str(told["octets"]["cookies"])]
    assert f"  session   {told['claims']['session']} " in result.stdout
    assert "  ends      2030-02-01 00:00Z (in 31 d)" in result.stdout
    assert "Nothing of this is verified" not in result.stdout
    assert TOKEN not in result.output
    assert "dark" not in result.output


def test_every_octet_of_the_cookies_stands_in_one_row(shop: Shop) -> None:
    for fill in (fill_oddly, fill_three_cookies):
        result = inspect(*REASON, text=shop.header(fill), env={"COLUMNS": "60"})
        table = result.stdout.partition("KEY")[2].splitlines()[1:]
        rows = [line.split() for line in table if not line.startswith("  ")]
        (total,) = [row[-1] for row in rows if row[0] == "(all)"]
        octets = [row[-2] for row in rows if row[0] != "(all)"]
        assert sum(int(number.replace(",", "")) for number in octets) == int(total.replace(",", ""))


def test_values_keys_and_kinds_for_machines(shop: Shop) -> None:
    told = facts(*REASON, text=shop.header())
    values = {value["key"]: value for value in told["values"]}
    assert list(values) == ["_permanent", "cart", "csrf_token", "theme"]
    assert {key: value["type"] for key, value in values.items()} == {
        "_permanent": "bool",
        "cart": "list of 20",
        "csrf_token": "str",
        "theme": "str",
    }
    assert values["cart"]["dictionary"] == 1
    assert values["cart"]["compressed"] < values["cart"]["packed"]
    assert [key for key, value in values.items() if value["secret"]] == ["csrf_token"]
    assert {value["value"] for value in told["values"]} == {None}
    assert told["envelope"]["verified"] is True
    assert told["claims"] | {"session": "", "octets": 0, "text": 0} == {
        "session": "",
        "began": "2030-01-01T00:00:00Z",
        "since": "2030-01-01T00:00:00Z",
        "ends": "2030-02-01T00:00:00Z",
        "ended": False,
        "proved": None,
        "has_subject": False,
        "subject": None,
        "bound": False,
        "former_kids": [],
        "imported": False,
        "remembered_for": None,
        "beside": False,
        "unknown_claims": 0,
        "refused": None,
        "octets": 0,
        "text": 0,
    }


def test_values_and_the_subject_are_shown_where_they_are_asked_for(shop: Shop) -> None:
    header = shop.header(fill_oddly)
    hidden = inspect(*REASON, text=header)
    assert SUBJECT not in hidden.output
    assert "subject   is set; --values shows it" in hidden.stdout
    result = inspect(*REASON, "--values", text=header)
    assert f"subject   {SUBJECT}" in result.stdout
    assert SUBJECT not in result.stderr
    assert "\n<key of type tuple> = UUID('00000000-0000-0000-0000-000000000005')\n" in result.stdout
    told = facts(*REASON, "--values", text=header)
    assert told["claims"]["subject"] == SUBJECT
    assert {value["key"]: value["value"] for value in told["values"]}["csrf_token"] == (
        "(secret, never shown)"
    )


def test_secret_values_are_never_shown_and_more_names_can_be_secret(shop: Shop) -> None:
    for line in (["--values"], ["--values", "--json"]):
        assert TOKEN not in inspect(*REASON, *line, text=shop.header()).output
    assert "theme = 'dark'" in inspect(*REASON, "--values", text=shop.header()).stdout
    result = inspect(*REASON, "--values", "--secret-name", "theme", text=shop.header())
    assert "theme = (secret, never shown)" in result.stdout
    assert "dark" not in result.stdout


def test_a_registered_type_is_named_without_the_application_and_read_with_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = shop.header(fill_oddly)
    told = inspect(*REASON, "--values", text=header).stdout
    assert "price = {'total': [<registered type money: 500>]}" in told
    named = "tests.cli.inspect.world:TYPES"
    told = inspect(*REASON, "--values", "--types", named, text=header).stdout
    assert "price = {'total': [<Money 500>]}" in told

    def fill() -> None:
        session["price"] = TYPES[0].type(5)

    values = facts(*REASON, text=shop.header(fill))["values"]
    assert [value["type"] for value in values] == ["registered type money"]
    assert [value["packed"] for value in values] == [len(Codec(types=TYPES).pack(TYPES[0].type(5)))]
    values = facts(*REASON, "--types", f"{named}", text=shop.header(fill))["values"]
    assert [value["type"] for value in values] == ["Money"]


def test_a_registered_type_may_stand_in_a_set_and_know_no_length(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill() -> None:
        session["set"] = {Basket([1])}
        session["one"] = Basket([2])

    types = [RegisteredType("basket", Basket, lambda basket: list(iter(basket)), Basket)]
    shop = Shop(shop.world, COOKIE_SESSIONS_TYPES=types)
    header = shop.header(fill)
    result = inspect(*REASON, "--values", text=header)
    assert "set = {<registered type basket: [1]>}" in result.stdout
    assert "one = <registered type basket: [2]>" in result.stdout
    monkeypatch.setattr("tests.cli.inspect.world.TYPES", types)
    named = ("--types", "tests.cli.inspect.world:TYPES")
    told = facts(*REASON, *named, text=header)["values"]
    assert [value["type"] for value in told] == ["set of 1", "Basket"]


def test_types_are_found_in_the_present_folder_and_behind_everything_else(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = shop.header(fill_oddly)
    monkeypatch.setattr("sys.path", [each for each in sys.path if each])
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop_types.py").write_text("from tests.cli.inspect.world import TYPES\n")
    result = inspect(*REASON, "--values", "--types", "shop_types:TYPES", text=header)
    assert result.exit_code == 0, result.output
    assert "[<Money 500>]" in result.stdout
    assert sys.path[-1] == ""


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("nothing", "Write --types MODULE:ATTRIBUTE"),
        ("tests.no_such_module:TYPES", "ModuleNotFoundError"),
        ("tests.cli.inspect.world:NO_SUCH", "AttributeError"),
        ("tests.cli.inspect.world:SUBJECT", "holds no RegisteredType"),
        ("tests.cli.world:NOW", "holds no RegisteredType"),
    ],
)
def test_types_that_are_none_are_refused(shop: Shop, place: str, told: str) -> None:
    result = inspect(*REASON, "--types", place, text=shop.header())
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_type_whose_repr_fails_hides_nothing_but_itself(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: object) -> str:
        raise ValueError("what the value was")

    header = shop.header(fill_oddly)
    monkeypatch.setattr(TYPES[0].type, "__repr__", fails)
    types = ("--types", "tests.cli.inspect.world:TYPES")
    result = inspect(*REASON, "--values", *types, text=header)
    assert "price = (can't be shown: its repr failed with ValueError)" in result.stdout
    assert "what the value was" not in result.output


def test_a_value_in_the_store_is_told_of_by_its_reference(shop: Shop) -> None:
    reference = Reference(bytes(32), 5120, NOW + DAY)
    header = resealed(shop, shop.header(), lambda wires: {**wires, "cart": reference.to_segment()})
    told = {value["key"]: value for value in facts(*REASON, text=header)["values"]}["cart"]
    assert told["type"] == "in the store"
    assert told["stored"] == {"octets": 5120, "until": "2030-01-02T00:00:00Z"}
    assert told["packed"] is None
    result = inspect(*REASON, "--values", text=header)
    assert "  5120 octets in the store\n" in result.stdout
    assert "cart = (in the store)" in result.stdout


def test_what_a_real_store_keeps_is_not_fetched(world: World, tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    settings = {"COOKIE_SESSIONS_OVERFLOW": f"sqlite:{file}", "COOKIE_SESSIONS_COLD": ["cart"]}
    header = Shop(world, **settings).header()
    file.unlink()
    told = {value["key"]: value for value in facts(*REASON, "--values", text=header)["values"]}
    assert told["cart"]["type"] == "in the store"
    assert told["cart"]["stored"]["octets"] > 50
    assert told["cart"]["value"] is None
    assert told["theme"]["value"] == "'dark'"
    assert not file.exists()


@pytest.mark.parametrize("wire", [b"\xc1\x3f\x00", b"\xc1\x40", b"\xc1\x01junk", b"\xff\xff", b""])
def test_a_value_that_cant_be_read_spoils_nothing_else(shop: Shop, wire: bytes) -> None:
    header = resealed(shop, shop.header(), lambda wires: {**wires, "cart": wire})
    values = {value["key"]: value for value in facts(*REASON, text=header)["values"]}
    assert values["cart"]["type"] in ("undecodable", "int")
    assert values["theme"]["type"] == "str"
    assert inspect(*REASON, "--values", text=header).exit_code == 0


@pytest.mark.parametrize("fill", [fill_oddly, fill_three_cookies])
def test_the_anatomy_of_the_running_application_has_the_same_octets(shop: Shop, fill: Any) -> None:
    seen: list[Any] = []
    header = shop.header(fill)
    shop.fill = lambda: seen.append(CookieSessions.anatomy(shop.app, session))
    shop.app.test_client(use_cookies=False).get("/", headers={"Cookie": header})
    (anatomy,) = seen
    told = facts(*REASON, text=header)
    assert [value["text"] for value in told["values"]] == [part.text for part in anatomy.values]
    assert [value["packed"] for value in told["values"]] == [part.packed for part in anatomy.values]
    assert told["octets"]["text"] == anatomy.text
    assert told["octets"]["cookies"] == anatomy.text + anatomy.name + anatomy.marks


def test_a_key_that_revokes_ended_or_is_unknown_has_its_reason(shop: Shop) -> None:
    header = shop.header()
    (first,) = shop.world.keys().entries
    other = f"file:{shop.world.path.with_name('other.json')}"
    shop.world.do("init", "--keys", other, "--longest-session", "1d")
    assert facts(*REASON, "--keys", other, text=header, status=1)["reason"] == "unknown_kid"
    shop.world.do("add", "--now", "--label", "second")
    shop.world.do("revoke", first.kid.hex(), "--force")
    told = facts(*REASON, text=header, status=1)
    assert told["reason"] == "key_revoked"
    assert told["envelope"]["kid"] == first.kid.hex()
    assert told["claims"] is None


@pytest.mark.parametrize("line", [("--audience", "another"), ("--authorization",)])
def test_what_was_sealed_for_another_place_is_a_bad_seal(shop: Shop, line: tuple[str, ...]) -> None:
    assert facts(*REASON, *line, text=shop.header(), status=1)["reason"] == "bad_seal"
    other = shop.header().replace("session=", "other=")
    assert facts(*REASON, text=other, status=1)["reason"] == "bad_seal"


def test_an_audience_is_named(world: World) -> None:
    header = Shop(world, COOKIE_SESSIONS_AUDIENCE="shop").header()
    assert facts(*REASON, text=header, status=1)["reason"] == "bad_seal"
    assert facts(*REASON, "--audience", "shop", text=header)["reason"] is None


def test_a_text_of_the_authorization_header_is_opened_as_one(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_HEADER=True)
    client = shop.app.test_client()
    text = client.get("/", headers={"Authorization": "Session"}).headers["Session-Token"]
    assert facts(*REASON, "--authorization", text=text)["reason"] is None
    assert facts(*REASON, text=text, status=1)["reason"] == "bad_seal"


def test_an_ended_session_opens_and_is_said_to_be_refused(shop: Shop) -> None:
    header = shop.header()
    shop.world.now += 40 * DAY
    told = facts(*REASON, text=header)
    assert told["claims"]["ended"] is True
    assert told["claims"]["refused"] == "expired_idle"
    assert "refused   by a server now: expired_idle" in inspect(*REASON, text=header).stdout


def test_a_clock_that_is_behind_has_its_reason(shop: Shop) -> None:
    header = shop.header()
    shop.world.now -= DAY
    told = facts(*REASON, text=header, status=1)
    assert told["reason"] in ("not_yet_valid", "unknown_kid")
    assert told["envelope"]["age"] == -DAY


def test_secret_keys_open_what_they_sealed(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = Shop(world, COOKIE_SESSIONS_KEYS=None, SECRET_KEY=SECRET).header()
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    monkeypatch.setenv("SECRET_KEY", "another secret key entirely")
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    for line in (
        ("--secret-env", "SHOP_SECRET"),
        ("--fallback-env", "SHOP_SECRET"),
        ("--secret-key-file", str(file)),
    ):
        assert facts(*REASON, *line, text=header)["reason"] is None, line
    assert facts(*REASON, "--secret-env", "SECRET_KEY", text=header, status=1)["reason"] == (
        "unknown_kid"
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (("--keys", "file:/nowhere/ring.json"), "there is no such file"),
        (
            ("--secret-env", "NO_SUCH"),
            "is to hold a secret key is not set",
        ),
        (("--secret-key-file", "/nowhere/secret"), "can't be read: No such file"),
        (("--keys", "file:x", "--secret-env", "X"), "The keys are named twice"),
        (("--secret-key-file", "x", "--secret-env", "X"), "The keys are named twice"),
        (("--secret-key-file", "/dev/null"), "The secret key is empty"),
    ],
)
def test_keys_that_cant_be_had_are_an_error(shop: Shop, line: tuple[str, ...], told: str) -> None:
    result = inspect(*REASON, *line, text=shop.header())
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr


def test_a_long_value_is_cut_for_people_and_whole_for_machines(shop: Shop) -> None:
    header = shop.header(fill_three_cookies)
    result = inspect(*REASON, "--values", text=header)
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("blob = ")]
    assert line.endswith(" more; --json has all)")
    assert len(line) < 2100
    told = facts(*REASON, "--values", text=header)["values"]
    assert {value["key"]: value["value"] for value in told}["blob"].startswith("b'")
    assert json.dumps(told)


def test_a_value_of_a_dictionary_of_the_applications_own_is_read_where_that_is_given(
    world: World, tmp_path: Path
) -> None:
    content = b"Storm Lantern with a wick of cotton, in copper or in tin, to hang or to stand"
    trained = Trained(
        numbered(built_in_octets()[:BUILT_IN_HEAD], content), 1, 2, 20, (len(content),), begins=1
    )
    shelf = tmp_path / "dictionaries.json"
    shelf.write_text(dump_shelf(Shelf((trained._replace(installed=0),))), encoding="ascii")
    shop = Shop(world, COOKIE_SESSIONS_DICTIONARIES=str(shelf))

    def fill() -> None:
        session["wish"] = [content.decode()]

    header = shop.header(fill)
    (value,) = facts(*REASON, "--dictionaries", str(shelf), text=header)["values"]
    assert (value["type"], value["dictionary"]) == ("list of 1", trained.name.hex())
    (unknown,) = facts(*REASON, text=header)["values"]
    assert unknown["type"] != "list of 1"
    assert unknown["dictionary"] == trained.name.hex()
