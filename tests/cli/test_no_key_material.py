"""Keys leave by the ring file and by export-env alone, and subkeys by export-subkeys alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result

from cookie_sessions.cli.commands import keys as group
from cookie_sessions.cli.commands import program
from cookie_sessions.crypto import derive
from tests.cli.world import DAY, HOUR, World
from tests.keys.secrecy import reveals, shown

SECRET = "a secret key that nobody should see"
SAYS_KEYS = "export-env"
SAYS_SUBKEYS = "export-subkeys"
PURPOSES = ("session-header", "csrf", "handoff")


class Listener:
    """Runs commands, keeps what they said, and every key that was ever in a file."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.results: dict[str, list[Result]] = {}
        self.materials: set[bytes] = set()

    def __call__(self, *line: str, **options: object) -> Result:
        result = self.world.run(*line, **options)
        self.results.setdefault(line[0], []).append(result)
        for path in self.world.path.parent.glob("*.json"):
            for member in json.loads(path.read_text())["keys"]:
                text = member.get("k", "")
                if text:
                    self.materials.add(base64.urlsafe_b64decode(text + "="))
        return result


def everything(hear: Listener) -> None:
    """Every command, in its ways of going right and wrong."""
    world = hear.world
    secret = {"SECRET_KEY": SECRET, "OLD": SECRET[::-1]}
    old = f"file:{world.path.with_name('old.json')}"
    line = ("from-secret-key", "--keys", old, "--longest-session", "31d")
    for form in ((), ("--json",)):
        hear(*line, "--dry-run", *form, env=secret)
    hear(*line, "--fallback-env", "OLD", env=secret)
    hear(*line, "--stdin", input=f"{SECRET}\n{SECRET[::-1]}\n")
    hear("init", "--longest-session", "31d", "--rotate-every", "90d", "--label", "first")
    hear("init")
    ways: list[tuple[str, ...]] = [(), ("--json",), ("--dry-run",), ("--dry-run", "--json")]
    for more in ways:
        world.now += HOUR
        for name in ("add", "rotate", "list", "verify"):
            hear(name, *(more if name in ("add", "rotate") else more[1:]))
        hear("rotate", "--now", *more)
        hear("merge", world.url, old, *more)
        hear("set", "--longest-session", "32d", *more)
        copy = world.path.with_name("-".join(["copy", *more]) + ".json")
        hear("copy", "--into", f"file:{copy}", *more)
        kids = [entry.kid.hex() for entry in world.keys().entries]
        for name in ("promote", "retire", "revoke", "destroy"):
            hear(name, "nobody", *more)
            hear(name, kids[-1], *more)
            hear(name, kids[-1], "--force", *more)
        hear("promote", kids[-1], "--from", "2030-02-01", *more)
        hear("revoke", "--absent", "0a1b2c3d", *more)
    world.now += 100 * DAY
    hear("verify")
    hear("rotate")
    hear("merge", world.url, old, "--into", old, "--force")
    world.path.chmod(0o644)
    for name in ("list", "verify", "add", SAYS_KEYS, SAYS_SUBKEYS):
        hear(name)
    world.path.chmod(0o600)
    # A key in the place of a label, of an option and of a URL.
    key = json.loads(world.path.read_text())["keys"][0]["k"]
    for name in ("promote", "retire", "revoke", "destroy", SAYS_SUBKEYS):
        hear(name, key)
    hear("revoke", "--absent", key)
    for url in (key, f"env:{key}", f"vault:{key}"):
        hear("list", "--keys", url)
        hear("copy", "--into", url)
    hear(SAYS_KEYS)
    hear(SAYS_SUBKEYS)


def test_no_command_but_export_env_says_a_key(bare: World) -> None:
    hear = Listener(bare)
    everything(hear)
    assert set(hear.results) == set(group.commands)
    assert len(hear.materials) >= 6
    for name, results in hear.results.items():
        for result in results:
            said = result.output + (shown(result.exception) if result.exception else "")
            assert said
            assert not any(secret in said for secret in (SECRET, SECRET[::-1])), name
            revealed = any(reveals(said, material) for material in hear.materials)
            assert revealed == (name == SAYS_KEYS and result.exit_code == 0), (name, said)
            lent = any(reveals(said, derive(key, "session")) for key in hear.materials)
            assert lent == (name == SAYS_SUBKEYS and result.exit_code == 0), (name, said)
            others = [derive(key, purpose) for key in hear.materials for purpose in PURPOSES]
            assert not any(reveals(said, subkey) for subkey in others), (name, said)


@pytest.mark.parametrize("begins", ["", "--"])
@pytest.mark.parametrize(
    "line",
    [
        "",
        "keys",
        "keys list",
        "keys promote",
        "keys promote a",
        "keys revoke --absent",
        "keys destroy a",
        "keys export-subkeys",
        "keys add --from",
        "keys init --rotate-every",
        "revoke",
        "revoke a",
        "revocations list",
        "dictionary train a",
        "inspect a",
        "doctor",
    ],
)
def test_a_key_in_the_place_of_something_else_is_not_said_either(
    world: World, line: str, begins: str
) -> None:
    # One of 4,096 keys looks like an option.
    key = begins + base64.urlsafe_b64encode(bytes(32)).decode()[len(begins) : -1]
    result = CliRunner().invoke(program, [*line.split(), key])
    assert result.exit_code in (1, 2)
    assert isinstance(result.exception, SystemExit)
    assert "Error: " in result.stderr
    assert key.strip("-") not in result.output + shown(result.exception)


def test_what_is_no_key_is_said(world: World) -> None:
    assert "No such option '--nothing'" in world.run("promote", "--nothing").stderr
    assert "extra argument (nothing)" in world.run("list", "nothing").stderr


def test_no_file_but_the_rings_holds_a_key(bare: World) -> None:
    hear = Listener(bare)
    everything(hear)
    others = [path for path in bare.path.parent.iterdir() if path.suffix != ".json"]
    assert others
    for path in others:
        said = path.read_text()
        assert not any(reveals(said, material) for material in hear.materials), path


@pytest.mark.parametrize("force", [False, True])
def test_on_a_terminal_keys_are_printed_by_force_only(world: World, force: bool) -> None:
    result = on_terminal(lambda: world.run("export-env", *(["--force"] if force else [])))
    assert result.exit_code == (0 if force else 1)
    assert reveals(result.output, next(iter(world.keys().ring(world.now))).export_material()) == (
        force
    )


def on_terminal(work: Callable[[], Result]) -> Result:
    """Call where stdout says that it is a terminal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda _: True, raising=False)
        return work()
