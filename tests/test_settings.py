"""Our own settings are checked once, by name and by value, and are frozen."""

from __future__ import annotations

import functools
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from cookie_sessions.codec import DEFAULT_SECRET_NAMES, RegisteredType
from cookie_sessions.csrf import WebOrigin
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.settings import PREFIX, Settings

TYPE = RegisteredType("complex", complex, lambda z: [z.real, z.imag], lambda parts: complex(*parts))


def read(name: str, value: object) -> Any:
    return getattr(Settings.from_mapping({PREFIX + name: value}), name.lower())


def refusal(name: str, value: object) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_mapping({PREFIX + name: value})
    assert caught.value.__cause__ is None
    return str(caught.value)


def test_without_any_the_safe_defaults_are_in_force() -> None:
    settings = Settings.from_mapping({"SECRET_KEY": "x", "SESSION_COOKIE_NAME": "y"})
    assert settings == Settings()
    assert settings.keys is None
    assert settings.audience == ""
    assert settings.absolute_timeout is None
    assert settings.secret_names == DEFAULT_SECRET_NAMES
    assert (settings.types, settings.previous_names, settings.former_scopes) == ((), (), ())
    assert settings.join_by_commas is False
    assert settings.strict is False


def test_settings_that_are_the_same_are_equal_and_nothing_else_is() -> None:
    one = Settings.from_mapping({PREFIX + "AUDIENCE": "shop"})
    assert {one, Settings(audience="shop")} == {one}
    assert one != Settings()
    assert one != vars(one)
    assert one != one._values()


def test_a_field_that_settings_do_not_have_is_refused() -> None:
    values: dict[str, Any] = {"audience": "shop", "audiense": "shop"}
    with pytest.raises(TypeError, match="Settings has no field 'audiense'"):
        Settings(**values)
    with pytest.raises(TypeError, match="Settings has no field 'audiense'"):
        Settings()._replace(audiense="shop")


def test_the_password_in_a_url_of_a_store_is_not_shown() -> None:
    settings = Settings.from_mapping({PREFIX + "OVERFLOW": "redis://shop:hunter2@host/0"})
    assert settings.overflow == "redis://shop:hunter2@host/0"
    assert "hunter2" not in repr(settings)


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        Settings().strict = True  # type: ignore[misc]
    settings, field = Settings(strict=True), "strict"
    with pytest.raises(AttributeError, match="Settings can't be changed"):
        delattr(settings, field)
    assert settings.strict


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("KEYS", "env:SESSION_KEYS", "env:SESSION_KEYS"),
        ("KEYS", None, None),
        ("DICTIONARIES", "/etc/shop/dictionaries.json", "/etc/shop/dictionaries.json"),
        ("SAMPLE", None, None),
        ("SAMPLE_RATE", 1, 1.0),
        ("SAMPLE_SUBJECTS", 2, 2),
        ("SAMPLE_SUBJECTS", 200, 200),
        ("AUDIENCE", "", ""),
        ("AUDIENCE", "é" * 127, "é" * 127),
        ("ABSOLUTE_TIMEOUT", 1, 1),
        ("ABSOLUTE_TIMEOUT", timedelta(hours=12), 43_200),
        ("ABSOLUTE_TIMEOUT", None, None),
        ("SECRET_NAMES", ["otp"], DEFAULT_SECRET_NAMES | {"otp"}),
        ("SECRET_NAMES", set[str](), DEFAULT_SECRET_NAMES),
        ("TYPES", [TYPE], (TYPE,)),
        ("TYPES", (), ()),
        (
            "FORMER_SCOPES",
            [("example.com", "/"), (None, "/app")],
            (("example.com", "/"), (None, "/app")),
        ),
        ("JOIN_BY_COMMAS", True, True),
        ("CSRF", True, True),
        ("CSRF", False, False),
        ("CSRF", None, None),
        ("CSRF_TRUSTED_ORIGINS", [], ()),
        (
            "CSRF_TRUSTED_ORIGINS",
            ["https://admin.example:8443", "HTTP://Localhost"],
            (
                WebOrigin("https", "admin.example", 8443),
                WebOrigin("http", "localhost", 80),
            ),
        ),
        ("HEADER", True, True),
        ("CLEAR_SITE_DATA", ["cache", "storage", "cache"], ("cache", "storage")),
        ("CLEAR_SITE_DATA", (), ()),
        ("HANDOFF_ORIGIN", "https://shop.example.org:8443", "https://shop.example.org:8443"),
        ("HANDOFF_ORIGIN", "http://127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("HANDOFF_ORIGIN", "http://[::1]:5000", "http://[::1]:5000"),
        ("HANDOFF_ORIGIN", "http://shop.localhost", "http://shop.localhost"),
        ("HANDOFF_ORIGIN", None, None),
        ("HANDOFF_SOURCES", (), ()),
        ("STRICT", True, True),
    ],
)
def test_a_right_value_is_taken(name: str, value: object, expected: object) -> None:
    assert read(name, value) == expected


