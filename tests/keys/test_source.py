"""A ring is read from a file closed to others or from the environment, or a remedy is named."""

from __future__ import annotations

import errno
import os
import tracemalloc
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import (
    MAX_RING_OCTETS,
    EnvironmentSource,
    FileSource,
    KeySource,
    new_jwk_set,
    parse_jwk_set,
    source_from_url,
)
from tests.keys.secrecy import shown

posix = pytest.mark.skipif(os.name != "posix", reason="Modes of files are POSIX's.")


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    path.touch(mode=0o600)
    path.write_text(new_jwk_set())
    return path


def test_a_file_is_read_anew_each_time(ring_file: Path) -> None:
    source: KeySource = FileSource(ring_file)
    first = source.load()
    assert first.primary == parse_jwk_set(ring_file.read_bytes(), origin="").primary
    ring_file.write_text(new_jwk_set())
    assert source.load().primary != first.primary


@posix
@pytest.mark.parametrize("mode", [0o601, 0o602, 0o604, 0o610, 0o620, 0o640, 0o644, 0o666, 0o777])
def test_a_file_open_to_others_is_refused(ring_file: Path, mode: int) -> None:
    ring_file.chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"{mode:o}.*chmod 600 {ring_file}") as caught:
        FileSource(ring_file).load()
    assert '"k"' not in shown(caught.value)


@posix
@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_file_of_its_owner_alone_is_read(ring_file: Path, mode: int) -> None:
    ring_file.chmod(mode)
    assert len(FileSource(ring_file).load()) == 1


@posix
def test_a_group_may_read_only_where_told_and_never_write(ring_file: Path) -> None:
    for mode in (0o440, 0o640):
        ring_file.chmod(mode)
        assert len(FileSource(ring_file, allow_group_read=True).load()) == 1
    for mode in (0o620, 0o650, 0o660, 0o644, 0o641):
        ring_file.chmod(mode)
        with pytest.raises(ConfigurationError, match="chmod 640"):
            FileSource(ring_file, allow_group_read=True).load()


@posix
def test_a_link_is_judged_by_the_file_behind_it(ring_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ring_file)
    assert len(FileSource(link).load()) == 1
    ring_file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod"):
        FileSource(link).load()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "ring.json"
    with pytest.raises(ConfigurationError, match=rf"file:{path}: there is no such file. Create it"):
        FileSource(path).load()


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="Root may read any file.")
def test_a_file_that_this_process_may_not_read_is_named(ring_file: Path) -> None:
    ring_file.chmod(0)
    with pytest.raises(ConfigurationError, match="may not read it"):
        FileSource(ring_file).load()


def test_a_refusal_of_the_system_is_told_with_its_remedy(
    ring_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*arguments: object) -> int:
        raise PermissionError(errno.EACCES, "refused")

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(ConfigurationError, match=rf"^file:{ring_file}: .*Make its user the owner"):
        FileSource(ring_file).load()


def test_a_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"this is a directory\. Name the file in it"):
        FileSource(tmp_path).load()


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
        FileSource(ring_file.parent / path).load()


@posix
def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o600)
    with pytest.raises(ConfigurationError, match="not a regular file"):
        FileSource(path).load()


def test_no_more_of_a_file_is_read_than_a_ring_may_have(ring_file: Path) -> None:
    with ring_file.open("wb") as file:
        file.truncate(MAX_RING_OCTETS * 20)
    tracemalloc.start()
    try:
        with pytest.raises(ConfigurationError, match=f"more than {MAX_RING_OCTETS} octets"):
            FileSource(ring_file).load()
        assert tracemalloc.get_traced_memory()[1] < MAX_RING_OCTETS * 4
    finally:
        tracemalloc.stop()


def test_what_is_no_ring_is_told_with_the_name_of_its_file(ring_file: Path) -> None:
    ring_file.write_text("no ring")
    with pytest.raises(ConfigurationError, match=rf"^file:{ring_file}: this is not JSON"):
        FileSource(ring_file).load()
    ring_file.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        FileSource(ring_file).load()


@posix
def test_no_descriptor_is_left_open(ring_file: Path, tmp_path: Path) -> None:
    before = len(list(Path("/dev/fd").iterdir()))
    ring_file.chmod(0o644)
    for path in (ring_file, tmp_path, tmp_path / "missing"):
        with pytest.raises(ConfigurationError):
            FileSource(path).load()
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_a_relative_path_counts_from_where_the_source_was_made(
    ring_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    source = source_from_url("file:ring.json")
    assert source.name == f"file:{ring_file}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert len(source.load()) == 1


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RING_1", new_jwk_set())
    source = EnvironmentSource("RING_1")
    assert source.name == "env:RING_1"
    assert len(source.load()) == 1
    monkeypatch.setenv("RING_1", "no ring")
    with pytest.raises(ConfigurationError, match=r"^env:RING_1: this is not JSON"):
        source.load()


@pytest.mark.parametrize("value", [None, ""])
def test_a_variable_that_is_not_set_is_named(
    value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RING_1", raising=False)
    if value is not None:
        monkeypatch.setenv("RING_1", value)
    with pytest.raises(ConfigurationError, match=r"^env:RING_1: the variable is not set, or empty"):
        EnvironmentSource("RING_1").load()


@posix
def test_a_variable_that_is_not_utf8_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"RING_1", b'{"keys": "\xff"}')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        EnvironmentSource("RING_1").load()


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("file:/etc/ring.json", "file:/etc/ring.json"),
        ("file:///etc/ring.json", "file:/etc/ring.json"),
        ("FILE:/etc/ring.json", "file:/etc/ring.json"),
        ("file:/etc/a%20b:c", "file:/etc/a%20b:c"),
        ("env:RING", "env:RING"),
        ("Env:_ring2", "env:_ring2"),
    ],
)
@posix
def test_a_url_names_its_source(url: str, name: str) -> None:
    source = source_from_url(url)
    assert source.name == name
    assert name in repr(source)


@pytest.mark.parametrize(
    "url",
    [
        *("", ":", "file", "file:", "env", "env:", "/etc/ring.json", "ring.json", "vault:secret"),
        *("https://keys.example/ring", "file://host/etc/ring.json", " file:/etc/ring.json"),
        *("env:A B", "env:A=B", "env:1A", "env:A\n", "env:$A", "env:" + "A" * 200),
    ],
)
def test_a_url_of_an_unknown_kind_is_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"(file:|env:)[A-Za-z/_]+"):
        source_from_url(url)


def test_a_key_set_where_a_url_belongs_is_not_repeated() -> None:
    text = new_jwk_set()
    key = text.partition('"k": "')[2][:43]
    assert len(key) == 43
    for url in (text, key, f"{key}:{key}", f"env:{text}", f"file://{key}"):
        with pytest.raises(ConfigurationError) as caught:
            source_from_url(url)
        assert key not in shown(caught.value).replace(repr(url), "")
        assert key not in str(caught.value)
