"""The commands as they are installed, and what they load."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cookie_sessions.cli.commands import revocations
from tests.cli.revocations.world import REVOCATIONS, Shop, run
from tests.conftest import missing

ROOT = Path(__file__).resolve().parents[3]


def test_the_installed_script_ends_a_session(shop: Shop) -> None:
    script = Path(sys.executable).with_name("cookie-sessions")
    if not script.exists():
        missing("the script cookie-sessions", "pip install -e '.[cli]'")
    ann = shop.visitor()
    done = subprocess.run(
        [script, "revoke", "--sid", "@-"],
        input=ann.get("/sid"),
        env={**os.environ, REVOCATIONS: shop.url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Ended: the session")
    assert ann.get() == "nobody"


def test_a_store_that_does_not_answer_is_one_line_and_no_log() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cookie_sessions.cli", "revoke", "--subject", "ann"),
            *("--new-list", "--store", "redis://127.0.0.1:1/0"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1


def test_commands_on_keys_load_neither_stores_nor_lists() -> None:
    heavy = (
        "import sys, cookie_sessions.cli.commands\n"
        "print([name for name in sys.modules if name.startswith(('cookie_sessions.stores',"
        "'cookie_sessions.revocation','cookie_sessions.settings','sqlite3','jwt','flask'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_the_list_of_commands_says_each_in_a_whole_line() -> None:
    lines = run("revocations", "--help").stdout.partition("Commands:\n")[2].splitlines()
    assert len(lines) == len(revocations.commands)
    assert [line for line in lines if not line.endswith(".") or line.endswith("...")] == []
