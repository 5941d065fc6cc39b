"""Lengths that a ring says, changed afterwards."""

from __future__ import annotations

import pytest

from tests.cli.world import DAY, HOUR, World


def test_lengths_are_set_in_a_ring_that_is_there(world: World) -> None:
    before = world.keys()
    told = world.do(
        "set", "--longest-session", "40d", "--rotate-every", "30d", "--propagation", "2h"
    )
    assert "rotate_every becomes 30 d, was 90 d" in told
    keys = world.keys()
    assert (keys.longest_session, keys.rotate_every, keys.propagation) == (
        40 * DAY,
        30 * DAY,
        2 * HOUR,
    )
    assert keys.entries == before.entries
    written = world.path.read_bytes()
    assert "says so already" in world.do("set", "--rotate-every", "30d")
    assert world.path.read_bytes() == written


def test_lengths_are_taken_away_by_the_word_none(world: World) -> None:
    result = world.run("set", "--longest-session", "none", "--rotate-every", "none")
    assert result.exit_code == 0
    assert (world.keys().longest_session, world.keys().rotate_every) == (None, None)
    assert "keys set --longest-session 31d" in result.stderr


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ((), 2),
        (("--rotate-every", "soon"), 2),
        (("--propagation", "none"), 2),
        (("--rotate-every", "1h"), 1),
        (("--propagation", "90d"), 1),
    ],
)
def test_lengths_that_make_no_sense_are_not_set(
    world: World, line: tuple[str, ...], status: int
) -> None:
    before = world.path.read_bytes()
    assert world.run("set", *line).exit_code == status
    assert world.path.read_bytes() == before
