"""The headers that keep a session out of shared caches, beside those that are there already."""

from __future__ import annotations

import pytest
from flask import Flask, Response, make_response, session
from flask.sessions import SessionInterface

from tests.flask.world import app_with, get, ours, route, sealed, set_cookies


def app_answering(app: Flask, *headers: tuple[str, str]) -> Flask:
    def write() -> Response:
        session["a"] = 1
        return answer()

    def answer() -> Response:
        response = make_response("page")
        for name, value in headers:
            response.headers.add(name, value)
        return response

    def read() -> Response:
        session.get("a")
        return answer()

    app.add_url_rule("/write", view_func=write)
    app.add_url_rule("/read", view_func=read)
    app.add_url_rule("/other", view_func=answer)
    return app


@pytest.mark.parametrize("path", ["/write", "/read"])
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"cookie"}),
        (["Accept-Encoding"], {"accept-encoding", "cookie"}),
        (["Accept-Encoding, Accept"], {"accept-encoding", "accept", "cookie"}),
        (["cookie"], {"cookie"}),
        (["Accept, COOKIE"], {"accept", "cookie"}),
        (["X-Cookie"], {"x-cookie", "cookie"}),
    ],
)
def test_vary_names_the_cookie_beside_what_was_there(
    interface: SessionInterface, given: list[str], expected: set[str], path: str
) -> None:
    app = app_answering(app_with(interface), *(("Vary", value) for value in given))
    response = get(app, path)
    assert {name.strip().lower() for name in response.headers["Vary"].split(",")} == expected


def test_no_vary_line_is_lost_where_there_are_two() -> None:
    app = app_answering(ours(), ("Vary", "Accept-Encoding"), ("Vary", "Accept"))
    assert get(app, "/write").headers.getlist("Vary") == ["Accept-Encoding, Accept, Cookie"]


def test_vary_on_everything_stays_as_it_is() -> None:
    response = get(app_answering(ours(), ("Vary", "*")), "/write")
    assert response.headers.getlist("Vary") == ["*"]


def test_a_request_that_did_not_touch_its_session_says_nothing(interface: SessionInterface) -> None:
    app = app_answering(app_with(interface))
    client = app.test_client()
    client.get("/write")
    response = client.get("/other")
    assert ("Vary" in response.headers, "Cache-Control" in response.headers) == (False, False)


@pytest.mark.parametrize(
    ("given", "directives"),
    [
        ([], {"private"}),
        (["no-store"], {"no-store"}),
        (["private"], {"private"}),
        (["private, max-age=10"], {"private", "max-age=10"}),
        (["public"], {"private"}),
        (["public, max-age=60"], {"private", "max-age=60"}),
        (["public, s-maxage=60, max-age=5"], {"private", "max-age=5"}),
        (["s-maxage=60"], {"private"}),
        (["no-cache"], {"no-cache", "private"}),
        (["max-age=60"], {"private", "max-age=60"}),
        (["PUBLIC, Max-Age=60"], {"private", "max-age=60"}),
        (["public", "max-age=60"], {"private", "max-age=60"}),
        (["max-age=60", "public"], {"private", "max-age=60"}),
        (["no-store", "public"], {"no-store"}),
        (["private, public"], {"private"}),
        (["PUBLIC"], {"private"}),
        (['private="X-Name"'], {"private"}),
        (["must-revalidate, proxy-revalidate, public"], None),
    ],
)
def test_no_shared_cache_may_keep_a_response_with_a_session_cookie(
    given: list[str], directives: set[str] | None
) -> None:
    app = app_answering(ours(), *(("Cache-Control", value) for value in given))
    response = get(app, "/write")
    assert set_cookies(response)
    control = response.cache_control
    assert control.private is True or control.no_store
    assert control.s_maxage is None
    assert not control.public
    text = ",".join(response.headers.getlist("Cache-Control"))
    if directives is not None:
        assert directives <= {part.strip().lower() for part in text.split(",")}


@pytest.mark.parametrize("vary", ["Cookie", "cookie", "Accept, COOKIE"])
@pytest.mark.parametrize("control", ["private", "max-age=5, Private", "no-store"])
def test_what_a_response_says_already_is_not_said_twice(vary: str, control: str) -> None:
    response = get(app_answering(ours(), ("Vary", vary), ("Cache-Control", control)), "/write")
    assert response.headers.getlist("Vary") == [vary]
    assert response.headers.getlist("Cache-Control") == [control]


def test_a_response_that_only_read_its_session_keeps_its_cache_control() -> None:
    response = get(app_answering(ours(), ("Cache-Control", "max-age=60")), "/read")
    assert response.headers["Cache-Control"] == "max-age=60"


@pytest.mark.parametrize("use", [repr, lambda held: held.modified, lambda held: held.accessed])
def test_a_session_that_was_asked_for_counts_as_accessed(
    interface: SessionInterface, use: object
) -> None:
    app = app_with(interface)
    held: object = session
    assert callable(use)
    route(app, lambda: use(held) and "")
    assert get(app).headers["Vary"] == "Cookie"


def test_the_cookie_stands_beside_other_cookies(interface: SessionInterface) -> None:
    app = app_with(interface)

    def view() -> Response:
        session["a"] = 1
        response = make_response("page")
        response.set_cookie("theme", "dark")
        response.delete_cookie("old")
        return response

    app.add_url_rule("/", view_func=view)
    response = get(app)
    names = [line.partition("=")[0] for line in set_cookies(response)]
    assert names == ["theme", "old", "session"]


def test_every_response_that_sets_or_deletes_the_cookie_varies_on_it() -> None:
    app = ours()
    route(app, lambda: session.clear(), at="/clear")
    route(app, lambda: session.update(a=1), at="/write")
    cookie = f"session={sealed(get(app, '/write'))}"
    for path in ("/clear", "/write"):
        response = get(app, path, cookie=cookie)
        assert set_cookies(response)
        assert response.headers["Vary"] == "Cookie"
        assert response.headers["Cache-Control"] == "private"
