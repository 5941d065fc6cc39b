"""Ending sessions that live in cookies: what a copied cookie is worth, in a real application."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.clock import SKEW
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.revocation.revocations import RECENT_SECONDS
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, faulty_shop, sealed_session, shop
from tests.flask.world import events_of, names_of, ours, route

GRACE = 5


def signed_in(app: Flask, user: str = "ann") -> Browser:
    browser = Browser(app)
    browser.get(f"/sign-in/{user}")
    return browser


@pytest.mark.parametrize("way", ["/destroy", "/clear", "/pop", "/supersede", "/sign-in/bob"])
def test_a_copy_is_refused_once_its_owner_has_left_by_any_way(way: str) -> None:
    app = shop()
    owner = signed_in(app)
    thief = owner.copied(app)
    assert thief.get() == "ann"
    owner.get(way)
    assert thief.get() == "nobody"
    assert thief.get("/change") == "None"


def test_without_a_list_a_copy_lives_on() -> None:
    app = shop(COOKIE_SESSIONS_REVOCATIONS=None)
    owner = signed_in(app)
    thief = owner.copied(app)
    owner.get("/destroy")
    assert thief.get() == "ann"


def test_signing_out_everywhere_else_keeps_this_session_and_no_other() -> None:
    app = shop()
    owner, phone = signed_in(app), signed_in(app)
    thief, other = owner.copied(app), signed_in(app, "bob")
    owner.get("/others")
    assert [each.get() for each in (owner, phone, thief, other)] == [
        *("ann", "nobody", "nobody", "bob")
    ]
    owner.get("/others")
    assert owner.get() == "ann"


def test_signing_out_everywhere_else_revives_no_session_that_had_ended() -> None:
    app = shop()

    def late() -> None:
        assert session["_user_id"] == "ann"
        CookieSessions.revoke_user(app, "ann")
        sealed_session().revoke_others()

    route(app, late, at="/late")
    owner = signed_in(app)
    owner.get("/late")
    assert owner.get() == "nobody"


def test_all_sessions_of_a_user_can_be_ended_and_a_number_is_its_text() -> None:
    app = shop()
    route(app, lambda: session.update(_user_id=42), at="/sign-in/42")
    ann, number = signed_in(app), signed_in(app, "42")
    CookieSessions.revoke_user(app, "42")
    assert (ann.get(), number.get()) == ("ann", "nobody")


def test_one_session_can_be_ended_by_its_id_and_its_successors_with_it() -> None:
    app = shop()
    first, second = signed_in(app), signed_in(app)
    sid = first.get("/sid")
    first.get("/regenerate")
    assert first.get("/sid") != sid
    CookieSessions.revocations(app).revoke(sid)
    CookieSessions.revocations(app).revoke(sid)
    assert (first.get(), second.get()) == ("nobody", "ann")


def test_all_sessions_can_be_ended_also_those_of_nobody() -> None:
    app = shop()
    ann, nobody = signed_in(app), Browser(app)
    nobody.get("/change")
    before = nobody.cookie
    CookieSessions.revocations(app).revoke_all()
    assert ann.get() == "nobody"
    nobody.get("/change")
    assert nobody.cookie != before
    assert signed_in(app).get() == "ann"


def test_the_sessions_of_a_key_can_be_ended(clock: Clock) -> None:
    app = shop()
    owner = signed_in(app)
    from cookie_sessions.flask.state import AppState

    kid = AppState.of(app).ring().primary.kid.hex()
    told = events_of(app)
    CookieSessions.revocations(app).revoke_key(kid)
    assert owner.get() == "nobody"
    assert "rejected:key_revoked" in names_of(told)


def test_a_sign_in_right_after_a_revocation_counts_and_revives_nothing() -> None:
    app = shop()
    owner = signed_in(app)
    thief = owner.copied(app)
    for _ in range(3):
        CookieSessions.revoke_user(app, "ann")
        assert owner.get() == "nobody"
        owner.get("/sign-in/ann")
        assert owner.get() == "ann"
        assert thief.get() == "nobody"


def test_revoking_the_user_and_signing_in_again_in_one_request_keeps_the_owner(
    clock: Clock,
) -> None:
    app = shop()

    def change_password() -> None:
        CookieSessions.revoke_user(app, session["_user_id"])
        sealed_session().subject = "ann"

    route(app, change_password, at="/password")
    owner = signed_in(app)
    thief = owner.copied(app)
    owner.get("/password")
    assert (owner.get(), thief.get()) == ("ann", "nobody")


def test_flask_logins_sign_in_as_the_same_user_is_a_sign_in() -> None:
    flask_login: Any = importlib.import_module("flask_login")
    app = shop()
    manager = flask_login.LoginManager(app)
    user = flask_login.UserMixin()
    user.id = "ann"
    manager.user_loader(lambda _: user)
    app.extensions.pop("cookie_sessions")
    CookieSessions(app)

    def change_password() -> None:
        CookieSessions.revoke_user(app, "ann")
        flask_login.login_user(user)

    route(app, lambda: flask_login.login_user(user), at="/login")
    route(app, lambda: flask_login.logout_user(), at="/logout")
    route(app, change_password, at="/password")
    owner = Browser(app)
    owner.get("/login")
    thief = owner.copied(app)
    owner.get("/password")
    assert (owner.get(), thief.get()) == ("ann", "nobody")
    thief = owner.copied(app)
    owner.get("/logout")
    assert (owner.get(), thief.get()) == ("nobody", "nobody")


def test_an_explicit_subject_counts_and_comes_back() -> None:
    app = shop()

    def sign_in() -> None:
        sealed_session().subject = "größe\n" * 3

    route(app, sign_in, at="/in")
    route(app, lambda: sealed_session().subject, at="/who")
    route(app, lambda: setattr(sealed_session(), "subject", None), at="/out")
    owner = Browser(app)
    owner.get("/in")
    assert owner.get("/who") == "größe\n" * 3
    thief = owner.copied(app)
    owner.get("/out")
    assert (owner.get("/who"), thief.get("/who")) == ("None", "None")


@pytest.mark.parametrize("subject", ["x" * 10_000, ("a", 1), b"octets", 7, "", frozenset({1})])
def test_a_subject_may_be_anything_that_a_session_keeps(subject: object) -> None:
    app = shop()
    route(app, lambda: setattr(sealed_session(), "subject", subject), at="/in")
    route(app, lambda: not sealed_session().new, at="/signed-in")
    owner = Browser(app)
    owner.get("/in")
    assert owner.get("/signed-in") == "True"
    CookieSessions.revoke_user(app, subject)
    assert owner.get("/signed-in") == "False"


def test_revoking_what_is_unknown_is_no_error_and_nobody_is_one() -> None:
    app = shop()
    owner = signed_in(app)
    CookieSessions.revoke_user(app, "unknown")
    CookieSessions.revocations(app).revoke("0" * 32)
    with pytest.raises(UsageError, match="Nobody's sessions"):
        CookieSessions.revoke_user(app, None)
    assert owner.get() == "ann"


@pytest.mark.parametrize("sid", ["", "0" * 31, "g" * 32, "0" * 30 + " 0", "\u0660" * 32])
def test_what_is_no_session_id_is_refused(sid: str) -> None:
    with pytest.raises(UsageError):
        CookieSessions.revocations(shop()).revoke(sid)


def test_a_moment_to_come_is_refused(clock: Clock) -> None:
    app = shop()
    with pytest.raises(UsageError, match="to come"):
        CookieSessions.revoke_user(app, "ann", before=clock.time + 1)


def test_sessions_begun_after_the_moment_go_on(clock: Clock) -> None:
    app = shop()
    early = signed_in(app)
    clock.forward(3600)
    late = signed_in(app)
    CookieSessions.revoke_user(app, "ann", before=clock.time - 2 * SKEW)
    assert (early.get(), late.get()) == ("nobody", "ann")


# What a slow request may do.


def test_a_session_that_is_revoked_while_its_request_runs_is_not_written_back() -> None:
    app = shop()

    def slow() -> None:
        session["late"] = True
        CookieSessions.revocations(app).revoke(sealed_session().sid)

    route(app, slow, at="/slow")
    owner = signed_in(app)
    told = events_of(app)
    assert owner.answer("/slow").headers.getlist("Set-Cookie") == []
    assert "rejected:revoked" in names_of(told)
    assert owner.get() == "nobody"


def test_a_slow_regenerate_does_not_carry_a_revoked_session_over() -> None:
    app = shop()

    def slow() -> None:
        sid = sealed_session().sid
        sealed_session().regenerate()
        CookieSessions.revocations(app).revoke(sid)

    route(app, slow, at="/slow")
    owner = signed_in(app)
    assert owner.answer("/slow").headers.getlist("Set-Cookie") == []


def test_the_old_id_is_read_in_its_grace_and_neither_written_nor_regenerated(clock: Clock) -> None:
    app = shop(SESSION_REFRESH_EACH_REQUEST=True)
    owner = signed_in(app)
    tab = owner.copied(app)
    owner.get("/regenerate")
    told = events_of(app)
    for path in ("/", "/change", "/regenerate", "/supersede"):
        response = tab.answer(path)
        assert response.status_code == 200
        assert response.headers.getlist("Set-Cookie") == []
    assert names_of(told).count("faded") == 3
    assert tab.get() == "ann"
    clock.forward(GRACE + 1)
    assert tab.get() == "nobody"
    assert owner.get() == "ann"


def test_a_tab_that_still_has_the_old_id_signs_the_new_one_out_too() -> None:
    app = shop()
    owner = signed_in(app)
    tab = owner.copied(app)
    owner.get("/regenerate")
    tab.get("/destroy")
    assert (owner.get(), tab.get()) == ("nobody", "nobody")


def test_without_a_grace_the_old_id_ends_at_once() -> None:
    app = shop(COOKIE_SESSIONS_REGENERATE_GRACE=0)
    owner = signed_in(app)
    thief = owner.copied(app)
    owner.get("/regenerate")
    assert (owner.get(), thief.get()) == ("ann", "nobody")


def test_a_regenerate_whose_response_can_not_be_made_leaves_the_session_as_it_was(
    clock: Clock,
) -> None:
    app = shop(COOKIE_SESSIONS_PROFILE="portable", PROPAGATE_EXCEPTIONS=False)

    def too_much() -> None:
        import os

        sealed_session().regenerate()
        session["much"] = os.urandom(100_000)

    route(app, too_much, at="/much")
    owner = signed_in(app)
    assert owner.answer("/much").status_code == 500
    clock.forward(GRACE + 1)
    assert owner.get() == "ann"


# What the browser keeps.


def test_a_cookie_that_was_revoked_a_moment_ago_stays_and_is_deleted_later(clock: Clock) -> None:
    app = shop()
    owner = signed_in(app)
    tab = owner.copied(app)
    owner.get("/destroy")
    assert tab.answer().headers.getlist("Set-Cookie") == []
    clock.forward(RECENT_SECONDS + 1)
    (line,) = tab.answer().headers.getlist("Set-Cookie")
    assert "Expires=Thu, 01 Jan 1970" in line


# What the list holds, and what it costs.


def test_nobody_fills_the_list_with_sessions_that_are_nobodys() -> None:
    app, store = faulty_shop()
    route(app, lambda: sealed_session().destroy(revoke=True), at="/asked")
    told = events_of(app)
    visitor = Browser(app)
    for _ in range(5):
        visitor = Browser(app)
        visitor.get("/change")
        visitor.get("/regenerate")
        visitor.get("/destroy")
    assert list(store.scan("revoked:session:")) in ([], [[]])
    assert names_of(told).count("not_revoked") == 1
    visitor.get("/change")
    thief = visitor.copied(app)
    before = thief.cookie
    visitor.get("/asked")
    thief.get("/change")
    assert thief.cookie != before


def test_a_page_of_twenty_requests_asks_once(clock: Clock) -> None:
    app, store = faulty_shop()
    owner = signed_in(app)
    clock.forward(10)
    store.asked.clear()
    for _ in range(20):
        assert owner.get() == "ann"
    assert store.asked == ["get_many"]


def test_without_staleness_each_request_asks_in_one_round_trip(clock: Clock) -> None:
    app, store = faulty_shop(
        COOKIE_SESSIONS_REVOCATIONS_STALENESS=0, SESSION_REFRESH_EACH_REQUEST=False
    )
    owner = signed_in(app)
    store.asked.clear()
    for _ in range(3):
        assert owner.get() == "ann"
    assert store.asked == ["get_many"] * 3


def test_a_request_that_does_not_use_its_session_asks_nobody(clock: Clock) -> None:
    app, store = faulty_shop()
    route(app, lambda: "static", at="/static-page")
    owner = signed_in(app)
    store.asked.clear()
    owner.get("/static-page")
    assert store.asked == []


def test_an_untouched_session_whose_refresh_is_due_is_not_refreshed_once_revoked(
    clock: Clock,
) -> None:
    app = shop()
    route(app, lambda: "static", at="/static-page")
    owner = signed_in(app)
    clock.forward(3600)
    assert owner.answer("/static-page").headers.getlist("Set-Cookie")
    CookieSessions.revoke_user(app, "ann")
    clock.forward(3600)
    lines = owner.answer("/static-page").headers.getlist("Set-Cookie")
    assert not any("Max-Age" in line or "Expires=Thu, 01 Jan 1970" not in line for line in lines)


def test_the_list_outlives_every_copy_however_long_it_was_kept_alive(clock: Clock) -> None:
    """The copy was refreshed after the owner's cookie was sealed, so it ends later."""
    app = shop(PERMANENT_SESSION_LIFETIME=3600)
    owner = signed_in(app)
    thief = owner.copied(app)
    clock.forward(3000)
    thief.get("/change")
    kept = thief.cookie
    clock.forward(500)
    owner.get("/destroy")
    for _ in range(8):
        clock.forward(600)
        thief.cookie = kept
        assert thief.get() == "nobody"


