"""A provider in a process: threads at once, a fork at the worst moment, a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

from cookie_sessions.keys import KeyProvider, KeyRing, change, dump_jwk_set, provider
from tests.keys.held import Watch

PATIENCE = 60.0


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    return Watch(monkeypatch)


def begin(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_threads_that_ask_at_once_read_once(watch: Watch) -> None:
    watch.source.gate.clear()
    got: list[KeyRing] = []
    threads = [begin(lambda: got.append(watch.provider.ring())) for _ in range(16)]
    threads[0].join(0.1)
    watch.source.gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert watch.source.reads == 1
    assert len(got) == 16
    assert len({id(ring) for ring in got}) == 1


def test_while_one_thread_reads_the_others_go_on_with_the_ring_they_have(watch: Watch) -> None:
    ring = watch.provider.ring()
    watch.source.gate.clear()
    watch.provider.reload()
    reading = begin(watch.provider.ring)
    while watch.source.reads == 1:
        reading.join(0.01)
    assert watch.provider.ring() is ring
    watch.source.gate.set()
    reading.join(PATIENCE)
    assert watch.source.reads == 2


def test_a_reload_that_is_asked_for_while_the_source_is_read_is_not_lost(watch: Watch) -> None:
    watch.provider.ring()
    watch.source.gate.clear()
    watch.provider.reload()
    reading = begin(watch.provider.ring)
    while watch.source.reads == 1:
        reading.join(0.01)
    # What is being read is the old text already.
    watch.source.hold(change.add(watch.keys, now=int(watch.now)))
    watch.provider.reload()
    watch.source.gate.set()
    reading.join(PATIENCE)
    assert len(watch.provider.ring()) == 2
    watch.provider.ring()
    assert watch.source.reads == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.parametrize("read_before", [False, True])
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_that_is_forked_while_a_thread_reads_has_keys_of_its_own_reading(
    watch: Watch, read_before: bool
) -> None:
    if read_before:
        watch.provider.ring()
    reads = watch.source.reads
    watch.source.gate.clear()
    watch.provider.reload()
    reading = begin(watch.provider.ring)
    while watch.source.reads == reads:
        reading.join(0.01)
    assert watch.provider._lock.locked()
    pid = os.fork()
    if pid == 0:
        # A child that waits for the lock of a thread which it does not have would wait for ever.
        signal.alarm(int(PATIENCE))
        try:
            watch.source.gate = threading.Event()
            watch.source.gate.set()
            watch.source.hold(change.add(watch.keys, now=int(watch.now)))
            watch.provider.ring()
            os._exit(len(watch.provider.ring()))
        finally:
            os._exit(99)
    _, status = os.waitpid(pid, 0)
    watch.source.gate.set()
    reading.join(PATIENCE)
    assert os.waitstatus_to_exitcode(status) == 2
    assert len(watch.provider.ring()) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_child_asks_the_source_itself_at_its_first_use(watch: Watch) -> None:
    watch.provider.ring()
    watch.source.hold(change.add(watch.keys, now=int(watch.now)))
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(len(watch.provider.ring()))
        finally:
            os._exit(99)
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 2
    assert len(watch.provider.ring()) == 1


SIGNALLED = textwrap.dedent(
    """
    import os, signal, sys, threading
    from cookie_sessions.keys import FileSource, KeyProvider

    signal.alarm(60)
    signal.signal(signal.SIGHUP, lambda number, frame: print("former", number, flush=True))
    provider = KeyProvider(FileSource(sys.argv[1]))
    print(len(provider.ring()), flush=True)
    refused = []
    thread = threading.Thread(target=lambda: refused.append(provider.reload_on_hangup()))
    thread.start()
    thread.join()
    print(*refused, provider.reload_on_hangup(), flush=True)
    while sys.stdin.readline():
        print(len(provider.ring()), flush=True)
    """
)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="the system has no SIGHUP")
def test_a_hangup_has_the_keys_read_again_and_the_former_handler_called(
    tmp_path: Path,
) -> None:
    keys = change.begin(now=0)
    path = tmp_path / "keys.json"
    path.touch(mode=0o600)
    path.write_text(dump_jwk_set(keys))
    child = subprocess.Popen(
        [sys.executable, "-c", SIGNALLED, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "1\n"
            # No signal can be arranged for outside the main thread.
            assert child.stdout.readline() == "False True\n"
            path.write_text(dump_jwk_set(change.add(keys, now=0)))
            child.stdin.write("\n")
            child.stdin.flush()
            assert child.stdout.readline() == "1\n"
            child.send_signal(signal.SIGHUP)
            assert child.stdout.readline() == f"former {int(signal.SIGHUP)}\n"
            child.stdin.write("\n")
            child.stdin.flush()
            assert child.stdout.readline() == "2\n"
        finally:
            child.kill()


def test_a_provider_that_is_gone_is_not_renewed_in_children(watch: Watch) -> None:
    gone = KeyProvider(watch.source)
    reference = weakref.ref(gone)
    assert gone in provider._providers
    del gone
    assert reference() is None
