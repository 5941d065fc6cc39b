"""What verify finds, and how it ends for those who watch."""

from __future__ import annotations

import json

import pytest

from cookie_sessions.keys import State, dump_jwk_set
from tests.cli.world import DAY, HOUR, INIT, World


def edit(world: World, **members: object) -> None:
    """Change members of the ring, and of its first key those that begin with key_."""
    ring = json.loads(world.path.read_text())
    for name, value in members.items():
        place = ring["keys"][0] if name.startswith("key_") else ring
        place[name.removeprefix("key_")] = value
    world.path.write_text(json.dumps(ring))


def test_a_sound_ring_ends_with_0(world: World) -> None:
    assert world.facts("verify")["ok"] is True
    assert world.run("verify").stderr == ""


def test_every_damaged_entry_is_named(world: World) -> None:
    world.do("add", "--label", "second")
    world.do("add", "--label", "third")
    ring = json.loads(world.path.read_text())
    ring["keys"][1]["k"] = "short"
    ring["keys"][2]["nbf"] = "soon"
    world.path.write_text(json.dumps(ring))
    result = world.run("verify")
    assert result.exit_code == 1
    assert "entry 1 ('second')" in result.stderr
    assert "entry 2 ('third')" in result.stderr


def test_a_file_that_is_no_ring_or_open_to_others_ends_with_1(world: World) -> None:
    world.path.chmod(0o644)
    assert "chmod 600" in world.run("verify").stderr
    world.path.chmod(0o600)
    world.path.write_text("{")
    result = world.run("verify", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ok"] is False


def test_a_ring_without_a_key_that_seals_ends_with_1(world: World) -> None:
    edit(world, key_state="open-only")
    result = world.run("verify")
    assert result.exit_code == 1
    assert "No key may seal" in result.stderr
    edit(world, key_state="primary", key_exp=world.now - DAY)
    result = world.run("verify")
    assert result.exit_code == 1
    assert "goes on in processes that run" in result.stderr


def test_a_first_key_that_another_clock_made_is_sound_within_the_allowance(world: World) -> None:
    world.now -= 300
    assert world.run("verify").exit_code == 0
    world.now -= 1
    result = world.run("verify")
    assert result.exit_code == 1
    assert "If this machine's clock is behind, correct it" in result.stderr


def warned(world: World, text: str, *line: str) -> None:
    result = world.run("verify", *line)
    assert result.exit_code == 4, result.output
    assert text in result.stderr
    assert world.run("verify", *line, "--json").exit_code == 4


def test_a_rotation_that_nothing_ran_is_a_warning(world: World) -> None:
    world.now += 90 * DAY - 1
    assert world.run("verify").exit_code == 0
    world.now += 1
    warned(world, "The rotation was due")


def test_an_end_that_comes_soon_is_a_warning(world: World) -> None:
    edit(world, key_exp=world.now + 6 * DAY)
    warned(world, "no key may seal by its dates")
    assert world.run("verify", "--soon", "1d").exit_code == 0


def test_a_window_shorter_than_the_reload_is_a_warning(world: World) -> None:
    edit(world, propagation=60)
    warned(world, "keys set --propagation")
    assert world.run("verify", "--reload", "30s").exit_code == 0
    edit(world, propagation=HOUR)
    warned(world, "keys set --propagation", "--reload", "2h")


def test_keys_that_never_retire_are_a_warning(bare: World) -> None:
    bare.do("init", *INIT[2:])
    warned(bare, '"longest_session"')


@pytest.mark.parametrize(
    "members",
    [
        {"key_revoked": True},
        {"key_status": "revoked"},
        {"key_State": "Revoked"},
        {"key_revocation_date": 1_893_456_000},
        {"revoked": ["0a1b2c3d"]},
    ],
    ids=str,
)
def test_what_looks_like_a_revocation_and_is_none_is_a_warning(
    world: World, members: dict[str, object]
) -> None:
    edit(world, **members)
    warned(world, "looks like a revocation and is none")
    assert world.states() == {"first": State.PRIMARY}


def test_other_members_are_no_warning(world: World) -> None:
    world.do("add", "--now", "--label", "second")
    world.do("revoke", "first", "--force")
    edit(world, key_revoked=True, revoked=False, use="enc", owner="trevor")
    assert world.run("verify").exit_code == 0


def test_any_source_can_be_verified(world: World) -> None:
    text = dump_jwk_set(world.keys())
    assert world.run("verify", "--keys", "env:RING", env={"RING": text}).exit_code == 0
    assert world.run("verify", "--keys", "env:RING", env={"RING": "{}"}).exit_code == 1
