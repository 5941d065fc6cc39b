"""A session in another browser than its own: marked, held back or refused, as the settings say."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from flask import Flask, abort, session
from werkzeug.middleware.proxy_fix import ProxyFix

from cookie_sessions.client import Client
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from cookie_sessions.policy.binding import Anomaly
from cookie_sessions.settings import Settings
from tests.flask.clients import CHROME, CURL, FIREFOX, NEWER, Visitor, bound_shop
from tests.flask.conftest import Clock
from tests.flask.listed import sealed_session
from tests.flask.signed import WINDOW, signed
from tests.flask.world import counting_cryptography, events_of, names_of, ours, route
from tests.policy.recorded import RECORDED
from tests.policy.user_agents import SEQUENCES

AWAY = "198.51.100.9"


def signed_in(app: Flask, **client: str) -> Visitor:
    visitor = Visitor(app, **client)
    assert visitor.answer("/sign-in").status_code == 200
    return visitor


def bindings_in(app: Flask, visitor: Visitor) -> bytes:
    """What the visitor's cookie says that it is bound to."""
    assert visitor.cookie is not None
    return AppState.of(app).manager.open_text(visitor.cookie, name="session").claims.bindings


def test_a_copied_cookie_elsewhere_is_worth_nothing_and_its_owner_stays_signed_in() -> None:
    app = bound_shop()
    happened = events_of(app)
    owner = signed_in(app)
    thief = owner.copied_to(app, **CURL)
    copy = thief.cookie
    assert thief.get() == "nobody"
    assert thief.cookie == copy
    assert names_of(happened)[-2:] == ["rejected:binding_mismatch", "anomaly"]
    assert thief.get("/anomaly") == "reject: user_agent accept_language network"
    assert owner.get() == "Ann"
    assert owner.get("/anomaly") == "none"


def test_what_a_rejected_visitor_stores_is_a_session_of_its_own() -> None:
    app = bound_shop()
    owner = signed_in(app)
    thief = owner.copied_to(app, **CURL)
    thief.get("/theme")
    assert thief.get() == "nobody"
    assert thief.get("/sid") != owner.get("/sid")
    assert thief.get("/anomaly") == "none"


@pytest.mark.parametrize(
    "sequence",
    [*SEQUENCES.values(), *RECORDED.values()],
    ids=[*SEQUENCES, *(f"recorded {browser}" for browser in RECORDED)],
)
def test_a_phone_that_updates_its_browser_on_the_road_stays_signed_in(sequence: list[str]) -> None:
    app = bound_shop()
    first, *later = sequence
    phone = signed_in(app, user_agent=first)
    for number, text in enumerate(later):
        for address in (f"198.51.{number}.1", f"2001:db8:{number}::1", "203.0.113.7"):
            phone.is_now(user_agent=text, address=address)
            assert phone.get() == "Ann"
            assert phone.get("/anomaly") == "none"
            assert phone.get("/is-fresh") == "True"
        phone.get("/change")


def test_an_anomaly_is_marked_and_told_without_what_differs() -> None:
    app = bound_shop()
    happened = events_of(app)
    traveller = signed_in(app).is_now(language="fr-FR", address=AWAY)
    assert traveller.get() == "Ann"
    assert traveller.get("/anomaly") == "anomalous: accept_language network"
    told = [event for event in happened if event.name is EventName.ANOMALY]
    assert told[-1].details == {"verdict": "anomalous", "properties": "accept_language,network"}
    assert traveller.get("/is-fresh") == "True"
    shown = repr(happened)
    assert not any(secret in shown for secret in ("fr-FR", AWAY, "Chrome", "203.0.113"))


def test_what_is_anomalous_is_not_taken_over_by_a_write() -> None:
    app = bound_shop()
    owner = signed_in(app)
    before = bindings_in(app, owner)
    thief = owner.copied_to(app, language="fr", address=AWAY)
    for _ in range(3):
        thief.get("/change")
        assert thief.get("/anomaly") == "anomalous: accept_language network"
    assert bindings_in(app, thief) == before


def test_a_newer_version_is_taken_over_by_the_next_write() -> None:
    app = bound_shop()
    owner = signed_in(app)
    before = bindings_in(app, owner)
    owner.is_now(user_agent=NEWER, address=AWAY)
    owner.get()
    assert bindings_in(app, owner) == before
    owner.get("/change")
    after = bindings_in(app, owner)
    assert after != before
    # What was taken over is the version; the network stays that of the sign-in.
    assert (after[:6], after[8:]) == (before[:6], before[8:])
    owner.is_now(user_agent=CHROME, language="fr")
    assert owner.get("/anomaly") == "reauthenticate: user_agent accept_language network"


