"""A ring is read from a file that is closed to others, or a remedy is named."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import (
    MAX_RING_OCTETS,
    FileSource,
    new_jwk_set,
    source_from_url,
    wrap,
)
from tests.cli.world import as_nobody
from tests.keys.secrecy import shown
from tests.keys.sources.contract import Place, SourceContract

posix = pytest.mark.skipif(os.name != "posix", reason="Modes of files are POSIX's.")


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    path.touch(mode=0o600)
    path.write_text(new_jwk_set())
    return path


class TestAFile(SourceContract):
    @pytest.fixture
    def place(self, ring_file: Path) -> Place:
        return Place(FileSource(ring_file), ring_file.write_text, ring_file.unlink)


@posix
@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o666, 0o777])
def test_a_file_open_to_others_is_refused(ring_file: Path, mode: int) -> None:
    ring_file.chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"{mode:o}.*chmod 600 {ring_file}") as caught:
        FileSource(ring_file).read()
    assert '"k"' not in shown(caught.value)


@posix
@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_its_owner_alone_is_read(ring_file: Path, mode: int) -> None:
    ring_file.chmod(mode)
    assert FileSource(ring_file).read() == ring_file.read_bytes()


@posix
def test_a_group_may_read_only_where_told_and_never_write(ring_file: Path) -> None:
    for mode in (0o440, 0o640):
        ring_file.chmod(mode)
        assert FileSource(ring_file, allow_group_read=True).read() == ring_file.read_bytes()
    for mode in (0o620, 0o650, 0o660, 0o644, 0o641):
        ring_file.chmod(mode)
        with pytest.raises(ConfigurationError, match="chmod 640"):
            FileSource(ring_file, allow_group_read=True).read()


@posix
def test_a_link_is_judged_by_the_file_behind_it(ring_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ring_file)
    assert FileSource(link).read() == ring_file.read_bytes()
    ring_file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod"):
        FileSource(link).read()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "ring.json"
    with pytest.raises(ConfigurationError, match=rf"file:{path}: there is no such file. Create it"):
        FileSource(path).read()


@posix
def test_a_file_that_this_process_may_not_read_is_named(ring_file: Path) -> None:
    ring_file.chmod(0)

    def read() -> None:
        with pytest.raises(ConfigurationError, match="may not read it"):
            FileSource(ring_file).read()

    as_nobody(read)


def test_a_refusal_of_the_system_is_told_with_its_remedy(
    ring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> int:
        raise PermissionError(errno.EACCES, "refused")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(ConfigurationError, match=rf"^file:{ring_file}: .*Make its user the owner"):
        FileSource(ring_file).read()


def test_a_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"this is a directory\. Name the file in it"):
        FileSource(tmp_path).read()


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("ring.json/below", os.strerror(errno.ENOTDIR)),
        ("a" * 5000, os.strerror(errno.ENAMETOOLONG)),
        ("a\0b", "holds a NUL"),
    ],
    ids=["below a file", "too long", "NUL"],
)
@posix
def test_an_impossible_path_is_named(ring_file: Path, path: str, fault: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^file:.*{fault}.*Correct"):
        FileSource(ring_file.parent / path).read()


@posix
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        FileSource(path).read()


def test_no_more_of_a_file_is_read_than_a_ring_may_have(ring_file: Path) -> None:
    with ring_file.open("wb") as file:
        file.truncate(MAX_RING_OCTETS * 20)
    tracemalloc.start()
    try:
        assert len(FileSource(ring_file).read()) == MAX_RING_OCTETS + 1
        assert tracemalloc.get_traced_memory()[1] < MAX_RING_OCTETS * 4
    finally:
        tracemalloc.stop()


@posix
def test_no_descriptor_is_left_open(ring_file: Path, tmp_path: Path) -> None:
    ring_file.chmod(0o644)
    for path in (ring_file, tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigurationError):
            FileSource(path).read()
    ours = {(about.st_dev, about.st_ino) for about in (ring_file.stat(), tmp_path.stat())}
    assert not ours & set(_open_files())


def _open_files() -> Iterator[tuple[int, int]]:
    """The device and number of each file that this process has open."""
    for descriptor in Path("/dev/fd").iterdir():
        # That of the listing is closed again.
        with contextlib.suppress(OSError):
            about = os.fstat(int(descriptor.name))
            yield about.st_dev, about.st_ino


def test_a_relative_path_counts_from_where_the_source_was_made(
    ring_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = source_from_url("file:ring.json")
    assert source.name == f"file:{ring_file}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert source.read() == ring_file.read_bytes()


@posix
def test_others_may_read_only_where_told_and_never_write(ring_file: Path) -> None:
    source = source_from_url(f"file:{ring_file}?allow_others_read")
    for mode in (0o600, 0o640, 0o644, 0o444):
        ring_file.chmod(mode)
        assert source.read() == ring_file.read_bytes()
    for mode in (0o664, 0o646, 0o666, 0o645):
        ring_file.chmod(mode)
        with pytest.raises(ConfigurationError, match="chmod 644"):
            source.read()


@posix
def test_a_mounted_secret_that_is_renewed_all_the_time_is_read_whole(tmp_path: Path) -> None:
    # As the kubelet does it: a folder for each version, a link to it that is renamed over the
    # former one, and the former folder removed.
    versions = [new_jwk_set() * 40 for _ in range(2)]
    ended = threading.Event()

    def renew(number: int) -> None:
        folder = tmp_path / f"..{number}"
        folder.mkdir()
        (folder / "ring.json").touch(mode=0o440)
        (folder / "ring.json").write_text(versions[number % 2])
        (tmp_path / "..data_tmp").symlink_to(folder.name)
        (tmp_path / "..data_tmp").rename(tmp_path / "..data")
        former = tmp_path / f"..{number - 1}"
        if former.exists():
            (former / "ring.json").unlink()
            former.rmdir()

    def renew_all_the_time() -> None:
        number = 0
        while not ended.is_set():
            number += 1
            renew(number)

    renew(0)
    (tmp_path / "ring.json").symlink_to("..data/ring.json")
    source = source_from_url(f"file:{tmp_path / 'ring.json'}?allow_group_read")
    renewing = threading.Thread(target=renew_all_the_time)
    renewing.start()
    try:
        latest = time.monotonic() + 30
        seen: set[bytes] = set()
        readings = 0
        while readings < 3000 or (len(seen) < 2 and time.monotonic() < latest):
            seen.add(source.read())
            readings += 1
    finally:
        ended.set()
        renewing.join()
    # Rings are no text for the report of a failed test.
    only_whole_ones_of_both = seen == {version.encode() for version in versions}
    assert only_whole_ones_of_both, f"{len(seen)} different readings of {readings}"


@posix
def test_a_link_that_leads_nowhere_is_a_missing_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "missing")
    with pytest.raises(ConfigurationError, match="there is no such file"):
        FileSource(link).read()


def test_an_encrypted_ring_without_a_passphrase_is_told(ring_file: Path) -> None:
    ring_file.write_bytes(wrap(new_jwk_set(), b"correct horse battery", iterations=1000))
    with pytest.raises(
        ConfigurationError, match=r"is encrypted\. Say where .*\?passphrase=env:NAME"
    ):
        FileSource(ring_file).read()


def test_what_is_stored_is_what_is_read(ring_file: Path) -> None:
    source, text = FileSource(ring_file), new_jwk_set()
    ring_file.write_bytes(source.as_stored(text))
    assert source.path == str(ring_file)
    assert source.read() == text.encode()
