"""``cookie-sessions doctor --revocations`` and ``flask sessions doctor``."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from cookie_sessions.cli.doctor import configuration
from cookie_sessions.cli.doctor.configuration import CHECKS, Deployment, Level, check, plain_users
from cookie_sessions.cli.doctor.durability import durability
from cookie_sessions.cli.doctor.store import StoreHealth, examine_list
from cookie_sessions.settings import Settings
from cookie_sessions.stores import store_from_url
from cookie_sessions.stores.redis_persistence import Persistence
from tests.cli.revocations.world import A_KEY, INDEX_KEY, REVOCATIONS, Shop, run
from tests.stores.redis_server import HOST, RedisServer

ROOT = Path(__file__).resolve().parents[3]


def made(url: str) -> None:
    """A list that is there."""
    store = store_from_url(url)
    store.sweep()
    store.close()


def test_a_list_that_works_is_green(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/list.db"
    made(url)
    for result in (run("doctor", "--revocations", url), run("doctor", env={REVOCATIONS: url})):
        assert (result.exit_code, result.stdout, result.stderr) == (0, f"{url}: answers\n", "")
    told = json.loads(run("doctor", "--revocations", "@-", "--json", input=url).stdout)
    assert told["revocations"] == {"name": url, "answers": True, "fault": "", "policy": None}


def test_a_file_that_is_not_there_is_a_warning_and_is_not_made(tmp_path: Path) -> None:
    url = f"sqlite:{tmp_path}/lost.db"
    for result in (run("doctor", "--revocations", url), run("doctor", env={REVOCATIONS: url})):
        assert (result.exit_code, result.stdout) == (4, f"{url}: is not there yet\n")
        assert "no application has used it yet: compare the path" in result.stderr
    assert run("doctor", "--revocations", url, "--json").exit_code == 4
    assert list(tmp_path.iterdir()) == []
    nowhere = run("doctor", "--revocations", f"sqlite:{tmp_path}/none/list.db")
    assert nowhere.exit_code == 1
    assert "none can be made in" in nowhere.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_application_whose_list_is_not_there_yet_is_told_so_and_no_file_is_made(
    keyed: Shop,
) -> None:
    result = keyed.flask("doctor")
    assert result.exit_code == 0
    assert "note: The list's file is not there yet" in result.stderr
    assert "All processes see that list" not in result.output
    assert not keyed.path.exists()


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


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that has each change on its disk before it counts."""
    server = RedisServer(
        tmp_path / "redis", "appendonly yes", "appendfsync always", password="canary"
    )
    server.start()
    yield server
    server.stop()


def url_of(server: RedisServer, user: str = "") -> str:
    return f"redis://{user}:canary@{HOST}:{server.port}/0"


@pytest.mark.once
def test_a_redis_that_drops_living_entries_is_a_warning(redis: RedisServer) -> None:
    health = examine_list(url_of(redis))
    assert (health.fault, health.policy, health.warnings, health.notes) == (
        "",
        "noeviction",
        (),
        (),
    )
    redis.tell("CONFIG", "SET", "maxmemory-policy", "volatile-ttl")
    (warning,) = examine_list(url_of(redis)).warnings
    redis.tell("ACL", "SETUSER", "blind", "on", ">canary", "~*", "+@all", "-info")
    (untold,) = examine_list(url_of(redis, "blind")).warnings
    redis.stop()
    assert "what was signed out would live again: set maxmemory-policy noeviction" in warning
    assert "is told to this user: see that they are noeviction and yes" in untold
    assert examine_list(url_of(redis)).fault


@pytest.mark.once
def test_a_redis_that_forgets_is_a_warning_with_the_fix(redis: RedisServer, keyed: Shop) -> None:
    url = url_of(redis)
    keyed.app.config[REVOCATIONS] = url
    sound = run("doctor", "--revocations", url)
    assert (sound.exit_code, sound.stderr) == (0, "")
    assert "ok: All processes see that list, and its Redis has" in keyed.flask("doctor").stdout
    fix = "would live again: set appendonly yes and appendfsync always"
    for settings, told in (
        ({"appendfsync": "everysec"}, "its appendfsync is everysec, so after a loss of power"),
        ({"appendonly": "no"}, "it does not write each change to its disk"),
        ({"save": "3600 1 60 100"}, "at save points alone (save 3600 1 60 100)"),
    ):
        for name, value in settings.items():
            redis.tell("CONFIG", "SET", name, value)
        result = run("doctor", "--revocations", url)
        assert result.exit_code == 4
        assert told in result.stderr
        assert fix in result.stderr or "set appendfsync always" in result.stderr
        seen = keyed.flask("doctor")
        assert seen.exit_code == 4
        assert told in seen.stderr
        assert "All processes see that list" not in seen.stdout
        assert "canary" not in result.output + seen.output


