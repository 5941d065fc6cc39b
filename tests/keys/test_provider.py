"""A ring is loaded once, by whoever asks first, and a failure says what to do."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import (
    EnvironmentSource,
    FileSource,
    Key,
    KeyProvider,
    KeyRing,
    new_jwk_set,
)
from tests.keys.secrecy import recorded, shown

RING = KeyRing(Key(bytes(range(32))))


class Source:
    """Gives what it is told, one outcome for each load."""

    name = "test:source"

    def __init__(self, *outcomes: KeyRing | Exception, seconds: float = 0.0) -> None:
        self.outcomes = list(outcomes)
        self.seconds = seconds
        self.loads = 0

    def load(self) -> KeyRing:
        self.loads += 1
        time.sleep(self.seconds)
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_a_ring_is_loaded_at_its_first_use_and_only_then() -> None:
    source = Source(RING)
    provider = KeyProvider(source)
    assert source.loads == 0
    assert provider.ring() is RING
    assert provider.ring() is RING
    assert source.loads == 1


def test_a_loaded_ring_is_had_without_a_lock() -> None:
    provider = KeyProvider(Source(RING))
    provider.ring()
    provider._lock.acquire()
    got: list[KeyRing] = []
    thread = threading.Thread(target=lambda: got.append(provider.ring()), daemon=True)
    thread.start()
    thread.join(timeout=5)
    provider._lock.release()
    assert got == [RING]
    assert not thread.is_alive()


def test_threads_that_ask_at_once_load_once() -> None:
    source = Source(RING, seconds=0.05)
    provider = KeyProvider(source)
    got: list[KeyRing] = []
    threads = [threading.Thread(target=lambda: got.append(provider.ring())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [RING] * 8
    assert source.loads == 1


def test_a_failed_load_is_a_configuration_error_and_is_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "ring.json"
    provider = KeyProvider(FileSource(path))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="no such file"):
            provider.ring()
    path.touch(mode=0o600)
    path.write_text(new_jwk_set())
    ring = provider.ring()
    path.unlink()
    assert provider.ring() is ring


def test_an_error_inside_a_source_is_told_by_its_kind_only() -> None:
    provider = KeyProvider(Source(ValueError("the material"), RING))
    with pytest.raises(ConfigurationError, match="test:source failed with ValueError") as caught:
        provider.ring()
    assert "the material" not in shown(caught.value)
    assert provider.ring() is RING


def test_what_a_source_read_is_in_no_frame_of_the_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = json.loads(new_jwk_set())["keys"][0]
    text = json.dumps({"keys": [entry, {**entry, "kid": "another primary"}]})
    path = tmp_path / "ring.json"
    path.touch(mode=0o600)
    path.write_text(text)
    monkeypatch.setenv("BAD_RING", text)
    for source in (FileSource(path), EnvironmentSource("BAD_RING")):
        with pytest.raises(ConfigurationError, match="second primary") as caught:
            KeyProvider(source).ring()
        assert entry["k"] not in recorded(caught.value) + shown(caught.value)


def test_a_source_out_of_reach_is_unavailable() -> None:
    provider = KeyProvider(Source(Unavailable("Try again later."), RING))
    with pytest.raises(Unavailable):
        provider.ring()
    assert provider.ring() is RING


def test_its_repr_names_the_source_and_shows_no_key() -> None:
    provider = KeyProvider(Source(RING))
    provider.ring()
    assert repr(provider) == "<KeyProvider test:source>"
