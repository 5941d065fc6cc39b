"""What ``cookie-sessions revocations`` shows of a list, and what prune leaves."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.stores import store_from_url
from tests.cli.revocations.world import Shop, run

SID = "00112233445566778899aabbccddeeff"


@pytest.fixture
def filled(shop: Shop) -> Shop:
    """A list with an entry of each kind."""
    shop.visitor()
    shop.do("revoke", "--sid", SID)
    shop.do("revoke", "--subject", "bob")
    shop.do("revoke", "--key", "0a1b2c3d")
    shop.do("revoke", "--all-before", "2020-01-01", "--force")
    return shop


def test_the_list_is_a_table_of_hashes_and_moments(filled: Shop) -> None:
    told = filled.do("revocations", "list")
    head, everyone, key, subject, session = told.splitlines()
    assert head.split() == ["KIND", "ID", "REFUSES"]
    assert re.fullmatch(r"all +- +what began by 2020-01-01 00:10Z \(.* ago\)", everyone)
    assert re.fullmatch(r"key +0a1b2c3d +what it seals or ever sealed", key)
    assert re.fullmatch(r"subject +[0-9a-f]{32} +what began by .* \(in [45] min.*\)", subject)
    assert re.fullmatch(r"session +[0-9a-f]{16} +since .* \((now|.* ago)\)", session)
    assert SID not in told
    assert "bob" not in told


def test_kinds_and_a_limit_choose_what_is_shown(filled: Shop) -> None:
    lines = filled.do("revocations", "list", "--kind", "key", "--kind", "all").splitlines()
    assert [line.split()[0] for line in lines] == ["KIND", "all", "key"]
    assert "more than these 1: --limit" in filled.do("revocations", "list", "--limit", "1")
    assert "more than" not in filled.do("revocations", "list", "--limit", "4")
    assert filled.run("revocations", "list", "--kind", "cookie").exit_code == 2
    for limit in ("0", "9" * 23, str(2**63)):
        assert filled.run("revocations", "list", "--limit", limit).exit_code == 2


def test_machines_get_one_object_a_line_and_all_of_them(filled: Shop) -> None:
    for number in range(120):
        filled.app.extensions["cookie_sessions"].manager.revocations.revoke(f"{number:032x}")
    rows = [json.loads(line) for line in filled.do("revocations", "list", "--json").splitlines()]
    assert len(rows) == 124
    assert {tuple(row) for row in rows} == {("kind", "id", "at", "milliseconds", "grace")}
    assert rows[0] == {
        "kind": "all",
        "id": None,
        "at": "2020-01-01T00:10:00Z",
        "milliseconds": 1_577_837_400_000,
        "grace": False,
    }
    few = filled.do("revocations", "list", "--json", "--limit", "7")
    assert few.count("\n") == 7
    assert filled.do("revocations", "list").count("\n") == 103


def test_a_session_in_its_grace_is_shown_with_its_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    shop.visitor().get("/regenerate")
    told = shop.do("revocations", "list", "--kind", "session")
    assert re.search(r"session +[0-9a-f]{16} +from .* \((now|in \d s)\) on", told)


def test_an_empty_list_says_so(shop: Shop) -> None:
    shop.visitor()
    assert shop.do("revocations", "list") == "The list is empty.\n"
    assert shop.do("revocations", "list", "--json") == ""
    assert shop.do("revocations", "list", "--kind", "key") == "There is no such entry.\n"


def test_entries_are_counted_by_kind(filled: Shop) -> None:
    counts = {"all": 1, "key": 1, "subject": 1, "session": 1, "register": 1}
    assert filled.counts() == counts
    told = filled.do("revocations", "count").splitlines()
    assert {line.split()[0]: int(line.split()[1]) for line in told[1:]} == counts


def test_prune_removes_what_has_ended_and_nothing_that_refuses(
    filled: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_from_url(filled.url)
    store.put("revoked:session:0000000000000000", b"\1" + bytes(8), ends=clock.now() + 2)
    later = clock.now() + 60
    monkeypatch.setattr(clock, "now", lambda: later)
    told = filled.do("revocations", "prune")
    assert told.startswith(
        "1 entry that had ended went. Nothing goes that still refuses a session. Left are:\n"
    )
    assert filled.counts()["session"] == 1
    assert "A SQLite file keeps its size" in " ".join(
        run("revocations", "prune", "--help").stdout.split()
    )
    again = filled.facts("revocations", "prune")
    assert again == {"removed": 0, "left": filled.counts()}
    assert filled.do("revocations", "prune").startswith("There was nothing to remove.")
    store.close()


def test_who_is_signed_in_where_is_shown_by_references(shop: Shop) -> None:
    ann = shop.visitor()
    shop.visitor()
    told = shop.do("revocations", "signed-in", "--subject", "ann")
    lines = told.splitlines()
    assert lines[0].split("  ")[0] == "REFERENCE"
    assert [bool(re.match(r"[0-9a-f]{24}  20", line)) for line in lines[1:]] == [True, True]
    assert ann.get("/sid") not in told
    (first, _) = shop.facts("revocations", "signed-in", "--subject", "ann")["signed_in"]
    assert list(first) == ["reference", "created", "seen", "label"]
    assert first["seen"].endswith(":00:00Z")
    assert "no session of this subject" in shop.do("revocations", "signed-in", "--subject", "eve")
    assert shop.facts("revocations", "signed-in", "--subject", "eve") == {"signed_in": []}


def test_looking_writes_nothing(shop: Shop, tmp_path: Path) -> None:
    shop.visitor()
    absent = f"sqlite:{tmp_path}/none.db"
    for line in (["list"], ["count"], ["prune"], ["signed-in", "--subject", "ann"]):
        result = run("revocations", *line, "--store", absent)
        assert result.exit_code == 1
        assert "There is no file" in result.stderr
        assert "--new-list" not in result.stderr
    assert not (tmp_path / "none.db").exists()
    shop.path.unlink()
    for line in (["list"], ["count"], ["prune"], ["signed-in", "--subject", "ann"]):
        named = shop.flask("revocations", *line)
        assert (named.exit_code, named.stderr) == (0, "")
    assert not shop.path.exists()
    shop.visitor()
    other = f"{shop.url}?prefix=other:"
    assert run("revocations", "signed-in", "--subject", "ann", "--store", other).exit_code == 0
    store = store_from_url(other)
    assert [name for page in store.scan("") for name in page] == []
    store.close()


def test_an_entry_of_another_program_is_an_error_and_no_traceback(shop: Shop) -> None:
    shop.visitor()
    store = store_from_url(shop.url)
    store.put("revoked:session:0000000000000000", b"canary", ends=clock.now() + 60)
    store.close()
    result = shop.run("revocations", "list")
    assert result.exit_code == 1
    assert "not of this release's form" in result.stderr
    assert "canary" not in result.output
