"""Every page that shows Python has its examples run, and what no page's own test runs is here."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from cookie_sessions.dictionaries.shelf import Shelf, dump_shelf
from tests.dictionaries.population import people
from tests.dictionaries.sampled import application, trained_of, visit
from tests.docs.test_pages import PAGES, ROOT, blocks

TESTS = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests").rglob("test_*.py"))]


def test_the_table_of_docs_stores_is_made_by_its_example_against_a_mock_of_dynamodb(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of the mock")
    (source,) = blocks(ROOT / "docs/stores.md", "python")
    with mock_aws():
        exec(source, {})  # noqa: S102
        client = boto3.client("dynamodb", region_name="eu-west-1")
        table = client.describe_table(TableName="sessions")["Table"]
        ends = client.describe_time_to_live(TableName="sessions")["TimeToLiveDescription"]
    assert table["KeySchema"] == [{"AttributeName": "name", "KeyType": "HASH"}]
    assert ends["AttributeName"] == "ends"


def test_the_command_of_docs_moving_in_prints_an_entry_that_revokes_the_secret_key() -> None:
    (line,) = blocks(ROOT / "docs/moving-in.md", "sh")
    python, *arguments = shlex.split(line)
    assert python == "python"
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        input="a secret key that has leaked\n",
        capture_output=True,
        text=True,
        check=True,
    )
    entry = json.loads(done.stdout)
    assert entry["state"] == "revoked"
    assert "leaked" not in done.stdout


def test_the_settings_of_docs_dictionaries_sample_sessions_and_name_what_is_made_of_them(
    tmp_path: Path,
) -> None:
    sampling, using = blocks(ROOT / "docs/dictionaries.md", "python")
    sampled, reading = application(), application()
    exec(sampling.replace("/var/lib/shop", str(tmp_path)), {"app": sampled})  # noqa: S102
    assert 0 < sampled.config["COOKIE_SESSIONS_SAMPLE_RATE"] < 1
    # Each session is looked at here, so that few are enough.
    sampled.config["COOKIE_SESSIONS_SAMPLE_RATE"] = 1
    visit(sampled, people(301, few=1))
    trained = trained_of(tmp_path / "sample.db")
    shelf = dump_shelf(Shelf((trained._replace(installed=0),)))
    (tmp_path / "dictionaries.json").write_text(shelf, encoding="ascii")
    exec(using.replace("/etc/shop", str(tmp_path)), {"app": reading})  # noqa: S102
    assert visit(reading, people(1, few=1))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_some_test_runs_the_examples_of_each_page(page: Path) -> None:
    if not re.search(r"^```python$", page.read_text(encoding="utf-8"), re.MULTILINE):
        return
    name = page.relative_to(ROOT).as_posix()
    runs = [text for text in TESTS if name in text and ("exec(" in text or '"python"' in text)]
    assert runs, f"No test runs the examples of {name}."
