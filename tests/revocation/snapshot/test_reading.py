"""What a reader takes, what it refuses, and what goes on counting meanwhile."""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import json
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError, Unavailable, UsageError
from cookie_sessions.revocation.snapshot.reader import RETRY_SECONDS
from cookie_sessions.revocation.snapshot.signing import SigningKey, new_signing_key, public_keys
from tests.revocation.snapshot.desk import CHECK, PATIENCE, Desk, ask, entries, refuses
from tests.stores.processes import fork

HOUR = 3600


def base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


@pytest.mark.parametrize("algorithm", ["EdDSA", "ES256"])
def test_what_is_published_is_refused_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, algorithm: str
) -> None:
    desk = Desk(tmp_path, monkeypatch, algorithm=algorithm)
    desk.publish(entries(1, 3, mark=7, subjects=[(b"s" * 16, 99)]))
    reader = desk.reader()
    assert [refuses(reader, number) for number in (1, 2, 3)] == [True, False, True]
    assert ask(reader, 2).mark == 7
    assert ask(reader, 2, subject=b"s" * 16).mark == 99
    assert desk.told() == ["snapshot_loaded"]


def signed_by_nobody(desk: Desk) -> None:
    head = {"alg": "none", "typ": "revocations+jwt", "kid": desk.key.kid}
    payload = desk.token.read_bytes().split(b".")[1]
    desk.replace(base64url(json.dumps(head).encode()).encode() + b"." + payload + b".")


def signed_with_the_public_key(desk: Desk) -> None:
    head = {"alg": "HS256", "typ": "revocations+jwt", "kid": desk.key.kid}
    payload = desk.token.read_bytes().split(b".")[1]
    signed = base64url(json.dumps(head).encode()).encode() + b"." + payload
    secret = base64.urlsafe_b64decode(desk.jwk["x"] + "==")
    mac = hmac.digest(secret, signed, "sha256")
    desk.replace(signed + b"." + base64url(mac).encode())


def signed_by_another(desk: Desk) -> None:
    key, desk.key = desk.key, SigningKey(json.loads(new_signing_key()[0]))
    desk.sign()
    desk.key = key


def signed_by_another_in_its_name(desk: Desk) -> None:
    signed_by_another(desk)
    _, payload, signature = desk.token.read_bytes().split(b".")
    head = {"alg": "EdDSA", "typ": "revocations+jwt", "kid": desk.key.kid}
    desk.replace(
        b".".join(
            (
                base64url(json.dumps(head, separators=(",", ":")).encode()).encode(),
                payload,
                signature,
            )
        )
    )


def changed(desk: Desk) -> None:
    head, payload, signature = desk.token.read_bytes().split(b".")
    desk.replace(b".".join((head, payload[:-4] + b"AAAA", signature)))


def cut(desk: Desk) -> None:
    desk.replace(desk.token.read_bytes()[:-20])


def claims(**told: Any) -> Callable[[Desk], object]:
    return lambda desk: desk.sign(**told)


def with_table(change: Callable[[bytes], bytes]) -> Callable[[Desk], object]:
    def exchange(desk: Desk) -> None:
        token = desk.publish(entries(5))
        path = desk.table_of(token)
        path.write_bytes(change(path.read_bytes()))

    return exchange


def tables_exchanged(desk: Desk) -> None:
    first = desk.table_of(desk.publish(entries(6)))
    second = desk.table_of(desk.publish(entries(7)))
    second.write_bytes(first.read_bytes())


