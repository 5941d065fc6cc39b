"""Each theft: a cookie is copied, then its session is ended, and the copy is worth nothing."""

from __future__ import annotations

import time

import pytest

from tests.thefts.application import GRACE
from tests.thefts.browser import Answer, Browser
from tests.thefts.site import LEEWAY, STALENESS, Site, sign_in, until

pytestmark = pytest.mark.once


def stolen_from(site: Site, owner: Browser, name: str) -> Browser:
    """A copy that works in every worker, so that each remembers having accepted it."""
    thief = owner.copied()
    site.assert_accepted(thief, name)
    return thief


def assert_over(
    site: Site, thief: Browser, owner: Browser, name: str, ended: Answer | float
) -> None:
    """The copy is refused, and still is when the owner has signed in again."""
    site.assert_refused(thief, ended=ended)
    sign_in(owner, name)
    site.assert_accepted(owner, name)
    site.assert_refused(thief, ended=time.monotonic() - STALENESS - LEEWAY)


@pytest.mark.parametrize("how", ["destroy", "clear", "by-the-door"])
def test_a_copy_ends_with_the_owners_signing_out(site: Site, how: str) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = stolen_from(site, owner, name)
    out = owner.post(f"/sign-out/{how}")
    assert owner.get("/page").user is None
    assert_over(site, thief, owner, name, out)


