"""The inspector's page, read: its table, its bars, and whether they add up."""

from __future__ import annotations

import re
from html.parser import HTMLParser


class TableReader(HTMLParser):
    """The rows of the page's table: their cells' text, and the numbers that stand by an id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.by_id: dict[str, int] = {}
        self._cell = False
        self._id = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"th", "td"}:
            self.rows[-1].append("")
            self._cell = True
        self._id = dict(attrs).get("id") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in {"th", "td"}:
            self._cell = False

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.rows[-1][-1] += data
        if self._id and data.strip().replace(",", "").isdigit():
            self.by_id[self._id] = number(data)

    @property
    def values(self) -> dict[str, list[int]]:
        """The four numbers of each value, by its key."""
        titles = [index for index, row in enumerate(self.rows) if len(row) == 1]
        return {
            self.rows[index][0].split()[0]: [number(cell) for cell in self.rows[index + 1]]
            for index in titles
            if self.rows[index][0] != "All values"
        }

    @property
    def rest(self) -> dict[str, int]:
        """What the cookie holds beside values."""
        return {row[0]: number(row[1]) for row in self.rows if len(row) == 2}

    @property
    def sums(self) -> list[int]:
        """The row that adds the values up."""
        place = next(index for index, row in enumerate(self.rows) if row[:1] == ["All values"])
        return [number(cell) for cell in self.rows[place + 1]]


def number(text: str) -> int:
    """A number as the page writes it."""
    return int(text.strip().replace(",", ""))


def check_sums(html: str, *, total: int, cookies: int = 1) -> None:
    """Check that each number of the page agrees with the others, and the whole with `total`."""
    cookie_s_own, _, _ = html.partition('id="way"')
    table = TableReader(html)
    assert table.by_id["total"] == total
    assert table.sums == [sum(column) for column in zip(*table.values.values(), strict=True)]
    rest = dict(table.rest)
    assert rest.pop("The whole cookie" if cookies == 1 else "All cookies") == total
    assert table.sums[3] + sum(rest.values()) == total
    legend = re.findall(r"</svg>([^<]+) <strong>([\d,]+)</strong>", cookie_s_own)
    assert sum(number(octets) for _, octets in legend) == 4096 * cookies
    widths = re.findall(r'<rect class="\w+" x="(\d+)" width="(\d+)"', cookie_s_own)
    edge = 0
    for start, width in widths:
        assert int(start) == edge
        edge += int(width)
    assert edge == total
