"""The benchmarks run, and no mark is left without a figure."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hmac import HMAC
from itsdangerous.signer import SigningAlgorithm

from benchmarks import bare, checks, listed, lookup, redis_server, stored
from benchmarks.checks import ENDED, LIVES
from benchmarks.listed import AGAIN, ASKS, REMEMBERS, check_alone
from benchmarks.lookup import COUNTS, FIND, LAST, MIDDLE, Search
from benchmarks.marks import BY_NAME, MARKS
from benchmarks.operations import OPERATIONS
from benchmarks.peers import DEFAULT, FERNET, OURS
from benchmarks.publication import quoted
from benchmarks.requests import CONTROL, EMPTY, Cell
from benchmarks.results import Results
from benchmarks.revocation_tables import requests
from benchmarks.shapes import SAMPLES, one_shape
from benchmarks.snapshots import ABSENT, LISTED
from benchmarks.stored import THEIRS
from cookie_sessions.claims import SID_OCTETS
from cookie_sessions.codec import Codec
from cookie_sessions.events import Events
from cookie_sessions.revocation.configured import revocations_in
from tests.benchmarks.pages import form, on_the_pages
from tests.conftest import missing

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a quick run prints, and the folder with its plot and JSON."""
    folder = tmp_path_factory.mktemp("benchmarks")
    command = [sys.executable, "-m", "benchmarks", "--quick"]
    command += ["--plot", str(folder / "plot.svg"), "--json", str(folder / "figures.json")]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1200
    )
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def test_the_marks_are_those_of_this_stage() -> None:
    bounds = {mark.name: (mark.bound, mark.at_least) for mark in MARKS}
    assert bounds == {
        "cost untouched": (20, True),
        "cost membership": (5, True),
        "cost read": (5, True),
        "cost change": (5, True),
        "cost append": (3.5, True),
        "cost rewrite": (3.5, True),
        "floor open": (1.5, False),
        "floor seal": (3, False),
        "size login": (0.90, False),
        "size cart": (1.00, False),
        "size oidc": (0.80, False),
        "size big": (0.95, False),
        "size cart, trained": (0.70, False),
        "size oidc, trained": (0.60, False),
        "size big, trained": (0.80, False),
        "import": (15, False),
        "lookup key": (1.2, False),
        "revoked flat": (1.2, False),
        "revoked search": (2, False),
        "revoked octets": (9, False),
    }


def test_every_mark_has_a_row_that_says_whether_it_is_reached(run: tuple[str, Path]) -> None:
    printed, _ = run
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in printed.splitlines()
        if line.startswith("|")
    ]
    for mark in MARKS:
        title = mark.name.removeprefix("size ") if mark.name.startswith("size ") else mark.title
        in_its_own = [row for row in rows if row[0] == title and mark.text in row]
        assert in_its_own, mark.name
        for row in in_its_own:
            assert {"reached", "not reached"} & set(row), mark.name


def test_one_table_has_all_marks_in_their_order(run: tuple[str, Path]) -> None:
    _, _, told = run[0].partition("\n## Marks\n")
    table = told.partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("|")][2:]
    assert [line.strip("|").split("|")[0].strip() for line in lines] == [
        mark.title for mark in MARKS
    ]
    assert all(line.rstrip("| ").endswith("reached") for line in lines)


def test_the_pages_have_the_form_of_what_is_printed(run: tuple[str, Path]) -> None:
    quotes = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["quotes"]
    pages = on_the_pages()
    assert {"cost", "octets", "marks"} <= set(quotes)
    for place, quote in quotes.items():
        assert form(pages[place]) == form(quote), (
            f"{place}: write it with python -m benchmarks --write"
        )


def test_the_tables_of_readme_are_printed_as_they_stand_there(run: tuple[str, Path]) -> None:
    quotes = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["quotes"]
    readme = quoted((ROOT / "README.md").read_text(encoding="utf-8"))
    assert set(readme) == {"cost", "octets"}
    assert all(quotes[name] in run[0] for name in readme)


def test_requests_without_a_session_cookie_are_compared_with_flasks(run: tuple[str, Path]) -> None:
    figures = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["bare"]
    assert [(cell["shape"], cell["operation"]) for cell in figures] == list(
        itertools.product((bare.NONE, bare.OTHERS), ("untouched", "read"))
    )
    assert all({"cookie_sessions", "Flask default"} < set(cell["times"]) for cell in figures)
    assert run[0].count("| no session cookie, four others, ") == 2
    assert run[0].count("| no session cookie, ") == 4


