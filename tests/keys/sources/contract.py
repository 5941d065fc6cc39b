"""What every source of keys does, tested on each."""

from __future__ import annotations

import hashlib
import logging
import os
import signal
import socket
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pytest

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.keys import KeyProvider, KeySource, new_jwk_set, parse_jwk_set
from cookie_sessions.keys.sources import deadline
from tests.keys.secrecy import recorded, reveals, shown
from tests.keys.sources.server import Answer, Server

READERS = 6
AT_ONCE = 5.0
"""Seconds that a refused connection may take, with all tries: what a source has by default."""


class Place(NamedTuple):
    """A source, and the way to change what it reads."""

    source: KeySource
    write: Callable[[str], object]
    remove: Callable[[], object]


def material(text: str) -> bytes:
    """The first key of a ring's text."""
    key = parse_jwk_set(text, origin="").entries[0].key
    assert key is not None
    return key.export_material()


class SourceContract:
    """Inherited by the tests of each source, which give ``place``."""

    @pytest.fixture
    def place(self) -> Place:
        raise NotImplementedError

    def test_what_was_written_is_read(self, place: Place) -> None:
        text = new_jwk_set()
        place.write(text)
        assert place.source.read() == text.encode()

    def test_a_change_is_read_and_seen_in_the_stamp_if_there_is_one(self, place: Place) -> None:
        place.write(new_jwk_set())
        place.source.read()
        before = place.source.stamp()
        assert place.source.stamp() == before
        text = new_jwk_set()
        place.write(text)
        assert place.source.read() == text.encode()
        assert before is None or place.source.stamp() != before

    def test_what_is_not_there_is_for_the_operator_to_mend(self, place: Place) -> None:
        place.write(new_jwk_set())
        place.source.read()
        place.remove()
        with pytest.raises(ConfigurationError) as caught:
            place.source.read()
        assert str(caught.value).startswith(f"{place.source.name}: ")
        assert str(caught.value).endswith(".")

    def test_nothing_that_was_read_is_shown(
        self, place: Place, caplog: pytest.LogCaptureFixture
    ) -> None:
        text = new_jwk_set()
        place.write(text)
        with caplog.at_level(logging.DEBUG):
            place.source.read()
            place.remove()
            with pytest.raises(ConfigurationError) as caught:
                place.source.read()
        everywhere = [
            *(repr(place.source), place.source.name, repr(place.source.stamp())),
            *(shown(caught.value), recorded(caught.value)),
            *(record.getMessage() for record in caplog.records),
        ]
        for shown_text in everywhere:
            assert not reveals(shown_text, material(text))

    def test_several_threads_read_at_once(self, place: Place) -> None:
        text = new_jwk_set()
        place.write(text)
        with ThreadPoolExecutor(READERS) as pool:
            readings = [pool.submit(place.source.read) for _ in range(READERS)]
        assert {reading.result() for reading in readings} == {text.encode()}

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="Only POSIX has fork.")
    def test_a_reading_after_a_fork_is_as_good_as_before(self, place: Place) -> None:
        text = new_jwk_set()
        place.write(text)
        place.source.read()
        ours, childs = os.pipe()
        with warnings.catch_warnings():
            # The threads that Python warns of are those of servers in this process.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            try:
                signal.alarm(60)
                os.write(childs, hashlib.sha256(place.source.read()).digest())
            finally:
                os._exit(0)
        os.close(childs)
        with os.fdopen(ours, "rb") as pipe:
            digest = pipe.read()
        os.waitpid(child, 0)
        assert digest == hashlib.sha256(text.encode()).digest()

    def test_a_provider_has_its_ring_from_it(self, place: Place) -> None:
        text = new_jwk_set()
        place.write(text)
        primary = KeyProvider(place.source).ring().primary
        assert primary is not None
        assert primary.export_material() == material(text)


class RemoteContract(SourceContract):
    """Inherited by the tests of sources that ask a server.

    They give ``aim``, which lets the source ask another server, and what its protocol answers where
    access is denied and where the server is at fault.
    """

    denied: Answer
    at_fault: Answer

    @pytest.fixture
    def aim(self) -> Callable[[str], None]:
        """A function that sets the address of the server."""
        raise NotImplementedError

    @pytest.fixture
    def ready(self, place: Place) -> Place:
        """What a source needs beside its server."""
        place.write(new_jwk_set())
        return place

    @pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
    def test_a_server_that_never_ends_its_answer_costs_the_deadline_and_no_more(
        self,
        ready: Place,
        aim: Callable[[str], None],
        drips: bool,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        ready.source.read()
        monkeypatch.setattr(deadline, "SECONDS", 0.7)
        with Server(lambda request: Answer(200, b"{", drips=drips, silent=not drips)) as server:
            aim(server.address)
            began = time.monotonic()
            with pytest.raises(Unavailable, match=r"^(aws|vault)\S+: there was no answer within"):
                ready.source.read()
            # A silent server would end it after 30 seconds, a dripping one never.
            assert time.monotonic() - began < 20

    def test_a_server_that_is_not_there_is_unavailable_at_once(
        self, ready: Place, aim: Callable[[str], None]
    ) -> None:
        began = time.monotonic()
        # Nobody else gets the port, and nobody listens.
        with socket.socket() as held:
            held.bind(("127.0.0.1", 0))
            aim(f"http://127.0.0.1:{held.getsockname()[1]}")
            with pytest.raises(Unavailable, match=r"can't be reached") as caught:
                ready.source.read()
        assert time.monotonic() - began < AT_ONCE
        assert caught.value.__context__ is None

    def test_a_server_at_fault_is_unavailable(
        self, ready: Place, aim: Callable[[str], None]
    ) -> None:
        with Server(lambda request: self.at_fault) as server:
            aim(server.address)
            with pytest.raises(Unavailable, match="Try again later"):
                ready.source.read()

    def test_denied_access_is_for_the_operator_to_mend(
        self, ready: Place, aim: Callable[[str], None]
    ) -> None:
        with Server(lambda request: self.denied) as server:
            aim(server.address)
            with pytest.raises(ConfigurationError, match="access is denied"):
                ready.source.read()

    @pytest.mark.parametrize("status", [200, 400, 404])
    def test_an_answer_of_something_else_is_one_of_our_errors_and_not_repeated(
        self, ready: Place, aim: Callable[[str], None], status: int
    ) -> None:
        text = new_jwk_set()
        for body in (b"", b"{}", b"<html>", b'{"data": "', b"\xff"):
            given = Answer(status, body + text.encode())
            with Server(lambda request, given=given: given) as server:  # type: ignore[misc]
                aim(server.address)
                with pytest.raises((ConfigurationError, Unavailable)) as caught:
                    ready.source.read()
            assert not reveals(shown(caught.value), material(text))
            assert not reveals(recorded(caught.value), material(text))

    def test_a_library_that_is_missing_is_named_with_its_extra(
        self, ready: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("boto3", "hvac"):
            monkeypatch.setitem(sys.modules, module, None)
        with pytest.raises(
            ConfigurationError,
            match=r"can't be imported \(.+\). Install it: pip install 'cookie-sessions\[\w+\]'",
        ):
            ready.source.read()
