"""Tests run against one mutant, in a process of its own."""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

from tests.mutation.mutants import Mutant

ENOUGH_MEMORY = 4 * 1024**3
# Loaded once, before the processes part. Nothing of ours is among them: that is what changes.
_COMMON = (
    "pytest",
    "_hypothesis_pytestplugin",
    "hypothesis.strategies",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "flask",
    "zstandard",
    "ormsgpack",
)
_OPTIONS = (
    *("-x", "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"),
    *("-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutation"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),
)


class Outcome(NamedTuple):
    """What the tests said of a mutant: "killed", "timeout" or "survived", and after how long."""

    mutant: Mutant
    result: str
    seconds: float


def prepare() -> None:
    """Load what every trial needs, and lay down how Hypothesis looks for examples in it."""
    # Looking for plugins takes as long as many a test.
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    for module in _COMMON:
        importlib.import_module(module)
    from _pytest.config import default_plugins
    from hypothesis import Phase, settings

    for plugin in default_plugins:
        importlib.import_module(f"_pytest.{plugin}")

    settings.register_profile(
        "mutation",
        max_examples=40,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
    )
    # Every trial collects garbage at its end, and what all of them share is none.
    gc.freeze()


def outcomes(
    mutants: Iterable[Mutant], tests: Sequence[str], *, processes: int, limit: float
) -> Iterator[Outcome]:
    """Run the tests against every mutant.

    Args:
        mutants: the changed modules.
        tests: files and folders of tests.
        processes: how many trials go on at once.
        limit: seconds after which a trial is a timeout.

    Yields:
        One outcome for each mutant, as they end.
    """
    running: dict[int, tuple[Mutant, float]] = {}
    waiting = iter(mutants)
    more = True
    while more or running:
        while more and len(running) < processes:
            mutant = next(waiting, None)
            if mutant is None:
                more = False
            else:
                running[_start(mutant, tests)] = (mutant, time.monotonic())
        time.sleep(0.01)
        for child, (mutant, started) in tuple(running.items()):
            seconds = time.monotonic() - started
            ended, status = os.waitpid(child, os.WNOHANG)
            if not ended and seconds < limit:
                continue
            # What the tests left running goes with them.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            if not ended:
                os.waitpid(child, 0)
            del running[child]
            result = "timeout" if not ended else "killed" if status else "survived"
            yield Outcome(mutant, result, seconds)


def _start(mutant: Mutant, tests: Sequence[str]) -> int:
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_AS, (ENOUGH_MEMORY, ENOUGH_MEMORY))
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(silence, stream)
        sys.meta_path.insert(0, _Finder(mutant))
        import pytest

        status = int(pytest.main([*_OPTIONS, *tests]))
    finally:
        os._exit(status)


class _Changed(importlib.abc.SourceLoader):
    """Gives the changed source of a module; no file is written."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def get_filename(self, fullname: str) -> str:
        return str(Path(self._mutant.module).absolute())

    def get_data(self, path: str | bytes) -> bytes:
        return self._mutant.source.encode()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds one module before all others do, so that it is imported changed."""

    def __init__(self, mutant: Mutant) -> None:
        self._name = mutant.module.removesuffix(".py").replace("/", ".")
        self._loader = _Changed(mutant)

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self._loader)