def test_a_session_from_before_the_setting_is_bound_by_the_next_write() -> None:
    before, after = bound_shop(COOKIE_SESSIONS_BINDING=None), bound_shop()
    owner = signed_in(before)
    assert bindings_in(before, owner) == b""
    visitor = owner.copied_to(after, user_agent=CHROME)
    assert visitor.get() == "Ann"
    assert bindings_in(after, visitor) == b""
    visitor.get("/change")
    assert len(bindings_in(after, visitor)) == 19
    assert visitor.copied_to(after, **CURL).get() == "nobody"


def test_bindings_are_opaque_and_kept_where_the_setting_is_off() -> None:
    app, off = bound_shop(), bound_shop(COOKIE_SESSIONS_BINDING=None)
    owner = signed_in(app)
    bound = bindings_in(app, owner)
    visitor = owner.copied_to(off, **CURL)
    visitor.get("/change")
    assert visitor.get() == "Ann"
    assert bindings_in(off, visitor) == bound


def test_a_refresh_binds_too_and_moves_nothing_else(clock: Clock) -> None:
    app = bound_shop()
    owner = signed_in(app)
    owner.get("/permanent")
    first = bindings_in(app, owner)
    clock.forward(3600)
    owner.is_now(user_agent=NEWER)
    assert owner.answer("/untouched").headers.getlist("Set-Cookie")
    assert bindings_in(app, owner)[6:8] == (141).to_bytes(2, "big")
    assert bindings_in(app, owner)[8:] == first[8:]


def test_a_rejected_session_that_nobody_used_is_not_refreshed(clock: Clock) -> None:
    app = bound_shop()
    owner = signed_in(app)
    owner.get("/permanent")
    clock.forward(3600)
    thief = owner.copied_to(app, **CURL)
    answer = thief.answer("/untouched")
    assert answer.status_code == 200
    assert not answer.headers.getlist("Set-Cookie")
    assert "Cookie" in answer.headers["Vary"]


def test_signing_in_binds_anew() -> None:
    app = bound_shop()
    owner = signed_in(app)
    owner.is_now(user_agent=FIREFOX)
    assert owner.get("/anomaly") == "reauthenticate: user_agent"
    owner.get("/sign-in")
    assert owner.get("/anomaly") == "none"
    owner.is_now(user_agent=CHROME)
    assert owner.get("/anomaly") == "reauthenticate: user_agent"


def test_a_changed_user_of_the_subject_key_binds_anew() -> None:
    app = bound_shop()
    route(app, lambda: session.update(_user_id="bob"), at="/as-bob")
    visitor = Visitor(app)
    visitor.get("/theme")
    visitor.is_now(user_agent=FIREFOX)
    visitor.get("/as-bob")
    assert visitor.get("/anomaly") == "none"


def test_re_authentication_is_asked_for_until_the_user_proves_who_they_are() -> None:
    app = bound_shop()
    owner = signed_in(app)
    assert owner.get("/pay") == "paid"
    owner.is_now(user_agent=FIREFOX)
    assert owner.get() == "Ann"
    assert owner.answer("/pay").status_code == 401
    owner.get("/change")
    assert owner.answer("/pay").status_code == 401
    owner.get("/confirm")
    assert owner.get("/pay") == "paid"
    assert owner.get("/anomaly") == "none"
    assert owner.copied_to(app, user_agent=CHROME).answer("/pay").status_code == 401


def test_a_proof_counts_in_the_request_that_gave_it() -> None:
    app = bound_shop()

    def confirm() -> str:
        held = sealed_session()
        before = held.is_fresh(300)
        held.mark_authenticated()
        return f"{before} {held.is_fresh(300)} {held.anomaly}"

    route(app, confirm, at="/confirm-here")
    owner = signed_in(app).is_now(user_agent=FIREFOX)
    assert owner.get("/confirm-here") == "False True None"


