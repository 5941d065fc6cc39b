"""A server that a request is passed on to sees no session of ours, and all else as it came."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cookie_sessions.cookies import chunk_names, find, without
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.proxy import WithoutSessionCookies
from tests.cookies.headers import headers


class Upstream:
    """A WSGI application that keeps the environ of its last request."""

    environ: dict[str, Any]

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.environ = environ
        start_response("200 OK", [])
        return [b"upstream"]


def passed_on(header: str | None, **options: Any) -> str | None:
    """What becomes of a Cookie header; the outer environ must stay as it is."""
    upstream = Upstream()
    environ = {"PATH_INFO": "/"} if header is None else {"PATH_INFO": "/", "HTTP_COOKIE": header}
    given = dict(environ)
    wrapper = WithoutSessionCookies(upstream, **options)
    assert list(wrapper(given, lambda *_: lambda _: None)) == [b"upstream"]
    assert given == environ
    assert upstream.environ["PATH_INFO"] == "/"
    left: str | None = upstream.environ.get("HTTP_COOKIE")
    assert left != "", "a header without anything in it"
    return left


@pytest.mark.parametrize(
    ("header", "left"),
    [
        (None, None),
        ("session=x", None),
        ("session=x;", None),
        ("session=x; session.1=y; session=z", None),
        (" \t; session=x ;; ", None),
        ("a=1", "a=1"),
        ("a=1; session=x", "a=1"),
        ("session=x; a=1", "a=1"),
        ("a=1; session=x; b=2", "a=1; b=2"),
        ("a=1;session=x;b=2", "a=1;b=2"),
        ("a=1; session.7=x; session.8=y", "a=1; session.8=y"),
        (' a=1;  b="x; y\t;session =\tz;c', ' a=1;  b="x; y\t;c'),
        ("session; a=1", "session; a=1"),
        ("a=1,session=x", "a=1,session=x"),
        (
            "x\x85session=1; \x85session=2; session\xa0=3",
            "x\x85session=1; \x85session=2; session\xa0=3",
        ),
        ("Session=x; xsession=y; =session=z", "Session=x; xsession=y; =session=z"),
    ],
)
def test_our_cookies_go_and_others_stay_octet_for_octet(header: str, left: str | None) -> None:
    assert passed_on(header) == left


def test_former_names_and_their_chunks_go_too() -> None:
    header = "__Host-session=a; session=b; __Host-session.1=c; session.2=d; theme=dark"
    assert passed_on(header, names=["__Host-session", "session"]) == "theme=dark"
    assert passed_on(header, names=["session"]) == (
        "__Host-session=a; __Host-session.1=c; theme=dark"
    )


def test_pairs_end_at_commas_where_a_server_joins_lines_by_them() -> None:
    header = "a=1, __Host-session=x; b=2,c=3"
    assert passed_on(header, names=["__Host-session"]) == header
    assert passed_on(header, names=["__Host-session"], commas=True) == "a=1; b=2,c=3"


@pytest.mark.parametrize(
    ("value", "goes"),
    [
        ("Session abc", True),
        ("session", True),
        ("SESSION \t abc", True),
        ("Session\tabc", True),
        ("Sessions abc", False),
        ("Bearer Session", False),
        ("Basic c2Vzc2lvbg==", False),
        ("", False),
    ],
)
def test_a_session_in_the_authorization_header_goes_too(value: str, goes: bool) -> None:
    upstream = Upstream()
    environ = {"HTTP_AUTHORIZATION": value, "HTTP_COOKIE": "a=1"}
    WithoutSessionCookies(upstream)(environ, lambda *_: lambda _: None)
    assert environ["HTTP_AUTHORIZATION"] == value
    assert ("HTTP_AUTHORIZATION" not in upstream.environ) is goes


@pytest.mark.parametrize("names", [(), "session", ["a b"], ["session", ""]])
def test_names_that_would_take_nothing_out_are_refused(names: Any) -> None:
    with pytest.raises(ConfigurationError):
        WithoutSessionCookies(Upstream(), names=names)


def test_a_header_above_the_bounds_of_the_reader_is_cleaned_as_well() -> None:
    many = "; ".join(f"session={number}" for number in range(20_000))
    assert passed_on(f"{many}; a=1; {many}") == "a=1"


def test_of_the_headers_that_readers_disagree_about_nothing_of_ours_is_left() -> None:
    for header, name in headers(3_000, seed=6):
        names = {name, *chunk_names(name)}
        left = without(header, names)
        assert without(left, names) == left
        if len(header) < 65_536:
            assert [find(left, each) for each in names] == [()] * len(names)


OTHERS = st.lists(
    st.sampled_from(["a=1", "b", 'c="x', "sessionx=1", "x session=2", "", " ", "\x85session=3"]),
    max_size=4,
)


@given(before=OTHERS, after=OTHERS, chunk=st.sampled_from(["session", "session.1", "session.7"]))
def test_what_stood_around_our_cookie_is_found_as_before(
    before: list[str], after: list[str], chunk: str
) -> None:
    left = without("; ".join([*before, f"{chunk}=x", *after]), {"session", *chunk_names("session")})
    pairs = [pair.strip(" \t") for pair in left.split(";")]
    others = [pair.strip(" \t") for pair in (*before, *after)]
    assert list(filter(None, pairs)) == list(filter(None, others))
