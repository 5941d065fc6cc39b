"""The fuzz targets, what each costs a whole run, and where their inputs are kept."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final, NamedTuple

FOLDER: Final = Path(__file__).resolve().parent
ROOT: Final = FOLDER.parent.parent
FINDINGS: Final = FOLDER / "findings"


class Target(NamedTuple):
    """One target: the file of its name has ``check``, ``seeds`` and ``WORDS``.

    Attributes:
        name: its name.
        seconds: how long it runs where nothing else is asked for.
        max_octets: the longest input that is tried.
    """

    name: str
    seconds: int
    max_octets: int

    @property
    def corpus(self) -> Path:
        """The folder of the inputs that are kept."""
        return FOLDER / "corpus" / self.name

    @property
    def check(self) -> Callable[[bytes], None]:
        """The function that raises where an input violates a property."""
        check: Callable[[bytes], None] = self._part("check")
        return check

    @property
    def seeds(self) -> Iterable[bytes]:
        """Inputs written by hand and taken from the vectors."""
        seeds: Iterable[bytes] = self._part("seeds")()
        return seeds

    @property
    def words(self) -> Iterable[bytes]:
        """What the inputs are likely to hold: libFuzzer's dictionary."""
        words: Iterable[bytes] = self._part("WORDS")
        return words

    def kept(self) -> list[Path]:
        """The files of the corpus."""
        return sorted(self.corpus.glob("*"))

    def _part(self, name: str) -> Any:
        return getattr(importlib.import_module(f"tests.fuzz.{self.name}"), name)


TARGETS: Final = {
    target.name: target
    for target in (
        Target("reader", 30, 1024),
        Target("envelope", 30, 2048),
        Target("codec", 30, 4352),
        Target("signed", 30, 2048),
        Target("session", 10, 4352),
        Target("split", 10, 1536),
        Target("without", 10, 1024),
        Target("authorization", 10, 4352),
        Target("handoff", 10, 1024),
        Target("inspected", 10, 2048),
        Target("jwk_set", 10, 2048),
        Target("shelf", 10, 2048),
        Target("snapshot", 10, 2048),
        Target("csrf_token", 10, 256),
        Target("csrf_origin", 10, 768),
        Target("user_agent", 10, 1280),
        Target("bindings", 10, 320),
        Target("gateway_event", 10, 2048),
    )
}
"""By name, the longest runs first."""


def file_name(data: bytes) -> str:
    """The name under which libFuzzer keeps an input."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()
