"""A Set-Cookie line equals Werkzeug's for the same settings, and is refused where none would do."""

from __future__ import annotations

import calendar
import pickle
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.http import dump_cookie
from werkzeug.http import http_date as werkzeugs_date
from werkzeug.wrappers import Response

from cookie_sessions.cookies import LIMIT, CookieAttributes, InvalidAttribute, find, http_date
from cookie_sessions.errors import ConfigurationError, UsageError

TOKEN = "!#$%&'*+-.^_`|~0123456789ABCXYZabcxyz"
BASE64URL = "ABCXYZabcxyz0189-_"

DOMAINS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            *(
                "example.com",
                ".example.com",
                "..example.com",
                "example.com:8080",
                ".example.com:80",
            ),
            *("localhost", "localhost:5000", "127.0.0.1", "127.0.0.1:5000", "EXAMPLE.Com", ""),
            *("bücher.example", ".bücher.example:443", "例え.テスト", "xn--bcher-kva.example"),
            *("straße.de", "a_b.example", "example.com."),
        ]
    ),
)
PATHS = st.one_of(
    st.none(),
    st.sampled_from(["/", "", "/a b", "/ä", "/a;b", "/a%20b", '/"q"', "/a?b#c", "/\U0001f36a"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(lambda text: "/" + text),
)
SAMESITE = st.sampled_from([None, "Lax", "lax", "LAX", "strict", "Strict", "none", "None", "nOnE"])
SETTINGS = st.fixed_dictionaries(
    {
        "domain": DOMAINS,
        "path": PATHS,
        "secure": st.booleans(),
        "httponly": st.booleans(),
        "samesite": SAMESITE,
        "partitioned": st.booleans(),
    }
)
NAMES = st.text(TOKEN, min_size=1, max_size=12)
VALUES = st.text(BASE64URL, max_size=64)
SECONDS = st.integers(-62_135_596_800, 253_402_300_799)


@given(name=NAMES, value=VALUES, settings=SETTINGS, expires=st.none() | SECONDS)
def test_a_line_equals_werkzeugs(
    name: str, value: str, settings: dict[str, Any], expires: int | None
) -> None:
    line = CookieAttributes(name, **settings).render(value, expires=expires)
    assert line == dump_cookie(name, value, expires=expires, **settings)


@given(
    value=VALUES,
    settings=SETTINGS,
    expires=st.none() | SECONDS,
    max_age=st.integers(-(10**9), 10**9),
)
def test_a_line_with_a_maximum_age_equals_werkzeugs(
    value: str, settings: dict[str, Any], expires: int | None, max_age: int
) -> None:
    line = CookieAttributes("session", **settings).render(value, expires=expires, max_age=max_age)
    assert line == dump_cookie(
        "session", value, expires=expires, max_age=max_age, sync_expires=False, **settings
    )


@given(
    naive=st.datetimes(
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001
        max_value=datetime(9000, 1, 1),  # noqa: DTZ001
    ),
    zone=st.sampled_from(
        [None, UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(1) / 2)]
    ),
)
def test_a_datetime_turned_into_seconds_gives_werkzeugs_date(
    naive: datetime, zone: timezone | None
) -> None:
    when = naive.replace(tzinfo=zone)
    line = CookieAttributes("session", samesite=None, httponly=False).render(
        "v", expires=calendar.timegm(when.utctimetuple())
    )
    assert line == dump_cookie("session", "v", expires=when)


@given(name=NAMES, settings=SETTINGS)
def test_a_deletion_equals_werkzeugs_with_identical_attributes(
    name: str, settings: dict[str, Any]
) -> None:
    response = Response()
    response.delete_cookie(name, **settings)
    assert CookieAttributes(name, **settings).render_deletion() == response.headers["Set-Cookie"]


def test_attributes_of_equal_values_are_built_once() -> None:
    settings: dict[str, Any] = {
        "domain": "a.example",
        "path": "/",
        "secure": True,
        "httponly": False,
        "samesite": "Strict",
        "partitioned": True,
    }
    assert CookieAttributes.of("s", **settings) is CookieAttributes.of("s", **settings)
    assert CookieAttributes.of("s", **settings) == CookieAttributes("s", **settings)
    elsewhere: dict[str, Any] = {**settings, "path": "/a"}
    other = CookieAttributes.of("s", **elsewhere)
    assert "; Path=/a" in other.render("v")


def test_attributes_are_frozen_and_survive_a_pickle() -> None:
    attributes = CookieAttributes("session", domain="example.com")
    with pytest.raises(AttributeError):
        attributes.name = "other"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(attributes)).render("v") == attributes.render("v")  # noqa: S301


