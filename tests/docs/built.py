"""Pages of HTML as a reader's browser sees them: where they can be entered, and where they lead."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urldefrag


class Page(HTMLParser):
    """One page.

    Attributes:
        anchors: what may stand behind ``#`` in its address.
        links: where it leads, as written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name == "id" or (tag == "a" and name == "name"):
                self.anchors.add(value)
            elif name == "href" or (name == "src" and tag in {"img", "script", "source"}):
                self.links.append(value)


class Link(NamedTuple):
    """One link of one page."""

    page: Path
    target: str


class Site:
    """All pages below a folder.

    Args:
        folder: what a build has made.
    """

    def __init__(self, folder: Path) -> None:
        self.pages = {path.resolve(): Page(path) for path in sorted(folder.rglob("*.html"))}

    def links(self) -> list[Link]:
        """Every link of every page."""
        return [Link(path, link) for path, page in self.pages.items() for link in page.links]

    def leads_somewhere(self, link: Link) -> bool:
        """Whether a link within the site leads to a file that is there, and to an anchor of it."""
        address, fragment = urldefrag(link.target)
        path = (link.page.parent / unquote(address.partition("?")[0])) if address else link.page
        if not fragment or not path.is_file():
            return path.is_file()
        return unquote(fragment) in self.pages[path.resolve()].anchors