def test_a_list_shows_which_store_has_it_and_nothing_of_what_it_knows() -> None:
    app = shop(COOKIE_SESSIONS_INDEX_KEY="an index key of 32 characters or more")
    CookieSessions.revoke_user(app, "ann")
    assert repr(CookieSessions.revocations(app)) == "<Revocations <StoreList memory:>>"


def test_what_the_list_holds_tells_neither_who_nor_which_session() -> None:
    app, store = faulty_shop()
    owner = signed_in(app)
    sid = owner.get("/sid")
    owner.get("/destroy")
    CookieSessions.revoke_user(app, "ann")
    names = [name for page in store.scan("") for name in page]
    held = " ".join(names) + " ".join(value.hex() for value in store.get_many(names).values())
    assert len(names) >= 3
    for secret in (sid, "ann", b"ann".hex()):
        assert secret not in held


# Settings.


def test_memcached_is_refused_with_the_reason() -> None:
    app = ours(COOKIE_SESSIONS_REVOCATIONS="memcached://127.0.0.1:11211")
    with pytest.raises(ConfigurationError, match="would live again"):
        CookieSessions.check(app)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"REVOCATIONS": "sqlite:/no/such/folder/x.db"}, "folder"),
        ({"REVOCATIONS": "nonsense"}, "no known kind"),
        ({"REVOCATIONS": ""}, "URL"),
        ({"REVOCATIONS": "memory:", "REVOCATIONS_DOWN": "ignore"}, "'refuse' or 'accept'"),
        ({"REVOCATIONS": "memory:", "REVOCATIONS_STALENESS": -1}, "0 or more"),
        ({"REVOCATIONS": "memory:", "REVOCATIONS_TIMEOUT": 0}, "above 0"),
        ({"REVOCATIONS": "memory:", "REGENERATE_GRACE": 61}, "from 0 to 60"),
        ({"REVOCATIONS": "memory:", "INDEX_KEY": "short"}, "at least 32"),
        ({"REGISTER": True}, "needs a store"),
        (
            {
                "REVOCATIONS": "memory:",
                "WRITE": "flask",
                "ACCEPT_FLASK_COOKIES_UNTIL": "2030-04-01",
            },
            "no room",
        ),
        ({"REVOCATIONS": "snapshot:https://cdn.test/revocations.jwt"}, "INDEX_KEY"),
        (
            {
                "REVOCATIONS": "snapshot:https://cdn.test/revocations.jwt",
                "INDEX_KEY": "k" * 32,
                "SNAPSHOT_KEYS": "file:keys.json",
            },
            "UNSAFE_LOGOUT_KEEPS_COPIES",
        ),
        ({"COLD": ["_user_id"], "OVERFLOW": "memory:"}, "whose session it is"),
    ],
)
def test_settings_that_can_not_work_stop_the_start(
    config: dict[str, object], says: str, clock: Clock
) -> None:
    app = ours(**{f"COOKIE_SESSIONS_{name}": value for name, value in config.items()})
    with pytest.raises(ConfigurationError, match=says):
        CookieSessions.check(app)


def test_without_a_list_ending_others_is_an_error_that_says_what_to_set() -> None:
    app = shop(COOKIE_SESSIONS_REVOCATIONS=None)
    owner = signed_in(app)
    with pytest.raises(UsageError, match="COOKIE_SESSIONS_REVOCATIONS"):
        owner.get("/others")
    with pytest.raises(ConfigurationError, match="COOKIE_SESSIONS_REVOCATIONS"):
        CookieSessions.revoke_user(app, "ann")


def test_nobodys_session_has_no_others() -> None:
    app = shop()
    with pytest.raises(UsageError, match="belongs to nobody"):
        Browser(app).get("/others")


@pytest.mark.parametrize("moment", [float("nan"), "5", True, b"5"])
def test_what_is_no_moment_is_refused(moment: Any) -> None:
    app = shop()
    with pytest.raises(UsageError, match="seconds since the epoch"):
        CookieSessions.revoke_user(app, "ann", before=moment)


def test_an_index_key_that_is_no_text_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as caught:
        CookieSessions.check(shop(COOKIE_SESSIONS_INDEX_KEY="\ud800" * 40))
    assert "\ud800" not in str(caught.value)
    assert caught.value.__context__ is None
