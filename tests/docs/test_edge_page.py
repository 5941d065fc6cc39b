"""What docs/edge.md says of options, members and code is compared with examples/edge and run."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from cookie_sessions.cookies import CookieAttributes
from tests.examples.edge.edge import node_of_the_edge, subkeys
from tests.examples.edge.site import RING, opened, stored
from tests.plain import Site

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "edge.md").read_text(encoding="utf-8")
MODULE = ROOT / "examples" / "edge" / "session.mjs"
NAME = "__Host-session"


def names(section: str, first_column: str) -> set[str]:
    """The names in the first column of a section's table."""
    text = PAGE.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    table = text.partition(f"| {first_column} |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines()[2:]]
    return set(re.findall(r"`(\w+)`", " ".join(cells)))


def test_the_page_lists_the_options_of_the_reader() -> None:
    source = MODULE.read_text(encoding="utf-8")
    (settings,) = re.findall(r"function complete.*?return \{(.*?)\};", source, re.DOTALL)
    assert names("Reading", "given") == set(re.findall(r"\w+", settings))


def test_the_page_lists_what_a_session_is() -> None:
    source = MODULE.read_text(encoding="utf-8")
    opening = source.partition("export async function openText")[2].partition("\n}\n")[0]
    members = re.findall(r"\w+", opening.rpartition("return {")[2].replace("new Map", ""))
    listed = names("Reading", "member")
    assert listed == {"claims", "values", "unread", "sealedAt", "refreshable", "kid"}
    assert listed <= set(members)


def test_the_code_of_the_page_reads_and_writes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = re.findall(r"^```js\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    site = Site(monkeypatch)
    site.cookie = CookieAttributes(NAME)
    site.now = time.time()
    line = stored(site, {"theme": "light", "user_id": 7})
    keys = json.dumps(subkeys(*RING))
    program = tmp_path / "page.mjs"
    program.write_text(
        f"const headers = {{ cookie: {line!r} }};\n"
        "const request = new Request('https://shop.test/', { headers });\n"
        f"const env = {{ SESSION_SUBKEYS: {keys!r} }};\n"
        + reading.replace("./session.mjs", MODULE.as_uri()).replace(
            "{ openSession", "{ openSession, sealSession"
        )
        + "const subkeys = JSON.parse(env.SESSION_SUBKEYS);\n"
        + writing.replace("0da7216d", RING.primary.kid.hex())
        + "console.log(JSON.stringify({ cookies, unused: unused.length }));\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        [node_of_the_edge(), program],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    ((name, text),) = told["cookies"]
    assert (name, told["unused"]) == (NAME, 7)
    assert dict(opened(site, f"{name}={text}")) == {"theme": "dark", "user_id": 7}
