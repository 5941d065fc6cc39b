"""What ``cookie-sessions revoke`` ends, what it says, and what it never says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cookie_sessions import clock
from cookie_sessions.cli.times import iso
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run

SID = "00112233445566778899aabbccddeeff"
WITHIN = f"within 2 s, or what the application's {REVOCATIONS}_STALENESS says."


def test_one_session_is_ended_and_its_copy_too_and_others_go_on(shop: Shop) -> None:
    ann, phone = shop.visitor(), shop.visitor()
    thief = ann.copied(shop.app)
    told = shop.do("revoke", "--sid", ann.get("/sid"))
    assert told == (
        f"Ended: the session, and what has taken its place since.\n"
        f"This counts everywhere {WITHIN}\n"
    )
    assert [each.get() for each in (ann, thief, phone)] == ["nobody", "nobody", "ann"]


def test_the_session_that_took_its_place_ends_with_it(shop: Shop) -> None:
    ann = shop.visitor()
    sid = ann.get("/sid")
    ann.get("/regenerate")
    assert ann.get() == "ann"
    shop.do("revoke", "--sid", sid)
    assert ann.get() == "nobody"


def test_the_id_may_come_from_stdin_or_a_file_and_in_capitals(shop: Shop, tmp_path: Path) -> None:
    ann, bob = shop.visitor(), shop.visitor("bob")
    shop.do("revoke", "--sid", "@-", input=f"{ann.get('/sid').upper()}\n")
    file = tmp_path / "sid"
    file.write_text(bob.get("/sid"))
    shop.do("revoke", "--sid", f"@{file}")
    assert (ann.get(), bob.get()) == ("nobody", "nobody")


def test_an_ended_session_leaves_the_register(shop: Shop) -> None:
    ann = shop.visitor()
    assert shop.counts()["register"] == 1
    shop.do("revoke", "--sid", ann.get("/sid"))
    assert shop.counts()["register"] == 0


def test_all_sessions_of_a_subject_end_and_it_may_sign_in_again(shop: Shop) -> None:
    ann, phone, bob = shop.visitor(), shop.visitor(), shop.visitor("bob")
    told = shop.do("revoke", "--subject", "ann")
    assert told.startswith("Ended: all sessions of the subject.\n")
    assert [each.get() for each in (ann, phone, bob)] == ["nobody", "nobody", "bob"]
    assert shop.visitor().get() == "ann"
    assert ann.get() == "nobody"


def test_a_subject_of_any_text_is_one_and_no_option_or_file(shop: Shop) -> None:
    shop.visitor("bob")
    for subject in ("@-", "ann\n\0%s", "Zoë " * 3000, "revoked:general"):
        shop.do("revoke", f"--subject={subject}", input="ann")
    assert shop.visitor().get() == "ann"
    assert shop.counts()["subject"] == 4


def test_all_sessions_end_by_force_alone(shop: Shop) -> None:
    ann, bob = shop.visitor(), shop.visitor("bob")
    for more in ((), ("--dry-run",), ("--json",)):
        refused = shop.run("revoke", "--all-before", "now", *more)
        assert (refused.exit_code, refused.stdout) == (3, "")
        assert "would log everybody out. Nothing was ended." in refused.stderr
    assert (ann.get(), bob.get()) == ("ann", "bob")
    told = shop.do("revoke", "--all-before", "now", "--force")
    assert told.startswith("Ended: all sessions.\n")
    assert (ann.get(), bob.get()) == ("nobody", "nobody")
    assert shop.visitor().get() == "ann"


def test_all_sessions_before_a_moment_end_and_later_ones_go_on(shop: Shop) -> None:
    ann = shop.visitor()
    an_hour_ago = str(iso(clock.now() - 3600))
    refused = shop.run("revoke", "--all-before", an_hour_ago)
    assert refused.exit_code == 3
    assert "everybody out whose session began before 20" in refused.stderr
    told = shop.do("revoke", "--all-before", an_hour_ago, "--force")
    assert "or up to 10 min later as clocks differ" in told
    assert ann.get() == "ann"
    late = shop.run("revoke", "--all-before", "2100-01-01", "--force")
    assert late.exit_code == 1
    assert "still to come" in late.stderr
    assert shop.run("revoke", "--all-before", "yesterday").exit_code == 2


def test_what_a_key_sealed_ends_and_the_lasting_command_is_told(shop: Shop) -> None:
    ann = shop.visitor()
    from cookie_sessions.flask.state import AppState

    kid = AppState.of(shop.app).ring().primary.kid.hex()
    told = shop.do("revoke", "--key", kid)
    assert f"Ended: all sessions that the key {kid} seals or ever sealed." in told
    assert told.endswith(f"the ring does not: cookie-sessions keys revoke {kid}\n")
    assert ann.get() == "nobody"


def test_a_session_is_ended_by_its_reference(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    # The register tells the hour in which a session was seen, and it is the same all along.
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    ann, phone = shop.visitor(), shop.visitor()
    first, second = shop.facts("revocations", "signed-in", "--subject", "ann")["signed_in"]
    shop.do("revoke", "--reference", first["reference"])
    assert sorted([ann.get(), phone.get()]) == ["ann", "nobody"]
    (left,) = shop.facts("revocations", "signed-in", "--subject", "ann")["signed_in"]
    assert left == second
    again = shop.run("revoke", "--reference", first["reference"])
    assert again.exit_code == 1
    assert "has no session of that reference" in again.stderr
    assert shop.run("revoke", "--reference", "no reference").exit_code == 1


WAYS = (
    ("--sid", SID),
    ("--subject", "ann"),
    ("--all-before", "now", "--force"),
    ("--key", "0a1b2c3d"),
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
def test_a_dry_run_writes_nothing(shop: Shop, way: tuple[str, ...]) -> None:
    ann = shop.visitor()
    before = shop.counts()
    told = shop.do("revoke", *way, "--dry-run")
    assert told.startswith("Dry run: nothing is written. This would be ended: ")
    assert shop.facts("revoke", *way, "--dry-run")["dry_run"] is True
    assert (shop.counts(), ann.get()) == (before, "ann")
    shop.do("revoke", *way)
    assert shop.counts() != before


def test_a_dry_run_by_reference_writes_nothing_and_says_what_is_not_there(shop: Shop) -> None:
    ann = shop.visitor()
    (mine,) = shop.facts("revocations", "signed-in", "--subject", "ann")["signed_in"]
    shop.do("revoke", "--reference", mine["reference"], "--dry-run")
    assert ann.get() == "ann"
    assert shop.run("revoke", "--reference", "0" * 24, "--dry-run").exit_code == 1


def test_ending_what_is_ended_or_unknown_is_no_error(shop: Shop) -> None:
    shop.visitor()
    for _ in range(2):
        for way in WAYS:
            shop.do("revoke", *way)
    assert shop.counts() == {"all": 1, "key": 1, "subject": 1, "session": 1, "register": 1}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[0])
def test_the_json_has_these_names(shop: Shop, way: tuple[str, ...]) -> None:
    shop.visitor()
    facts = shop.facts("revoke", *way)
    assert facts.pop("ended") in ("session", "subject", "all", "key")
    assert facts.pop("next") == ("cookie-sessions keys revoke 0a1b2c3d" if "--key" in way else None)
    assert facts == {
        "dry_run": False,
        "store": shop.url,
        "within": 2.0,
        "published": False,
    }


@pytest.mark.parametrize(
    "line", [(), ("--sid", SID, "--subject", "ann"), ("--sid", SID, "--all-before", "now")]
)
def test_exactly_one_thing_is_ended_at_a_time(shop: Shop, line: tuple[str, ...]) -> None:
    result = shop.run("revoke", *line, "--force")
    assert result.exit_code in (1, 2)
    assert "exactly one of" in result.stderr


@pytest.mark.parametrize("option", ["--sid", "--key"])
@pytest.mark.parametrize("given", ["", "canary", "0a1b2c3d" * 5, "0a1b2c3٣", SID[:-1] + "g"])
def test_what_is_no_id_is_refused_and_not_repeated(shop: Shop, option: str, given: str) -> None:
    shop.visitor()
    result = shop.run("revoke", option, given)
    assert result.exit_code == 1
    assert "hexadecimal digits" in result.stderr
    assert not given or given not in result.output
    assert shop.counts()["session"] == 0


def test_neither_id_nor_subject_nor_password_is_ever_said(shop: Shop) -> None:
    shop.visitor()
    dead = "redis://:canary-password@127.0.0.1:1/0"
    results = [
        shop.run("revoke", way, given, *more)
        for way, given in (("--sid", SID), ("--subject", "canary-subject"))
        for more in ((), ("--json",), ("--dry-run",), ("--store", dead), ("--store", "@-"))
    ]
    assert [each.exit_code for each in results] == [0, 0, 0, 1, 1] * 2
    for result in results:
        assert result.output
        assert SID not in result.output
        assert "canary" not in result.output


def test_a_url_that_holds_a_password_comes_from_a_file(shop: Shop, tmp_path: Path) -> None:
    ann = shop.visitor()
    file = tmp_path / "url"
    file.write_text(f"{shop.url}\n")
    line = ("revoke", "--sid", ann.get("/sid"), "--store")
    assert run(*line, "@-", input=shop.url).exit_code == 0
    assert run(*line, f"@{file}").exit_code == 0
    assert run(*line, "@nothing").exit_code == 1
    assert ann.get() == "nobody"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (None, "No list is named."),
        ("memory:", "in the memory of one process"),
        ("memcached://127.0.0.1:1", "what was signed out would live again"),
        ("snapshot:https://host/revocations.jwt", "can only be read"),
        ("nothing://canary", "no known kind"),
        ("redis://:canary@127.0.0.1:1/0", "can't be reached"),
    ],
)
def test_a_list_that_can_not_be_written_is_refused_with_the_reason(
    url: str | None, told: str
) -> None:
    result = run("revoke", "--sid", SID, env={} if url is None else {REVOCATIONS: url})
    assert (result.exit_code, result.stdout) == (1, "")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert "canary" not in result.stderr


def test_a_list_that_no_application_uses_is_not_taken_for_the_right_one(
    shop: Shop, tmp_path: Path
) -> None:
    ann = shop.visitor()
    sid = ann.get("/sid")
    absent = run("revoke", "--sid", sid, "--store", f"sqlite:{tmp_path}/lost.db")
    assert absent.exit_code == 1
    assert "There is no file" in absent.stderr
    assert not (tmp_path / "lost.db").exists()
    assert absent.stderr.endswith("If the list is to begin there, add --new-list.\n")
    for more in ((), ("--dry-run",)):
        lost = run("revoke", *WAYS[2], *more, "--store", f"sqlite:{tmp_path}/lost.db")
        assert (lost.exit_code, lost.stdout) == (1, "")
        assert "There is no file" in lost.stderr
    assert not (tmp_path / "lost.db").exists()
    other = f"{shop.url}?prefix=other:"
    for way in WAYS:
        wrong = run("revoke", *way, "--store", other)
        assert (wrong.exit_code, wrong.stdout) == (1, "")
        assert "No application has used the list" in wrong.stderr
        assert "Nothing was ended." in wrong.stderr
    assert run("revocations", "count", "--store", other).stderr.startswith("Note: No application")
    assert ann.get() == "ann"
    assert run("revoke", "--sid", sid, "--store", other, "--force").exit_code == 1
    assert run("revoke", "--sid", sid, "--store", other, "--new-list").exit_code == 0
    fresh = ("--store", f"sqlite:{tmp_path}/new.db", "--new-list")
    assert run("revoke", "--all-before", "now", *fresh).exit_code == 3
    assert not (tmp_path / "new.db").exists()
    assert run("revoke", "--all-before", "now", "--force", *fresh).exit_code == 0
    assert (tmp_path / "new.db").exists()


@pytest.mark.parametrize("option", ["--sid", "--subject", "--all-before", "--key"])
def test_a_dry_run_makes_no_file(shop: Shop, option: str) -> None:
    (way,) = (way for way in WAYS if way[0] == option)
    told = shop.do("revoke", *way, "--new-list", "--dry-run")
    assert told.startswith("Dry run: nothing is written.")
    named = shop.flask("revoke", *way, "--dry-run")
    assert (named.exit_code, named.stderr) == (0, "")
    assert not shop.path.exists()


def test_a_dry_run_by_reference_makes_no_file_either(shop: Shop) -> None:
    result = shop.run("revoke", "--reference", "0" * 24, "--new-list", "--dry-run")
    assert "has no session of that reference" in result.stderr
    assert not shop.path.exists()


@pytest.mark.parametrize("more", [(), ("--dry-run",), ("--json",)])
def test_a_subject_that_is_empty_is_refused(shop: Shop, more: tuple[str, ...]) -> None:
    shop.visitor()
    result = shop.run("revoke", "--subject", "", *more)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "The subject is empty" in result.stderr
    assert shop.counts()["subject"] == 0


def test_a_moment_before_all_others_is_told_all_the_same(shop: Shop) -> None:
    shop.visitor()
    told = shop.run("revoke", "--all-before", "0001-01-01T00:00+14:00")
    assert (told.exit_code, told.stdout) == (3, "")


def test_a_subject_under_another_index_key_is_refused_before_anything_is_written(
    keyed: Shop, tmp_path: Path
) -> None:
    ann = keyed.visitor()
    file = tmp_path / "index-key"
    file.write_text(f"{A_KEY}\n")
    for env in ({}, {INDEX_KEY: A_KEY[::-1]}):
        for more in ((), ("--dry-run",)):
            result = keyed.run("revoke", "--subject", "ann", *more, env=env)
            assert result.exit_code == 1
            assert "under another index key" in result.stderr
            assert A_KEY not in result.output
    short = keyed.run("revoke", "--subject", "ann", env={INDEX_KEY: "canary"})
    assert (short.exit_code, "canary" in short.output) == (1, False)
    assert ann.get() == "ann"
    keyed.do("revoke", "--subject", "ann", "--index-key-file", str(file))
    assert ann.get() == "nobody"
    keyed.do("revoke", "--subject", "bob", env={INDEX_KEY: A_KEY})


def test_where_snapshots_are_published_it_says_that_their_readers_wait(keyed: Shop) -> None:
    keyed.visitor()
    out = keyed.path.parent / "out"
    out.mkdir()
    key = out / "key"
    keyed.do("revocations", "snapshot-key", "new", "--out", str(key))
    line = ("revocations", "publish", "--folder", str(out), "--signing-key", str(key))
    keyed.do(*line, env={INDEX_KEY: A_KEY})
    assert "cookie-sessions revocations publish" in keyed.do("revoke", "--sid", SID)
    assert keyed.facts("revoke", "--sid", SID)["published"] is True


def test_revoking_a_key_in_its_ring_says_how_it_counts_at_once(shop: Shop, tmp_path: Path) -> None:
    ring = {"COOKIE_SESSIONS_KEYS": f"file:{tmp_path}/ring.json"}
    assert shop.run("keys", "init", "--longest-session", "1d", env=ring).exit_code == 0
    kid = json.loads(shop.run("keys", "list", "--json", env=ring).stdout)["primary"]
    assert shop.run("keys", "add", "--now", env=ring).exit_code == 0
    dry = shop.run("keys", "revoke", kid, "--force", "--dry-run", env=ring)
    assert "cookie-sessions revoke --key" not in dry.stderr
    result = shop.run("keys", "revoke", kid, "--force", env=ring)
    assert result.exit_code == 0
    assert f"cookie-sessions revoke --key {kid}\n" in result.stderr
    absent = run("keys", "revoke", "--absent", "0A1B2C3D", "00000000", env=ring)
    assert (absent.exit_code, absent.stderr) == (0, "")
    named = shop.run("keys", "revoke", "--absent", "0A1B2C3D", "00000000", env=ring)
    assert "revoke --key 0a1b2c3d; cookie-sessions revoke --key 00000000\n" in named.stderr