@pytest.mark.parametrize(
    ("domain", "path", "identity"),
    [
        (None, "/", ("s", "", "/")),
        ("", None, ("s", "", "")),
        (".Shop.EXAMPLE:443", "/ä", ("s", "shop.example", "/%C3%A4")),
        ("bücher.example", "", ("s", "xn--bcher-kva.example", "")),
        ("..XX.example.", "/", ("s", "xx.example.", "/")),
    ],
)
def test_cookies_of_one_identity_replace_each_other(
    domain: str | None, path: str | None, identity: tuple[str, str, str]
) -> None:
    assert CookieAttributes("s", domain=domain, path=path).identity == identity


def test_a_copy_under_another_name_or_scope_keeps_everything_else() -> None:
    settings: dict[str, Any] = {
        "secure": True,
        "httponly": False,
        "samesite": "Strict",
        "partitioned": True,
    }
    cookie = CookieAttributes("s", domain="a.example", path="/a", **settings)
    assert cookie.named("t") == CookieAttributes("t", domain="a.example", path="/a", **settings)
    assert cookie.scoped(domain=None, path=None) == CookieAttributes(
        "s", domain=None, path=None, **settings
    )
    settings["partitioned"] = False
    assert cookie.twin() == CookieAttributes("s", domain="a.example", path="/a", **settings)
    assert cookie.twin().twin() == cookie
    assert cookie.scoped(domain="b.example", path="/b").render("v") == (
        "s=v; Domain=b.example; Secure; Path=/b; SameSite=Strict; Partitioned"
    )


def test_every_setting_is_given_by_its_name_and_shown_but_nothing_derived_is() -> None:
    build: Any = CookieAttributes
    with pytest.raises(TypeError):
        build("session", None)
    assert repr(CookieAttributes("session")) == (
        "CookieAttributes(name='session', domain=None, path='/', secure=False, httponly=True, "
        "samesite='Lax', partitioned=False)"
    )


def test_the_defaults_are_the_safe_ones_that_work_without_tls() -> None:
    assert CookieAttributes("session").render("v") == "session=v; HttpOnly; Path=/; SameSite=Lax"


def test_a_domain_of_false_means_none_as_flask_once_documented() -> None:
    attributes = CookieAttributes("session", domain=False)  # type: ignore[arg-type]
    assert attributes.domain is None
    assert "Domain" not in attributes.render("v")


@pytest.mark.parametrize("name", ["", "a b", "a;b", "a=b", "ä", "a\r\nSet-Cookie: b"])
def test_a_name_that_is_no_token_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError, match="token"):
        CookieAttributes(name)


@pytest.mark.parametrize("name", [None, 5, b"session"])
def test_a_name_that_is_no_text_is_refused(name: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"token.*Use letters"):
        CookieAttributes(name)


@pytest.mark.parametrize("samesite", ["", "laxx", "invalid", " Lax", "Lax;", 1, True])
def test_an_unknown_samesite_is_refused_as_werkzeug_refuses_it(samesite: Any) -> None:
    with pytest.raises(ConfigurationError, match="'Strict', 'Lax' or 'None'"):
        CookieAttributes("session", samesite=samesite)
    with pytest.raises(ValueError, match="SameSite"):
        CookieAttributes("session", samesite=samesite)


@pytest.mark.parametrize(
    "domain",
    [
        *("a;b", "a b", "a,b", "a\r\nb", "a\x00b", "a\tb", "a..b", "ä" * 64, "\ud800"),
        *(5, True, b"example.com"),
    ],
)
def test_a_domain_that_is_none_is_refused(domain: Any) -> None:
    with pytest.raises(InvalidAttribute, match="domain"):
        CookieAttributes("session", domain=domain)


@pytest.mark.parametrize("path", ["/\ud800", b"/", 5, True])
def test_a_path_that_is_no_text_is_refused(path: Any) -> None:
    with pytest.raises(InvalidAttribute, match="path"):
        CookieAttributes("session", path=path)


@given(settings=SETTINGS, path=st.text(st.characters(exclude_categories=["Cs"])))
def test_no_path_adds_an_attribute_of_its_own(settings: dict[str, Any], path: str) -> None:
    at_root: dict[str, Any] = {**settings, "path": "/"}
    below: dict[str, Any] = {**settings, "path": path}
    plain = CookieAttributes("session", **at_root).render("v")
    line = CookieAttributes("session", **below).render("v")
    assert line.count(";") == plain.count(";")
    assert line.isascii()
    assert line.isprintable()


def test_every_cookie_octet_is_taken_as_a_value_and_no_other() -> None:
    cookie = CookieAttributes("session")
    taken: set[int] = set()
    for octet in range(256):
        try:
            cookie.render(chr(octet))
        except UsageError:
            continue
        taken.add(octet)
    # RFC 6265, section 4.1.1.
    assert taken == {0x21, *range(0x23, 0x2C), *range(0x2D, 0x3B), *range(0x3C, 0x5C)} | {
        *range(0x5D, 0x7F)
    }


