"""The checks of ``flask sessions doctor``, each by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cookie_sessions.cli.doctor.checks import cookies, keys, lists, requests, stores, times
from cookie_sessions.cli.doctor.configuration import CHECKS, check
from cookie_sessions.cli.doctor.deployment import Deployment, Finding, Level, plain_users
from cookie_sessions.cli.doctor.store import StoreHealth
from cookie_sessions.cookies import CookieAttributes
from cookie_sessions.probe import Grant
from tests.cli.doctor.faults import (
    DAY,
    FAULTY,
    NOW,
    SOUND,
    secrets,
    timed,
    with_cookie,
    with_settings,
)

SILENT = ("join_by_commas", "header", "probe")
"""Checks of what can only be wrong where it is turned on."""


def test_a_sound_deployment_is_green_all_over() -> None:
    found = check(SOUND)
    assert [each.check for each in found] == [
        each.name for each in CHECKS if each.name not in SILENT
    ]
    # What nobody can see from here is never green.
    assert [each.check for each in found if each.level is not Level.OK] == ["remember_cookies"]


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
    assert [each[0] for each in FAULTY] == [each.look for each in CHECKS]


def names_of(deployment: Deployment) -> list[str]:
    """The checks that say something."""
    return [each.check for each in check(deployment)]


def told(finding: Finding | None) -> tuple[Level, str]:
    """What a check that says something says."""
    assert finding is not None
    return finding.level, finding.text


def test_checks_that_have_nothing_to_look_at_are_left_out() -> None:
    bare = with_settings(revocations=None)._replace(revocations=None, has_login=False)
    assert names_of(bare)[:3] == ["interface", "has_list", "register"]
    copy = with_settings(revocations="snapshot:file:list")._replace(revocations=None)
    assert "staleness" not in names_of(copy)
    named = lists.subject(SOUND._replace(has_login=False, names_subject=True))
    assert told(named)[0] is Level.OK


def test_of_an_application_that_is_not_ours_no_cookie_and_no_form_is_looked_at() -> None:
    foreign = SOUND._replace(is_sealed=False, cookie=None, csrf="")
    looks = ("secure", "host_prefix", "previous_names", "samesite", "httponly", "csrf", "binding")
    assert not {*looks} & {*names_of(foreign)}


def test_a_ring_is_none_of_its_own_where_it_seals_sessions_too() -> None:
    level, text = told(keys.handoff_keys(with_settings(handoff_keys=SOUND.settings.keys)))
    assert (level, "Make a ring for them alone" in text) == (Level.WARNING, True)
    for none in (with_settings(handoff_targets=()), with_settings(handoff_targets=(), keys=None)):
        assert keys.handoff_keys(none) is None


def test_a_register_needs_a_store() -> None:
    for revocations in (None, "snapshot:file:list"):
        level, text = told(lists.register(with_settings(register=False, revocations=revocations)))
        assert level is Level.NOTE
        assert "needs the URL of a store" in text


@pytest.mark.parametrize(
    ("idle", "absolute", "level"),
    [(900, DAY // 2, "AAL3"), (901, DAY // 2 + 1, "AAL2"), (3_601, DAY + 1, "AAL1")],
)
def test_timeouts_are_compared_with_the_levels(idle: int, absolute: int, level: str) -> None:
    deployment = timed(idle=idle, absolute=absolute)
    for one in (times.idle_timeout, times.absolute_timeout):
        assert told(one(deployment))[0] is Level.OK
        assert f"within {level} of NIST" in one(deployment).text


def test_an_end_that_is_longer_than_any_level_allows_is_a_note() -> None:
    level, text = told(times.absolute_timeout(timed(absolute=30 * DAY + 1)))
    assert (level, "Shorten COOKIE_SESSIONS_ABSOLUTE_TIMEOUT" in text) == (Level.NOTE, True)


def test_a_partitioned_cookie_is_secure() -> None:
    partitioned = with_cookie("session", secure=False, partitioned=True)
    assert told(cookies.secure(partitioned))[0] is Level.OK


def test_a_cookie_that_hosts_share_needs_the_other_prefix() -> None:
    for name, level in (("session", Level.WARNING), ("__Secure-session", Level.NOTE)):
        found, text = told(cookies.host_prefix(with_cookie(name, domain="example.org")))
        assert found is level
        assert "take the domain out" in text
        assert ("set it to 'secure'" in text) is (level is Level.WARNING)
    assert told(cookies.host_prefix(with_cookie("__Secure-session")))[0] is Level.WARNING


def test_former_names_matter_beside_a_prefix_alone() -> None:
    names = (("session", 1.0), ("__Host-old", 2.0))
    without = with_settings(previous_names=names)._replace(cookie=with_cookie("session").cookie)
    assert cookies.previous_names(without) is None
    prefixed = with_settings(previous_names=names[1:])
    assert told(cookies.previous_names(prefixed))[0] is Level.OK


@pytest.mark.parametrize("value", ["Lax", "strict"])
def test_samesite_in_any_case_is_right(value: str) -> None:
    assert told(cookies.samesite(with_cookie(samesite=value)))[0] is Level.OK


def test_samesite_none_is_a_note_where_requests_are_checked_and_none_at_all_a_warning() -> None:
    level, text = told(cookies.samesite(with_cookie(samesite="none")))
    assert (level, "only the check of requests" in text) == (Level.NOTE, True)
    assert told(cookies.samesite(with_cookie(samesite=None)))[0] is Level.WARNING


def test_who_refuses_forged_requests_is_said() -> None:
    for csrf, name in (("ours", "CookieSessions"), ("flask_wtf", "Flask-WTF")):
        level, text = told(requests.csrf(SOUND._replace(csrf=csrf)))
        assert (level, f"(by {name})" in text) == (Level.OK, True)


def test_a_fingerprint_that_no_header_tells_is_not_said_to_bind() -> None:
    text = told(requests.binding(with_settings(fingerprint_header=None)))[1]
    assert text.endswith("client: user_agent, accept_language, network.")
    assert "fingerprint" in told(requests.binding(SOUND))[1]


def test_a_proxy_matters_where_addresses_or_a_header_are_weighed() -> None:
    networks = {"binding": (("network", 100),), "fingerprint_header": None}
    alone = with_settings(**networks)._replace(has_proxy_fix=False)
    level, text = told(requests.proxy(alone))
    assert (level, "bound to addresses" in text) == (Level.NOTE, True)
    assert requests.proxy(with_settings(fingerprint_header=None)) is None
    assert requests.proxy(with_settings(binding=None, fingerprint_header=None)) is None


def test_no_secret_key_is_a_warning_unless_there_is_a_ring() -> None:
    missing = secrets(exists=False)
    assert told(keys.secret_key(missing))[0] is Level.WARNING
    ring = with_settings(accept_flask_cookies_until=None)
    assert keys.secret_key(ring._replace(secrets=missing.secrets)) is None


def test_a_secret_key_is_enough_for_development() -> None:
    assert keys.keys(with_settings(keys=None)._replace(is_development=True)) is None


def test_of_where_the_keys_are_only_the_kind_is_said() -> None:
    assert "(file)" in told(keys.keys(SOUND))[1]
    assert "/etc" not in told(keys.keys(SOUND))[1]
    assert "(a function)" in told(keys.keys(with_settings(keys=str)))[1]


def test_a_warning_that_is_accepted_is_a_note_and_says_so() -> None:
    for accepted, level in ((("csrf",), Level.NOTE), (("secure",), Level.WARNING)):
        found = check(SOUND._replace(csrf=""), accepted=accepted)
        (one,) = (each for each in found if each.check == "csrf")
        assert (one.level, one.accepted) == (level, level is Level.NOTE)
        assert one.asvs == ("3.5.1",)
    down = SOUND._replace(revocations=StoreHealth("redis:", False, "It is down.", None, ()))
    assert Level.ERROR in {each.level for each in check(down, accepted=["list_answers"])}


def test_signing_out_is_said_to_end_the_sessions_of_somebody_alone() -> None:
    for deployment in (SOUND, SOUND._replace(has_login=False)):
        finding = lists.list_is_written(deployment)
        assert finding is not None
        assert "ends a session that belongs to somebody (Flask-Login, session.sub" in finding.text


def test_a_get_id_that_can_not_be_judged_is_a_note() -> None:
    finding = lists.remember_cookies(SOUND)
    assert finding is not None
    assert finding.level is Level.NOTE
    assert "can't be seen from here" in finding.text


def test_a_store_that_does_not_tell_all_is_a_note_and_a_file_that_is_not_there_too() -> None:
    untold = StoreHealth("redis:", True, "", "noeviction", (), notes=("one", "two"))
    finding = lists.list_keeps(SOUND._replace(revocations=untold))
    assert finding is not None
    assert (finding.level, "redis:: one; two." in finding.text) == (Level.NOTE, True)
    absent = SOUND._replace(revocations=StoreHealth("sqlite:a", False, "", None, ("gone",)))
    assert lists.list_keeps(absent) is None
    answers = lists.list_answers(absent)
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


def test_a_store_that_is_not_used_is_not_looked_at() -> None:
    bare = with_settings(overflow=None)._replace(overflow=None, named=())
    looks = {"overflow_answers", "overflow_keeps", "overflow_apart", "named_cookies", "probe"}
    assert not looks & {*names_of(bare)}
    absent = StoreHealth("sqlite:values.db", False, "", None, ("not there",))
    level, text = told(stores.overflow_answers(SOUND._replace(overflow=absent)))
    assert (level, "makes it" in text) == (Level.NOTE, True)
    assert stores.overflow_keeps(SOUND._replace(overflow=absent)) is None


def test_the_cookie_of_a_further_session_is_a_note_where_forged_requests_are_refused() -> None:
    named = (CookieAttributes("session-sudo", samesite="None"),)
    assert told(cookies.named_cookies(SOUND._replace(named=named)))[0] is Level.NOTE


def test_a_probe_that_has_ended_is_a_note() -> None:
    ended = with_settings(probe=Grant(int(NOW), "0" * 64))
    assert told(requests.probe(ended))[0] is Level.NOTE
