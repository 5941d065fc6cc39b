"""Sessions that Flask's own cookies brought go on as ours, as docs/moving-in.md says."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, Response, session
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeSerializer, URLSafeTimedSerializer
from markupsafe import Markup

from cookie_sessions.claims import Claims
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.flask import CookieSessions
from cookie_sessions.flask.state import AppState
from cookie_sessions.keys import from_secret_keys, new_jwk_set, revoked_entry
from cookie_sessions.migration import fingerprint
from tests.flask.conftest import Clock
from tests.flask.signed import NOW, WINDOW, SignedAt, moving, signed
from tests.flask.world import SECRET, events_of, get, names_of, ours, sealed, set_cookies
from tests.flask.world import route as add_route

DAY = 86_400
NOW_PLUS_40_DAYS = datetime.fromtimestamp(NOW, UTC) + timedelta(days=40)
LIFETIME = 31 * DAY
# In the order in which Flask sorts them.
VALUES: dict[str, Any] = {
    "markup": Markup("<b>bold</b>"),
    "nested": {"float": 0.5, "list": [1, (2, "three")], "none": None},
    "octets": b"\x00\xff",
    "seen": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    "user": "alice",
    "uuid": uuid.UUID(int=7),
}


class Backwards(URLSafeTimedSerializer):
    """A serializer of an application's own invention."""

    def dump_payload(self, obj: Any) -> bytes:
        return super().dump_payload(obj)[::-1]

    def load_payload(self, payload: bytes, *args: Any, **kwargs: Any) -> Any:
        return super().load_payload(payload[::-1], *args, **kwargs)


def shown() -> str:
    return repr(dict(session))


def app_that_shows(**config: Any) -> Flask:
    app = moving(**config)
    add_route(app, shown)
    add_route(app, lambda: "untouched", at="/untouched")
    add_route(app, lambda: session.update(more=1), at="/write")
    add_route(app, lambda: session.clear(), at="/sign-out")
    return app


def claims_of(app: Flask, text: str, name: str = "session") -> Claims:
    return AppState.of(app).manager.open_text(text, name=name).claims


@pytest.fixture(autouse=True)
def _standing(clock: Clock) -> None:
    """Every test here runs at NOW until it moves the clock."""


def test_a_session_of_flasks_is_the_visitors_session_with_all_its_types() -> None:
    app = app_that_shows()
    response = get(app, cookie=f"session={signed(VALUES)}")
    assert response.text == repr(VALUES)
    assert get(app, cookie=f"session={sealed(response)}").text == repr(VALUES)


def test_it_is_replaced_by_a_sealed_cookie_at_once_and_only_once() -> None:
    app = app_that_shows()
    events = events_of(app)
    response = get(app, cookie=f"session={signed(VALUES)}")
    assert "." not in sealed(response)
    assert names_of(events) == ["migrated"]
    assert events[0].details["to"] == "sealed"
    again = get(app, cookie=f"session={sealed(response)}")
    assert set_cookies(again) == []
    assert len(events) == 1


def test_a_request_that_does_not_use_its_session_writes_only_where_flask_would(
    clock: Clock,
) -> None:
    app = app_that_shows()
    plain = get(app, "/untouched", cookie=f"session={signed({'user': 'alice'}, at=NOW - 1000)}")
    # Else it could undo what another request of the page has just written.
    assert set_cookies(plain) == []
    assert plain.headers["Vary"] == "Cookie"
    permanent = signed({"user": "alice", "_permanent": True}, at=NOW)
    assert set_cookies(get(app, "/untouched", cookie=f"session={permanent}")) == []
    clock.forward(60)
    response = get(app, "/untouched", cookie=f"session={permanent}")
    assert "'user': 'alice'" in get(app, cookie=f"session={sealed(response)}").text
    assert response.headers["Cache-Control"] == "private"


def test_a_public_response_takes_nothing_over() -> None:
    app = app_that_shows()

    @app.get("/public")
    def public() -> Response:
        response = Response("public")
        response.cache_control.public = True
        return response

    text = signed({"_permanent": True}, at=NOW - 1000)
    response = get(app, "/public", cookie=f"session={text}")
    assert set_cookies(response) == []
    assert response.headers["Vary"] == "Cookie"


def test_beginning_end_and_sign_in_are_those_that_were_signed() -> None:
    app = app_that_shows()
    text = signed({"user": "alice"}, at=NOW - 1000)
    claims = claims_of(app, sealed(get(app, cookie=f"session={text}")))
    assert (claims.iat, claims.auth_time) == (NOW - 1000, None)
    assert claims.since == (NOW - 1000) * 1000
    assert claims.until == NOW - 1000 + LIFETIME
    assert claims.imported_from == fingerprint(text)


