"""A ring in an encrypted file is read and written as if it were plain."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.keys import FileSource, RingFile, new_jwk_set, source_from_url
from tests.keys.secrecy import recorded, reveals, shown
from tests.keys.sources.contract import Place, SourceContract, material

PASSPHRASE = "correct horse battery staple"


def ring_file(url: str) -> RingFile:
    source = source_from_url(url)
    assert isinstance(source, RingFile)
    return source


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("RING_PASSPHRASE", PASSPHRASE)
    path = tmp_path / "ring.jwe"
    path.touch(mode=0o600)
    return path


class TestAnEncryptedFile(SourceContract):
    @pytest.fixture
    def place(self, path: Path) -> Place:
        source = ring_file(f"file:{path}?passphrase=env:RING_PASSPHRASE")
        return Place(source, lambda text: path.write_bytes(source.as_stored(text)), path.unlink)


def test_a_passphrase_may_be_in_a_file_and_its_line_end_does_not_count(path: Path) -> None:
    phrase = path.with_name("passphrase")
    phrase.touch(mode=0o600)
    source = ring_file(f"file:{path}?passphrase=file:{phrase}")
    text = new_jwk_set()
    for end in ("", "\n", "\r\n"):
        phrase.write_text(PASSPHRASE, newline="")
        path.write_bytes(source.as_stored(text))
        phrase.write_text(PASSPHRASE + end, newline="")
        assert source.read() == text.encode()
    assert source.path == str(path)


@pytest.mark.skipif(os.name != "posix", reason="Modes of files are POSIX's.")
def test_the_file_and_the_passphrase_stay_closed_to_others(path: Path) -> None:
    phrase = path.with_name("passphrase")
    phrase.write_text(PASSPHRASE)
    source = ring_file(f"file:{path}?passphrase=file:{phrase}")
    phrase.chmod(0o644)
    with pytest.raises(ConfigurationError, match=f"file:{phrase}: its mode 644"):
        source.as_stored(new_jwk_set())
    phrase.chmod(0o600)
    path.write_bytes(source.as_stored(new_jwk_set()))
    path.chmod(0o644)
    with pytest.raises(ConfigurationError, match=f"file:{path}: its mode 644"):
        source.read()
    assert source_from_url(f"file:{path}?allow_others_read&passphrase=file:{phrase}").read()


def test_a_plain_ring_where_a_passphrase_is_given_is_told(path: Path) -> None:
    text = new_jwk_set()
    path.write_text(text)
    with pytest.raises(
        ConfigurationError, match="a passphrase is given, and this is not"
    ) as caught:
        source_from_url(f"file:{path}?passphrase=env:RING_PASSPHRASE").read()
    assert not reveals(shown(caught.value) + recorded(caught.value), material(text))


def test_no_error_holds_the_passphrase_or_the_ring(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ring_file(f"file:{path}?passphrase=env:RING_PASSPHRASE")
    text = new_jwk_set()
    path.write_bytes(source.as_stored(text))
    monkeypatch.setenv("RING_PASSPHRASE", "incorrect horse battery")
    with pytest.raises(ConfigurationError, match="can't be decrypted") as caught:
        source.read()
    assert "incorrect horse" not in shown(caught.value) + recorded(caught.value)
    monkeypatch.setenv("RING_PASSPHRASE", "short horse")
    with pytest.raises(ConfigurationError, match="11 octets") as caught:
        source.as_stored(text)
    assert "short horse" not in shown(caught.value) + recorded(caught.value)
    assert not reveals(recorded(caught.value), material(text))
    monkeypatch.delenv("RING_PASSPHRASE")
    for call in (source.read, lambda: source.as_stored(text)):
        with pytest.raises(ConfigurationError, match="env:RING_PASSPHRASE: the variable is not"):
            call()


def test_without_the_library_the_extra_is_named(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ring_file(f"file:{path}?passphrase=env:RING_PASSPHRASE")
    path.write_bytes(source.as_stored(new_jwk_set()))
    monkeypatch.setitem(sys.modules, "joserfc.jwe", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'cookie-sessions\[wrapped\]'"):
        source.read()


def test_sources_that_a_command_can_write_say_so(path: Path) -> None:
    assert isinstance(FileSource(path), RingFile)
    assert not isinstance(source_from_url("env:RING_PASSPHRASE"), RingFile)
