"""What each command does to a ring."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from cookie_sessions.keys import State, dump_jwk_set, parse_jwk_set
from tests.cli.world import DAY, HOUR, INIT, NOW, World, names, need_joserfc
from tests.plain import key


def test_init_makes_a_closed_file_with_a_key_that_seals(bare: World) -> None:
    bare.do("init", *INIT, "--label", "first", "--propagation", "2h")
    keys = bare.keys()
    assert bare.states() == {"first": State.PRIMARY}
    assert stat.S_IMODE(bare.path.stat().st_mode) == 0o600
    assert (keys.longest_session, keys.rotate_every) == (31 * DAY, 90 * DAY)
    assert keys.propagation == 2 * HOUR


def test_init_never_touches_a_file_that_is_there(world: World) -> None:
    before = world.path.read_bytes()
    result = world.run("init", *INIT)
    assert result.exit_code == 1
    assert "there is a file of that name" in result.stderr
    assert world.path.read_bytes() == before


def test_init_refuses_to_rotate_faster_than_keys_propagate(bare: World) -> None:
    assert bare.run("init", "--rotate-every", "1h").exit_code == 2
    assert not bare.path.exists()


def test_an_added_key_waits_for_the_propagation_window(world: World) -> None:
    world.do("add", "--label", "second")
    assert world.states() == {"first": State.PRIMARY, "second": State.PENDING}
    world.now += HOUR
    assert world.states() == {"first": State.OPEN_ONLY, "second": State.PRIMARY}
    world.now += 31 * DAY + 300
    assert world.states() == {"first": State.RETIRED, "second": State.PRIMARY}


def test_a_key_is_added_for_a_date(world: World) -> None:
    world.do("add", "--label", "second", "--from", "2030-01-05T12:00Z")
    assert world.keys().entries[1].seals_from == NOW + 4 * DAY + 12 * HOUR
    assert world.run("add", "--from", "2029-12-31").exit_code == 1
    assert world.run("add", "--from", "soon").exit_code == 2
    assert world.run("add", "--from", "2031-01-01", "--now").exit_code == 2


def test_a_key_that_seals_at_once_says_who_must_hear_of_it(world: World) -> None:
    world.now += 1
    result = world.run("add", "--now", "--label", "second")
    assert result.exit_code == 0
    assert world.states() == {"first": State.OPEN_ONLY, "second": State.PRIMARY}
    assert "instances that do not have this ring yet" in result.stderr


def test_a_label_is_given_once(world: World) -> None:
    result = world.run("add", "--label", "first")
    assert result.exit_code == 1
    assert "Choose another label" in result.stderr


def test_rotate_does_nothing_where_nothing_is_due(world: World) -> None:
    before = world.path.stat()
    told = world.do("rotate")
    assert "Nothing is due. The next key is due 2030-03-31 23:00Z (in 89 d 23 h)." in told
    assert world.path.stat() == before
    assert world.facts("rotate")["changed"] is False


def test_rotate_adds_the_next_key_one_window_early_and_destroys_what_is_retired(
    world: World,
) -> None:
    world.now += 90 * DAY - HOUR
    world.do("rotate")
    assert list(world.states().values()) == [State.PRIMARY, State.PENDING]
    assert world.keys().entries[1].seals_from == NOW + 90 * DAY
    world.now += HOUR
    assert list(world.states().values()) == [State.OPEN_ONLY, State.PRIMARY]
    before = world.path.read_bytes()
    world.do("rotate")
    assert world.path.read_bytes() == before
    world.now += 31 * DAY + 300
    assert "(first) is destroyed" in world.do("rotate")
    assert list(world.states().values()) == [State.PRIMARY]


def test_rotate_out_of_turn_adds_one_key_and_no_second_while_it_waits(world: World) -> None:
    world.do("rotate", "--now")
    told = world.do("rotate", "--now")
    assert "is on its way, and seals from 2030-01-01 01:00Z (in 1 h)" in told
    assert len(world.keys().entries) == 2


def test_rotate_of_a_ring_without_a_schedule_says_how_to_give_it_one(bare: World) -> None:
    bare.do("init")
    result = bare.run("rotate")
    assert result.exit_code == 1
    assert "cookie-sessions keys set --rotate-every 90d" in result.stderr
    bare.do("rotate", "--now")
    assert len(bare.keys().entries) == 2


def test_a_key_is_promoted_by_its_label_or_its_id(world: World) -> None:
    world.do("add", "--label", "second", "--from", "2030-06-01")
    kids = {entry.label: entry.kid.hex() for entry in world.keys().entries}
    world.now += 2 * HOUR
    world.do("promote", "second")
    assert world.states() == {"first": State.OPEN_ONLY, "second": State.PRIMARY}
    world.now += 2 * HOUR
    world.do("promote", kids["first"].upper())
    assert world.states() == {"first": State.PRIMARY, "second": State.OPEN_ONLY}
    before = world.path.read_bytes()
    assert "seals already" in world.do("promote", "first")
    assert world.path.read_bytes() == before


def test_a_pending_key_is_put_off_or_brought_forward(world: World) -> None:
    world.do("add", "--label", "second", "--from", "2030-01-05")
    for date, days in (("2030-01-09", 8), ("2030-01-03", 2)):
        told = world.do("promote", "second", "--from", date)
        assert f"(second) seals from {date} 00:00Z (in {days} d)" in told
        assert world.keys().entries[1].seals_from == NOW + days * DAY
        assert world.states() == {"first": State.PRIMARY, "second": State.PENDING}
    before = world.path.read_bytes()
    assert "its date already" in world.do("promote", "second", "--from", "2030-01-03")
    assert world.path.read_bytes() == before
    world.now += 2 * DAY
    assert world.states() == {"first": State.OPEN_ONLY, "second": State.PRIMARY}


def test_only_a_pending_key_gets_another_date_and_none_that_has_passed(world: World) -> None:
    world.do("add", "--label", "second")
    before = world.path.read_bytes()
    assert "has passed" in world.run("promote", "second", "--from", "2029-12-31").stderr
    for hours, primary in ((0, "first"), (1, "second")):
        world.now += hours * HOUR
        result = world.run("promote", primary, "--from", "2030-02-01", "--force")
        assert result.exit_code == 1
        assert f"({primary}) is primary" in result.stderr
    assert "is open-only" in world.run("promote", "first", "--from", "2030-02-01").stderr
    assert world.path.read_bytes() == before


def test_an_unknown_key_is_told_with_those_there_are_and_without_what_was_typed(
    world: World,
) -> None:
    result = world.run("promote", "third")
    assert result.exit_code == 1
    assert world.keys().entries[0].kid.hex() in result.stderr
    assert "third" not in result.stderr


def test_a_revoked_key_stays_known_when_its_material_is_destroyed(world: World) -> None:
    world.do("add", "--now", "--label", "second")
    world.do("revoke", "first", "--force")
    assert world.keys().entries[0].key is not None
    world.do("destroy", "first")
    assert world.keys().entries[0].key is None
    assert world.states() == {"first": State.REVOKED, "second": State.PRIMARY}


def test_a_key_that_the_ring_does_not_have_is_revoked_by_its_id(world: World) -> None:
    told = world.do("revoke", "--absent", "0A1B2C3D", "00000000")
    assert "0a1b2c3d is new: revoked" in told
    assert world.states() == {
        "first": State.PRIMARY,
        "0a1b2c3d": State.REVOKED,
        "00000000": State.REVOKED,
    }
    member = json.loads(world.path.read_text())["keys"][1]
    assert (member["state"], member["key_id"]) == ("revoked", "0a1b2c3d")
    assert "k" not in member
    before = world.path.read_bytes()
    assert "revoked already" in world.do("revoke", "--absent", "0a1b2c3d")
    assert world.path.read_bytes() == before


def test_a_key_that_rotate_destroyed_is_revoked_for_the_sessions_that_remember_it(
    world: World,
) -> None:
    (kid,) = (entry.kid for entry in world.keys().entries)
    world.do("rotate", "--now")
    world.now += HOUR + 31 * DAY + 300
    world.do("rotate")
    assert world.keys().get(kid) is None
    assert "--absent" in world.run("revoke", kid.hex()).stderr
    world.do("revoke", "--absent", kid.hex())
    assert world.keys().ring(world.now).revoked == {kid}


@pytest.mark.parametrize("line", [(), ("0a1b2c3d",)], ids=["alone", "behind another"])
def test_a_key_that_the_ring_has_is_not_absent(world: World, line: tuple[str, ...]) -> None:
    before = world.path.read_bytes()
    kid = world.keys().entries[0].kid.hex()
    result = world.run("revoke", "--absent", *line, kid, "--force")
    assert result.exit_code == 1
    assert f"The ring has the key {kid}" in result.stderr
    assert world.path.read_bytes() == before


@pytest.mark.parametrize("name", ["first", "0a1b2c3", "0a1b2c3d4", "0a 1b 2c", "0a1b2c3٣", ""])
def test_what_is_no_id_is_not_revoked_as_absent(world: World, name: str) -> None:
    before = world.path.read_bytes()
    result = world.run("revoke", "--absent", name)
    assert result.exit_code == 1
    assert "eight hexadecimal digits" in result.stderr
    assert not name or name not in result.stderr
    assert world.path.read_bytes() == before


def test_a_revoked_key_never_comes_back(world: World) -> None:
    world.do("add", "--now", "--label", "second")
    world.do("revoke", "first", "--force")
    for command in ("promote", "retire"):
        assert "never comes back" in world.run(command, "first", "--force").stderr
    assert world.states()["first"] is State.REVOKED


def test_the_json_of_a_ring_has_these_names(world: World) -> None:
    facts = world.facts("list")
    (key,) = facts.pop("keys")
    kid = world.keys().entries[0].kid.hex()
    assert facts == {
        "generation": world.keys().generation,
        "primary": kid,
        "overdue": False,
        "propagation": HOUR,
        "longest_session": 31 * DAY,
        "rotate_every": 90 * DAY,
        "rotation_due": "2030-03-31T23:00:00Z",
    }
    assert key == {
        "kid": kid,
        "label": "first",
        "state": "primary",
        "created": "2030-01-01T00:00:00Z",
        "seals_from": "2030-01-01T00:00:00Z",
        "opens_until": None,
        "destroyed": False,
    }


CHANGES = (
    ("add",),
    ("rotate", "--now"),
    ("promote", "first"),
    ("promote", "third", "--from", "2030-02-01"),
    ("retire", "first", "--force"),
    ("revoke", "first", "--force"),
    ("revoke", "--absent", "0a1b2c3d"),
    ("destroy", "first", "--force"),
)


@pytest.mark.parametrize("line", CHANGES, ids=" ".join)
def test_a_dry_run_says_what_would_change_and_leaves_everything_alone(
    world: World, line: tuple[str, ...]
) -> None:
    world.do("add", "--label", "second")
    world.now += 2 * HOUR
    if "third" in line:
        world.do("add", "--label", "third")
    (world.path.parent / ".ring.json.lock").unlink()
    before, about = world.path.read_bytes(), world.path.stat()
    dry = world.facts(*line, "--dry-run")
    assert (world.path.read_bytes(), world.path.stat()) == (before, about)
    assert names(world.path.parent) == {"ring.json"}
    assert (dry["dry_run"], dry["changed"]) == (True, False)
    assert dry["changes"]
    done = world.facts(*line)
    assert (done["dry_run"], done["changed"]) == (False, True)
    assert len(done["changes"]) == len(dry["changes"])
    assert world.path.read_bytes() != before


def test_a_dry_run_of_init_leaves_nothing_behind(bare: World) -> None:
    assert "is new: primary" in bare.do("init", "--dry-run")
    assert names(bare.path.parent) == set()


def test_the_ring_goes_into_a_variable_as_one_line(world: World) -> None:
    world.do("add")
    line = world.do("export-env")
    assert line.count("\n") == 1
    assert parse_jwk_set(line, origin="the test") == world.keys()
    told = world.do("list", "--keys", "env:RING", env={"RING": line.strip()})
    assert world.keys().generation in told


def test_a_ring_that_is_too_large_for_a_variable_is_printed_with_a_note(world: World) -> None:
    (first,) = world.keys().entries
    others = [
        replace(
            first,
            kid=key(n).kid,
            key=key(n),
            label=f"key {n} of a family",
            seals_from=NOW + n * DAY,
        )
        for n in range(1, 1_000)
    ]
    keys = replace(world.keys(), entries=(first, *others))
    world.path.write_text(dump_jwk_set(keys))
    result = world.run("export-env")
    assert result.exit_code == 0
    assert parse_jwk_set(result.stdout, origin="the test") == keys
    octets = len(result.stdout.strip())
    assert octets > 131_071
    assert result.stderr == (
        f"Note: {octets} octets are more than an environment variable holds on Linux.\n"
    )


def test_a_ring_that_is_no_file_is_read_and_not_changed(world: World) -> None:
    line = world.do("export-env").strip()
    result = world.run("rotate", "--now", "--keys", "env:RING", env={"RING": line})
    assert result.exit_code == 1
    assert "env:RING can only be read" in result.stderr


def test_without_a_ring_named_anywhere_it_says_where_to_name_one(world: World) -> None:
    result = world.run("list", env={"COOKIE_SESSIONS_KEYS": None})
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "COOKIE_SESSIONS_KEYS" in result.stderr


def test_a_label_does_not_steer_the_terminal(world: World) -> None:
    world.do("add", "--label", "second\x1b[2J")
    assert "\x1b" not in world.do("list")


def test_an_encrypted_ring_stays_encrypted(bare: World, tmp_path: Path) -> None:
    need_joserfc()
    url = f"{bare.url}?passphrase=env:PASSPHRASE"
    env = {"PASSPHRASE": "a passphrase that is long enough"}
    bare.do("init", "--keys", url, env=env)
    bare.do("add", "--keys", url, "--label", "second", env=env)
    assert b"keys" not in bare.path.read_bytes()
    assert "second" in bare.do("list", "--keys", url, env=env)
    assert "encrypted" in bare.run("list").stderr


def test_a_ring_far_beyond_all_dates_is_shown_all_the_same(world: World) -> None:
    world.do("add", "--from", "9999-12-31")
    assert "9999-12-31 23:59Z" in world.do("list")
    assert world.facts("list")["keys"][0]["opens_until"] is None
    world.do("rotate")