def test_taking_a_session_over_moves_its_end_only_where_flask_would() -> None:
    app = app_that_shows()
    permanent = signed({"_permanent": True}, at=NOW - 1000)
    assert claims_of(app, sealed(get(app, cookie=f"session={permanent}"))).until == NOW + LIFETIME
    plain = signed({"a": 1}, at=NOW - 1000)
    written = sealed(get(app, "/write", cookie=f"session={plain}"))
    assert claims_of(app, written).until == NOW + LIFETIME
    app = app_that_shows(SESSION_REFRESH_EACH_REQUEST=False)
    kept = sealed(get(app, cookie=f"session={permanent}"))
    assert claims_of(app, kept).until == NOW - 1000 + LIFETIME


def test_an_absolute_end_counts_from_the_signed_time(clock: Clock) -> None:
    app = app_that_shows(COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=3600)
    text = signed({"_permanent": True}, at=NOW - 1000)
    taken = sealed(get(app, cookie=f"session={text}"))
    assert claims_of(app, taken).until == NOW + 2600
    clock.forward(2601)
    for cookie in (text, taken):
        assert get(app, cookie=f"session={cookie}").text == "{}"


def test_each_take_over_has_an_id_of_its_own_and_the_same_cookie_behind_it() -> None:
    app = app_that_shows()
    text = signed({"cart": []})
    first, second = (claims_of(app, sealed(get(app, cookie=f"session={text}"))) for _ in range(2))
    assert first.sid != second.sid
    assert first.imported_from == second.imported_from


def test_the_imported_cookies_hash_is_forgotten_when_the_window_has_closed(clock: Clock) -> None:
    app = app_that_shows()
    response = get(app, cookie=f"session={signed({'user': 'alice'})}")
    clock.forward(20 * DAY)
    written = get(app, "/write", cookie=f"session={sealed(response)}")
    assert claims_of(app, sealed(written)).imported_from == b""


def test_the_age_limit_is_flasks(clock: Clock) -> None:
    text = signed({"user": "alice"}, at=NOW)
    plain = Flask(__name__)
    plain.config["SECRET_KEY"] = SECRET
    for age, lives in ((LIFETIME, True), (LIFETIME + 1, False)):
        signer = SignedAt(NOW + age).get_signing_serializer(plain)
        assert signer.loads_unsafe(text, max_age=LIFETIME)[0] is lives
    app = app_that_shows(COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=NOW_PLUS_40_DAYS)
    events = events_of(app)
    clock.forward(LIFETIME)
    assert get(app, cookie=f"session={text}").text == "{'user': 'alice'}"
    clock.forward(1)
    assert get(app, cookie=f"session={text}").text == "{}"
    assert names_of(events)[-1] == "rejected:expired_idle"


def test_a_fallback_key_still_counts_and_an_empty_one_never() -> None:
    app = app_that_shows(SECRET_KEY_FALLBACKS=["", "the key before this one"])
    text = signed({"user": "alice"}, secret="the key before this one")
    assert get(app, cookie=f"session={text}").text == "{'user': 'alice'}"
    forged = signed({"user": "mallory"}, secret=b"")
    assert get(app, cookie=f"session={forged}").text == "{}"


