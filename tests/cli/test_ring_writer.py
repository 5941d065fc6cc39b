"""How a ring file is written: whole or not at all, and as it was in all else."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.cli.ring_writer import RingWriter
from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import State
from tests.cli.world import World, as_nobody, names

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_the_mode_of_the_file_is_kept(world: World) -> None:
    world.path.chmod(0o400)
    world.do("add")
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o400
    world.path.chmod(0o640)
    world.do("add", "--keys", f"{world.url}?allow_group_read")
    assert stat.S_IMODE(world.path.stat().st_mode) == 0o640


def test_the_owner_of_the_file_is_kept(world: World) -> None:
    owner = (12345, 12346) if os.geteuid() == 0 else (os.getuid(), os.getgid())
    os.chown(world.path, *owner)
    world.do("add")
    kept = world.path.stat()
    assert (kept.st_uid, kept.st_gid) == owner
    assert len(world.keys().entries) == 2


def test_an_owner_that_can_not_be_kept_stops_the_change(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.path.read_bytes()
    about = world.path.stat()
    stranger = os.stat_result([*about[:4], about.st_uid + 1, *about[5:]])

    def refuse(*_: object) -> None:
        raise PermissionError

    writer = RingWriter(world.path)
    with writer.locked():
        monkeypatch.setattr(os, "fchown", refuse)
        with pytest.raises(ConfigurationError, match="back to its owner"):
            writer._write(b"{}", like=stranger)
    assert world.path.read_bytes() == before
    assert names(world.path.parent) == {"ring.json", ".ring.json.lock"}


def test_a_symbolic_link_stays_one_and_its_file_changes(world: World) -> None:
    folder = world.path.with_name("elsewhere")
    folder.mkdir()
    real = world.path.rename(folder / "real.json")
    world.path.symlink_to("elsewhere/real.json")
    world.do("add")
    assert world.path.is_symlink()
    assert len(world.keys().entries) == 2
    assert names(folder) == {real.name, ".real.json.lock"}


def test_a_kubernetes_volume_is_not_written(world: World) -> None:
    volume = world.path.with_name("volume")
    version = volume / "..2030_01_01_00_00_00.123456789"
    version.mkdir(parents=True)
    world.path.rename(version / "ring.json")
    (volume / "..data").symlink_to(version.name)
    (volume / "ring.json").symlink_to("..data/ring.json")
    url = f"file:{volume / 'ring.json'}"
    result = world.run("add", "--keys", url)
    assert result.exit_code == 1
    assert "Kubernetes" in result.stderr
    assert names(version) == {"ring.json"}
    world.do("list", "--keys", url)


def test_a_folder_in_which_nothing_can_be_written_leaves_the_ring_alone(
    world: World, open_folder: Path
) -> None:
    path = open_folder / "ring.json"
    shutil.copyfile(world.path, path)
    path.chmod(0o600)
    if os.geteuid() == 0:
        os.chown(path, 65534, 65534)
    open_folder.chmod(0o555)
    before = path.read_bytes()

    def work() -> None:
        for line in (("add",), ("init",)):
            result = world.run(*line, "--keys", f"file:{path}")
            assert result.exit_code == 1
            assert "can't be written (Permission denied). Nothing was changed" in result.stderr
        world.do("list", "--keys", f"file:{path}")

    as_nobody(work)
    assert path.read_bytes() == before
    assert names(open_folder) == {"ring.json"}


def test_a_missing_folder_is_named(bare: World) -> None:
    result = bare.run("init", "--keys", f"file:{bare.path.parent}/no/ring.json")
    assert result.exit_code == 1
    assert "Create the folder" in result.stderr


def test_a_full_disk_leaves_the_old_ring(world: World) -> None:
    before = world.path.read_bytes()
    # What follows the first hundred octets of any file does not fit.
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100));"
        "from cookie_sessions.cli.program import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", program, "keys", "add", "--keys", world.url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Make room" in done.stderr
    assert world.path.read_bytes() == before
    assert names(world.path.parent) == {"ring.json", ".ring.json.lock"}


def test_what_is_written_is_on_the_disk_before_it_takes_the_place_and_the_folder_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []

    def spy(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def noted(*arguments: Any) -> Any:
            kind = ""
            if name == "fsync":
                mode = os.fstat(arguments[0]).st_mode
                kind = " folder" if stat.S_ISDIR(mode) else " file"
            steps.append(name + kind)
            return real(*arguments)

        monkeypatch.setattr(owner, name, noted)

    for name in ("write", "fsync", "fchmod"):
        spy(os, name)
    spy(Path, "replace")
    world.do("add")
    assert steps == ["write", "fchmod", "fsync file", "replace", "fsync folder"]


def test_the_new_file_is_closed_to_others_from_its_first_moment(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    real = os.write

    def noted(descriptor: int, octets: bytes) -> int:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        return real(descriptor, octets)

    monkeypatch.setattr(os, "write", noted)
    before = os.umask(0)
    try:
        world.do("add")
    finally:
        os.umask(before)
    assert modes == [0o600]


def test_a_command_waits_for_another_and_then_says_which_one_it_is(world: World) -> None:
    with (
        RingWriter(world.path).locked(),
        pytest.raises(Unavailable, match=rf"process {os.getpid()} on ") as caught,
        RingWriter(world.path, patience=0.1).locked(),
    ):
        pass
    assert "Nothing was changed" in str(caught.value)
    with RingWriter(world.path, patience=0).locked():
        pass


def test_what_a_killed_command_left_behind_is_removed_by_the_next(world: World) -> None:
    left = world.path.with_name(".ring.json.new")
    left.write_text("half a ri")
    world.do("rotate")
    assert not left.exists()
    assert list(world.states().values()) == [State.PRIMARY]


def test_a_link_in_the_place_of_the_new_file_is_not_followed(world: World) -> None:
    victim = world.path.with_name("victim")
    victim.write_text("untouched")
    world.path.with_name(".ring.json.new").symlink_to(victim)
    world.do("add")
    assert victim.read_text() == "untouched"
    assert len(world.keys().entries) == 2
