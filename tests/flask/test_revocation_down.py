"""What visitors get while the revocation list does not answer, for each of the two policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, Response, abort, render_template_string, session
from werkzeug.routing import BaseConverter

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.flask import CookieSessions
from cookie_sessions.revocation import configured
from cookie_sessions.revocation.breaker import REST_SECONDS
from tests.flask.conftest import Clock
from tests.flask.large import noise
from tests.flask.listed import Browser, Faulty, faulty_shop, sealed_session, shop
from tests.flask.outage import check_503
from tests.flask.world import events_of, names_of, route

ACCEPT: dict[str, Any] = {"COOKIE_SESSIONS_REVOCATIONS_DOWN": "accept"}


def in_a_view(app: Flask) -> None:
    route(app, lambda: session.get("_user_id"), at="/page")


def in_a_template(app: Flask) -> None:
    route(app, lambda: render_template_string("{{ session._user_id }}"), at="/page")


def in_after_request(app: Flask) -> None:
    @app.after_request
    def read(response: Response) -> Response:
        session.get("_user_id")
        return response

    route(app, lambda: "", at="/page")


def in_a_404_handler(app: Flask) -> None:
    @app.errorhandler(404)
    def read(_: Exception) -> tuple[str, int]:
        return str(session.get("_user_id")), 404

    route(app, lambda: abort(404), at="/page")


def in_a_url_converter(app: Flask) -> None:
    class Reader(BaseConverter):
        def to_python(self, value: str) -> str:
            return f"{session.get('_user_id')}{value}"

    app.url_map.converters["reader"] = Reader
    app.add_url_rule("/<reader:text>", endpoint="page", view_func=lambda text: text)


def in_a_503_page(app: Flask) -> None:
    @app.errorhandler(503)
    def read(error: Any) -> Any:
        response = error.get_response()
        response.set_data(f"{session.get('_user_id')}")
        return response

    in_a_view(app)


def in_a_500_page(app: Flask) -> None:
    @app.errorhandler(500)
    def read(_: Exception) -> tuple[str, int]:
        return str(session.get("_user_id")), 500

    def broken() -> None:
        raise RuntimeError

    route(app, broken, at="/page")


def in_a_view_that_writes(app: Flask) -> None:
    route(app, lambda: session.update(x=1), at="/page")


PLACES = [
    *(in_a_view, in_a_template, in_after_request, in_a_404_handler, in_a_url_converter),
    *(in_a_503_page, in_a_500_page, in_a_view_that_writes),
]


def cut_off(
    clock: Clock, prepare: Callable[[Flask], None] | None = None, **config: Any
) -> tuple[Flask, Faulty, Browser]:
    """An application whose list is gone, and a visitor who signed in before."""
    app, store = faulty_shop(PROPAGATE_EXCEPTIONS=False, **config)
    if prepare is not None:
        prepare(app)
    owner = Browser(app)
    owner.get("/sign-in/ann")
    clock.forward(60)
    store.down = True
    return app, store, owner


@pytest.mark.parametrize("place", PLACES)
def test_wherever_the_session_is_used_first_the_visitor_gets_a_503_and_keeps_the_cookie(
    place: Callable[[Flask], None], clock: Clock
) -> None:
    _, store, owner = cut_off(clock, place)
    before = owner.cookie
    check_503(owner.answer("/page"))
    assert owner.cookie == before
    store.down = False
    clock.forward(REST_SECONDS[-1])
    assert owner.get() == "ann"


@pytest.mark.parametrize("place", PLACES)
def test_where_the_operator_says_so_the_session_is_accepted_and_that_is_told(
    place: Callable[[Flask], None], clock: Clock
) -> None:
    app, _, owner = cut_off(clock, place, **ACCEPT)
    told = events_of(app)
    assert owner.answer("/page").status_code in (200, 404, 500)
    assert "unchecked" in names_of(told)
    assert owner.get() == "ann"


@pytest.mark.parametrize("path", ["/destroy", "/others"])
def test_a_sign_out_that_can_not_be_kept_is_a_503_and_no_sign_out(path: str, clock: Clock) -> None:
    app, store, owner = cut_off(clock)
    store.down = False
    assert owner.get() == "ann"
    thief = owner.copied(app)
    store.down = True
    check_503(owner.answer(path))
    store.down = False
    clock.forward(REST_SECONDS[-1])
    assert (owner.get(), thief.get()) == ("ann", "ann")


@pytest.mark.parametrize("path", ["/clear", "/pop", "/regenerate", "/supersede", "/sign-in/bob"])
def test_an_end_that_is_found_at_commit_is_a_503_too(path: str, clock: Clock) -> None:
    _, store, owner = cut_off(clock)
    store.down = False
    assert owner.get() == "ann"
    before = owner.cookie
    store.down = True
    check_503(owner.answer(path))
    assert owner.cookie == before
    store.down = False
    clock.forward(REST_SECONDS[-1])
    assert owner.get() == "ann"


def test_a_sign_out_that_the_operator_accepts_is_told_as_not_revoked(clock: Clock) -> None:
    app, _, owner = cut_off(clock, **ACCEPT)
    thief = owner.copied(app)
    told = events_of(app)
    assert owner.answer("/destroy").status_code == 200
    assert owner.cookie is None
    assert "not_revoked" in names_of(told)
    assert thief.get() == "ann"


def test_signing_everyone_else_out_is_never_only_said(clock: Clock) -> None:
    _, _, owner = cut_off(clock, **ACCEPT)
    check_503(owner.answer("/others"))


def test_what_is_accepted_during_an_outage_does_not_outlive_its_sealed_end(clock: Clock) -> None:
    _, store, owner = cut_off(
        clock,
        lambda app: route(app, lambda: sealed_session()._own_claims.until, at="/end"),
        **ACCEPT,
    )
    end = owner.get("/end")
    for _ in range(5):
        clock.forward(600)
        owner.get("/change")
        assert owner.get("/end") == end
    store.down = False
    clock.forward(REST_SECONDS[-1])
    owner.get("/change")
    assert int(owner.get("/end")) > int(end)


def test_an_untouched_session_is_not_refreshed_unchecked(clock: Clock) -> None:
    _, _, owner = cut_off(
        clock, lambda app: route(app, lambda: "static", at="/static-page"), **ACCEPT
    )
    clock.forward(3600)
    assert owner.answer("/static-page").headers.getlist("Set-Cookie") == []


def test_an_outage_costs_one_question_and_then_one_for_each_rest(clock: Clock) -> None:
    app, store, owner = cut_off(clock)
    told = events_of(app)
    store.asked.clear()
    for _ in range(20):
        check_503(owner.answer())
    assert len(store.asked) == 1
    clock.forward(REST_SECONDS[0])
    check_503(owner.answer())
    check_503(owner.answer())
    assert len(store.asked) == 2
    store.down = False
    clock.forward(REST_SECONDS[1])
    assert owner.get() == "ann"
    assert names_of(told).count("revocations_down") == 2
    assert names_of(told).count("revocations_back") == 1


def test_a_visitor_without_a_session_is_served_and_one_who_signs_in_is_not(clock: Clock) -> None:
    app, _, _ = cut_off(clock)
    visitor = Browser(app)
    assert visitor.answer("/change").status_code == 200
    assert visitor.cookie is not None
    check_503(Browser(app).answer("/sign-in/ann"))


def test_the_application_starts_while_the_list_is_down(clock: Clock) -> None:
    store = Faulty()
    store.down = True
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(configured, "store_from_url", lambda *_, **__: store)
        app = shop()
        CookieSessions.check(app)
    owner = Browser(app)
    check_503(owner.answer("/sign-in/ann"))
    store.down = False
    clock.forward(REST_SECONDS[-1])
    owner.get("/sign-in/ann")
    assert owner.get() == "ann"


@pytest.mark.parametrize("way", ["/regenerate", "/supersede"])
def test_who_was_signed_out_before_an_outage_gets_no_id_to_live_by_during_it(
    way: str, clock: Clock
) -> None:
    app, store = faulty_shop(**ACCEPT)
    owner = Browser(app)
    owner.get("/sign-in/ann")
    thief = owner.copied(app)
    owner.get("/destroy")
    assert thief.get() == "nobody"
    clock.forward(3)
    store.down = True
    assert thief.get() == "ann"
    thief.get(way)
    thief.get("/change")
    store.down = False
    clock.forward(REST_SECONDS[-1] + 1)
    assert thief.get() == "nobody"


def test_a_store_that_can_not_be_written_still_says_who_is_signed_out(clock: Clock) -> None:
    app, store = faulty_shop()
    ann, bob = Browser(app), Browser(app)
    ann.get("/sign-in/ann")
    bob.get("/sign-in/bob")
    clock.forward(3)
    store.full = True
    check_503(ann.answer("/destroy"))
    assert (ann.get(), bob.get()) == ("ann", "bob")
    asked = len(store.asked)
    check_503(ann.answer("/destroy"))
    assert {*store.asked[asked:]} <= {"get", "get_many"}, "somebody waited for a write once more"
    store.full = False
    clock.forward(REST_SECONDS[0] + 1)
    ann.get("/destroy")
    assert (ann.get(), bob.get()) == ("nobody", "bob")


@pytest.mark.parametrize("policy", ["refuse", "accept"])
@pytest.mark.parametrize("call", ["revoke_user", "signed_in", "end_signed_in"])
def test_ending_and_listing_in_a_view_is_a_503_while_the_list_is_down(
    call: str, policy: str, clock: Clock
) -> None:
    app, store = faulty_shop(COOKIE_SESSIONS_REGISTER=True, COOKIE_SESSIONS_REVOCATIONS_DOWN=policy)
    more = ("0" * 24,) if call == "end_signed_in" else ()
    route(app, lambda: str(getattr(CookieSessions, call)(app, "ann", *more)), at="/call")
    browser = Browser(app)
    browser.get("/call")
    clock.forward(3)
    store.down = True
    check_503(browser.answer("/call"))
    with pytest.raises(Unavailable):
        getattr(CookieSessions, call)(app, "ann", *more)


def test_with_a_register_an_outage_costs_no_more_time_outs(clock: Clock) -> None:
    app, store = faulty_shop(COOKIE_SESSIONS_REGISTER=True, **ACCEPT)
    Browser(app).get("/sign-in/bob")
    clock.forward(3)
    store.down = True
    Browser(app).get("/sign-in/ann")
    asked = len(store.asked)
    for _ in range(5):
        assert Browser(app).answer("/sign-in/ann").status_code == 200
    assert len(store.asked) == asked


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize(
    "path", ["/change", "/regenerate", "/supersede", "/others", "/pop", "/destroy", "/sign-in/bob"]
)
def test_a_store_that_falls_silent_between_two_calls_leaves_a_whole_session_or_the_former_one(
    path: str, clock: Clock, *, accepts: bool
) -> None:
    policy = ACCEPT if accepts else {}
    goes_on = {"/pop": "nobody", "/destroy": "nobody", "/sign-in/bob": "bob"}.get(path, "ann")
    for answered in range(30):
        app, store = faulty_shop(
            PROPAGATE_EXCEPTIONS=False, COOKIE_SESSIONS_REGISTER=True, **policy
        )
        owner = Browser(app)
        owner.get("/sign-in/ann")
        before = owner.cookie
        clock.forward(4_000)
        store.answers = answered
        answer = owner.answer(path)
        fell_silent = store.down
        store.down, store.answers = False, None
        clock.forward(REST_SECONDS[-1] + 1)
        if answer.status_code == 503:
            check_503(answer)
            assert owner.cookie == before
            # What was ended before the store fell silent has ended.
            assert owner.get() in ("ann", "nobody")
        else:
            assert answer.status_code == 200
            assert owner.get() == goes_on
        if not fell_silent:
            assert answered > 2
            assert answer.status_code == 200
            return
    pytest.fail("the store was asked without end")


@pytest.mark.parametrize("accepts", [False, True])
@pytest.mark.parametrize("path", ["/sign-in/ann", "/change"])
def test_a_store_that_falls_silent_while_a_session_begins_keeps_nobody_half_signed_in(
    path: str, clock: Clock, *, accepts: bool
) -> None:
    policy = ACCEPT if accepts else {}
    for answered in range(30):
        app, store = faulty_shop(
            PROPAGATE_EXCEPTIONS=False, COOKIE_SESSIONS_REGISTER=True, **policy
        )
        visitor = Browser(app)
        store.answers = answered
        answer = visitor.answer(path)
        fell_silent = store.down
        if answer.status_code == 503:
            # Whom nobody has signed in needs no list.
            assert (path, accepts, fell_silent) == ("/sign-in/ann", False, True)
            check_503(answer)
            assert visitor.cookie is None
        else:
            assert answer.status_code == 200
            assert visitor.cookie is not None
        if not fell_silent:
            return
    pytest.fail("the store was asked without end")


def test_a_regenerate_that_can_not_be_taken_back_is_told_and_ends_with_its_grace(
    clock: Clock,
) -> None:
    app, store = faulty_shop(PROPAGATE_EXCEPTIONS=False)

    def broken() -> None:
        sealed_session().regenerate()
        session["x"] = noise(60_000)

    route(app, broken, at="/broken")
    owner = Browser(app)
    owner.get("/sign-in/ann")
    told = events_of(app)
    replace = store.replace

    def silent(name: str, value: bytes, *, expected: bytes, ends: float) -> bool:
        # What is taken back ends at once.
        store.down = store.down or ends == 0
        return replace(name, value, expected=expected, ends=ends)

    store.replace = silent  # type: ignore[method-assign]
    assert owner.answer("/broken").status_code == 500
    assert store.down
    assert "unavailable" in names_of(told)
    store.down = False
    clock.forward(REST_SECONDS[-1] + 1)
    assert owner.get() == "nobody"


def test_a_store_that_becomes_unusable_is_an_outage_and_no_error(clock: Clock) -> None:
    app, store = faulty_shop(PROPAGATE_EXCEPTIONS=False)
    in_a_500_page(app)
    browser = Browser(app)
    browser.get("/sign-in/ann")
    clock.forward(3)
    store.wrong = True
    check_503(browser.answer("/"))
    check_503(browser.answer("/page"))
    store.wrong = False
    clock.forward(REST_SECONDS[-1] + 1)
    assert browser.get() == "ann"


def test_a_store_that_is_unusable_at_the_start_stops_it() -> None:
    with pytest.raises(ConfigurationError, match="folder"):
        CookieSessions.check(shop(COOKIE_SESSIONS_REVOCATIONS="sqlite:/nowhere/at/all/list.db"))
