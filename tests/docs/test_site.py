"""The site is built of the pages without a warning, and every link of it leads somewhere."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import missing
from tests.docs.built import Link, Site
from tests.docs.test_pages import PAGES, ROOT

CONTENTS = ROOT / "docs/contents.md"
ENTRY = re.compile(r"^- \[(.+?)\]\((\S+?\.md)\): (.+)$", re.MULTILINE)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as the README says, into a folder of its own."""
    for library in ("sphinx", "myst_parser", "furo"):
        if importlib.util.find_spec(library) is None:
            missing(f"the library {library}", "pip install --group docs")
    folder = tmp_path_factory.mktemp("site")
    options = ["-W", "-n", "-q", "-d", str(tmp_path_factory.mktemp("doctrees"))]
    command = [sys.executable, "-m", "sphinx", *options, "-c", "docs", ".", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def site(built: Path) -> Site:
    return Site(built)


def is_within(link: Link) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*:", link.target) is None


def test_each_page_becomes_one_of_the_site(built: Path, site: Site) -> None:
    expected = {built / page.relative_to(ROOT).with_suffix(".html") for page in PAGES}
    assert len(expected) > 20
    assert {path.resolve() for path in expected} <= set(site.pages)


def test_every_link_within_the_site_leads_to_a_page_and_an_anchor(site: Site) -> None:
    within = [link for link in site.links() if is_within(link)]
    assert len(within) > 1_000
    assert [link for link in within if not site.leads_somewhere(link)] == []


def test_a_link_to_nothing_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text('<h2 id="here">x</h2><a name="there">y</a>')
    targets = (
        "other.html",
        "other.html#here",
        "other.html#there",
        "#up",
        "gone.html",
        "other.html#no",
    )
    links = "".join(f'<a href="{target}">x</a>' for target in targets)
    (tmp_path / "page.html").write_text(f'<p id="up">{links}<img src="gone.png"></p>')
    site = Site(tmp_path)
    astray = [link.target for link in site.links() if not site.leads_somewhere(link)]
    assert astray == ["gone.html", "other.html#no", "gone.png"]


def test_every_link_to_elsewhere_is_encrypted(site: Site) -> None:
    # Nothing is fetched: the tests need no network.
    outside = {link.target for link in site.links() if not is_within(link)}
    assert outside
    assert [target for target in sorted(outside) if not target.startswith("https://")] == []


def test_the_contents_name_each_page_once_in_reading_order() -> None:
    named = [
        (CONTENTS.parent / target).resolve() for _, target, _ in ENTRY.findall(CONTENTS.read_text())
    ]
    assert named[:2] == [ROOT / "README.md", ROOT / "docs/guide.md"]
    assert len(named) == len(set(named))
    lacking = set(PAGES) - {CONTENTS} - set(named)
    assert not lacking, f"docs/contents.md needs a line for {sorted(page.name for page in lacking)}"


def test_each_section_of_the_contents_is_one_of_the_menu(built: Path) -> None:
    sections = re.findall(r"^## (.+)$", CONTENTS.read_text(), re.MULTILINE)
    menu = re.findall(r'class="caption-text">(.+?)</span>', (built / "README.html").read_text())
    assert sections
    assert menu == sections


def test_the_reference_has_the_docstrings_of_what_it_lists(built: Path, site: Site) -> None:
    anchors = site.pages[(built / "docs/reference.html").resolve()].anchors
    assert {
        "cookie_sessions.SessionTooLarge",
        "cookie_sessions.flask.CookieSessions.init_app",
        "cookie_sessions.flask.FlaskSession",
        "cookie_sessions.flask.named.NamedSession.session",
        "cookie_sessions.stores.ExpiringStore",
    } <= anchors


def test_the_readme_says_how_to_build_it() -> None:
    assert "-m sphinx -W -n -c docs . FOLDER" in (ROOT / "README.md").read_text()