BAD: dict[str, tuple[Callable[[Desk], object], set[str]]] = {
    "a bad signature": (changed, {"bad_signature"}),
    "no signature": (signed_by_nobody, {"bad_signature", "malformed"}),
    "HMAC with the public key": (signed_with_the_public_key, {"bad_signature"}),
    "another key": (signed_by_another, {"unknown_key"}),
    "another key under our name": (signed_by_another_in_its_name, {"bad_signature"}),
    "a cut token": (cut, {"bad_signature", "malformed"}),
    "garbage": (lambda desk: desk.replace(b"garbage"), {"malformed"}),
    "nothing": (lambda desk: desk.replace(b""), {"malformed"}),
    "a huge token": (lambda desk: desk.replace(b"a" * 9000), {"too_large"}),
    "another typ": (claims(kind="JWT"), {"malformed"}),
    "another audience": (claims(aud="others", seq=9), {"wrong_audience"}),
    "our audience among others": (claims(aud=["readers", "others"], seq=9), {"wrong_audience"}),
    "no audience": (claims(aud="absent", seq=9), {"malformed"}),
    "no end": (claims(exp="absent", seq=9), {"malformed"}),
    "an end that is text": (claims(exp="soon", seq=9), {"malformed"}),
    "a sequence that is true": (claims(seq=True), {"malformed"}),
    "a negative sequence": (claims(seq=-1), {"malformed"}),
    "a path for a table": (claims(file="../../etc/passwd", seq=9), {"malformed"}),
    "an expired one": (lambda desk: desk.sign(exp=int(desk.time) - 1, seq=9), {"expired"}),
    "one from the future": (
        lambda desk: desk.sign(iat=int(desk.time + SKEW + 500), seq=9),
        {"not_yet_valid"},
    ),
    "an old sequence": (lambda desk: desk.publish(entries(8), sequence=1), {"old_sequence"}),
    "the same sequence again": (
        lambda desk: desk.publish(entries(8), sequence=2),
        {"old_sequence"},
    ),
    "another index key": (
        lambda desk: desk.publish(entries(8), index_check=bytes(8)),
        {"wrong_index"},
    ),
    "a cut table": (with_table(lambda octets: octets[:-1]), {"truncated"}),
    "a longer table": (with_table(lambda octets: octets + b"\0"), {"too_large"}),
    "a changed table": (with_table(lambda octets: octets[:-1] + b"\xff"), {"mismatch"}),
    "another list's table": (tables_exchanged, {"mismatch"}),
    "no table": (lambda desk: desk.table_of(desk.publish(entries(8))).unlink(), {"unreachable"}),
    "a huge table": (
        lambda desk: desk.publish(entries(*range(100, 400))),
        {"too_large"},
    ),
    "no token": (lambda desk: desk.token.unlink(), {"unreachable"}),
}


@pytest.mark.parametrize("bad", BAD)
def test_what_is_wrong_is_refused_and_the_last_good_one_counts_until_its_end(
    desk: Desk, bad: str
) -> None:
    spoil, faults = BAD[bad]
    desk.publish(entries(1))
    desk.publish(entries(1, 2), lasts=2 * HOUR)
    reader = desk.reader(most=1000)
    assert refuses(reader, 2)
    spoil(desk)
    for turn in range(1, 3):
        desk.time += 60
        until(desk, reader, turn + 1)
        assert refuses(reader, 2)
        assert not refuses(reader, 8)
    told = desk.told()
    assert set(told[1:]) <= faults
    assert len(told) >= 3
    desk.time += 2 * HOUR
    with pytest.raises(Unavailable, match="no valid snapshot"):
        ask(reader, 2)
    desk.publish(entries(9), sequence=10)
    desk.time += RETRY_SECONDS
    assert refuses(reader, 9)


def until(desk: Desk, reader: Any, events: int) -> None:
    """Ask until the thread beside has told of its look, and has given its lock back."""
    deadline = time.monotonic() + PATIENCE
    while len(desk.events) < events:
        assert time.monotonic() < deadline, desk.told()
        ask(reader, 1)
        time.sleep(0.01)
    assert reader._looking.acquire(timeout=PATIENCE)
    reader._looking.release()


def test_a_newer_one_is_fetched_beside_the_questions(desk: Desk) -> None:
    desk.publish(entries(1), ttl=30)
    reader = desk.reader()
    assert not refuses(reader, 2)
    desk.publish(entries(1, 2))
    desk.time += 20
    assert not refuses(reader, 2)
    desk.time += 11
    until(desk, reader, 2)
    assert refuses(reader, 2)


def test_a_process_that_was_frozen_for_hours_fetches_before_it_answers(desk: Desk) -> None:
    desk.publish(entries(1), lasts=HOUR)
    reader = desk.reader()
    assert not refuses(reader, 2)
    desk.time += 10 * HOUR
    desk.publish(entries(1, 2), lasts=HOUR)
    assert refuses(reader, 2)


def test_a_source_that_fails_is_asked_again_after_a_while_and_not_by_each_question(
    desk: Desk,
) -> None:
    reader = desk.reader()
    for _ in range(20):
        with pytest.raises(Unavailable):
            ask(reader, 1)
    assert desk.told() == ["unreachable"]
    desk.publish(entries(1))
    desk.time += RETRY_SECONDS
    assert refuses(reader, 1)


def test_an_equal_list_that_is_published_anew_lives_longer(desk: Desk) -> None:
    desk.publish(entries(1), lasts=HOUR)
    reader = desk.reader()
    assert refuses(reader, 1)
    desk.time += HOUR - 10
    desk.publish(entries(1), lasts=HOUR)
    until(desk, reader, 2)
    desk.time += HOUR - 20
    assert refuses(reader, 1)


