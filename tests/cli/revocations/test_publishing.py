"""Signed copies of a list: made, verified, and refused where no reader would take them."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.cli.revocations.examination import FAULTS
from cookie_sessions.revocation.snapshot import publisher
from cookie_sessions.revocation.snapshot.fault import Fault
from tests.cli.revocations.press import KEYED, Press
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run
from tests.stores.redis_server import until


@pytest.mark.parametrize("line", [(), ("--es256",)], ids=["Ed25519", "P-256"])
def test_what_is_published_is_what_readers_refuse(press: Press, line: tuple[str, ...]) -> None:
    press.make_key(*line)
    ann, phone, bob = press.shop.visitor(), press.shop.visitor(), press.shop.visitor("bob")
    press.shop.do("revoke", "--sid", ann.get("/sid"))
    press.shop.do("revoke", "--subject", "bob", env=KEYED)
    done = press.publish()
    assert (done.exit_code, done.stderr) == (0, "")
    number = int(done.stdout.split()[1])
    assert clock.now() - 60 < number <= clock.now()
    assert done.stdout.startswith(
        f"Snapshot {number} is in {press.folder}: 1 session, 1 subject, 0 keys; "
    )
    assert "(in 1 h), and readers look for the next after 1 min." in done.stdout
    app = press.reader()
    there = [browser.copied(app).get() for browser in (ann, phone, bob)]
    assert there == ["nobody", "ann", "nobody"]
    told = press.verify()
    assert (told.exit_code, told.stderr) == (0, "")
    assert f"snapshot {number}, 1 session, 1 subject, 0 keys.\n" in told.stdout


def test_the_numbers_go_up_and_the_files_can_be_told_apart(press: Press) -> None:
    first = json.loads(press.publish("--json", "--lasts", "2h", "--ttl", "30s").stdout)
    press.shop.do("revoke", "--all-before", "now", "--force")
    second = json.loads(press.publish("--json").stdout)
    assert second["sequence"] > first["sequence"] > clock.now() - 60
    assert (first["ttl"], second["ttl"]) == (30, 60)
    assert first["file"] != second["file"]
    assert list(second) == [
        *("sequence", "issued", "ends", "ttl", "file", "octets"),
        *("sessions", "subjects", "keys"),
    ]
    facts = json.loads(press.verify("--json").stdout)
    assert facts["mark"] > 1_700_000_000_000
    assert facts == {
        "ok": True,
        "errors": [],
        "warnings": [],
        **second,
        "mark": facts["mark"],
    }
    assert "and all sessions that began by" in press.verify().stdout


def test_a_list_that_was_lost_goes_on_above_what_readers_have_seen(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = press.shop.visitor()
    press.publish()
    last = [json.loads(press.publish("--json").stdout) for _ in range(3)][-1]
    app = press.reader()
    there = ann.copied(app)
    assert there.get() == "ann"
    press.lose_the_list()
    press.shop.do("revoke", "--sid", ann.get("/sid"))
    later = clock.now() + 120
    monkeypatch.setattr(clock, "now", lambda: later)
    assert json.loads(press.publish("--json").stdout)["sequence"] == int(later)
    assert int(later) > last["sequence"]
    # It fetches the new one beside the first of these questions.
    until(lambda: there.get() == "nobody")


def test_a_list_that_was_lost_goes_on_above_what_the_folder_has_even_if_that_has_ended(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.now() + 1_000_000
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: late)
        press.publish()
    press.lose_the_list()
    assert json.loads(press.publish("--json").stdout)["sequence"] == int(late) + 1
    press.lose_the_list()
    later = late + 100_000
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: later)
        press.publish()
        ended = later + 90_000
        patch.setattr(clock, "now", lambda: ended)
        assert "It has ended" in press.verify().stderr
    press.lose_the_list()
    assert json.loads(press.publish("--json").stdout)["sequence"] == int(later) + 1


def test_a_number_in_the_folder_that_we_did_not_sign_does_not_count(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.now() + 1_000_000
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: late)
        press.publish()
    press.lose_the_list()
    signed = press.folder / "revocations.jwt"
    theirs = signed.read_bytes()
    for text in (b"canary", b"a" * 10_000, theirs[:-9] + b"AAAAAAAAA"):
        signed.write_bytes(text)
        assert json.loads(press.publish("--json").stdout)["sequence"] < late
    signed.write_bytes(theirs)
    press.make_key()
    assert json.loads(press.publish("--json").stdout)["sequence"] < late


def test_what_readers_would_refuse_for_its_size_is_not_written(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    press.shop.do("revoke", "--sid", "0" * 32)
    octets = json.loads(press.publish("--json").stdout)["octets"]
    monkeypatch.setattr(publisher, "MAX_TABLE_OCTETS", octets)
    assert press.publish().exit_code == 0
    press.shop.do("revoke", "--sid", "1" * 32)
    before = {path: path.read_bytes() for path in press.folder.iterdir()}
    refused = press.publish()
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert f"takes {octets + 8} octets, and readers refuse" in refused.stderr
    assert "Have readers ask the store itself" in refused.stderr
    assert {path: path.read_bytes() for path in press.folder.iterdir()} == before


def test_without_an_index_key_nothing_is_published(shop: Shop) -> None:
    shop.visitor()
    result = Press(shop).publish(env={})
    assert result.exit_code == 1
    assert "There is no index key" in result.stderr
    assert list((shop.path.parent / "out").iterdir()) == []


def test_an_index_key_that_is_not_the_lists_is_refused(press: Press) -> None:
    assert "under another index key" in press.publish(env={INDEX_KEY: A_KEY[::-1]}).stderr


def test_an_empty_list_of_nobody_is_not_published_unless_it_is_said_to_be_new(press: Press) -> None:
    other = f"{press.shop.url}?prefix=other:"
    result = press.publish("--store", other)
    assert result.exit_code == 1
    assert "would bring ended sessions back" in result.stderr
    assert press.publish("--store", other, "--new-list").exit_code == 0
    absent = press.publish("--store", f"sqlite:{press.folder}/lost.db")
    assert absent.exit_code == 1
    assert absent.stderr.endswith("add --new-list.\n")


@pytest.mark.parametrize(
    "line", [("--lasts", "25h"), ("--lasts", "0s"), ("--lasts", "1m", "--ttl", "2m")]
)
def test_a_life_out_of_bounds_is_a_wrong_line(press: Press, line: tuple[str, ...]) -> None:
    assert press.publish(*line).exit_code == 2
    assert list(press.folder.iterdir()) == []


def test_a_folder_or_a_key_that_is_not_there_is_one_line(press: Press) -> None:
    press.private.chmod(0o644)
    open_to_all = press.publish()
    press.private.unlink()
    absent = press.publish()
    press.make_key()
    press.folder.rmdir()
    nowhere = press.publish()
    for result in (open_to_all, absent, nowhere):
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_a_snapshot_that_ends_soon_is_a_warning_and_then_an_error(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = clock.now()
    monkeypatch.setattr(clock, "now", lambda: begun)
    press.publish()
    for seconds, status in ((2690, 0), (2710, 4), (3590, 4), (3601, 1)):
        monkeypatch.setattr(clock, "now", lambda seconds=seconds: begun + seconds)
        result = press.verify()
        assert result.exit_code == status
        assert ("warning: It ends in" in result.stderr) == (status == 4)
        facts = json.loads(press.verify("--json").stdout)
        assert (facts["ok"], len(facts["warnings"]), len(facts["errors"])) == (
            status == 0,
            status == 4,
            status == 1,
        )
    assert "It has ended." in press.verify().stderr


def test_what_no_reader_takes_ends_with_1_and_the_reason(press: Press, tmp_path: Path) -> None:
    def told(*line: str, env: dict[str, str] | None = None) -> str:
        result = press.verify(*line, env=env)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith("error: file:")
        return result.stderr

    assert FAULTS[Fault.UNREACHABLE] in told()
    press.publish()
    signed, (table,) = press.folder / "revocations.jwt", list(press.folder.glob("*.bin"))
    assert FAULTS[Fault.WRONG_AUDIENCE] in told("--audience", "others")
    assert FAULTS[Fault.WRONG_INDEX] in told(env={INDEX_KEY: A_KEY[::-1]})
    assert press.verify(env=KEYED).exit_code == 0
    file = press.folder.parent / "index-key"
    for key, status in ((A_KEY, 0), (A_KEY[::-1], 1)):
        file.touch(mode=0o600)
        file.write_text(key)
        verified = press.verify("--index-key-file", str(file))
        assert verified.exit_code == status
        assert (FAULTS[Fault.WRONG_INDEX] in verified.stderr) == bool(status)
        assert key not in verified.output
    whole = table.read_bytes()
    table.write_bytes(whole[:-1])
    assert FAULTS[Fault.TRUNCATED] in told()
    table.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert FAULTS[Fault.MISMATCH] in told()
    table.unlink()
    assert FAULTS[Fault.UNREACHABLE] in told()
    table.write_bytes(whole)
    text = signed.read_text()
    signed.write_text(text[:-5] + ("A" if text[-5] != "A" else "B") + text[-4:])
    assert FAULTS[Fault.BAD_SIGNATURE] in told()
    signed.write_text("canary")
    assert FAULTS[Fault.MALFORMED] in told()
    signed.write_text(text)
    press.make_key()
    assert FAULTS[Fault.UNKNOWN_KEY] in told()


def test_every_fault_of_a_reader_is_told_in_words() -> None:
    assert set(FAULTS) == set(Fault)


@pytest.fixture
def site(press: Press) -> Iterator[str]:
    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(press.folder))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/revocations.jwt"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_snapshot_on_a_web_server_is_verified_there(press: Press, site: str) -> None:
    press.publish("--audience", "shop")
    line = ("--url", site, "--audience", "shop")
    assert press.verify(*line).exit_code == 0
    settings = {
        REVOCATIONS: f"snapshot:{site}",
        "COOKIE_SESSIONS_SNAPSHOT_KEYS": press.public.read_text(),
        "COOKIE_SESSIONS_SNAPSHOT_AUDIENCE": "shop",
        INDEX_KEY: A_KEY,
    }
    assert run("revocations", "verify", env=settings).stdout.startswith(site)
    assert press.verify("--url", f"{site}.none").exit_code == 1
    assert press.verify("--url", "http://user:canary@host/").exit_code == 1


def test_verify_needs_a_place_and_keys() -> None:
    assert run("revocations", "verify").exit_code == 2
    assert run("revocations", "verify", "--folder", "out").exit_code == 2
    assert run("revocations", "verify", "--folder", "a", "--url", "b").exit_code == 2
    assert run("revocations", "verify", "--folder", "out", "--keys", "none").exit_code == 1
