"""When a user last proved who they are, and what asks for it again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask, session

from cookie_sessions import ReauthenticationRequired
from cookie_sessions.claims import Claims
from cookie_sessions.errors import ConfigurationError, UsageError
from cookie_sessions.flask import CookieSessions, fresh_required
from cookie_sessions.flask.state import AppState
from tests.flask.clients import Visitor, bound_shop
from tests.flask.conftest import Clock
from tests.flask.listed import Browser, faulty_shop, sealed_session, shop
from tests.flask.signed import WINDOW, signed
from tests.flask.world import app_with, ours, route, set_cookies

# Flask-Login asks for the time in a way that Python 3.12 and newer warn of.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")

SETTINGS = {"COOKIE_SESSIONS_BINDING": None}
VIEW = {**SETTINGS, "COOKIE_SESSIONS_REAUTHENTICATION_VIEW": "confirm_password"}


@pytest.fixture
def app(clock: Clock) -> Flask:
    assert clock.time
    return bound_shop(**SETTINGS)


def signed_in(app: Flask) -> Visitor:
    visitor = Visitor(app)
    visitor.get("/sign-in")
    return visitor


def claims_of(app: Flask, browser: Browser) -> Claims:
    assert browser.cookie is not None
    return AppState.of(app).manager.open_text(browser.cookie, name="session").claims


def moment(clock: Clock) -> str:
    return str(datetime.fromtimestamp(int(clock.time), UTC))


def test_setting_the_subject_is_a_proof_and_ages(app: Flask, clock: Clock) -> None:
    assert Visitor(app).get("/when") == "None"
    visitor = signed_in(app)
    begun = moment(clock)
    assert visitor.get("/when") == begun
    clock.forward(300)
    assert visitor.get("/pay") == "paid"
    visitor.get("/change")
    assert visitor.get("/when") == begun
    clock.forward(1)
    assert visitor.answer("/pay").status_code == 401
    assert visitor.get() == "Ann"


def test_nobody_is_fresh_who_never_proved_anything(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.get("/theme")
    assert visitor.get("/is-fresh") == "False"
    assert visitor.answer("/pay").status_code == 401


def test_a_confirmation_is_a_proof_and_restarts_both_timeouts(clock: Clock) -> None:
    app = bound_shop(**SETTINGS, COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=3600)
    visitor = signed_in(app)
    visitor.get("/permanent")
    before = claims_of(app, visitor)
    clock.forward(3000)
    visitor.get("/confirm")
    after = claims_of(app, visitor)
    assert after.sid != before.sid
    assert after.iat == after.auth_time == int(clock.time)
    assert after.until == after.iat + 3600
    assert after.since == after.iat * 1000
    assert after.subject == before.subject
    clock.forward(3000)
    assert visitor.get() == "Ann"
    assert visitor.get("/is-fresh") == "False"
    clock.forward(601)
    assert visitor.get() == "nobody"


def test_a_confirmation_gives_the_new_id_at_once_and_keeps_the_values(app: Flask) -> None:
    seen: list[str] = []

    def confirm() -> None:
        held = sealed_session()
        seen.append(held.sid)
        held.mark_authenticated()
        seen.append(held.sid)
        held.mark_authenticated()
        seen.append(held.sid)

    route(app, confirm, at="/confirm-twice")
    visitor = signed_in(app)
    visitor.get("/confirm-twice")
    assert seen[0] != seen[1] == seen[2] == visitor.get("/sid")
    assert visitor.get() == "Ann"


def test_a_confirmation_ends_every_copy_of_before() -> None:
    app = shop()
    route(app, lambda: sealed_session().mark_authenticated(), at="/confirm")
    owner = Browser(app)
    owner.get("/sign-in/ann")
    thief = owner.copied(app)
    assert thief.get() == "ann"
    owner.get("/confirm")
    assert (owner.get(), thief.get()) == ("ann", "nobody")


@pytest.mark.parametrize("way", ["sid", "user"])
def test_a_confirmation_does_not_bring_back_what_was_ended_meanwhile(way: str) -> None:
    app = shop()

    def confirm() -> None:
        held = sealed_session()
        if way == "sid":
            CookieSessions.revocations(app).revoke(held.sid)
        else:
            CookieSessions.revoke_user(app, "ann")
        held.mark_authenticated()

    route(app, confirm, at="/confirm-late")
    owner = Browser(app)
    owner.get("/sign-in/ann")
    owner.get("/confirm-late")
    assert owner.get() == "nobody"


def test_a_confirmation_goes_on_while_the_list_is_down_and_sessions_are_accepted() -> None:
    app, store = faulty_shop(COOKIE_SESSIONS_REVOCATIONS_DOWN="accept")
    route(app, lambda: sealed_session().mark_authenticated(), at="/confirm")
    route(app, lambda: sealed_session().is_fresh(60), at="/fresh")
    owner = Browser(app)
    owner.get("/sign-in/ann")
    assert owner.get("/fresh") == "False"
    store.down = True
    owner.get("/confirm")
    assert (owner.get(), owner.get("/fresh")) == ("ann", "True")


@pytest.mark.usefixtures("clock")
def test_a_confirmation_keeps_what_the_register_calls_the_session() -> None:
    app = shop(COOKIE_SESSIONS_REGISTER=True)
    route(app, lambda: sealed_session().describe("Firefox on Linux"), at="/describe")
    route(app, lambda: sealed_session().mark_authenticated(), at="/confirm")
    owner = Browser(app)
    for path in ("/sign-in/ann", "/describe", "/confirm"):
        owner.get(path)
    (entry,) = CookieSessions.signed_in(app, "ann")
    assert entry.label == "Firefox on Linux"


def test_an_application_that_keeps_its_own_user_signs_in_with_one_call(
    app: Flask, clock: Clock
) -> None:
    def sign_in() -> None:
        session["user"] = 7
        sealed_session().mark_authenticated()

    route(app, sign_in, at="/own")
    visitor = Visitor(app)
    visitor.get("/theme")
    before = visitor.get("/sid")
    visitor.get("/own")
    assert visitor.get("/sid") != before
    assert visitor.get("/when") == moment(clock)
    assert visitor.get("/pay") == "paid"


def test_a_proof_is_kept_though_the_session_holds_nothing_else(app: Flask) -> None:
    visitor = Visitor(app)
    visitor.get("/confirm")
    assert visitor.get("/pay") == "paid"
    visitor.get("/clear")
    assert visitor.cookie is None
    assert visitor.answer("/pay").status_code == 401


@pytest.mark.parametrize("way", ["/clear", "/destroy", "/pop", "/none", "/bob"])
def test_a_proof_goes_with_whoever_gave_it(app: Flask, way: str) -> None:
    def sign_in() -> None:
        session.update(_user_id="ann", theme="dark")
        sealed_session().mark_authenticated()

    route(app, sign_in, at="/ann")
    route(app, lambda: sealed_session().destroy(), at="/destroy")
    route(app, lambda: session.pop("_user_id"), at="/pop")
    route(app, lambda: setattr(session, "subject", None), at="/none")
    route(app, lambda: session.update(_user_id="bob"), at="/bob")
    visitor = Visitor(app)
    visitor.get("/ann")
    assert visitor.get("/pay") == "paid"
    visitor.get(way)
    assert visitor.answer("/pay").status_code == 401
    visitor.get("/theme")
    assert visitor.answer("/pay").status_code == 401


def test_the_last_value_of_somebody_who_left_leaves_no_cookie(app: Flask) -> None:
    def sign_in() -> None:
        session["_user_id"] = "ann"
        sealed_session().mark_authenticated()

    route(app, sign_in, at="/ann")
    route(app, lambda: session.pop("_user_id"), at="/pop")
    visitor = Visitor(app)
    visitor.get("/ann")
    visitor.get("/pop")
    assert visitor.cookie is None


def test_another_request_id_is_no_proof(app: Flask) -> None:
    route(app, lambda: sealed_session().regenerate(), at="/regenerate")
    route(app, lambda: sealed_session().supersede(), at="/supersede")
    visitor = Visitor(app)
    visitor.get("/theme")
    for path in ("/regenerate", "/supersede"):
        visitor.get(path)
        assert visitor.get("/when") == "None"


def test_a_session_of_flasks_own_says_nothing_of_a_proof(clock: Clock) -> None:
    assert clock.time
    app = bound_shop(**SETTINGS, COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW)
    visitor = Visitor(app)
    visitor.cookie = signed({"_user_id": "ann", "name": "Ann"})
    assert visitor.get() == "Ann"
    assert visitor.answer("/pay").status_code == 401
    visitor.get("/change")
    assert visitor.get("/when") == "None"


def test_clocks_that_differ_make_nobody_stale_or_fresh_for_longer(app: Flask, clock: Clock) -> None:
    visitor = signed_in(app)
    clock.forward(-200)
    assert visitor.get("/pay") == "paid"
    visitor.get("/confirm")
    assert visitor.get("/when") == moment(clock)
    clock.forward(301)
    assert visitor.answer("/pay").status_code == 401
    # Beyond the one allowance the session itself does not count yet.
    visitor.get("/confirm")
    clock.forward(-301)
    assert visitor.get() == "nobody"


@pytest.mark.parametrize(
    ("max_age", "fresh"),
    [
        (0, False),
        (9, False),
        (10, True),
        (10.5, True),
        (timedelta(seconds=10), True),
        (timedelta(0), False),
        (float("inf"), True),
        (10**9, True),
    ],
)
def test_the_age_is_a_number_of_seconds_or_a_timedelta(
    app: Flask, clock: Clock, max_age: Any, fresh: bool
) -> None:
    route(app, lambda: sealed_session().is_fresh(max_age), at="/fresh")
    visitor = signed_in(app)
    clock.forward(10)
    assert visitor.get("/fresh") == str(fresh)


@pytest.mark.parametrize("max_age", [-1, float("nan"), "300", None, True, timedelta(seconds=-1)])
def test_what_is_no_age_is_the_developers_error(app: Flask, max_age: Any) -> None:
    with app.test_request_context(), pytest.raises(UsageError, match="a timedelta"):
        sealed_session().require_fresh(max_age)


# Flask-Login.


def with_flask_login(**config: Any) -> Flask:
    login: Any = import_module("flask_login")
    app = bound_shop(**{**SETTINGS, **config})
    manager = login.LoginManager(app)

    class User(login.UserMixin):  # type: ignore[misc]
        id = "ann"

    manager.user_loader(lambda _: User())
    route(app, lambda: login.login_user(User(), remember=True), at="/come")
    route(app, lambda: login.login_user(User(), fresh=False), at="/come-again")
    route(app, lambda: login.confirm_login(), at="/confirm-login")
    route(app, lambda: login.logout_user(), at="/leave")
    route(app, lambda: login.current_user.is_authenticated, at="/in")
    return app


def test_flask_logins_sign_in_is_a_proof_and_its_sign_out_takes_it(clock: Clock) -> None:
    app = with_flask_login()
    visitor = Visitor(app)
    visitor.get("/theme")
    visitor.get("/come")
    assert visitor.get("/when") == moment(clock)
    assert visitor.get("/pay") == "paid"
    visitor.get("/leave")
    assert visitor.get("/in") == "False"
    assert visitor.get("/when") == "None"


def test_flask_logins_remember_cookie_is_no_proof(clock: Clock) -> None:
    app = with_flask_login()
    visitor = Visitor(app)
    visitor.get("/come")
    visitor.cookie = None
    assert visitor.get("/in") == "True"
    assert visitor.get("/when") == "None"
    assert visitor.answer("/pay").status_code == 401
    clock.forward(10)
    visitor.get("/confirm-login")
    assert visitor.get("/when") == moment(clock)
    assert visitor.get("/pay") == "paid"


def test_a_remember_cookie_beside_a_session_takes_no_proof_over(clock: Clock) -> None:
    app = with_flask_login()
    route(app, lambda: session.pop("_user_id"), at="/pop")
    visitor = Visitor(app)
    visitor.get("/come")
    visitor.get("/theme")
    visitor.get("/pop")
    clock.forward(10)
    assert visitor.get("/in") == "True"
    assert visitor.get("/when") == "None"


@pytest.mark.usefixtures("clock")
def test_a_sign_in_that_says_it_is_not_fresh_is_no_proof() -> None:
    visitor = Visitor(with_flask_login())
    visitor.get("/come-again")
    assert visitor.get("/in") == "True"
    assert visitor.get("/when") == "None"


# What the visitor is answered.


def test_a_401_says_what_is_needed(app: Flask) -> None:
    answer = signed_out_of(app, "/pay")
    assert answer.status_code == 401
    assert "recent proof of who you are" in answer.text
    challenge = answer.www_authenticate
    assert challenge.type == "session"
    assert challenge.get("error") == "insufficient_user_authentication"
    assert challenge.get("max_age") == "300"
    assert "Cookie" in answer.headers["Vary"]
    assert not set_cookies(answer)


def signed_out_of(app: Flask, path: str, **kwargs: Any) -> Any:
    return Visitor(app).answer(path, **kwargs)


def test_an_application_may_answer_by_a_handler_of_its_own(app: Flask) -> None:
    raised: list[ReauthenticationRequired] = []

    def handler(error: ReauthenticationRequired) -> tuple[str, int]:
        raised.append(error)
        return "confirm first", 403

    app.register_error_handler(ReauthenticationRequired, handler)
    answer = signed_out_of(app, "/pay")
    assert (answer.status_code, answer.text) == (403, "confirm first")
    assert raised[0].max_age == 300


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize(
    ("path", "query", "back"),
    [
        ("/pay", "", "/pay"),
        ("/pay", "item=7&q=a%20b", "/pay?item=7&q=a%20b"),
        ("/pay", "next=//evil.example", "/pay?next=//evil.example"),
        ("/pay", 'q="\\\x00é#', "/pay?q=%22%5C%00%C3%A9%23"),
        ("/pay", "x" * 5000, "/pay"),
        ("/" + "x" * 5000, "", None),
        ("", "", "/"),
        ("//evil.example/pay", "", "/evil.example/pay"),
        ("////evil.example", "", "/evil.example"),
        ("/\\evil.example/pay", "", "/evil.example/pay"),
        ("/\\/\\evil.example", "", "/evil.example"),
        ("/\t/evil.example", "", "/%09/evil.example"),
        ("/a\r\nX: y/pay", "", "/a%0D%0AX:%20y/pay"),
        ("/javascript:alert(1)", "", "/javascript:alert(1)"),
        ("/é?#%2F", "", "/%C3%A9%3F%23%252F"),
    ],
)
def test_the_way_to_the_proof_leads_back_and_to_no_other_host(
    path: str, query: str, back: str | None
) -> None:
    app = bound_shop(**VIEW)
    app.before_request(lambda: sealed_session().require_fresh(5))
    environ = {"PATH_INFO": path.encode().decode("latin-1"), "QUERY_STRING": query}
    answer = app.test_client().get("/", environ_overrides=environ)
    assert answer.status_code == 303, answer.text
    address = urlsplit(answer.headers["Location"])
    assert (address.scheme, address.netloc, address.path) == ("", "", "/confirm-password")
    found = parse_qs(address.query).get("next", [None])[0]
    assert found == back
    assert found is None or not found.startswith(("//", "/\\"))


@pytest.mark.usefixtures("clock")
def test_the_whole_way_there_and_back() -> None:
    app = bound_shop(**VIEW)
    client = app.test_client()
    answer = client.get("/pay?item=7", follow_redirects=True)
    assert answer.text == "paid"
    assert answer.request.full_path == "/pay?item=7"


@pytest.mark.usefixtures("clock")
def test_what_was_posted_is_not_come_back_to() -> None:
    app = bound_shop(**VIEW)
    answer = signed_out_of(app, "/pay", method="POST")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/confirm-password")


@pytest.mark.usefixtures("clock")
def test_an_application_below_a_path_comes_back_to_it() -> None:
    app = bound_shop(**VIEW)
    answer = app.test_client().get("/pay", environ_overrides={"SCRIPT_NAME": "/shop"})
    assert answer.headers["Location"] == "/shop/confirm-password?next=/shop/pay"


@pytest.mark.usefixtures("clock")
def test_the_view_of_the_proof_does_not_send_to_itself() -> None:
    app = bound_shop(**SETTINGS, COOKIE_SESSIONS_REAUTHENTICATION_VIEW="pay")
    assert signed_out_of(app, "/pay").status_code == 401


@pytest.mark.usefixtures("clock")
def test_a_view_that_does_not_exist_is_the_operators_error() -> None:
    app = bound_shop(**SETTINGS, COOKIE_SESSIONS_REAUTHENTICATION_VIEW="confrim")
    with pytest.raises(ConfigurationError, match="'confrim'"):
        signed_out_of(app, "/pay")


def test_a_redirect_is_not_taken_for_a_401_by_a_handler() -> None:
    app = bound_shop(**VIEW)
    app.register_error_handler(401, lambda _: ("sign in", 401))
    assert signed_out_of(app, "/pay").status_code == 303


def test_an_async_view_is_guarded_too(app: Flask) -> None:
    async def later() -> str:
        return "later"

    app.add_url_rule("/later", view_func=fresh_required(max_age=timedelta(minutes=5))(later))
    assert signed_out_of(app, "/later").status_code == 401
    assert signed_in(app).get("/later") == "later"


def test_a_guarded_view_keeps_its_name_and_its_arguments(app: Flask) -> None:
    @fresh_required(max_age=60)
    def item(number: int) -> str:
        """Show it."""
        return str(number + 1)

    app.add_url_rule("/item/<int:number>", view_func=item)
    assert (item.__name__, item.__doc__) == ("item", "Show it.")
    assert signed_in(app).get("/item/6") == "7"


def test_a_guard_without_our_sessions_is_the_developers_error() -> None:
    from flask.sessions import SecureCookieSessionInterface

    app = app_with(SecureCookieSessionInterface())
    route(app, fresh_required(max_age=60)(str))
    with pytest.raises(UsageError, match="CookieSessions"):
        app.test_client().get("/")


def test_the_core_raises_its_own_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.plain import Site

    visitor = Site(monkeypatch).arrive_with("")
    with pytest.raises(ReauthenticationRequired) as caught:
        visitor.require_fresh(timedelta(minutes=5))
    assert caught.value.max_age == 300
    assert "repeat the request" in str(caught.value)


def test_an_interface_alone_answers_the_same() -> None:
    app = ours()
    app.add_url_rule("/pay", view_func=fresh_required(max_age=60)(str))
    assert app.test_client().get("/pay").status_code == 401
