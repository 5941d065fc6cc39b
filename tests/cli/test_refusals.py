"""What would log people out is not done unless somebody insists."""

from __future__ import annotations

import dataclasses
import errno

import pytest

from cookie_sessions.keys import State, dump_jwk_set
from tests.cli.world import DAY, HOUR, INIT, World


@pytest.fixture
def rotated(world: World) -> World:
    """``first`` opens and ``second`` seals, both for ten days."""
    world.now += 20 * DAY
    world.do("add", "--label", "second")
    world.now += HOUR + 10 * DAY
    assert world.states() == {"first": State.OPEN_ONLY, "second": State.PRIMARY}
    return world


@pytest.mark.parametrize("command", ["retire", "revoke", "destroy"])
def test_a_key_that_opens_sessions_is_not_given_up_unless_forced(
    rotated: World, command: str
) -> None:
    before = rotated.path.read_bytes()
    result = rotated.run(command, "first")
    assert result.exit_code == 3
    assert "log people out: 20" in result.stderr or "log people out: 21" in result.stderr
    assert "days of sessions" in result.stderr
    assert result.stderr.count("\n") == 1
    assert rotated.path.read_bytes() == before
    assert rotated.run(command, "first", "--dry-run").exit_code == 3
    rotated.do(command, "first", "--force")
    rotated.now += 300
    assert rotated.states().get("first", State.RETIRED) in (State.RETIRED, State.REVOKED)


def test_a_key_whose_sessions_have_all_ended_is_given_up_without_force(rotated: World) -> None:
    rotated.now += 21 * DAY + 300
    rotated.do("destroy", "first")
    assert rotated.states() == {"second": State.PRIMARY}


def test_a_pending_key_is_given_up_without_force(world: World) -> None:
    for command in ("revoke", "destroy"):
        world.do("add", "--label", f"{command}d")
        world.do(command, f"{command}d")


def test_where_nobody_knows_the_longest_session_the_refusal_says_so(bare: World) -> None:
    bare.do("from-secret-key", env={"SECRET_KEY": "a secret key that is long enough"})
    kid = bare.keys().entries[0].kid.hex()
    result = bare.run("revoke", kid)
    assert result.exit_code == 3
    assert "nobody knows" in result.stderr


@pytest.mark.parametrize("command", ["retire", "destroy"])
def test_the_last_key_that_seals_is_not_given_up_even_if_forced(world: World, command: str) -> None:
    before = world.path.read_bytes()
    for line in ((command, "first"), (command, "first", "--force")):
        result = world.run(*line)
        assert result.exit_code == 1
        assert "No key would be left that seals" in result.stderr
    assert world.path.read_bytes() == before


def test_a_leaked_last_key_can_be_revoked_and_the_command_says_what_is_next(world: World) -> None:
    result = world.run("revoke", "first", "--force")
    assert result.exit_code == 0
    assert "cookie-sessions keys add --now" in result.stderr
    world.do("add", "--now", "--label", "second")
    assert world.states() == {"first": State.REVOKED, "second": State.PRIMARY}
    world.do("destroy", "first")


def test_several_keys_are_revoked_in_one_change_or_none_is(rotated: World) -> None:
    rotated.do("add", "--now", "--label", "third")
    before = rotated.path.read_bytes()
    assert rotated.run("revoke", "first", "second").exit_code == 3
    assert rotated.run("revoke", "first", "nobody", "--force").exit_code == 1
    assert rotated.path.read_bytes() == before
    rotated.do("revoke", "first", "second", "--force")
    assert rotated.states() == {
        "first": State.REVOKED,
        "second": State.REVOKED,
        "third": State.PRIMARY,
    }


