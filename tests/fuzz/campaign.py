"""Runs of libFuzzer on several targets, each in a process of its own, and what they found."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

from tests.fuzz.targets import FINDINGS, ROOT, Target, file_name

AT_ONCE: Final = min(2, os.cpu_count() or 1)
INSTALL: Final = "pip install --group fuzz (Linux on x86_64 with glibc, CPython 3.11 to 3.14)"

_INPUT_SECONDS: Final = 20
_MEMORY_MIB: Final = 2048
# Beyond its own time a run may load slowly and end with one slow input, no more.
_GRACE_SECONDS: Final = 120
_LAST_LINES: Final = 60
_STATUS: Final = re.compile(r"^#\d+\s.*?cov: (\d+) ft: (\d+) corp: (\d+)/", re.MULTILINE)
_FINDING: Final = re.compile(r"Test unit written to (\S+)")
_EXECUTIONS: Final = re.compile(r"^stat::number_of_executed_units:\s*(\d+)", re.MULTILINE)


class Run(NamedTuple):
    """How a run of one target ended.

    Attributes:
        target: the target.
        executions: how many inputs were tried.
        edges: how many places of the package's code they reached.
        features: the same with how often each was reached.
        corpus: how many inputs were worth keeping.
        findings: files with an input that violates a property, hangs or takes too much memory.
        failure: what libFuzzer said last, where it failed or did not begin.
    """

    target: Target
    executions: int
    edges: int
    features: int
    corpus: int
    findings: list[Path]
    failure: str

    @property
    def failed(self) -> bool:
        """Whether there is a finding, or no run at all."""
        return bool(self.failure)


def why_not() -> str | None:
    """Say why nothing can be fuzzed here, with what would change that; None where it can."""
    if importlib.util.find_spec("atheris") is None:
        return f"atheris is missing; install it with: {INSTALL}"
    return None


def has_wheel() -> bool:
    """Whether atheris is built for this interpreter, as its marker in pyproject.toml says."""
    return (
        sys.platform == "linux"
        and os.uname().machine == "x86_64"
        and sys.implementation.name == "cpython"
        and sys.version_info < (3, 15)
    )


def fuzz(targets: Iterable[Target], *, seconds: int | None, grow: bool, seed: int = 0) -> list[Run]:
    """Run targets, two at a time.

    Args:
        targets: what to run.
        seconds: how long each runs; None for its own time.
        grow: whether what was found worth keeping goes into the corpus, minimised.
        seed: chooses the inputs; 0: chance does.

    Returns:
        One result for each target, in order.
    """
    with ThreadPoolExecutor(AT_ONCE) as pool:
        run = functools.partial(_fuzz_one, seconds=seconds, grow=grow, seed=seed)
        return list(pool.map(run, targets))


def _fuzz_one(target: Target, *, seconds: int | None, grow: bool, seed: int) -> Run:
    seconds = target.seconds if seconds is None else seconds
    FINDINGS.mkdir(exist_ok=True)
    target.corpus.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        fresh = folder / "fresh"
        fresh.mkdir()
        for given in target.seeds:
            (fresh / file_name(given)).write_bytes(given)
        words = folder / "words"
        words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.words), "ascii")
        status, output = _engine(
            target,
            [
                *(f"-max_total_time={seconds}", f"-seed={seed}"),
                *(f"-dict={words}", "-print_final_stats=1"),
            ],
            [fresh, target.corpus],
            seconds,
        )
        if grow and not status:
            status, more = _keep(target, [target.corpus, fresh], folder / "kept", seconds)
            output += more
    failure = ""
    if status or not _STATUS.search(output):
        failure = "\n".join(output.splitlines()[-_LAST_LINES:]) or "Nothing at all."
    statuses = _STATUS.findall(output) or [(0, 0, 0)]
    edges, features, corpus = map(int, statuses[-1])
    executions = _EXECUTIONS.search(output)
    return Run(
        target,
        int(executions[1]) if executions else 0,
        edges,
        features,
        corpus,
        [ROOT / place for place in _FINDING.findall(output)],
        failure,
    )


def _keep(target: Target, sources: list[Path], kept: Path, seconds: int) -> tuple[int, str]:
    """Put the fewest and shortest inputs that reach every place into the corpus."""
    kept.mkdir()
    status, output = _engine(target, ["-merge=1", "-use_counters=0"], [kept, *sources], seconds)
    if not status and any(kept.iterdir()):
        shutil.rmtree(target.corpus)
        shutil.copytree(kept, target.corpus)
    return status, output


def _engine(
    target: Target, options: list[str], folders: list[Path], seconds: int
) -> tuple[int, str]:
    command = [
        *(sys.executable, "-m", "tests.fuzz.engine", target.name),
        *options,
        f"-max_len={target.max_octets}",
        f"-timeout={_INPUT_SECONDS}",
        f"-rss_limit_mb={_MEMORY_MIB}",
        f"-artifact_prefix={FINDINGS.relative_to(ROOT)}/{target.name}-",
        *(
            str(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)
            for folder in folders
        ),
    ]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": "0"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds + _GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return 1, f"{late}\n"
    return done.returncode, done.stdout


def _escaped(word: bytes) -> str:
    return "".join(f"\\x{octet:02X}" for octet in word)
