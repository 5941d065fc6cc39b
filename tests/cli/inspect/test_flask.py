"""Under ``flask sessions`` the application says which keys, name, types and times there are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import Result
from flask import Flask, session

from cookie_sessions.cli.flask_group import sessions
from cookie_sessions.flask import CookieSessions
from tests.cli.inspect.world import REASON, Shop, fill_oddly
from tests.cli.world import DAY, World

SECRET = "0123456789abcdef" * 2


@pytest.fixture(autouse=True)
def _no_variable(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ring is found by the application's setting alone."""
    monkeypatch.delenv("COOKIE_SESSIONS_KEYS")


def run(app: Flask, *line: str, text: str) -> Result:
    result = app.test_cli_runner().invoke(sessions, ["inspect", *line, "-"], input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def facts(app: Flask, *line: str, text: str, status: int = 0) -> Any:
    result = run(app, *line, "--json", text=text)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def test_keys_audience_and_types_are_the_applications(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_AUDIENCE="shop")
    header = shop.header(fill_oddly)
    result = run(shop.app, *REASON, "--values", text=header)
    assert result.exit_code == 0, result.output
    assert "price = {'total': [<Money 500>]}" in result.stdout
    assert "theme" not in result.stdout


def test_the_keys_may_come_from_the_secret_key(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_KEYS=None, SECRET_KEY=SECRET)
    header = shop.header()
    assert facts(shop.app, *REASON, text=header)["reason"] is None
    shop.app.config.update(SECRET_KEY="another" * 5, SECRET_KEY_FALLBACKS=[SECRET])
    assert facts(shop.app, *REASON, text=header)["reason"] is None
    shop.app.config.update(SECRET_KEY=None)
    result = run(shop.app, *REASON, text=header)
    assert (result.exit_code, result.stdout) == (1, "")
    assert SECRET not in result.stderr


def test_a_function_gives_the_keys_to_the_command_too(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_KEYS=lambda: world.path.read_text())
    assert facts(shop.app, *REASON, text=shop.header())["reason"] is None


def test_the_command_line_comes_before_the_application(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_AUDIENCE="shop")
    header = shop.header()
    told = facts(shop.app, *REASON, "--audience", "", text=header, status=1)
    assert told["reason"] == "bad_seal"
    other = world.path.with_name("other.json")
    world.do("init", "--keys", f"file:{other}", "--longest-session", "1d")
    told = facts(shop.app, *REASON, "--keys", f"file:{other}", text=header, status=1)
    assert told["reason"] == "unknown_kid"


def test_the_name_with_its_prefix_is_the_applications(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_COOKIE_PREFIX="host", SESSION_COOKIE_NAME="basket")
    client = shop.app.test_client()
    line = client.get("/", base_url="https://shop.example").headers["Set-Cookie"]
    name, _, rest = line.partition("=")
    assert name == "__Host-basket"
    value = rest.partition(";")[0]
    told = facts(shop.app, *REASON, text=f"session={value}; {name}={value}")
    assert (told["name"], told["reason"]) == (name, None)
    assert facts(shop.app, *REASON, text=value)["name"] == name


def test_secret_names_of_the_settings_are_hidden(world: World) -> None:
    shop = Shop(world, COOKIE_SESSIONS_SECRET_NAMES=["theme"])
    result = run(shop.app, *REASON, "--values", text=shop.header())
    assert "theme = (secret, never shown)" in result.stdout
    assert "dark" not in result.output


def test_the_applications_timeouts_say_what_a_server_refuses(world: World) -> None:
    shop = Shop(world)
    header = shop.header()
    shop.app.config["COOKIE_SESSIONS_ABSOLUTE_TIMEOUT"] = DAY
    world.now += 2 * DAY
    assert facts(shop.app, *REASON, text=header)["claims"]["refused"] == "expired_absolute"


def test_a_setting_that_cant_be_used_is_an_error_and_no_traceback(world: World) -> None:
    shop = Shop(world)
    header = shop.header()
    shop.app.config["COOKIE_SESSIONS_NAMES"] = 1
    result = run(shop.app, *REASON, text=header)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "There is no setting COOKIE_SESSIONS_NAMES" in result.stderr


def test_an_application_with_flasks_own_sessions_reads_envelopes_too(world: World) -> None:
    header = Shop(world).header()
    app = Flask("bare")
    assert facts(app, text=header)["envelope"]["version"] == 1
    app.secret_key = SECRET
    assert facts(app, *REASON, text=header, status=1)["reason"] == "unknown_kid"


def test_what_was_revoked_in_the_list_is_not_asked_for(world: World) -> None:
    app = Flask("listed")
    app.config.update(COOKIE_SESSIONS_KEYS=world.url, COOKIE_SESSIONS_REVOCATIONS="memory:")
    CookieSessions(app)

    @app.get("/")
    def index() -> str:
        session["a"] = 1
        return ""

    header = app.test_client().get("/").headers["Set-Cookie"].partition(";")[0]
    assert facts(app, *REASON, text=header)["claims"]["refused"] is None
