"""A free-threaded build is measured beside the other one, by one process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from benchmarks import threads

STAND_IN = """#!/bin/sh
echo started >> '{log}'
[ "$(wc -l < '{log}')" -gt 4 ] && exit 3
exec '{python}' -c 'import sys, sysconfig
sysconfig.get_config_vars()["Py_GIL_DISABLED"] = 1
exec(sys.argv[1])' "$2"
"""
"""An interpreter that has its lock and says that it was built without one: so is a build on which
an extension has switched the lock on. It gives up where it is started again and again."""


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
def test_a_build_whose_lock_is_on_after_all_starts_no_further_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, stand_in = tmp_path / "started", tmp_path / "python3.14t"
    stand_in.write_text(STAND_IN.format(log=log, python=sys.executable), encoding="utf-8")
    stand_in.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    told = threads.report(count=1, seconds=0.001)
    # One looks whether the libraries are there, and one measures.
    assert log.read_text(encoding="utf-8").split() == ["started"] * 2
    assert told.quotes["threads"].count("| threads |") == 2
    assert told.quotes["threads"].count("Control, ") == 2
    assert "\n\nFree-threaded, " in told.text
    assert told.text.endswith("free-threaded, but an extension has switched its lock on.\n")


@pytest.mark.skipif(os.name != "posix", reason="the stand-in is a shell script")
def test_the_build_that_lacks_libraries_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = tmp_path / "python3.13t"
    stand_in.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    stand_in.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "for python3.13t lacks what we need" in threads.report(count=1, seconds=0.001).text