def test_with_a_key_ring_the_secret_key_reads_and_the_ring_seals(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RING", new_jwk_set())
    app = app_that_shows(COOKIE_SESSIONS_KEYS="env:RING")
    response = get(app, cookie=f"session={signed({'user': 'alice'})}")
    claims = claims_of(app, sealed(response))
    # The secret key is a former key of the session, so revoking it ends the session.
    assert claims.former_kids == (from_secret_keys(SECRET).primary.kid,)


def test_revoking_the_secret_key_in_the_ring_ends_what_it_signed_and_what_came_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring = json.loads(new_jwk_set())
    monkeypatch.setenv("RING", json.dumps(ring))
    text = signed({"user": "alice"})
    taken = sealed(get(app_that_shows(COOKIE_SESSIONS_KEYS="env:RING"), cookie=f"session={text}"))
    ring["keys"].append(json.loads(revoked_entry(SECRET)))
    monkeypatch.setenv("RING", json.dumps(ring))
    app = app_that_shows(COOKIE_SESSIONS_KEYS="env:RING")
    events = events_of(app)
    for cookie in (text, taken):
        assert get(app, cookie=f"session={cookie}").text == "{}"
    assert names_of(events) == ["keys_loaded", *["rejected:key_revoked"] * 2]


def test_fallbacks_that_are_one_string_are_refused_beside_a_ring_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RING", new_jwk_set())
    app = app_that_shows(COOKIE_SESSIONS_KEYS="env:RING", SECRET_KEY_FALLBACKS="letters")
    with pytest.raises(ConfigurationError, match="each of its characters"):
        get(app, cookie=f"session={signed({'user': 'mallory'}, secret='l')}")


def test_a_weak_secret_key_is_told_of_beside_a_ring_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RING", new_jwk_set())
    app = app_that_shows(COOKIE_SESSIONS_KEYS="env:RING", SECRET_KEY="weak")
    events = events_of(app)
    get(app)
    assert names_of(events) == ["keys_loaded", "weak_key"]


def test_without_a_secret_key_any_more_nothing_is_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RING", new_jwk_set())
    app = app_that_shows(COOKIE_SESSIONS_KEYS="env:RING")
    get(app)
    app.config["SECRET_KEY"] = None
    assert get(app, cookie=f"session={signed({'user': 'alice'})}").text == "{}"


def test_changes_that_were_taken_back_are_not_kept() -> None:
    app = app_that_shows()

    def change_and_forget() -> None:
        session["more"] = 1
        session.modified = False

    add_route(app, change_and_forget, at="/forget")
    written = sealed(get(app, "/forget", cookie=f"session={signed({'user': 'alice'})}"))
    assert get(app, cookie=f"session={written}").text == "{'user': 'alice'}"


REFUSED = {
    "another key": (signed({"a": 1}, secret="a key that nobody here knows"), "unknown_kid"),
    "another salt": (signed({"a": 1}, salt="another salt"), "unknown_kid"),
    "too early": (signed({"a": 1}, at=NOW + 301), "not_yet_valid"),
    "much too early": (signed({"a": 1}, at=2**63), "not_yet_valid"),
    "too old": (signed({"a": 1}, at=NOW - LIFETIME - 1), "expired_idle"),
    "without a time": (signed({"a": 1}, at=0), "malformed"),
    "four parts": ("a.b.c.d", "malformed"),
    "two parts": ("a.b", "malformed"),
    "two dots": ("..", "malformed"),
    "a dot": (".", "malformed"),
    "megabytes": ("a" * 32_768 + ".b.c", "too_large"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_living_cookie_of_flasks_is_refused_with_its_reason(
    text: str, reason: str
) -> None:
    app = app_that_shows()
    events = events_of(app)
    response = get(app, cookie=f"session={text}")
    assert response.text == "{}"
    assert names_of(events) == [f"rejected:{reason}"]
    # Only what no instance will ever take again is deleted.
    assert bool(set_cookies(response)) is (reason == "expired_idle")


def test_a_clock_that_is_five_minutes_off_signs_nobody_out() -> None:
    app = app_that_shows()
    text = signed({"user": "alice"}, at=NOW + 300)
    assert get(app, cookie=f"session={text}").text == "{'user': 'alice'}"


def test_a_cookie_that_was_signed_after_the_cut_off_is_refused() -> None:
    cut_off = datetime.fromtimestamp(NOW - 350, UTC)
    app = app_that_shows(COOKIE_SESSIONS_FLASK_COOKIES_WRITTEN_BEFORE=cut_off.isoformat())
    events = events_of(app)
    # Five minutes later, for clocks that differ.
    before, after = signed({"a": 1}, at=NOW - 50), signed({"a": 1}, at=NOW - 49)
    assert get(app, cookie=f"session={before}").text == "{'a': 1}"
    refused = get(app, cookie=f"session={after}")
    assert (refused.text, set_cookies(refused)) == ("{}", [])
    assert names_of(events) == ["migrated", "rejected:key_retired"]


def test_it_is_off_without_the_setting_and_after_its_date(clock: Clock) -> None:
    text = signed({"user": "alice"}, at=NOW + 20 * DAY)
    without = ours()
    add_route(without, shown)
    events = events_of(without)
    assert get(without, cookie=f"session={text}").text == "{}"
    assert names_of(events) == ["rejected:malformed"]
    app = app_that_shows()
    clock.time = datetime(WINDOW.year, WINDOW.month, WINDOW.day, tzinfo=UTC).timestamp() + DAY - 1
    text = signed({"user": "alice"}, at=int(clock.time))
    assert get(app, cookie=f"session={text}").text == "{'user': 'alice'}"
    clock.forward(1)
    late = get(app, cookie=f"session={text}")
    assert (late.text, set_cookies(late)) == ("{}", [])


def test_a_copied_cookie_is_taken_over_again_after_its_visitor_signed_out() -> None:
    app = app_that_shows()
    text = signed({"user": "alice"})
    first = get(app, cookie=f"session={text}")
    out = get(app, "/sign-out", cookie=f"session={sealed(first)}")
    assert set_cookies(out)[0].startswith("session=;")
    assert get(app, cookie=f"session={text}").text == "{'user': 'alice'}"


def test_what_a_leaked_secret_key_forged_goes_on_after_the_window_until_the_key_is_gone(
    clock: Clock,
) -> None:
    app = app_that_shows()
    forged = signed({"user": "alice", "_permanent": True}, at=NOW - 5)
    taken = sealed(get(app, cookie=f"session={forged}"))
    clock.forward(20 * DAY)
    assert "alice" in get(app, cookie=f"session={taken}").text
    app.config["SECRET_KEY"] = "a new one, without the old one among the fallbacks"
    assert get(app, cookie=f"session={taken}").text == "{}"


def test_a_signed_cookie_beside_the_session_that_came_of_it_is_no_second_session() -> None:
    app = app_that_shows()
    text = signed({"user": "alice"})
    taken = sealed(get(app, cookie=f"session={text}"))
    for header in (f"session={text}; session={taken}", f"session={taken}; session={text}"):
        response = get(app, "/write", cookie=header)
        assert "'user': 'alice'" in get(app, cookie=f"session={sealed(response)}").text
    other = signed({"user": "bob"})
    assert get(app, cookie=f"session={other}; session={taken}").text == "{}"


def test_moving_to_a_prefixed_name_at_the_same_time_signs_nobody_out() -> None:
    app = app_that_shows(
        SESSION_COOKIE_NAME="__Host-session",
        SESSION_COOKIE_SECURE=True,
        COOKIE_SESSIONS_PREVIOUS_NAMES={"session": WINDOW},
    )
    text = signed({"user": "alice", "_permanent": True}, at=NOW - 1000)
    for path in ("/", "/untouched"):
        moved = sealed(get(app, path, cookie=f"session={text}"), "__Host-session")
        assert "'user': 'alice'" in get(app, cookie=f"__Host-session={moved}").text


def test_the_applications_own_salt_and_serializer_are_taken_from_its_former_interface() -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET, COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW)
    app.session_interface = SignedAt(NOW, "another salt")
    CookieSessions(app)
    add_route(app, shown)
    own = signed({"user": "alice"}, salt="another salt")
    assert get(app, cookie=f"session={own}").text == "{'user': 'alice'}"
    assert get(app, cookie=f"session={signed({'user': 'alice'})}").text == "{}"


@pytest.mark.parametrize("kind", [URLSafeSerializer, Backwards], ids=["without a time", "reversed"])
def test_an_interface_whose_cookies_have_another_form_is_an_error_and_not_a_sign_out(
    kind: type[Any],
) -> None:
    class Own(SecureCookieSessionInterface):
        def get_signing_serializer(self, app: Flask) -> Any:
            return kind(app.secret_key, salt=self.salt, serializer=self.serializer)

    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=SECRET,
        COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW,
        PROPAGATE_EXCEPTIONS=True,
    )
    app.session_interface = Own()
    CookieSessions(app)
    add_route(app, shown)
    with pytest.raises(ConfigurationError, match="the form of Flask's"):
        get(app)


def test_a_cookie_that_does_not_fit_when_it_is_sealed_stays_until_the_session_changes() -> None:
    text = next(
        text
        for length in range(3800, 4300, 3)
        if len(text := signed({"noise": random_text(length)})) > 4060
    )
    app = app_that_shows(**TIGHT)
    response = get(app, cookie=f"session={text}")
    assert response.status_code == 200
    assert set_cookies(response) == []
    assert get(app, "/write", cookie=f"session={text}").status_code == 500


def test_a_permanent_one_that_does_not_fit_is_refreshed_in_its_own_form(clock: Clock) -> None:
    text = next(
        text
        for length in range(3800, 4300, 3)
        if len(text := signed({"noise": random_text(length), "_permanent": True})) > 4060
    )
    app = app_that_shows(**TIGHT)
    for _ in range(3):
        clock.forward(5 * DAY / 2)
        text = sealed(get(app, cookie=f"session={text}"))
        assert claims_of(app, text).iat == clock.time
    # After the cut-off it would be refused, so it is left to end.
    cut_off = datetime.fromtimestamp(clock.time, UTC)
    cut = app_that_shows(**TIGHT, COOKIE_SESSIONS_FLASK_COOKIES_WRITTEN_BEFORE=cut_off)
    response = get(cut, cookie=f"session={text}")
    assert (response.status_code, set_cookies(response)) == (200, [])


TIGHT: dict[str, Any] = {"PROPAGATE_EXCEPTIONS": False, "SESSION_COOKIE_PATH": "/" + "p" * 200}


def random_text(length: int) -> str:
    """Text that hardly shrinks, the same each time."""
    alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!?"
    return "".join(random.Random(length).choices(alphabet, k=length))