@pytest.mark.parametrize("until", ["2030-01-31", "20300131", date(2030, 1, 31)])
def test_a_previous_name_is_read_through_its_last_day(until: object) -> None:
    end = datetime(2030, 2, 1, tzinfo=UTC).timestamp()
    assert read("PREVIOUS_NAMES", {"sid": until, "old": until}) == (("sid", end), ("old", end))


NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def _new_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the beginning of 2030."""
    monkeypatch.setattr("cookie_sessions.clock.now", datetime(2030, 1, 1, tzinfo=UTC).timestamp)


@pytest.mark.parametrize(
    "moment",
    [
        NOON,
        NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=-5))),
        "2030-01-31T12:00",
        "2030W054T12",
        "2030-01-31T12:00:00Z",
        "2030-01-31 13:00+01:00",
    ],
)
@pytest.mark.usefixtures("_new_year")
def test_a_moment_is_exact_and_in_utc_unless_it_says_otherwise(moment: object) -> None:
    exact = NOON.timestamp()
    assert read("PREVIOUS_NAMES", {"sid": moment}) == (("sid", exact),)
    assert read("ACCEPT_FLASK_COOKIES_UNTIL", moment) == exact
    assert read("FLASK_COOKIES_WRITTEN_BEFORE", moment) == exact


@pytest.mark.parametrize("day", ["2030-01-31", "20300131", date(2030, 1, 31)])
def test_a_cut_off_needs_its_time_of_day(day: object) -> None:
    assert "12:00:00" in refusal("FLASK_COOKIES_WRITTEN_BEFORE", day)


@pytest.mark.parametrize("day", ["2030-01-31", date(2030, 1, 31)])
@pytest.mark.usefixtures("_new_year")
def test_flasks_cookies_are_accepted_through_the_last_day(day: object) -> None:
    beginning = datetime(2030, 1, 31, tzinfo=UTC).timestamp()
    assert read("ACCEPT_FLASK_COOKIES_UNTIL", day) == beginning + 86_400


@pytest.mark.usefixtures("_new_year")
def test_flasks_cookies_are_accepted_for_at_most_sixty_days() -> None:
    assert read("ACCEPT_FLASK_COOKIES_UNTIL", "2030-03-02")
    assert "60 days" in refusal("ACCEPT_FLASK_COOKIES_UNTIL", "2030-03-03")
    assert "60 days" in refusal("ACCEPT_FLASK_COOKIES_UNTIL", "2030-03-02T00:00:01Z")


@pytest.mark.usefixtures("_new_year")
def test_writing_flasks_cookies_needs_a_window_in_which_they_are_read() -> None:
    flask = {PREFIX + "WRITE": "flask"}
    window = {PREFIX + "ACCEPT_FLASK_COOKIES_UNTIL": "2030-01-31"}
    assert Settings.from_mapping(flask | window).write == "flask"
    cut = {PREFIX + "FLASK_COOKIES_WRITTEN_BEFORE": "2029-12-31T12:00"}
    for config, hint in (
        (flask, "Set it to a date"),
        (flask | window | cut, "Take the latter out"),
        (flask | window | {PREFIX + "HEADER": True}, "every instance writes sealed"),
    ):
        with pytest.raises(ConfigurationError, match=hint):
            Settings.from_mapping(config)
    assert Settings.from_mapping(window | cut).flask_cookies_written_before


def each(name: str, *values: Any) -> list[tuple[str, Any]]:
    return [(name, value) for value in values]


WRONG = [
    *each("KEYS", "", b"env:X", 7, [], True),
    *each("AUDIENCE", None, b"shop", 7, "x" * 256, "é" * 128, "\ud800"),
    *each("ABSOLUTE_TIMEOUT", 0, -1, 1.5, "3600", True, timedelta(0)),
    *each("ABSOLUTE_TIMEOUT", timedelta(seconds=-5), timedelta(microseconds=5)),
    *each("DICTIONARIES", "", b"a.json", 7, True, "a\0b"),
    *each("SAMPLE", "", 7, True),
    *each("SAMPLE_RATE", 0, 1.1, -0.1, "0.5", True, None),
    *each("SAMPLE_SUBJECTS", 1, 201, 20.0, "20", True, None),
    *each("SECRET_NAMES", "otp", None, [1], {"otp": 1}, 7),
    *each("TYPES", TYPE, None, [complex], {"complex": TYPE}),
    *each("PREVIOUS_NAMES", None, "old", ["old"], {"old": None}, {"old": "soon"}, {"old": 7}),
    *each("PREVIOUS_NAMES", {"old": "2030-02-30"}, {"old": []}),
    *each("PREVIOUS_NAMES", *({name: "2030-01-01"} for name in ("", "a b", "é", "a;", None, 7))),
    *each("FORMER_SCOPES", None, "/", 7, [7], [("a", "b", "c")], ["ab"], [("a b", "/")]),
    *each("FORMER_SCOPES", [("example.com", None)], [(7, "/")], [("x",)]),
    *each("JOIN_BY_COMMAS", 1, 0, "yes", None),
    *each("HEADER", 1, "no", None),
    *each("CLEAR_SITE_DATA", None, "cache", ["Cache"], ["cache", 1], [[]], {"cache": True}),
    *each("HANDOFF_ORIGIN", "", "shop", "http://shop.example.org", "https://Shop.example.org"),
    *each("HANDOFF_ORIGIN", "https://a.example/", "https://a.example:443", "https://a b", 7),
    *each("HANDOFF_ORIGIN", "https://u@a.example", "https://*.example", "https://a.example\n"),
    *each("HANDOFF_SOURCES", None, "https://a.example/x", ["https://a.example"], [7]),
    *each("HANDOFF_SOURCES", ["http://a.example/x"], ["https://a.example/x?y=1"], ["/x"]),
    *each("HANDOFF_SOURCES", ["https://a.example/x", "https://a.example/y"]),
    *each("HANDOFF_TARGETS", ["https://a.example/x#y"], ["https://a.example/é"], {"a": 1}),
    *each("HANDOFF_TARGETS", ["https://a.example/x\n"], ['https://a.example/"'], ["ftp://a/x"]),
    *each("HANDOFF_KEYS", "", 7, b"env:X"),
    *each("STRICT", 1, "no", None),
    *each("CSRF", 1, 0, "yes", []),
    *each("CSRF_TRUSTED_ORIGINS", None, "https://admin.example", 7, {"https://admin.example": 1}),
    *each("CSRF_TRUSTED_ORIGINS", ["admin.example"], ["https://*.example"], ["null"], [None]),
    *each("CSRF_TRUSTED_ORIGINS", ["https://admin.example/"], ["https://a.example", b"x"]),
    *each(
        "ACCEPT_FLASK_COOKIES_UNTIL", 7, True, "soon", "2030-02-30", "", b"2030-01-31", NOON.time()
    ),
    *each("FLASK_COOKIES_WRITTEN_BEFORE", 7, True, "soon", "2030-02-30", "", [NOON]),
    *each("WRITE", "Flask", "signed", "", None, 1, ["flask"]),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_refused_by_name_and_with_what_to_give(name: str, value: object) -> None:
    text = refusal(name, value)
    assert text.startswith(f"The setting {PREFIX}{name} ")
    assert "Give " in text


@pytest.mark.usefixtures("_new_year")
def test_the_date_that_a_refusal_proposes_is_one_that_is_taken() -> None:
    text = refusal("ACCEPT_FLASK_COOKIES_UNTIL", "2039-01-31")
    (proposed,) = re.findall(r"'(\d+-\d+-\d+)'", text)
    assert read("ACCEPT_FLASK_COOKIES_UNTIL", proposed)


def test_an_origin_that_is_none_is_named_by_its_place() -> None:
    assert "its entry 2 is no origin" in refusal("CSRF_TRUSTED_ORIGINS", ["https://a.b", "a.b"])


@pytest.mark.usefixtures("_new_year")
def test_tokens_against_forged_requests_need_sessions_with_an_id() -> None:
    config = {
        PREFIX + "WRITE": "flask",
        PREFIX + "ACCEPT_FLASK_COOKIES_UNTIL": "2030-01-31",
    }
    assert Settings.from_mapping({**config, PREFIX + "CSRF": False}).csrf is False
    with pytest.raises(ConfigurationError, match="no room for the id"):
        Settings.from_mapping({**config, PREFIX + "CSRF": True})


def test_the_last_date_of_the_calendar_is_for_ever() -> None:
    ((_, until),) = read("PREVIOUS_NAMES", {"old": "9999-12-31"})
    assert until > datetime(9999, 1, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("KEY", "KEYS"),
        ("AUDIENC", "AUDIENCE"),
        ("ABSOLUTE_TIMOUT", "ABSOLUTE_TIMEOUT"),
        ("PREVIOUS_NAME", "PREVIOUS_NAMES"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known_one(name: str, nearest: str) -> None:
    text = refusal(name, "x")
    assert f"no setting {PREFIX}{name}," in text
    assert f"Did you mean {PREFIX}{nearest}?" in text


def test_a_name_like_no_other_is_refused_with_all_known_ones() -> None:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_mapping({PREFIX + "Z" * 60: "x"})
    for name in Settings._fields:
        assert PREFIX + name.upper() in str(caught.value)


@pytest.mark.parametrize("name", ["KEYS", "KEY", "AUDIENCE", "SECRET_NAMES", "TYPES"])
def test_no_error_repeats_a_value(name: str) -> None:
    for value in (b"c2VjcmV0", {"k": "c2VjcmV0"}, ["c2VjcmV0", 7]):
        assert "c2VjcmV0" not in refusal(name, value)


def test_a_hand_off_needs_an_origin_and_its_target_a_store_that_remembers() -> None:
    url = ["https://accounts.example.com/send"]
    origin = {PREFIX + "HANDOFF_ORIGIN": "https://shop.example.org"}
    target = origin | {PREFIX + "HANDOFF_SOURCES": url}
    source = origin | {PREFIX + "HANDOFF_TARGETS": url}
    snapshot = {
        PREFIX + "REVOCATIONS": "snapshot:file:/list",
        PREFIX + "INDEX_KEY": "x" * 32,
        PREFIX + "SNAPSHOT_KEYS": "file:/keys",
        PREFIX + "UNSAFE_LOGOUT_KEEPS_COPIES": True,
    }
    for config, hint in (
        ({PREFIX + "HANDOFF_TARGETS": url}, "HANDOFF_ORIGIN is not"),
        ({PREFIX + "HANDOFF_SOURCES": url}, "HANDOFF_ORIGIN is not"),
        (target, "could be used again"),
        (target | snapshot, "could be used again"),
    ):
        with pytest.raises(ConfigurationError, match=hint):
            Settings.from_mapping(config)
    assert Settings.from_mapping(source).handoff_targets == tuple(url)
    assert Settings.from_mapping(target | {PREFIX + "REVOCATIONS": "sqlite:x"}).handoff_sources


def test_a_class_derived_from_the_settings_has_theirs() -> None:
    class Ours(Settings):
        more: str = "more"

    assert Ours._fields == (*Settings._fields, "more")
    assert Ours.from_mapping({"COOKIE_SESSIONS_AUDIENCE": "shop"}).audience == "shop"
    assert Ours(more="x") != Ours()


def test_a_name_that_is_no_text_is_none_of_ours() -> None:
    mapping: dict[Any, Any] = {1: 2, "COOKIE_SESSIONS_AUDIENCE": "shop"}
    assert Settings.from_mapping(mapping).audience == "shop"


def test_a_function_that_gives_keys_is_not_shown() -> None:
    def fetch(token: str) -> str:
        return token

    assert "hunter2" not in repr(Settings(keys=functools.partial(fetch, token="hunter2")))