@pytest.mark.parametrize("verdict", ["anomalous", "reauthenticate", "reject", None])
def test_a_hook_may_raise_the_verdict(verdict: str | None) -> None:
    app = bound_shop()
    heard: list[Anomaly] = []

    def hook(anomaly: Anomaly) -> str | None:
        heard.append(anomaly)
        assert session["name"] == "Ann"
        assert sealed_session().anomaly == anomaly
        return verdict

    CookieSessions.on_anomaly(app, hook)
    happened = events_of(app)
    owner = signed_in(app)
    copy = owner.copied_to(app)
    owner.is_now(language="fr", address=AWAY)
    rejected = verdict == "reject"
    assert owner.get() == ("nobody" if rejected else "Ann")
    assert heard == [Anomaly("anomalous", ("accept_language", "network"))]  # type: ignore[arg-type]
    assert owner.get("/anomaly").startswith(verdict or "anomalous")
    assert owner.get("/is-fresh") == str(verdict in (None, "anomalous"))
    assert ("rejected:binding_mismatch" in names_of(happened)) == rejected
    assert owner.cookie == copy.cookie
    assert copy.get("/anomaly") == "none"


def test_who_proves_who_they_are_within_a_hook_is_no_anomaly_any_more() -> None:
    app = bound_shop()
    heard: list[Anomaly] = []

    def hook(anomaly: Anomaly) -> str:
        heard.append(anomaly)
        sealed_session().mark_authenticated()
        return "reauthenticate"

    CookieSessions.on_anomaly(app, hook)
    owner = signed_in(app).is_now(language="fr", address=AWAY)
    assert owner.get("/anomaly") == "none"
    assert owner.get("/is-fresh") == "True"
    assert len(heard) == 1, "it is bound to this client from now on"


def test_no_hook_makes_a_verdict_milder() -> None:
    app = bound_shop()
    for given in ("accept", "reauthenticate", "anomalous"):
        CookieSessions.on_anomaly(app, lambda _, given=given: given)  # type: ignore[misc]
    owner = signed_in(app).is_now(language="fr", address=AWAY)
    assert owner.get("/anomaly") == "reauthenticate: accept_language network"
    assert owner.copied_to(app, **CURL).get() == "nobody"


def test_a_hook_hears_of_what_was_rejected_and_sees_nothing_of_it() -> None:
    app = bound_shop()
    heard: list[tuple[str, dict[str, Any]]] = []
    CookieSessions.on_anomaly(app, lambda anomaly: heard.append((anomaly.verdict, {**session})))
    thief = signed_in(app).copied_to(app, **CURL)
    assert thief.get() == "nobody"
    assert heard == [("reject", {})]


def test_what_a_hook_raises_leaves_an_anonymous_session() -> None:
    app = bound_shop(PROPAGATE_EXCEPTIONS=None)

    def hook(_: Anomaly) -> None:
        abort(403)

    CookieSessions.on_anomaly(app, hook)
    app.register_error_handler(403, lambda _: (session.get("name", "nobody"), 403))
    owner = signed_in(app).is_now(language="fr", address=AWAY)
    cookie = owner.cookie
    answer = owner.answer("/")
    assert (answer.status_code, answer.text) == (403, "nobody")
    assert owner.cookie == cookie
    assert owner.is_now(language="de").get() == "Ann"


def test_a_hook_that_gives_no_verdict_is_told_of() -> None:
    app = bound_shop()
    CookieSessions.on_anomaly(app, lambda _: "deny")
    owner = signed_in(app).is_now(language="fr", address=AWAY)
    with pytest.raises(Exception, match="'deny', which is no verdict"):
        owner.get()


def test_flask_logins_freshness_reads_as_stale_and_is_not_written() -> None:
    login: Any = import_module("flask_login")
    app = bound_shop()
    manager = login.LoginManager(app)
    manager.session_protection = None

    class User(login.UserMixin):  # type: ignore[misc]
        id = "ann"

    manager.user_loader(lambda _: User())
    route(app, lambda: login.login_user(User()), at="/come")
    route(app, lambda: login.confirm_login(), at="/confirm-login")
    route(app, lambda: login.login_fresh(), at="/fresh")
    app.add_url_rule("/dear", view_func=login.fresh_login_required(lambda: "dear"))
    owner = Visitor(app)
    owner.get("/come")
    assert (owner.get("/fresh"), owner.get("/dear")) == ("True", "dear")
    owner.is_now(user_agent=FIREFOX)
    cookie = owner.cookie
    assert owner.get("/fresh") == "False"
    assert owner.answer("/dear").status_code == 401
    assert owner.cookie == cookie
    owner.get("/change")
    assert owner.copied_to(app, user_agent=CHROME).get("/fresh") == "True"
    owner.get("/confirm-login")
    assert (owner.get("/fresh"), owner.get("/dear"), owner.get("/pay")) == ("True", "dear", "paid")