def test_foreign_cookies_come_with_each_request_and_that_of_a_session_with_none() -> None:
    operation = next(each for each in OPERATIONS if each.name == "read")
    headers = [
        [each.get("HTTP_COOKIE", "") for each in stage.environs(OURS, operation, permanent=False)]
        for stage in (kind(one_shape("tiny")) for kind in (bare.BareStage, bare.OthersStage))
    ]
    assert headers == [[bare.HEADERS[kind]] * SAMPLES for kind in (bare.NONE, bare.OTHERS)]
    assert bare.HEADERS[bare.OTHERS].count("=") == 4
    assert "session" not in bare.HEADERS[bare.OTHERS]


def test_sessions_of_one_to_eight_cookies_have_a_row_each(run: tuple[str, Path]) -> None:
    _, _, table = run[0].partition("## Sessions of several cookies")
    lines = [line for line in table.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    rows = [line.split()[1] for line in lines]
    assert rows[1:] == [str(number) for number in range(1, 9)]


def test_what_is_kept_in_redis_is_measured_against_flask_session(run: tuple[str, Path]) -> None:
    reason = redis_server.why_not()
    if reason:
        missing(*reason.split(": "))
    figures = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["stored"]
    assert figures["why_not"] == ""
    cells = [(cell["operation"], cell["permanent"]) for cell in figures["cells"]]
    assert len(cells) == len(set(cells)) == 10
    for cell in figures["cells"]:
        assert {"cookie_sessions", "Flask-Session"} < set(cell["times"])


def test_without_redis_the_report_says_why_nothing_was_measured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "apt-get install redis-server" in redis_server.why_not()
    found = stored.measure(rounds=1, repeats=1, seconds=1)
    assert found.cells == []
    assert found.why_not == redis_server.why_not()
    under_a_list = listed.measure(count=1, repeats=1, seconds=1, loops=1)
    assert under_a_list == listed.Listed(why_not=redis_server.why_not())
    assert list(requests(under_a_list)) == [f"Not measured: {redis_server.why_not()}."]


def test_lists_of_ended_sessions_are_measured_from_one_entry_to_a_million(
    run: tuple[str, Path],
) -> None:
    document = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))
    of_memory = {(one["what"], one["entries"]) for one in document["checks"]}
    assert of_memory == set(itertools.product((ENDED, LIVES), (1, 1_000, 1_000_000)))
    snapshots = document["snapshots"]
    of_snapshots = {(one["what"], one["entries"]) for one in snapshots["lookups"]}
    whats = (ENDED, LIVES, LISTED, ABSENT)
    assert of_snapshots == set(itertools.product(whats, (1, 1_000, 1_000_000)))
    # A million ids of 8 octets: a snapshot that is shorter does not hold them.
    assert snapshots["octets"] > 8_000_000
    assert snapshots["load"]
    assert len(snapshots["load"]) == len(snapshots["floor"])


def test_a_list_in_redis_is_measured_against_flask_session_and_against_no_list(
    run: tuple[str, Path],
) -> None:
    reason = redis_server.why_not()
    if reason:
        missing(*reason.split(": "))
    figures = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["listed"]
    assert figures["why_not"] == ""
    candidates = {"cookie_sessions", REMEMBERS, ASKS, "Flask-Session"}
    cells = [(cell["operation"], cell["permanent"]) for cell in figures["cells"]]
    assert len(cells) == len(set(cells)) == 8
    assert all(candidates < set(cell["times"]) for cell in figures["cells"])
    assert set(figures["loads"]) == candidates | {check_alone(REMEMBERS), check_alone(ASKS)}


def test_a_list_in_redis_says_how_noisy_its_run_was(run: tuple[str, Path]) -> None:
    reason = redis_server.why_not()
    if reason:
        missing(*reason.split(": "))
    quotes = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))["quotes"]
    assert "|\n\nControl, no list against itself over " in quotes["listed"]


