"""How many instructions of Python each operation runs in our own code: no clock, no machine in it.

CPython counts them itself: from 3.12 on by PEP 669, before that by a trace function, which counts
fewer. One minor version of Python gives the same number on every machine, whatever libraries are
installed, because only ours are counted; what those do that we call is in
``python -m benchmarks instructions``.

``python -m benchmarks.bytecodes NAME`` prints the count of one operation.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import cookie_sessions
from benchmarks.baselines import Baseline
from benchmarks.counted import NAMES as ALL_NAMES
from benchmarks.counted import NOTHING, call
from benchmarks.publication import ROOT

NAMES: Final = tuple(name for name in ALL_NAMES if name != NOTHING)
BASELINE: Final = Baseline(
    Path(__file__).with_name("bytecodes.json"),
    f"CPython {sys.version_info[0]}.{sys.version_info[1]}",
)

_WARM: Final = 10
_TIMES: Final = 10
_PACKAGE: Final = str(Path(cookie_sessions.__file__ or "").parent)


def measure() -> dict[str, float]:
    """Instructions for one of each operation, each counted in a process of its own."""
    return {name: _in_a_process(name) for name in NAMES}


def count(name: str) -> float:
    """Instructions of our own code for one operation, in this process.

    Args:
        name: one of ``NAMES``.
    """
    once = call(name)
    for _ in range(_WARM):
        once()
    gc.disable()
    try:
        counted = _monitored(once) if sys.version_info >= (3, 12) else _traced(once)
    finally:
        gc.enable()
    return counted / _TIMES


def _monitored(once: Callable[[], object]) -> int:
    monitoring = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
    counted = 0
    ours: dict[CodeType, bool] = {}

    def instruction(code: CodeType, _: int) -> None:
        nonlocal counted
        is_ours = ours.get(code)
        if is_ours is None:
            is_ours = ours[code] = code.co_filename.startswith(_PACKAGE)
        counted += is_ours

    tool = monitoring.PROFILER_ID
    monitoring.use_tool_id(tool, "cookie_sessions benchmarks")
    try:
        monitoring.register_callback(tool, monitoring.events.INSTRUCTION, instruction)
        monitoring.set_events(tool, monitoring.events.INSTRUCTION)
        for _ in range(_TIMES):
            once()
        monitoring.set_events(tool, 0)
    finally:
        monitoring.free_tool_id(tool)
    return counted


def _traced(once: Callable[[], object]) -> int:
    counted = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal counted
        if not frame.f_code.co_filename.startswith(_PACKAGE):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        counted += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for _ in range(_TIMES):
            once()
    finally:
        sys.settrace(before)
    return counted


def _in_a_process(name: str) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bytecodes", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


if __name__ == "__main__":
    print(count(sys.argv[1]))
