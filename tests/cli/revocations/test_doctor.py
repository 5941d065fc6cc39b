"""``cookie-sessions doctor --revocations`` and ``flask sessions doctor``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cookie_sessions.cli.doctor import configuration
from cookie_sessions.cli.doctor.configuration import CHECKS, Deployment, Level, check, plain_users
from cookie_sessions.cli.doctor.store import StoreHealth, examine_list
from cookie_sessions.settings import Settings
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run
from tests.stores.redis_server import HOST, RedisServer

ROOT = Path(__file__).resolve().parents[3]


def test_a_list_that_works_is_green(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/list.db"
    for result in (run("doctor", "--revocations", url), run("doctor", env={REVOCATIONS: url})):
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{url}: answers\n", "")
    told = json.loads(run("doctor", "--revocations", "@-", "--json", input=url).stdout)
    assert told["revocations"] == {"name": url, "answers": True, "fault": "", "policy": None}


def test_a_list_of_one_process_is_a_warning() -> None:
    result = run("doctor", "--revocations", "memory:")
    assert result.exit_code == 4
    assert "what ends in it lives in all others" in result.stderr


def test_memcached_is_an_error_with_the_reason() -> None:
    result = run("doctor", "--revocations", "memcached://127.0.0.1:1")
    assert result.exit_code == 1
    assert "what was signed out would live again. Name another." in result.stderr


def test_a_snapshot_is_for_another_command() -> None:
    named = run("doctor", "--revocations", "snapshot:https://host/revocations.jwt")
    assert named.exit_code == 1
    assert "revocations verify" in named.stderr
    assert run("doctor", env={REVOCATIONS: "snapshot:https://host/"}).exit_code == 2


@pytest.mark.once
def test_a_redis_that_drops_living_entries_is_a_warning(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", password="canary")
    server.start()
    try:
        url = f"redis://:canary@{HOST}:{server.port}/0"
        health = examine_list(url)
        assert (health.fault, health.policy, health.warnings) == ("", "noeviction", ())
        server.tell("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
        (warning,) = examine_list(url).warnings
        server.tell("ACL", "SETUSER", "blind", "on", ">canary", "~*", "+@all", "-info")
        (untold,) = examine_list(f"redis://blind:canary@{HOST}:{server.port}/0").warnings
    finally:
        server.stop()
    assert "what was signed out would live again: set maxmemory-policy noeviction" in warning
    assert "not told to this user: see that it is noeviction" in untold
    assert examine_list(url).fault


SOUND = Deployment(
    interface="cookie_sessions.flask.interface.CookieSessionInterface",
    is_sealed=True,
    settings=Settings(revocations="sqlite:list.db", absolute_timeout=86_400),
    names_subject=False,
    revocations=StoreHealth("sqlite:list.db", True, "", None, ()),
    has_login=True,
    plain_users=(),
)


def with_settings(**changes: Any) -> Deployment:
    settings: dict[str, Any] = {
        "revocations": "sqlite:list.db",
        "absolute_timeout": 86_400,
        **changes,
    }
    return SOUND._replace(settings=Settings(**settings))


def test_a_sound_deployment_is_green_all_over() -> None:
    found = check(SOUND)
    assert [name for name, _ in found] == [each.__name__ for each in CHECKS]
    assert {finding.level for _, finding in found} == {Level.OK}


FAULTY: list[tuple[Callable[..., Any], Deployment, Level, str]] = [
    (
        configuration.interface,
        SOUND._replace(is_sealed=False),
        Level.WARNING,
        "CookieSessions(app)",
    ),
    (
        configuration.has_list,
        with_settings(revocations=None),
        Level.WARNING,
        "signing out takes the cookie from one browser",
    ),
    (
        configuration.list_is_written,
        with_settings(revocations="snapshot:file:list"),
        Level.WARNING,
        "ends no copied cookie",
    ),
    (
        configuration.list_answers,
        SOUND._replace(revocations=StoreHealth("redis:", False, "It does not answer.", None, ())),
        Level.ERROR,
        "does not answer",
    ),
    (
        configuration.list_keeps,
        SOUND._replace(revocations=StoreHealth("memory:", True, "", None, ("one", "two"))),
        Level.WARNING,
        "memory:: one; two.",
    ),
    (
        configuration.staleness,
        with_settings(revocations_staleness=61.0),
        Level.WARNING,
        "for up to 1 min 1 s",
    ),
    (
        configuration.when_down,
        with_settings(revocations_down="accept"),
        Level.WARNING,
        "ended sessions count again",
    ),
    (
        configuration.subject,
        SOUND._replace(has_login=False),
        Level.NOTE,
        "session.subject",
    ),
    (
        configuration.remember_cookies,
        SOUND._replace(plain_users=("shop.User",)),
        Level.WARNING,
        "shop.User: get_id() is that of",
    ),
    (
        configuration.absolute_timeout,
        with_settings(absolute_timeout=None),
        Level.NOTE,
        "never ends",
    ),
]


@pytest.mark.parametrize(
    ("one", "deployment", "level", "told"), FAULTY, ids=lambda each: getattr(each, "__name__", "")
)
def test_each_check_finds_its_fault(
    one: Callable[..., Any], deployment: Deployment, level: Level, told: str
) -> None:
    finding = one(deployment)
    assert finding.level is level
    assert told in finding.text
    assert finding.text.endswith(".")


def test_every_check_is_shown_to_find_something() -> None:
    assert [each[0] for each in FAULTY] == list(CHECKS)


def test_checks_that_have_nothing_to_look_at_are_left_out() -> None:
    bare = with_settings(revocations=None)._replace(revocations=None, has_login=False)
    assert [name for name, _ in check(bare)] == ["interface", "has_list", "absolute_timeout"]
    copy = with_settings(revocations="snapshot:file:list")._replace(revocations=None)
    assert "staleness" not in [name for name, _ in check(copy)]
    named = configuration.subject(SOUND._replace(has_login=False, names_subject=True))
    assert named is not None
    assert named.level is Level.OK


def test_user_classes_that_leave_the_identifier_alone_are_found() -> None:
    class Mixin:
        def get_id(self) -> str:
            return "1"

    class Plain(Mixin):
        pass

    class Base(Mixin):
        pass

    class Alternative(Base):
        def get_id(self) -> str:
            return "another"

    class Half(Mixin):
        pass

    class Kept(Half):
        pass

    class Changed(Half):
        def get_id(self) -> str:
            return "another"

    assert {each.__name__ for each in (Alternative, Changed)} == {"Alternative", "Changed"}
    wanted = sorted(f"{each.__module__}.{each.__qualname__}" for each in (Half, Kept, Plain))
    assert plain_users(Mixin) == tuple(wanted)


def doctor(app: Flask, *line: str) -> Any:
    from cookie_sessions.cli.flask_group import sessions

    result = app.test_cli_runner().invoke(sessions, ["doctor", *line])
    assert result.exception is None or isinstance(result.exception, SystemExit), result
    return result


def test_an_application_with_a_good_list_ends_with_0_and_notes(keyed: Shop) -> None:
    result = keyed.flask("doctor")
    assert result.exit_code == 0
    assert result.stdout.count("ok: ") == result.stdout.count("\n") == 7
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["note", "note"]
    told = json.loads(keyed.flask("doctor", "--json").stdout)
    assert told["ok"] is True
    assert told["checks"][0] == {
        "check": "interface",
        "level": "ok",
        "text": "The application's sessions are sealed.",
    }
    assert A_KEY not in result.output + str(told)


def test_an_application_without_a_list_ends_with_4(keyed: Shop) -> None:
    keyed.app.config[REVOCATIONS] = None
    result = keyed.flask("doctor")
    assert result.exit_code == 4
    assert "warning: There is no list of ended sessions" in result.stderr
    assert json.loads(keyed.flask("doctor", "--json").stdout)["ok"] is False


def test_a_list_that_does_not_answer_ends_with_1(keyed: Shop) -> None:
    keyed.app.config[REVOCATIONS] = "redis://:canary@127.0.0.1:1/0"
    result = keyed.flask("doctor")
    assert result.exit_code == 1
    assert "error: The store redis://127.0.0.1:1" in result.stderr
    assert "canary" not in result.output


def test_an_application_that_is_not_ours_is_told_so() -> None:
    result = doctor(Flask(__name__))
    assert result.exit_code == 4
    assert "flask.sessions.SecureCookieSessionInterface" in result.stderr


@pytest.mark.parametrize("alternative", [False, True])
def test_remember_cookies_of_flask_login_are_looked_at(tmp_path: Path, alternative: bool) -> None:
    (tmp_path / "club.py").write_text(
        "from flask import Flask\n"
        "from flask_login import LoginManager, UserMixin\n"
        "from cookie_sessions.flask import CookieSessions\n"
        "app = Flask(__name__)\n"
        f"app.config['{REVOCATIONS}'] = 'sqlite:{tmp_path}/list.db'\n"
        "CookieSessions(app)\n"
        "LoginManager(app)\n"
        "class Member(UserMixin):\n"
        "    id = 1\n" + ("    def get_id(self): return 'another'\n" if alternative else "")
    )
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "club", "sessions", "doctor"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (0 if alternative else 4), done.stderr
    assert ("club.Member: get_id()" in done.stderr) is not alternative
    assert "'_user_id' says whose it is" in done.stdout
    assert INDEX_KEY not in done.stdout