def test_an_output_that_can_not_be_written_is_told_in_one_line(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr("click.echo", full)
        result = world.run("add", "--label", "second")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "is changed all the same" in result.stderr
    assert set(world.states()) == {"first", "second"}


def test_a_key_does_not_seal_before_all_can_know_it_unless_forced(world: World) -> None:
    world.now += DAY
    world.do("add", "--label", "second")
    world.now += HOUR - 1
    result = world.run("promote", "second")
    assert result.exit_code == 3
    assert "until 2030-01-02 01:00Z (in 1 s)" in result.stderr
    assert world.states()["first"] is State.PRIMARY
    world.do("promote", "second", "--force")
    assert world.states()["second"] is State.PRIMARY


def test_a_date_inside_the_propagation_window_is_refused_unless_forced(world: World) -> None:
    line = ("add", "--from", "2030-01-01T00:30Z")
    assert world.run(*line).exit_code == 3
    assert len(world.keys().entries) == 1
    world.do(*line, "--force")


def test_a_pending_key_is_not_brought_into_the_window_unless_forced(world: World) -> None:
    world.do("add", "--label", "second", "--from", "2030-01-05")
    before = world.path.read_bytes()
    line = ("promote", "second", "--from", "2030-01-01T00:30Z")
    assert world.run(*line).exit_code == 3
    assert world.path.read_bytes() == before
    world.do(*line, "--force")
    assert world.keys().entries[1].seals_from == world.now + HOUR // 2


def test_a_pending_key_is_not_put_off_beyond_the_end_of_the_key_before_it(world: World) -> None:
    world.do("add", "--label", "second", "--from", "2030-01-05")
    first, second = world.keys().entries
    ending = world.keys().with_entry(dataclasses.replace(first, opens_until=second.seals_from))
    world.path.write_text(dump_jwk_set(ending))
    # The allowance for clocks is the last that the first key has.
    world.do("promote", "second", "--from", "2030-01-05T00:05Z")
    before = world.path.read_bytes()
    result = world.run("promote", "second", "--from", "2030-01-05T00:06Z", "--force")
    assert result.exit_code == 1
    assert "No key would be left that seals" in result.stderr
    assert world.path.read_bytes() == before


def test_a_shorter_longest_session_is_refused_unless_forced(rotated: World) -> None:
    before = rotated.path.read_bytes()
    assert rotated.run("set", "--longest-session", "20d").exit_code == 3
    assert rotated.path.read_bytes() == before
    rotated.do("set", "--longest-session", "20d", "--force")
    rotated.now += 10 * DAY + 300
    assert rotated.states()["first"] is State.RETIRED


def test_a_longest_session_that_is_said_for_the_first_time_is_believed(rotated: World) -> None:
    rotated.do("set", "--longest-session", "none")
    rotated.do("set", "--longest-session", "31d")
    assert rotated.keys().longest_session == 31 * DAY


def test_a_merge_that_would_log_people_out_is_refused_unless_forced(rotated: World) -> None:
    other = rotated.path.with_name("other.json")
    other.write_bytes(rotated.path.read_bytes())
    other.chmod(0o600)
    rotated.do("revoke", "first", "--force", "--keys", f"file:{other}")
    line = ("merge", rotated.url, f"file:{other}", "--into", rotated.url)
    before = rotated.path.read_bytes()
    assert rotated.run(*line).exit_code == 3
    assert rotated.path.read_bytes() == before
    rotated.do(*line, "--force")
    assert rotated.states()["first"] is State.REVOKED


def test_merging_gives_one_ring_whichever_comes_first(bare: World) -> None:
    one, two = (f"file:{bare.path.with_name(name)}" for name in ("one.json", "two.json"))
    for url in (one, two):
        # Both were made in one second, and their keys have one label.
        bare.do("init", *INIT, "--label", "first", "--keys", url)
    there = bare.facts("merge", one, two)
    assert bare.facts("merge", two, one)["generation"] == there["generation"]
    assert len({key["label"] for key in there["keys"]}) == 2
    assert not bare.path.exists()
    bare.do("merge", one, two, "--into", bare.url)
    assert bare.keys().generation == there["generation"]
    assert bare.run("merge", one, two, "--into", bare.url).exit_code == 1
    assert bare.facts("merge", one, two, bare.url, "--into", bare.url)["changed"] is False
    assert bare.run("merge", one).exit_code == 2