def test_ratios_of_a_list_in_redis_that_spread_too_far_are_named() -> None:
    names = (OURS, AGAIN, REMEMBERS, ASKS, THEIRS)
    costs = {name: [1.0, 1.0, 1.0] for name in (*names, EMPTY)} | {EMPTY: [0.0, 0.0, 0.0]}
    wide = [0.5, 1.0, 1.5]
    cells = [
        Cell("read", "login", permanent=True, times=costs),
        Cell("change", "login", permanent=False, times={**costs, ASKS: wide}),
    ]
    loads = {name: [1.0, 1.0, 1.0] for name in names}
    loads |= {check_alone(REMEMBERS): wide, check_alone(ASKS): [1.0, 1.0, 1.0]}
    *_, told = requests(listed.Listed(cells, loads))
    assert told.startswith("Control, no list against itself over 3 rounds: 1.00 (1.00 to 1.00). **")
    assert told.endswith(
        ": the check alone, remembered; change, not permanent, asked, times cheaper than "
        "Flask-Session; change, not permanent, asked, times no list."
    )


def test_a_list_that_takes_the_ended_for_the_living_gives_no_figures() -> None:
    events = Events()
    unlisted = revocations_in("memory:", codec=Codec(), events=events, longest=lambda: 60)
    living = [checks.claims_of(bytes(SID_OCTETS))]
    checks.verify(unlisted, living=living, ended=[])
    with pytest.raises(RuntimeError, match="none are printed"):
        checks.verify(unlisted, living=[], ended=living)


def test_the_json_holds_every_mark_and_every_peer(run: tuple[str, Path]) -> None:
    document = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))
    assert [row["name"] for row in document["marks"]] == [mark.name for mark in MARKS]
    assert document["seconds"] > 0
    assert {DEFAULT, CONTROL} < set(document["control"]["times"])
    assert len(document["cold"]["libraries"]) == len(document["cold"]["secret"]) > 0
    assert {size["peer"] for size in document["sizes"]} == {
        "cookie_sessions",
        "Flask default",
        "Fernet",
    }


def test_one_key_among_many_is_compared_with_peers_that_try_them_in_turn(
    run: tuple[str, Path],
) -> None:
    document = json.loads((run[1] / "figures.json").read_text(encoding="utf-8"))
    searches = document["searches"]
    costs = {(one["who"], one["keys"], one["position"]) for one in searches}
    assert len(costs) == len(searches) == 4 * len(COUNTS) * 2
    assert {(peer, 1000, at) for peer in (FERNET, DEFAULT) for at in (MIDDLE, LAST)} < costs
    _, _, table = run[0].partition("## One key among many")
    rows = {line.split("|")[1].strip(): line for line in table.splitlines() if line[:2] == "| "}
    for name in ("look a key up", "open a cookie", "MultiFernet", "SECRET_KEY_FALLBACKS"):
        # The 10th and the 90th percentile of each ratio stand in its place.
        assert rows[name].count(" to ") == 2 * len(COUNTS[1:])


@pytest.mark.parametrize("place", [0, 49, 99])
def test_a_peer_tries_each_key_before_the_one_that_is_right(
    place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any) -> Any:
            tried.append(name)
            return call(*given)

        return noted

    decrypt = lookup._decrypt([Fernet(Fernet.generate_key()) for _ in range(100)], place)
    verify = lookup._verify([f"secret {number}" for number in range(100)], place)
    monkeypatch.setattr("cryptography.fernet.HMAC", noting(FERNET, HMAC))
    signing = SigningAlgorithm.verify_signature
    monkeypatch.setattr(SigningAlgorithm, "verify_signature", noting(DEFAULT, signing))
    decrypt()
    verify()
    assert tried == [FERNET] * (place + 1) + [DEFAULT] * (place + 1)


def test_a_look_up_among_100_keys_is_held_against_1_and_1000_alike() -> None:
    def lookup(hundred: float, thousand: float) -> float:
        of = {1: 1.0, 100: hundred, 1000: thousand}
        searches = [Search(FIND, keys, LAST, [of[keys] * 1e-8], [of[keys]]) for keys in of]
        measured: dict[str, Any] = dict.fromkeys(each.name for each in fields(Results))
        measured["searches"] = searches
        return Results(**measured).figure(BY_NAME["lookup key"]).middle

    assert lookup(1.5, 1.5) == 1.5
    assert lookup(1.5, 0.5) == 3.0
    assert lookup(1.0, 5.0) == 5.0


def test_the_plot_is_well_formed_and_follows_the_dark_setting(run: tuple[str, Path]) -> None:
    text = (run[1] / "plot.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text


def test_a_profile_names_the_stages_and_the_functions() -> None:
    command = [sys.executable, "-m", "benchmarks", "profile", "login", "read", "--requests", "50"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("open_session", "save_session", "own µs"))
