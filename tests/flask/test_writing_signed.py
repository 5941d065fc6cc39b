"""COOKIE_SESSIONS_WRITE = "flask": what instances that know only Flask's cookies can read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import pytest
from flask import Flask, session
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.codec import RegisteredType
from cookie_sessions.errors import Rejected, UsageError
from cookie_sessions.flask.signed import SignedCookies
from cookie_sessions.flask.state import AppState
from tests.flask.conftest import Clock
from tests.flask.signed import NOW, WINDOW, SignedAt, moving, signed
from tests.flask.test_moving_in import (
    DAY,
    LIFETIME,
    VALUES,
    app_that_shows,
    claims_of,
    random_text,
    shown,
)
from tests.flask.world import (
    SECRET,
    app_with,
    events_of,
    get,
    names_of,
    route,
    sealed,
    set_cookies,
)

COMPLEX = RegisteredType("complex", complex, lambda z: [z.real, z.imag], lambda two: complex(*two))
TEXTS = st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(TEXTS, inner, max_size=3)
        )
        | st.binary(max_size=8)
        | st.uuids()
    ),
    max_leaves=8,
)


def old(*, at: int = NOW) -> Flask:
    """An instance that knows only Flask's own interface, at a moment."""
    app = app_with(SignedAt(at))
    route(app, shown)
    route(app, lambda: session.update(old=1), at="/write")
    return app


def reader(app: Flask | None = None) -> SignedCookies:
    if app is None:
        app = Flask(__name__)
        app.config["SECRET_KEY"] = SECRET
    return SignedCookies(app, SignedAt(NOW))


@pytest.fixture(autouse=True)
def _standing(clock: Clock) -> None:
    """Every test here runs at NOW until it moves the clock."""


@given(st.dictionaries(TEXTS, JSON, max_size=4), st.integers(1, 2**32))
def test_what_is_written_is_what_flask_writes_and_is_read_the_same(
    values: dict[str, Any], moment: int
) -> None:
    text = reader().write(values, signed_at=moment)
    assert text == signed(values, at=moment)
    read = reader().read(text)
    assert repr(read.values) == repr(SignedAt(moment).serializer.loads(_json(values)))
    assert read.signed_at == moment


def _json(values: dict[str, Any]) -> str:
    return SignedAt(NOW).serializer.dumps(values)


def test_an_instance_that_knows_only_flasks_cookies_reads_what_is_written() -> None:
    app = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    written = sealed(get(app, "/write", cookie=f"session={signed(VALUES)}"))
    assert "'more': 1" in get(old(), cookie=f"session={written}").text
    written = sealed(get(old(), "/write", cookie=f"session={written}"))
    assert "'old': 1" in get(app, cookie=f"session={written}").text


def test_a_sealed_cookie_comes_back_in_flasks_form_when_it_is_used(clock: Clock) -> None:
    taken = sealed(get(app_that_shows(), cookie=f"session={signed(VALUES)}"))
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    events = events_of(back)
    assert set_cookies(get(back, "/untouched", cookie=f"session={taken}")) == []
    written = sealed(get(back, cookie=f"session={taken}"))
    assert get(old(), cookie=f"session={written}").text == repr(VALUES)
    assert names_of(events) == ["migrated"]
    assert events[0].details["to"] == "flask"
    assert events[0].details["kid"] == ""
    again = get(back, cookie=f"session={written}")
    assert set_cookies(again) == []


def test_the_way_back_does_not_lengthen_a_session(clock: Clock) -> None:
    taken = sealed(get(app_that_shows(), cookie=f"session={signed({'a': 1}, at=NOW - 1000)}"))
    clock.forward(5)
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    text = sealed(get(back, cookie=f"session={taken}"))
    assert reader().read(text).signed_at == NOW - 1000
    assert claims_of(back, text).until == NOW - 1000 + LIFETIME


def test_a_lifetime_that_was_raised_does_not_sign_before_the_epoch() -> None:
    taken = sealed(get(app_that_shows(), cookie=f"session={signed({'a': 1})}"))
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask", PERMANENT_SESSION_LIFETIME=36_500 * DAY)
    written = sealed(get(back, cookie=f"session={taken}"))
    assert get(back, cookie=f"session={written}").text == "{'a': 1}"


def test_a_session_survives_its_own_write_whatever_the_absolute_timeout(clock: Clock) -> None:
    for absolute in (3600, LIFETIME, 2 * LIFETIME):
        app = app_that_shows(
            COOKIE_SESSIONS_WRITE="flask", COOKIE_SESSIONS_ABSOLUTE_TIMEOUT=absolute
        )
        text = sealed(get(app, "/write"))
        assert get(app, cookie=f"session={text}").text == "{'more': 1}"
        assert claims_of(app, text).until >= NOW + min(absolute, LIFETIME)


def test_a_value_that_cannot_be_unpacked_here_keeps_the_session_sealed() -> None:
    knows = moving(COOKIE_SESSIONS_TYPES=[COMPLEX])
    route(knows, lambda: session.update(z=1j, a=1))
    route(knows, lambda: str(session["z"]), at="/z")
    text = sealed(get(knows))
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    for path in ("/", "/untouched"):
        assert set_cookies(get(back, path, cookie=f"session={text}")) == []
    written = sealed(get(back, "/write", cookie=f"session={text}"))
    assert get(knows, "/z", cookie=f"session={written}").text == "1j"


def test_a_permanent_session_that_flask_cannot_keep_is_refreshed_sealed(clock: Clock) -> None:
    sealing = moving()
    route(sealing, lambda: session.update(tags={"a"}, _permanent=True))
    text = sealed(get(sealing))
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    clock.forward(100)
    text = sealed(get(back, cookie=f"session={text}"))
    assert claims_of(back, text).until == NOW + 100 + LIFETIME


