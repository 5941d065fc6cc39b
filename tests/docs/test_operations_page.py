"""The run books of docs/operations.md are followed, and print what the page says.

kubectl and aws are stand-ins that keep a secret in a file: that the real ones take these options is
not tested here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask, session

from cookie_sessions.errors import Reason
from cookie_sessions.events import EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import KeySet, change, dump_jwk_set, parse_jwk_set
from cookie_sessions.settings import PREFIX, Settings
from tests.docs.test_pages import ROOT, blocks

PAGE = ROOT / "docs/operations.md"
TEXT = PAGE.read_text(encoding="utf-8")
DAY = 86_400
SECRET_KEY = "0123456789abcdef" * 2

BASH = shutil.which("bash") or ""

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(not BASH, reason="The commands of the page are for bash."),
]

PROGRAMS = {
    "cookie-sessions": f'exec "{sys.executable}" -m cookie_sessions.cli "$@"',
    "python3": f'exec "{sys.executable}" "$@"',
    "kubectl": """
        version=$(cksum < "$STORE")
        case "$1 ${5:-}" in
        *resourceVersion*) echo -n "$version" ;;
        get*data*) base64 < "$STORE" ;;
        patch*)
            if ! grep -qFx "metadata: {resourceVersion: \\"$version\\"}" push.yaml; then
                echo "Error from server (Conflict)" >&2
                exit 1
            fi
            sed -n 's/^data: {keys.json: "\\(.*\\)"}$/\\1/p' push.yaml | base64 -d > "$STORE.new"
            mv "$STORE.new" "$STORE"
            echo "secret/shop-keys patched" ;;
        esac""",
    "aws": """
        case "$2" in
        get-secret-value) cat "$STORE" ;;
        put-secret-value) cat keys.json > "$STORE" && echo '{"VersionId": "2"}' ;;
        esac""",
}


class Step(NamedTuple):
    """Commands of the page, and what it says they print."""

    commands: str
    printed: str


def steps(heading: str) -> list[Step]:
    """The steps below a heading of the page."""
    below = TEXT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    found = re.findall(r"```sh\n(.*?)```\n\n```text\n(.*?)```\n", below, re.DOTALL)
    assert len(found) == below.count("```sh\n"), "some commands have no output"
    return [Step(*pair) for pair in found]


HEADINGS = [heading for heading in re.findall(r"^## (.*)$", TEXT, re.MULTILINE) if steps(heading)]


class Machine:
    """A folder in the place of the machine's root, and the programs that the page uses."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ring = root / "etc/shop/keys.json"
        self.store = root / "store.json"
        programs = root / "bin"
        work = root / "work"
        for folder in (programs, work):
            folder.mkdir()
        for name, text in PROGRAMS.items():
            (programs / name).write_text(f"#!/usr/bin/env bash\nset -eu\n{text}\n")
            (programs / name).chmod(0o700)
        self._work = work
        self._environment = os.environ | {
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "STORE": str(self.store),
            "SECRET_KEY": SECRET_KEY,
            "COOKIE_SESSIONS_KEYS": f"file:{self.ring}",
        }

    def write(self, keys: KeySet, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(dump_jwk_set(keys))

    def run(self, commands: str, *, strict: bool = True) -> tuple[int, str]:
        """The status of the commands, and what they print, with the page's own paths.

        Not strict is a terminal, where the lines after one that failed are run all the same.
        """
        here = re.sub(r"/(?=(?:etc/shop|backup|west)\b)", f"{self.root}/", commands)
        done = subprocess.run(
            [BASH, *(["-euo", "pipefail"] if strict else []), "-c", here],
            env=self._environment,
            cwd=self._work,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout.replace(str(self.root), "")

    def keys(self, path: Path | None = None) -> KeySet:
        return parse_jwk_set((path or self.ring).read_bytes(), origin="the page")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def aged(days: int) -> KeySet:
    """A ring as of "First set-up", made some days ago."""
    return change.begin(
        now=int(time.time()) - days * DAY,
        longest_session=31 * DAY,
        rotate_every=90 * DAY,
        label="old",
    )


def joined(keys: KeySet, label: str, *, days: float) -> KeySet:
    """The ring with a key that was added some days ago."""
    return change.add(keys, now=int(time.time() - days * DAY), label=label)


def prepare(machine: Machine, heading: str) -> None:
    """What there is before somebody follows the run book of a heading."""
    ring = other = aged(90) if "otation" in heading else aged(60)
    match heading:
        case "First set-up":
            return
        case "Moving from SECRET_KEY":
            machine.ring.parent.mkdir(mode=0o700, parents=True)
            return
        case "The ring may have leaked":
            ring = joined(ring, "next", days=0)
        case "A restored backup":
            ring = change.revoke(joined(ring, "new", days=9), ring.entries[0].kid)
        case "Two regions":
            ring, other = joined(ring, "east", days=2), joined(ring, "west", days=1)
        case _:
            machine.write(ring, machine.store)
    machine.write(ring, machine.ring)
    for place in ("backup", "west"):
        machine.write(other, machine.root / place / "keys.json")


def told(text: str) -> str:
    """What counts of an output: ids, dates and the widths of columns are others each time."""
    text = re.sub(r"\b[0-9a-f]{8}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\dZ \((?:[^)]*)\)", "MOMENT", text)
    text = re.sub(r"log people out: \d.*? of sessions", "TIME of sessions", text)
    return re.sub(r" {2,}", "  ", text)


@pytest.mark.parametrize("heading", HEADINGS)
def test_each_run_book_prints_what_the_page_says(machine: Machine, heading: str) -> None:
    prepare(machine, heading)
    for step in steps(heading):
        status, printed = machine.run(step.commands)
        assert told(printed) == told(step.printed), step.commands
        assert bool(status) is ("Error:" in step.printed)


def test_the_first_key_file_is_one_that_the_application_takes(machine: Machine) -> None:
    (step, _) = steps("First set-up")
    assert machine.run(step.commands)[0] == 0
    (source, _) = blocks(PAGE, "python")
    app = Flask("operations")
    exec(source.replace("/etc", f"{machine.root}/etc"), {"app": app})  # noqa: S102
    assert generation_told(app) == machine.keys().generation


def generation_told(app: Flask) -> str:
    """What an application tells of the ring that it runs, in the way that the page shows."""
    names: dict[str, Any] = {"app": app}
    exec(blocks(PAGE, "python")[1], names)  # noqa: S102
    CookieSessions(app)

    @app.get("/")
    def index() -> str:
        session["seen"] = True
        return ""

    assert app.test_client().get("/").status_code == 200
    return str(names["running"]["generation"])


@pytest.mark.parametrize("heading", ["Rotation in Kubernetes", "Rotation in AWS Secrets Manager"])
def test_a_rotation_elsewhere_ends_with_one_more_key_in_the_store(
    machine: Machine, heading: str
) -> None:
    prepare(machine, heading)
    (step,) = steps(heading)
    before = machine.keys(machine.store)
    assert machine.run(step.commands)[0] == 0
    after = machine.keys(machine.store)
    assert len(after.entries) == len(before.entries) + 1
    assert {path.name for path in (machine.root / "work").iterdir()} == {".keys.json.lock"}


@pytest.mark.parametrize("heading", ["Rotation in Kubernetes", "Rotation in AWS Secrets Manager"])
def test_a_ring_that_could_not_be_fetched_is_not_put_into_the_store(
    machine: Machine, heading: str
) -> None:
    prepare(machine, heading)
    machine.store.unlink()
    (step,) = steps(heading)
    assert machine.run(step.commands, strict=False)[0] != 0
    assert not machine.store.exists()


@pytest.mark.parametrize("strict", [True, False], ids=["script", "terminal"])
def test_a_push_does_not_overwrite_what_somebody_changed_in_kubernetes_meanwhile(
    machine: Machine, strict: bool
) -> None:
    prepare(machine, "Rotation in Kubernetes")
    (step,) = steps("Rotation in Kubernetes")
    revoked = change.revoke(machine.keys(machine.store), machine.keys(machine.store).entries[0].kid)
    machine.write(revoked, machine.root / "work/other.json")
    rotation = "rotate --keys file:keys.json &&\n"
    assert rotation in step.commands
    commands = step.commands.replace(rotation, rotation + 'cp other.json "$STORE" &&\n')
    status, printed = machine.run(commands, strict=strict)
    assert status != 0
    assert "Conflict" in printed
    assert machine.keys(machine.store) == revoked
    # Without what was fetched first, in another shell, nothing is pushed either.
    push = step.commands[step.commands.index("printf") :]
    assert machine.run(push, strict=strict)[0] != 0
    assert machine.keys(machine.store) == revoked


def test_the_commands_between_the_lines_of_the_page_do_what_it_says(machine: Machine) -> None:
    prepare(machine, "Moving from SECRET_KEY")
    machine.run(steps("Moving from SECRET_KEY")[0].commands)
    fresh = machine.keys().entries[-1].kid
    (revoking, again) = re.findall(r"`(cookie-sessions keys revoke --absent \w+)`", TEXT)
    (promoting,) = re.findall(r"`(cookie-sessions keys promote [^`]*)`", TEXT)
    later = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 4 * DAY))
    line = re.sub(r"\b[0-9a-f]{8}\b", fresh.hex(), promoting)
    line = re.sub(r"\d{4}-\d\d-\d\d", later, line)
    for command in (revoking, again, line):
        assert machine.run(command)[0] == 0
    entry = machine.keys().get(fresh)
    assert entry is not None
    assert entry.begins > time.time() + 2 * DAY
    assert machine.keys().ring(time.time()).revoked == {bytes.fromhex(revoking.split()[-1])}