def test_a_sequence_never_goes_back_even_after_the_end_of_the_last(desk: Desk) -> None:
    desk.publish(entries(1), sequence=5)
    reader = desk.reader()
    assert refuses(reader, 1)
    desk.time += 2 * HOUR
    desk.publish(entries(2), sequence=4)
    with pytest.raises(Unavailable):
        ask(reader, 2)
    assert desk.told()[-1] == "old_sequence"


def test_readers_meet_the_old_pair_or_the_new_one_while_it_is_exchanged(desk: Desk) -> None:
    desk.publish(entries(1))
    stop = threading.Event()
    wrong: list[BaseException] = []

    def read() -> None:
        while not stop.is_set():
            try:
                assert refuses(desk.reader(), 1)
            except BaseException as error:  # noqa: BLE001 - the test shows it.
                wrong.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2, 60):
        desk.publish(entries(1, number))
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes can be forked")
def test_a_forked_process_goes_on_with_what_there_was_and_fetches_for_itself(desk: Desk) -> None:
    desk.publish(entries(1))
    reader = desk.reader()
    assert refuses(reader, 1)
    assert reader._looking.acquire(blocking=False)
    child = fork()
    if not child:
        status = 1
        try:
            desk.time += 2 * HOUR
            desk.publish(entries(2))
            status = int(not refuses(reader, 2))
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    reader._looking.release()


def test_nothing_secret_is_shown(desk: Desk) -> None:
    desk.publish(entries(1))
    reader = desk.reader()
    ask(reader, 1)
    shown = f"{desk.key!r} {reader!r} {reader.state()!r}"
    assert desk.jwk["d"] not in shown
    with pytest.raises(TypeError):
        desk.key.__reduce__()


def test_a_private_key_is_no_public_one(desk: Desk) -> None:
    with pytest.raises(ConfigurationError, match="private") as refused:
        public_keys(json.dumps({"keys": [desk.jwk]}))
    assert desk.jwk["d"] not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"keys": []}', '{"keys": [{"kty": "oct"}]}'])
def test_what_is_no_key_set_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        public_keys(text)


def test_a_private_key_that_others_can_read_is_refused(desk: Desk, tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(desk.jwk))
    path.chmod(0o644)
    with pytest.raises(ConfigurationError):
        SigningKey.from_file(str(path))
    path.chmod(0o600)
    assert SigningKey.from_file(str(path)).kid == desk.key.kid


def test_tables_that_no_token_can_name_any_more_are_removed(desk: Desk) -> None:
    first = desk.table_of(desk.publish(entries(1), lasts=HOUR))
    desk.time += HOUR / 2
    second = desk.table_of(desk.publish(entries(2), lasts=HOUR))
    assert first.exists()
    desk.time += 2 * HOUR
    third = desk.publish(entries(3), lasts=HOUR)
    assert not first.exists()
    assert not second.exists()
    assert hashlib.sha256(desk.table_of(third).read_bytes()).hexdigest() == third.sha256


def test_what_a_publisher_left_behind_that_was_killed_is_removed_after_a_while(desk: Desk) -> None:
    desk.publish(entries(1))
    left = desk.folder / ".revocations-left.part"
    left.write_bytes(b"half of a table")
    os.utime(left, (desk.time, desk.time))
    desk.publish(entries(2))
    assert left.exists(), "it may be that of one who writes just now"
    desk.time += 30 * 24 * HOUR
    desk.publish(entries(3))
    assert not left.exists()


@pytest.mark.parametrize("code", [errno.EINVAL, errno.EIO])
def test_an_imitated_folder_that_can_not_be_synced_is_a_fault_where_it_could_have_been(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fsync = os.fsync

    def imitated(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(code, "said")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", imitated)
    if code == errno.EIO:
        with pytest.raises(ConfigurationError, match="What was published before is still there"):
            desk.publish(entries(1))
    else:
        desk.publish(entries(1))
        assert refuses(desk.reader(), 1)


@pytest.mark.parametrize(("lasts", "ttl"), [(86_401, 60), (60, 61), (60, 0)])
def test_lives_that_make_no_sense_are_refused(desk: Desk, lasts: int, ttl: int) -> None:
    with pytest.raises(UsageError):
        desk.publish(entries(1), lasts=lasts, ttl=ttl)
    assert not desk.token.exists()


def test_the_check_is_part_of_the_token(desk: Desk) -> None:
    assert desk.publish(entries(1)).index_check == CHECK.hex()