def test_the_address_is_what_the_server_says_and_no_header() -> None:
    config = {
        "COOKIE_SESSIONS_BINDING": {"network": 10},
        "COOKIE_SESSIONS_BINDING_VERDICTS": {"reject": 10},
    }
    plain, behind = bound_shop(**config), bound_shop(**config)
    behind.wsgi_app = ProxyFix(behind.wsgi_app)  # type: ignore[method-assign]
    for app, expected in ((plain, ("Ann", "nobody")), (behind, ("nobody", "Ann"))):
        client = app.test_client()
        home = {"X-Forwarded-For": "1.2.3.4, 192.0.2.1"}
        client.get("/sign-in", headers=home, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
        moved = {"X-Forwarded-For": "1.2.3.4, 198.51.100.1"}
        same_server = client.get("/", headers=moved, environ_overrides={"REMOTE_ADDR": "10.0.0.1"})
        other_server = client.get("/", headers=home, environ_overrides={"REMOTE_ADDR": "10.9.0.1"})
        assert (same_server.text, other_server.text) == expected


def test_a_lying_proxy_does_not_take_the_network_out_of_account() -> None:
    app = bound_shop(
        COOKIE_SESSIONS_BINDING={"network": 10}, COOKIE_SESSIONS_BINDING_VERDICTS={"reject": 10}
    )
    owner = signed_in(app)
    for address in ("", "unknown", "203.0.113", "_hidden", "::ffff:198.51.100.9"):
        assert owner.is_now(address=address).get() == "nobody"
    for address in ("::ffff:203.0.113.99", "203.0.113.9:8080"):
        assert owner.is_now(address=address).get() == "Ann"


def test_a_fingerprint_comes_from_the_header_that_is_named_and_from_no_other() -> None:
    app = bound_shop(
        COOKIE_SESSIONS_BINDING={"fingerprint": 100}, COOKIE_SESSIONS_FINGERPRINT_HEADER="X-JA4"
    )
    owner = signed_in(app, fingerprint="t13d1516h2_8daaf6152771_b186095e22b6")
    assert owner.get() == "Ann"
    assert owner.is_now(user_agent="x", address=AWAY).get() == "Ann"
    for fingerprint in ("t13d1516h2_8daaf6152771_000000000000", "", "é" * 4000):
        assert owner.is_now(fingerprint=fingerprint).get() == "nobody"
    standard = bound_shop()
    visitor = signed_in(standard, fingerprint="a")
    assert visitor.is_now(fingerprint="b", address=AWAY).get("/anomaly") == "none"


@pytest.mark.parametrize(
    "client",
    [
        {"user_agent": "", "language": "", "address": ""},
        {"user_agent": "\x00" * 4000, "language": "," * 4000, "address": ":" * 4000},
        {"user_agent": "ÿ" * 9000, "language": "*-*;q=*", "address": "fe80::1%eth0"},
    ],
)
def test_absurd_headers_are_a_client_like_any_other(client: dict[str, str]) -> None:
    app = bound_shop()
    visitor = signed_in(app, **client)
    assert visitor.get() == "Ann"
    assert visitor.get("/anomaly") == "none"
    visitor.get("/change")
    assert visitor.get("/pay") == "paid"


def test_an_untouched_request_makes_no_client(monkeypatch: pytest.MonkeyPatch) -> None:
    app = bound_shop()
    made: list[object] = []
    real = Client.of_environ

    def counted(*args: Any, **kwargs: Any) -> Client:
        made.append(args)
        return real(*args, **kwargs)

    monkeypatch.setattr(Client, "of_environ", counted)
    visitor = signed_in(app)
    made.clear()
    with counting_cryptography() as counted_calls:
        visitor.get("/untouched")
    assert (made, counted_calls.opens) == ([], 0)
    visitor.get("/change")
    assert len(made) == 1


def test_two_cookies_of_one_session_are_judged_each_for_itself() -> None:
    app = bound_shop()
    owner = signed_in(app)
    first = owner.cookie
    owner.is_now(user_agent=NEWER)
    owner.get("/change")
    happened = events_of(app)
    client = app.test_client(use_cookies=False)
    environ = {
        "HTTP_COOKIE": f"session={first}; session={owner.cookie}",
        "HTTP_USER_AGENT": NEWER,
        "HTTP_ACCEPT_LANGUAGE": owner.language,
        "REMOTE_ADDR": owner.address,
    }
    assert client.get("/", environ_overrides=environ).text == "Ann"
    assert names_of(happened) == []


def test_a_planted_cookie_of_another_client_does_not_stand_in_the_owners_way() -> None:
    app = bound_shop()
    owner, thief = signed_in(app), signed_in(app, **CURL)
    client = app.test_client(use_cookies=False)
    environ = {
        "HTTP_COOKIE": f"session={thief.cookie}; session={owner.cookie}",
        "HTTP_USER_AGENT": owner.user_agent,
        "HTTP_ACCEPT_LANGUAGE": owner.language,
        "REMOTE_ADDR": owner.address,
    }
    assert client.get("/sid", environ_overrides=environ).text == owner.get("/sid")


@pytest.mark.usefixtures("clock")
def test_a_session_of_flasks_own_is_bound_when_it_is_taken_over() -> None:
    app = bound_shop(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW)
    visitor = Visitor(app)
    visitor.cookie = signed({"name": "Ann"})
    assert visitor.get() == "Ann"
    visitor.get("/change")
    assert visitor.get() == "Ann"
    assert visitor.copied_to(app, **CURL).get() == "nobody"


def test_the_numbers_of_an_anatomy_count_the_binding() -> None:
    octets: list[int] = []
    for app in (bound_shop(), bound_shop(COOKIE_SESSIONS_BINDING=None)):

        def claims(app: Flask = app) -> int:
            return CookieSessions.anatomy(app, session).claims.octets

        route(app, claims, at="/octets")
        octets.append(int(signed_in(app).get("/octets")))
    assert octets[0] - octets[1] == 2 + 19


def refusal(**config: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_mapping({f"COOKIE_SESSIONS_{name}": each for name, each in config.items()})
    return str(caught.value)


@pytest.mark.parametrize(
    ("config", "hint"),
    [
        ({"BINDING": "strict"}, "'standard'"),
        ({"BINDING": {}}, "'standard'"),
        ({"BINDING": ["network"]}, "'standard'"),
        ({"BINDING": True}, "'standard'"),
        ({"BINDING": {"user_agnet": 5}}, "Did you mean 'user_agent'?"),
        ({"BINDING": {"moon": 5}}, "Known are user_agent, "),
        ({"BINDING": {"network": 0}}, "from 1 to 1000"),
        ({"BINDING": {"network": 1001}}, "from 1 to 1000"),
        ({"BINDING": {"network": True}}, "from 1 to 1000"),
        ({"BINDING": {"network": 1.5}}, "from 1 to 1000"),
        ({"BINDING": {"fingerprint": 5}}, "FINGERPRINT_HEADER"),
        ({"BINDING": "standard", "BINDING_VERDICTS": "none"}, "'anomalous': 40"),
        ({"BINDING": "standard", "BINDING_VERDICTS": {"accept": 5}}, "Known are anomalous"),
        ({"BINDING": "standard", "BINDING_VERDICTS": {"rejected": 5}}, "Did you mean 'reject'?"),
        ({"BINDING": "standard", "BINDING_VERDICTS": {"reject": -1}}, "from 1 to 1000"),
        ({"BINDING": "standard", "FINGERPRINT_HEADER": "X JA4"}, "name of a request header"),
        ({"BINDING_VERDICTS": {"reject": 5}}, "bound to nothing"),
        ({"FINGERPRINT_HEADER": "X-JA4"}, "bound to nothing"),
        ({"REAUTHENTICATION_VIEW": ""}, "text"),
    ],
)
def test_a_wrong_setting_says_what_would_be_right(config: dict[str, Any], hint: str) -> None:
    assert hint in refusal(**config)


@pytest.mark.usefixtures("clock")
def test_flasks_own_form_can_not_be_bound() -> None:
    config = {"ACCEPT_FLASK_COOKIES_UNTIL": WINDOW, "WRITE": "flask", "BINDING": "standard"}
    assert "no room" in refusal(**config)


def test_verdicts_that_are_not_named_keep_their_points() -> None:
    app = bound_shop(COOKIE_SESSIONS_BINDING_VERDICTS={"reject": None})
    assert signed_in(app).copied_to(app, **CURL).get("/anomaly").startswith("reauthenticate: ")
    strict = bound_shop(COOKIE_SESSIONS_BINDING_VERDICTS={"anomalous": 15})
    assert signed_in(strict).is_now(address=AWAY).get("/anomaly") == "anomalous: network"


def test_without_the_setting_nobody_is_bound_to_anything() -> None:
    app = ours()
    route(app, lambda: session.update(a=1), at="/set")
    visitor = Visitor(app)
    visitor.get("/set")
    assert bindings_in(app, visitor) == b""
