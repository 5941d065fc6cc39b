"""The marks of this stage: what the product has to reach, each written down once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Mark:
    """A figure and the bound it has to keep.

    Attributes:
        name: short and stable; the key in the JSON output.
        title: what is measured, as it stands in the tables.
        bound: the figure to reach.
        at_least: the figure has to be at least the bound, not at most.
        unit: written behind figures.
    """

    name: str
    title: str
    bound: float
    at_least: bool = False
    unit: str = "times"

    def reached(self, figure: float) -> bool:
        """Whether this figure keeps the bound."""
        return figure >= self.bound if self.at_least else figure <= self.bound

    @property
    def text(self) -> str:
        """The bound in words."""
        return f"at {'least' if self.at_least else 'most'} {self.bound:g} {self.unit}".strip()


def _cheaper(operation: str, title: str, bound: float) -> Mark:
    return Mark(f"cost {operation}", title, bound, at_least=True, unit="times cheaper")


def _smaller(shape: str, bound: float) -> Mark:
    return Mark(f"size {shape}", f"cookie octets of {shape}", bound, unit="of Flask's")


MARKS: Final = (
    _cheaper("untouched", "untouched", 20),
    _cheaper("membership", "membership test only", 5),
    _cheaper("read", "read one key", 5),
    _cheaper("change", "change one scalar", 5),
    _cheaper("append", "append to a nested list", 3.5),
    _cheaper("rewrite", "rewrite every value", 3.5),
    Mark("floor open", "open against the floor", 1.5),
    Mark("floor seal", "pack and seal against the floor", 3),
    _smaller("login", 0.90),
    _smaller("cart", 1.00),
    _smaller("oidc", 0.80),
    _smaller("big", 0.95),
    _smaller("cart, trained", 0.70),
    _smaller("oidc, trained", 0.60),
    _smaller("big, trained", 0.80),
    Mark("import", "import of the core and the first cookie, over its libraries", 15, unit="ms"),
    Mark("lookup key", "look up a key among 100, against 1 and 1,000", 1.2),
    Mark("revoked flat", "check an ended session among 1,000,000, against 1 and 1,000", 1.2),
    Mark("revoked search", "search a snapshot of 1,000,000 sessions", 2, unit="µs"),
    Mark("revoked octets", "a snapshot of 1,000,000 sessions", 9, unit="MB"),
)

BY_NAME: Final[Mapping[str, Mark]] = {mark.name: mark for mark in MARKS}