def test_a_permanent_session_is_refreshed_in_flasks_form_as_flask_would(clock: Clock) -> None:
    app = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    text = signed({"_permanent": True}, at=NOW - 59)
    assert set_cookies(get(app, "/untouched", cookie=f"session={text}")) == []
    assert reader().read(sealed(get(app, cookie=f"session={text}"))).signed_at == NOW
    clock.forward(1)
    fresh = get(app, "/untouched", cookie=f"session={text}")
    assert reader().read(sealed(fresh)).signed_at == NOW + 1
    plain = signed({"a": 1}, at=NOW - 1000)
    assert set_cookies(get(app, "/untouched", cookie=f"session={plain}")) == []


def test_when_the_window_closes_sealed_cookies_are_written(clock: Clock) -> None:
    app = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    assert "." in sealed(get(app, "/write"))
    clock.forward(20 * DAY)
    assert "." not in sealed(get(app, "/write"))


def test_what_flasks_cookie_cannot_keep_is_named_and_nothing_is_sent() -> None:
    app = moving(COOKIE_SESSIONS_WRITE="flask")
    route(app, lambda: session.update(price={"of": {1, 2}}, ok=1))
    with pytest.raises(UsageError, match=r"session\['price'\], a dict, .* COOKIE_SESSIONS_WRITE"):
        get(app)
    mixed = moving(COOKIE_SESSIONS_WRITE="flask")
    route(mixed, lambda: session.update(cast(Any, {1: "a", "b": 2})))
    with pytest.raises(UsageError, match="one order"):
        get(mixed)


def test_a_sealed_session_that_flask_cannot_keep_stays_sealed_until_it_changes() -> None:
    sealing = moving()
    route(sealing, lambda: session.update(price={Decimal("1.10")}))
    text = sealed(get(sealing))
    back = app_that_shows(COOKIE_SESSIONS_WRITE="flask")
    response = get(back, cookie=f"session={text}")
    assert (response.text, set_cookies(response)) == ("{'price': {Decimal('1.10')}}", [])
    with pytest.raises(UsageError, match="price"):
        get(back, "/write", cookie=f"session={text}")


def test_a_session_that_no_browser_would_keep_is_refused_and_one_octet_less_is_not() -> None:
    app = moving(COOKIE_SESSIONS_WRITE="flask", PROPAGATE_EXCEPTIONS=False)

    @app.get("/<int:count>")
    def fill(count: int) -> str:
        session["noise"] = random_text(count)
        return ""

    kept, refused = [], []
    for count in range(3800, 4300, 3):
        response = get(app, f"/{count}")
        if response.status_code == 200:
            kept.append(len("session") + len(sealed(response)))
        else:
            refused.append(count)
            assert set_cookies(response) == []
    assert 4090 < max(kept) <= 4096
    assert refused


@pytest.mark.parametrize("position", range(3))
def test_every_changed_or_missing_character_is_refused(position: int) -> None:
    text = signed({"user": "alice", "cart": ["a" * 30, "b" * 30, "a" * 30]})
    read = reader()
    for at in range(position, len(text), 3):
        for other in ("A", "B", "", "."):
            if text[at] != other:
                with pytest.raises(Rejected):
                    read.read(text[:at] + other + text[at + 1 :])


def test_a_signature_that_only_decodes_alike_is_refused() -> None:
    text = signed({"user": "alice"})
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = alphabet.index(text[-1])
    # Twenty octets leave two spare bits in the last character.
    for other in range(place - place % 4, place - place % 4 + 4):
        if other != place:
            with pytest.raises(Rejected, match="malformed"):
                reader().read(text[:-1] + alphabet[other])
    for junk in ("=", "!", "\n", "é"):
        with pytest.raises(Rejected, match="malformed"):
            reader().read(text + junk)


def test_a_signed_bomb_is_not_inflated(clock: Clock) -> None:
    import tracemalloc

    bomb = signed({"a": "a" * 4_000_000})
    assert len(bomb) < 8000
    app = app_that_shows()
    manager = AppState.of(app).manager
    with pytest.raises(Rejected, match="unknown_kid"):
        manager.open_text(bomb[:-1] + ("A" if bomb[-1] != "A" else "E"), name="session")
    tracemalloc.start()
    try:
        with pytest.raises(Rejected, match="too_large"):
            manager.open_text(bomb, name="session")
        assert tracemalloc.get_traced_memory()[1] < 3_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "json", ["[1]", "1", "null", "{", '{"a":' * 9999, '{"a": NaN}', '{" d": "x"}', '{"a":{" u":1}}']
)
def test_signed_junk_is_undecodable_or_a_session_and_never_an_error(json: str) -> None:
    app = Flask(__name__)
    app.config.update(SECRET_KEY=SECRET)
    interface = SignedAt(NOW - 5)

    class Verbatim:
        dumps = staticmethod(lambda text: text)
        loads = interface.serializer.loads

    serializer = interface.get_signing_serializer(app)
    serializer.serializer = Verbatim
    text = serializer.dumps(json)
    seen = get(app_that_shows(), cookie=f"session={text}")
    assert seen.status_code == 200
    assert seen.text.startswith("{")


def test_the_window_needs_the_key_that_signed() -> None:
    from cookie_sessions.errors import ConfigurationError
    from cookie_sessions.keys import new_jwk_set

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RING", new_jwk_set())
        app = app_that_shows(
            SECRET_KEY=None,
            COOKIE_SESSIONS_KEYS="env:RING",
            COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW,
        )
        with pytest.raises(ConfigurationError, match="Set the SECRET_KEY that signed them"):
            get(app)
