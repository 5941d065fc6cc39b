"""A token's place that is no file: a folder, or a pipe that nobody writes into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cookie_sessions.revocation.snapshot.fault import SnapshotRefused
from cookie_sessions.revocation.snapshot.source import source_from_url


def test_a_folder_in_the_place_of_the_token_is_out_of_reach(tmp_path: Path) -> None:
    source = source_from_url(f"file:{tmp_path}")
    assert str(tmp_path) in repr(source)
    with pytest.raises(SnapshotRefused) as caught:
        source.token("")
    assert str(caught.value.fault) == "unreachable"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="This system has no named pipes.")
def test_a_pipe_in_the_place_of_the_token_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "token")
    with pytest.raises(SnapshotRefused) as caught:
        source_from_url(f"file:{tmp_path / 'token'}").token("")
    assert str(caught.value.fault) == "unreachable"
