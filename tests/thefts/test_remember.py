"""Flask-Login's remember cookie is none of ours: what a thief who also copied it can do.

It holds ``user_id|hmac`` without a time, so no list ends it. Ids that change with the password do.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.thefts.accounts import CHANGING
from tests.thefts.browser import Answer, Browser
from tests.thefts.conftest import started
from tests.thefts.site import Site

pytestmark = pytest.mark.once

REMEMBERED = "remember_token"


@pytest.fixture(scope="module", params=["sqlite", "redis"])
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    yield from started(request, folder, door="login", store=request.param)


def theft(site: Site, name: str) -> tuple[Browser, Browser, Browser]:
    """The owner, a thief with both cookies, and one with the session alone."""
    owner = site.signed_in(name, remember=True)
    assert owner.cookies.keys() == {"session", REMEMBERED}
    session_alone = owner.copied(without=REMEMBERED)
    site.assert_accepted(session_alone, name)
    return owner, owner.copied(), session_alone


def change_password(owner: Browser) -> Answer:
    answer = owner.post("/change-password?remember")
    assert answer.status == 200
    return answer


def test_signing_out_drops_the_owners_remember_cookie_and_ends_the_copied_session(
    site: Site,
) -> None:
    owner, _, session_alone = theft(site, site.new_user())
    out = owner.post("/sign-out/by-the-door")
    assert REMEMBERED not in owner.cookies
    assert owner.get("/page").user is None
    site.assert_refused(session_alone, ended=out)


@pytest.mark.parametrize("prefix", ["", CHANGING], ids=["plain ids", "changing ids"])
def test_a_copied_remember_cookie_signs_in_again_after_signing_out(site: Site, prefix: str) -> None:
    name = site.new_user(prefix=prefix)
    owner, both, session_alone = theft(site, name)
    out = owner.post("/sign-out/by-the-door")
    site.assert_refused(session_alone, ended=out)
    site.assert_accepted(both, name)


def test_with_plain_ids_it_signs_in_again_after_a_change_of_password(site: Site) -> None:
    name = site.new_user()
    owner, both, session_alone = theft(site, name)
    changed = change_password(owner)
    site.assert_refused(session_alone, ended=changed)
    site.assert_accepted(both, name)
    site.assert_accepted(owner, name)


def test_with_ids_that_change_it_is_worth_nothing_after_a_change_of_password(site: Site) -> None:
    name = site.new_user(prefix=CHANGING)
    owner, both, session_alone = theft(site, name)
    remembered = Browser(site.port, {REMEMBERED: both.cookies[REMEMBERED]}, keeps=False)
    site.assert_accepted(remembered, name)
    changed = change_password(owner)
    for copy in (both, session_alone, remembered):
        site.assert_refused(copy, ended=changed)
    site.assert_accepted(owner, name)
    # The owner's own remember cookie is the new one.
    mine = Browser(site.port, {REMEMBERED: owner.cookies[REMEMBERED]}, keeps=False)
    site.assert_accepted(mine, name)


def test_what_a_remember_cookie_signed_in_ends_with_the_users_sessions(site: Site) -> None:
    name = site.new_user()
    _, both, _ = theft(site, name)
    thief = Browser(site.port, {REMEMBERED: both.cookies[REMEMBERED]})
    assert thief.get("/page").user == name
    made = thief.copied(without=REMEMBERED)
    site.assert_accepted(made, name)
    site.assert_refused(made, ended=site.administrator("user", name))
