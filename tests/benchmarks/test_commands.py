"""Every command of the benchmarks runs, and the pages quote what it prints."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import benchmarks.__main__ as program
from benchmarks import comparison, leak, load, machine, other_peers, redis_server, trained
from benchmarks.commands import COMMANDS
from benchmarks.load_generator import Load, Order, generate
from benchmarks.load_tables import report as load_report
from benchmarks.marks import BY_NAME, MARKS
from benchmarks.peers import OURS
from benchmarks.publication import ROOT
from benchmarks.served import CANDIDATES
from tests.benchmarks.pages import form, on_the_pages
from tests.conftest import missing

pytestmark = pytest.mark.once

NAMES = [command.name for command in COMMANDS]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=1200,
    )


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, Any]]]:
    """What each command prints in its quick form, and its JSON."""
    for reason in (redis_server.why_not(), other_peers.why_not(), load.why_not()):
        if reason:
            missing(*reason.split(": "))
    folder = tmp_path_factory.mktemp("commands")
    found = {}
    for name in NAMES:
        path = folder / f"{name}.json"
        # The counting tool has a test of its own.
        options = ["--python-only"] if name == "instructions" else []
        done = run(name, "--quick", "--json", str(path), *options)
        assert done.returncode == 0, done.stderr
        found[name] = (done.stdout, json.loads(path.read_text(encoding="utf-8")))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_pages_have_the_form_of_what_is_printed(
    name: str, outputs: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    printed, document = outputs[name]
    pages = on_the_pages()
    assert document["quotes"]
    for place, quote in document["quotes"].items():
        assert quote in printed, place
        # How large the largest session is that is admitted may change with the code, and whether
        # a free-threaded build is measured, too, with the machine.
        firm = {"sizes": 3, "threads": 5}.get(name)
        shown, expected = form(pages[place])[:firm], form(quote)[:firm]
        assert shown == expected, f"{place}: write it with python -m benchmarks {name} --write"


@pytest.mark.parametrize("name", NAMES)
def test_each_command_says_where_and_with_what_it_ran(
    name: str, outputs: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    printed, _ = outputs[name]
    assert "logical processors" in printed
    assert f"Python {sys.version_info[0]}.{sys.version_info[1]}" in printed
    assert "cryptography " in printed
    timed = name not in ("claims", "instructions")
    assert ("Control, " in printed) is timed


@pytest.mark.parametrize("name", NAMES)
def test_below_each_table_of_times_stands_whether_the_run_was_too_noisy(
    name: str, outputs: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    _, document = outputs[name]
    untimed = {"peers-octets", "protections-octets", "claims", "instructions", "stages"}
    told = {place for place, quote in document["quotes"].items() if "|\n\nControl, " in quote}
    assert told == set(document["quotes"]) - untimed


@pytest.mark.parametrize("name", ["load", "sizes"])
def test_pictures_are_well_formed_and_follow_the_dark_setting(
    name: str, outputs: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    _, document = outputs[name]
    (text,) = document["pictures"].values()
    assert ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"
    assert "prefers-color-scheme: dark" in text


def test_all_peers_are_compared(outputs: dict[str, tuple[str, dict[str, Any]]]) -> None:
    _, document = outputs["peers"]
    peers = {turn["who"] for turn in document["comparison"]["turns"]}
    assert peers == {
        *("cookie_sessions", "Flask default", "Flask default, again", "Fernet", "MultiFernet"),
        *("JWE (joserfc)", "Starlette", "Django"),
    }
    assert any("Flask-Session" in cell["times"] for cell in document["comparison"]["cells"])


def test_with_every_protection_both_kinds_of_session_are_held_against_the_marks(
    outputs: dict[str, tuple[str, dict[str, Any]]],
) -> None:
    printed, document = outputs["protections"]
    kinds = Counter((cell["operation"], cell["permanent"]) for cell in document["protections"])
    for operation in ("untouched", "membership", "read", "change", "append", "rewrite", "post"):
        assert kinds[operation, True] == kinds[operation, False] > 0
    rows = [line.strip("| ").split("|") for line in printed.splitlines()]
    told = {row[0].strip(): {cell.strip() for cell in row} for row in rows}
    held = {mark.title: mark for mark in MARKS if mark.name.startswith("cost ")}
    held |= {name: BY_NAME[f"size {name}"] for name in ("login", "cart", "oidc", "big")}
    for title, mark in held.items():
        assert mark.text in told[title], title
        assert {"reached", "not reached"} & told[title], title


def test_the_load_has_every_candidate_and_says_how_busy_the_generator_was(
    outputs: dict[str, tuple[str, dict[str, Any]]],
) -> None:
    printed, document = outputs["load"]
    for by_name in document["load"]["loads"].values():
        assert set(by_name) == set(CANDIDATES)
        assert all(
            each["requests"] and not each["failed"] for one in by_name.values() for each in one
        )
    assert "The load generator computed for at most" in printed


def test_a_generator_that_is_the_bottleneck_is_named_as_that() -> None:
    busy = Load(requests=100, seconds=1, p50=0.01, p99=0.02, busy=0.95, failed=0)
    loads = {operation: {name: [busy] for name in CANDIDATES} for operation in load.OPERATIONS}
    text = load_report(load.Loads("login", permanent=True, loads=loads)).text
    assert "computed for at most 95% of the time: it is the bottleneck" in text


def test_ratios_of_a_load_that_spread_too_far_are_named() -> None:
    loads = {
        operation: {
            name: [
                Load(100 * number, 1, p50=0.01, p99=0.02, busy=0.5, failed=0)
                for number in ((1, 2, 3) if name == OURS and operation == "read" else (2, 2, 2))
            ]
            for name in CANDIDATES
        }
        for operation in load.OPERATIONS
    }
    quote = load_report(load.Loads("login", permanent=True, loads=loads)).quotes["load"]
    assert quote.endswith("which is not to be quoted: read, ours, requests/s.")


def test_a_server_that_is_not_there_gives_no_load() -> None:
    with pytest.raises(OSError, match="refused"):
        generate(Order(port=1, path="/", cookies=[""], seconds=0.1))


def test_a_load_goes_on_until_its_first_answer_however_late_that_is() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(4096)
                time.sleep(0.2)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
                while connection.recv(4096):
                    pass

        answering = pool.submit(answer_once)
        port = listener.getsockname()[1]
        found = generate(Order(port=port, path="/", cookies=[""], seconds=0.01))
        answering.result()
    assert (found.requests, found.failed) == (1, 0)


def test_without_other_peers_the_report_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(other_peers, "find_spec", lambda name: None)
    text = comparison.report(count=1, repeats=1, seconds=1).text
    assert (
        "Not measured: django, joserfc, starlette not installed: pip install --group bench" in text
    )


def test_the_counting_tool_counts_and_the_report_names_the_stored_counts() -> None:
    from benchmarks import instructions

    reason = instructions.why_not()
    if reason:
        missing(*reason.split(": "))
    found = instructions.report(number=10, names=["open"])
    # To open a session takes more than a thousand instructions, and far less than a million.
    assert 1_000 < found.figures["instructions"]["open"] < 1_000_000
    assert instructions.baseline().key in found.text


def test_without_the_counting_tool_the_report_says_so() -> None:
    done = run("instructions", "--quick", env={**os.environ, "PATH": "", "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, done.stderr
    assert "Not counted: valgrind is not installed: apt-get install valgrind." in done.stdout


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("--plot x.svg claims", "claims has not got it"),
        ("--plot x.svg profile login read", "profile has not got it"),
        ("--plot {0}/nowhere/x.svg", "there is no folder {0}/nowhere"),
        ("--json {0}/nowhere/x.json", "there is no folder {0}/nowhere"),
        ("claims --json {0}/nowhere/x.json", "there is no folder {0}/nowhere"),
        ("--quick instructions --store", "--quick counts too little to store"),
    ],
)
def test_what_would_come_to_nothing_is_refused_before_anything_is_measured(
    line: str,
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def measured(*_: object, **__: object) -> None:
        pytest.fail("it was measured")

    monkeypatch.setattr(program, "_run", measured)
    monkeypatch.setattr(program, "profile", measured)
    with pytest.raises(SystemExit, match="2"):
        program.main(line.format(tmp_path).split())
    assert told.format(tmp_path) in capsys.readouterr().err


@pytest.mark.parametrize("module", [leak, trained])
def test_what_pages_quote_by_hand_comes_with_the_machine_and_the_versions(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    def describe() -> list[str]:
        raise InterruptedError

    monkeypatch.setattr(machine, "describe", describe)
    with pytest.raises(InterruptedError):
        module.main()


def test_among_the_versions_is_that_of_a_redis_server_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    has_one = shutil.which("redis-server") is not None
    assert (re.search(r", redis-server \d+\.\d+", machine.describe()[-1]) is not None) is has_one
    monkeypatch.setenv("PATH", "")
    assert "redis-server" not in machine.describe()[-1]


def test_what_no_run_wrote_is_not_written_into_pages(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text("{}", encoding="utf-8")
    done = run("write", str(path))
    assert done.returncode == 2
    assert "no run of the benchmarks wrote it" in done.stderr