@pytest.mark.parametrize("heading", ["One key may have leaked", "The ring may have leaked"])
def test_after_a_leak_no_key_from_before_opens_anything(machine: Machine, heading: str) -> None:
    prepare(machine, heading)
    before = machine.keys()
    for step in steps(heading):
        machine.run(step.commands)
    after = machine.keys()
    ring = after.ring(time.time())
    assert {entry.kid for entry in before.entries} == ring.revoked
    assert [key.label for key in ring] == ["after-the-leak"] == [ring.primary.label]


@pytest.mark.parametrize(
    ("heading", "opening", "revoked"),
    [
        ("A restored backup", {"new"}, {"old"}),
        ("Two regions", {"old", "east", "west"}, set()),
    ],
)
def test_a_merged_ring_has_all_keys_and_all_revocations(
    machine: Machine, heading: str, opening: set[str], revoked: set[str]
) -> None:
    prepare(machine, heading)
    for step in steps(heading):
        machine.run(step.commands)
    merged = machine.keys()
    assert {entry.label for entry in merged.entries if entry.revoked} == revoked
    assert {key.label for key in merged.ring(time.time())} == opening


def test_a_session_under_the_secret_key_outlives_the_move(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter(name: str) -> str:
        session["name"] = name
        return name

    before = Flask("before")
    before.secret_key = SECRET_KEY
    after = Flask("after")
    after.config["COOKIE_SESSIONS_KEYS"] = f"file:{machine.ring}"
    for app in (before, after):
        CookieSessions(app)
        app.add_url_rule("/<name>", "enter", enter)
        app.add_url_rule("/", "index", lambda: str(session.get("name")))
    prepare(machine, "Moving from SECRET_KEY")
    (step,) = steps("Moving from SECRET_KEY")
    assert machine.run(step.commands)[0] == 0
    visitor, moved = before.test_client(), after.test_client()
    visitor.get("/alice")
    cookie = visitor.get_cookie("session")
    assert cookie is not None
    moved.set_cookie("session", cookie.value)
    assert moved.get("/").text == "alice"


def test_every_setting_event_and_reason_on_the_page_exists() -> None:
    settings = {PREFIX + name.upper() for name in Settings._fields}
    named = set(re.findall(rf"{PREFIX}\w+", TEXT))
    assert named <= settings
    assert len(named) >= 4
    events = set(re.findall(r"`((?:keys?_|un)\w+|rejected)`", TEXT)) - set(Reason)
    assert events <= set(EventName)
    alarming = {name for name in EventName if name.startswith("key")} - {EventName.KEYS_LOADED}
    assert alarming <= events
    reasons = set(re.findall(r"reason `(\w+)`", TEXT))
    assert reasons <= set(Reason)
    assert len(reasons) >= 3


def test_every_link_inside_the_page_leads_to_a_heading() -> None:
    headings = re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    linked = set(re.findall(r"\]\(#([^)]*)\)", TEXT))
    assert linked <= anchors
    assert len(linked) >= 8