@pytest.mark.once
def test_what_a_redis_warns_of_is_what_it_forgets(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "redis", "appendonly no", password="canary")
    server.start()
    url = url_of(server)
    try:
        assert run("revoke", "--key", "0a1b2c3d", "--new-list", "--store", url).exit_code == 0
        assert run("doctor", "--revocations", url).exit_code == 4
        server.stop()
        server.start()
        told = json.loads(run("revocations", "count", "--json", "--store", url).stdout)
    finally:
        server.stop()
    assert told["key"] == 0


@pytest.mark.once
def test_what_a_redis_does_not_tell_is_a_note_and_no_ok(redis: RedisServer, keyed: Shop) -> None:
    redis.tell("ACL", "SETUSER", "few", "on", ">canary", "~*", "+@all", "-config")
    url = url_of(redis, "few")
    result = run("doctor", "--revocations", url)
    assert result.exit_code == 0
    assert result.stderr.startswith(
        f"note: The store redis://{HOST}:{redis.port}: its appendfsync "
    )
    assert json.loads(run("doctor", "--revocations", url, "--json").stdout)["notes"]
    keyed.app.config[REVOCATIONS] = url
    seen = keyed.flask("doctor")
    assert "note: All processes see that list. Its store redis" in seen.stderr
    assert "All processes see that list" not in seen.stdout
    redis.tell("CONFIG", "SET", "appendonly", "no")
    forgets = run("doctor", "--revocations", url)
    assert forgets.exit_code == 4
    assert "(appendonly is no), so after a restart" in forgets.stderr


def test_servers_of_a_cluster_are_told_of_once_and_one_that_says_nothing_is_no_good_one() -> None:
    good = Persistence(appends=True, syncs="always", saves="")
    lossy = Persistence(appends=True, syncs="no", saves="")
    silent = Persistence(appends=None, syncs=None, saves=None)
    assert durability([good, good]) == ((), ())
    (warning,), notes = durability([good, lossy, lossy])
    assert "its appendfsync is no" in warning
    assert notes == ()
    warnings, (note,) = durability([good, silent])
    assert warnings == ()
    assert "does not say whether it writes each change" in note


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
    # What nobody can see from here is never green.
    assert [name for name, each in found if each.level is not Level.OK] == ["remember_cookies"]


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
        Level.WARNING,
        "signing out ends no copy of a cookie",
    ),
    (
        configuration.remember_cookies,
        SOUND._replace(plain_users=("shop.User",)),
        Level.NOTE,
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


def test_signing_out_is_said_to_end_the_sessions_of_somebody_alone() -> None:
    for deployment in (SOUND, SOUND._replace(has_login=False)):
        finding = configuration.list_is_written(deployment)
        assert finding is not None
        assert "ends a session that belongs to somebody (Flask-Login, session.sub" in finding.text


def test_a_get_id_that_can_not_be_judged_is_a_note() -> None:
    finding = configuration.remember_cookies(SOUND)
    assert finding is not None
    assert finding.level is Level.NOTE
    assert "can't be seen from here" in finding.text


def test_a_store_that_does_not_tell_all_is_a_note_and_a_file_that_is_not_there_too() -> None:
    untold = StoreHealth("redis:", True, "", "noeviction", (), notes=("one", "two"))
    finding = configuration.list_keeps(SOUND._replace(revocations=untold))
    assert finding is not None
    assert (finding.level, "redis:: one; two." in finding.text) == (Level.NOTE, True)
    absent = SOUND._replace(revocations=StoreHealth("sqlite:a", False, "", None, ("gone",)))
    assert configuration.list_keeps(absent) is None
    answers = configuration.list_answers(absent)
    assert answers is not None
    assert answers.level is Level.NOTE


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


def test_an_application_with_a_good_list_ends_with_0_and_a_note(keyed: Shop) -> None:
    made(keyed.url)
    result = keyed.flask("doctor")
    assert result.exit_code == 0
    assert result.stdout.count("ok: ") == result.stdout.count("\n") == 8
    assert [line.partition(":")[0] for line in result.stderr.splitlines()] == ["note"]
    told = json.loads(keyed.flask("doctor", "--json").stdout)
    assert told["ok"] is True
    assert told["checks"][0] == {
        "check": "interface",
        "level": "ok",
        "text": "The application's sessions are sealed.",
    }
    assert A_KEY not in result.output + str(told)


def test_an_application_whose_sessions_are_nobodys_ends_with_4(keyed: Shop) -> None:
    del keyed.app.config["COOKIE_SESSIONS_SUBJECT_KEY"]
    result = keyed.flask("doctor")
    assert result.exit_code == 4
    assert "warning: Nothing in the configuration says whose a session is" in result.stderr
    assert "Signing out here ends the session" not in result.output


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
    assert done.returncode == 0, done.stderr
    assert "get_id()" not in done.stdout
    assert ("club.Member: get_id()" in done.stderr) is not alternative
    assert "'_user_id' says whose it is" in done.stdout
    assert INDEX_KEY not in done.stdout
