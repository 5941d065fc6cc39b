"""The checks of ``flask sessions doctor``, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cookie_sessions.cli.doctor import configuration
from cookie_sessions.cli.doctor.configuration import CHECKS, Deployment, Level, check, plain_users
from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.settings import Settings

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