def test_every_older_copy_of_a_session_ends_with_it(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    first = stolen_from(site, owner, name)
    assert owner.post("/note").body["notes"] == 1
    second = stolen_from(site, owner, name)
    assert first.cookies != second.cookies
    out = owner.post("/sign-out/destroy")
    for thief in (first, second):
        site.assert_refused(thief, ended=out)


def test_what_a_thief_made_of_a_copy_ends_with_the_session(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = owner.copied(keeps=True)
    assert thief.post("/note").body == {"user": name, "notes": 1}
    assert thief.cookies != owner.cookies
    out = owner.post("/sign-out/destroy")
    site.assert_refused(thief.copied(), ended=out)


def test_a_session_that_a_thief_renamed_ends_with_the_one_it_came_from(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = owner.copied(keeps=True)
    assert "session" in thief.post("/regenerate").sets
    # The owner still has the old id, and signs out within the grace.
    out = owner.post("/sign-out/destroy")
    site.assert_refused(thief.copied(), ended=out)


def test_signing_out_everywhere_keeps_the_present_session_alone(site: Site) -> None:
    name = site.new_user()
    owner, elsewhere = site.signed_in(name), site.signed_in(name)
    stranger = site.signed_in(site.new_user())
    thief = stolen_from(site, owner, name)
    site.assert_accepted(elsewhere.copied(), name)
    answer = owner.post("/sign-out-others")
    assert answer.status == 200
    site.assert_accepted(owner, name)
    site.assert_refused(elsewhere.copied(), ended=answer)
    assert_over(site, thief, owner, name, answer)
    assert stranger.get("/page").user is not None


def test_who_changes_the_password_goes_on_and_the_copy_does_not(site: Site) -> None:
    name = site.new_user()
    owner, elsewhere = site.signed_in(name), site.signed_in(name)
    thief = stolen_from(site, owner, name)
    answer = owner.post("/change-password")
    assert answer.status == 200
    site.assert_accepted(owner, name)
    site.assert_refused(elsewhere.copied(), ended=answer)
    assert_over(site, thief, owner, name, answer)


def test_an_administrator_ends_one_session(site: Site) -> None:
    name = site.new_user()
    owner, elsewhere = site.signed_in(name), site.signed_in(name)
    thief = stolen_from(site, owner, name)
    ended = site.administrator("session", owner.get("/claims").body["sid"])
    assert_over(site, thief, owner, name, ended)
    site.assert_accepted(elsewhere, name)


def test_an_administrator_ends_all_sessions_of_a_user(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    stranger = site.signed_in(site.new_user())
    thief = stolen_from(site, owner, name)
    ended = site.administrator("user", name)
    assert_over(site, thief, owner, name, ended)
    assert stranger.get("/page").user is not None


def test_an_administrator_ends_all_sessions(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    stranger = site.signed_in(site.new_user())
    thief = stolen_from(site, owner, name)
    ended = site.administrator("all")
    assert_over(site, thief, owner, name, ended)
    assert stranger.get("/page").user is None


def test_a_key_is_revoked_in_the_list_while_the_ring_still_has_it(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = stolen_from(site, owner, name)
    site.rotate_keys()
    until(lambda: owner.get("/page").user == name and owner.kid != thief.kid)
    # By now every worker reads the new ring, and the copy still opens under the old key.
    site.assert_accepted(owner, name)
    site.assert_accepted(thief, name)
    ended = site.administrator("key", thief.kid)
    # What was sealed by the key and rotated since may be forged too.
    site.assert_refused(owner.copied(), ended=ended)
    assert_over(site, thief, owner, name, ended)
    assert "rejected reason=key_revoked" in site.log


SLOW = ("write", "regenerate", "supersede", "read", "untouched", "empty and write")


@pytest.mark.parametrize("way_out", ["/sign-out/destroy", "/sign-out/by-the-door"])
def test_late_slow_requests_do_not_revive_what_was_signed_out(site: Site, way_out: str) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = stolen_from(site, owner, name)
    late = {how: owner.copied(keeps=True) for how in (*SLOW, "sign out others")}
    out, answers = site.slowly(late, lambda: owner.post(way_out))
    assert {answer.status for answer in answers} == {200}
    assert revived(site, late) == []
    assert_over(site, thief, owner, name, out)
    assert revived(site, late) == []


def test_late_slow_requests_do_not_revive_what_a_new_password_ended(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    late = {how: owner.copied(keeps=True) for how in SLOW}
    _, answers = site.slowly(late, lambda: owner.post("/change-password"))
    assert {answer.status for answer in answers} == {200}
    assert revived(site, late) == []
    site.assert_accepted(owner, name)


def revived(site: Site, late: dict[str, Browser]) -> list[str]:
    """Which of the slow requests brought a session back that somebody accepts."""
    known = time.monotonic() + STALENESS + LEEWAY
    until(lambda: time.monotonic() > known)
    return [
        how
        for how, browser in late.items()
        if any(answer.user for answer in site.everywhere(browser.copied()))
    ]


def test_an_old_id_is_read_for_the_grace_and_then_refused(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = stolen_from(site, owner, name)
    answer = owner.post("/regenerate")
    assert "session" in answer.sets
    site.assert_accepted(owner, name)
    known = answer.came + STALENESS + LEEWAY
    until(lambda: time.monotonic() > known)
    read = []
    while (written := thief.post("/note")).came < answer.sent + GRACE:
        assert (written.user, written.sets) == (name, frozenset()), "an old id was written"
        read.append(written)
    assert read
    while thief.get("/page").sent < answer.came + GRACE:
        pass
    assert {each.user for each in site.everywhere(thief)} == {None}
    assert thief.post("/note").user is None
    site.assert_accepted(owner, name)
    assert owner.get("/page").body["notes"] == 0


def test_what_was_written_under_an_old_id_at_the_last_moment_ends_with_it(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    thief = owner.copied(keeps=True)
    site.assert_accepted(thief.copied(), name)
    answer = owner.post("/regenerate")
    # A worker that read the list a moment ago may not know yet.
    while thief.post("/note").sent < answer.came + STALENESS:
        pass
    until(lambda: time.monotonic() > answer.came + GRACE)
    assert {each.user for each in site.everywhere(thief.copied())} == {None}


def test_who_signs_out_within_the_grace_ends_both_ids(site: Site) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    late = owner.copied(keeps=True)
    answer = owner.post("/regenerate")
    successor = owner.copied()
    known = answer.came + STALENESS
    until(lambda: time.monotonic() > known)
    out = late.post("/sign-out/by-the-door")
    assert out.sent < answer.sent + GRACE
    site.assert_refused(successor, ended=out)


def test_signing_out_is_not_lost_to_a_request_that_renames_the_session_meanwhile(
    site: Site,
) -> None:
    name = site.new_user()
    owner = site.signed_in(name)
    slow = owner.copied(keeps=True)
    renamed, (out,) = site.slowly({"sign out": slow}, lambda: owner.post("/regenerate"))
    assert "session" in renamed.sets
    site.assert_refused(owner.copied(), ended=out)