def test_every_character_of_a_path_is_written_as_werkzeug_writes_it() -> None:
    path = "".join(map(chr, range(256)))
    line = CookieAttributes("session", path=path).render("v")
    assert line == dump_cookie("session", "v", path=path, httponly=True, samesite="Lax")


@pytest.mark.parametrize(
    "value", ["a;b", "a b", 'a"b', "a,b", "a\\b", "ä", "a\r\nb", "\x00", "\x7f", "\ud800"]
)
def test_a_value_that_would_need_quoting_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(UsageError, match="base64url") as caught:
        CookieAttributes("session").render(value)
    assert value not in str(caught.value)


@given(value=st.text(BASE64URL, min_size=1))
def test_what_is_rendered_is_read_back(value: str) -> None:
    line = CookieAttributes("session", domain="example.com").render(value, expires=0)
    assert find(line.partition(";")[0], "session") == (value,)


@given(name=NAMES, value=VALUES, settings=SETTINGS, expires=SECONDS)
def test_octets_are_those_of_the_longest_line(
    name: str, value: str, settings: dict[str, Any], expires: int
) -> None:
    attributes = CookieAttributes(name, **settings)
    assert attributes.octets(value) == len(attributes.render(value, expires=expires).encode())
    assert attributes.octets(value) > len(attributes.render(value))


def test_the_limit_counts_name_value_and_attributes() -> None:
    attributes = CookieAttributes("session")
    room = LIMIT - attributes.octets("")
    assert len(attributes.render("v" * room, expires=2**31)) == LIMIT == 4096


@example(0)
@example(253_402_300_799)
@given(SECONDS)
def test_a_date_reads_back_as_its_second(seconds: int) -> None:
    read = datetime.strptime(http_date(seconds), "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
    assert calendar.timegm(read.utctimetuple()) == seconds


def test_every_month_and_day_is_named_as_werkzeug_names_it() -> None:
    for day in range(400):
        assert http_date(day * 86_400) == werkzeugs_date(day * 86_400)


def test_a_date_beyond_the_calendar_is_the_last_one_in_it() -> None:
    assert http_date(10**30) == "Fri, 31 Dec 9999 23:59:59 GMT"
    assert http_date(-(10**30)) == "Mon, 01 Jan 0001 00:00:00 GMT"


@pytest.mark.parametrize(
    ("name", "settings", "remedy"),
    [
        ("__Secure-s", {}, "SESSION_COOKIE_SECURE to True"),
        ("__secure-s", {}, "SESSION_COOKIE_SECURE to True"),
        ("__Host-s", {}, "SESSION_COOKIE_SECURE to True"),
        ("__HOST-s", {"secure": True, "path": "/a"}, "SESSION_COOKIE_PATH to '/'"),
        ("__Host-s", {"secure": True, "path": None}, "SESSION_COOKIE_PATH to '/'"),
        ("__Host-s", {"secure": True, "domain": "a.example"}, "SESSION_COOKIE_DOMAIN to None"),
        ("__Host-s", {"secure": True, "domain": ""}, "SESSION_COOKIE_DOMAIN to None"),
    ],
)
def test_a_broken_rule_of_a_prefix_names_the_setting_and_the_remedy(
    name: str, settings: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        CookieAttributes(name, **settings).check_prefix(settings_prefix="SESSION_COOKIE_")
    assert f"set {remedy}" in str(caught.value)
    assert repr(name) in str(caught.value)


def test_all_broken_rules_are_named_at_once() -> None:
    remedies = (
        r"set SECURE to True; it needs .* set PATH to '/'; it must .* set DOMAIN to None\. Or"
    )
    with pytest.raises(ConfigurationError, match=remedies):
        CookieAttributes("__Host-s", domain="a.example", path="/a").check_prefix()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("session", {"domain": "a.example", "path": "/a"}),
        ("__Secure-s", {"secure": True, "domain": "a.example", "path": "/a"}),
        ("__Host-s", {"secure": True}),
        ("__Host-s", {"secure": True, "httponly": False}),
        ("__Host-s", {"partitioned": True}),
        ("__Hostess", {}),
    ],
)
def test_kept_rules_of_a_prefix_pass(name: str, settings: dict[str, Any]) -> None:
    CookieAttributes(name, **settings).check_prefix()


@pytest.mark.parametrize("name", ["__Http-session", "__host-HTTP-session"])
def test_a_name_that_scripts_cannot_set_needs_httponly(name: str) -> None:
    CookieAttributes(name, secure=True, path="/").check_prefix()
    with pytest.raises(ConfigurationError, match="needs HttpOnly: set SESSION_COOKIE_HTTPONLY"):
        CookieAttributes(name, secure=True, path="/", httponly=False).check_prefix(
            settings_prefix="SESSION_COOKIE_"
        )
    with pytest.raises(ConfigurationError, match="prefix"):
        find(f"a=b,{name}=x", name, commas=True)
