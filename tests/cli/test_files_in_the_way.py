"""Making a ring where there is one already."""

from __future__ import annotations

from tests.cli.world import INIT, World


def test_a_dry_run_of_init_says_that_a_file_is_in_the_way(world: World) -> None:
    before = world.path.read_bytes()
    result = world.run("init", *INIT, "--dry-run")
    assert result.exit_code == 1
    assert "there is a file of that name already" in result.stderr
    assert world.path.read_bytes() == before
