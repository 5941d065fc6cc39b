"""Sessions in Flask's many ways of being called."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import (
    Blueprint,
    Flask,
    copy_current_request_context,
    current_app,
    has_app_context,
    has_request_context,
    request,
    session,
    stream_with_context,
)
from flask.sessions import SessionInterface
from flask.typing import ResponseReturnValue
from flask.views import MethodView

from cookie_sessions.flask import CookieSessionInterface, CookieSessions
from tests.flask.world import SECRET, app_with, get, ours, route, set_cookies
from tests.together import run_together


@pytest.fixture
def app(interface: SessionInterface) -> Flask:
    app = app_with(interface)

    def count() -> int:
        session["n"] = session.get("n", 0) + 1
        return int(session["n"])

    route(app, count)
    route(app, lambda: session.get("n"), at="/look")
    return app


def test_a_session_transaction_writes_and_reads(app: Flask) -> None:
    client = app.test_client()
    with client.session_transaction() as held:
        held["n"] = 41
        held["list"] = [1]
    assert client.get("/").text == "42"
    with client.session_transaction() as held:
        assert held["n"] == 42
        held["n"] = 1
    assert client.get("/look").text == "1"
    with client.session_transaction() as held:
        held.clear()
    assert client.get("/look").text == "None"


def test_between_the_halves_of_a_transaction_there_is_no_context(app: Flask) -> None:
    client = app.test_client()
    client.get("/")
    with client.session_transaction() as held:
        assert not has_app_context()
        assert not has_request_context()
        assert (held["n"], "n" in held, len(held), held.permanent) == (1, True, 1, False)
        assert repr(held)
        held.permanent = True
        held.update(n=5)
        held.setdefault("m", []).append(1)
        assert held.pop("m") == [1]
    with client.session_transaction() as held:
        assert dict(held) == {"n": 5, "_permanent": True}


def test_a_transaction_that_changes_nothing_leaves_the_cookie_alone(app: Flask) -> None:
    client = app.test_client()
    client.get("/")
    before = client.get_cookie("session")
    with client.session_transaction() as held:
        assert held["n"] == 1
    assert client.get_cookie("session") == before


def test_a_client_in_a_with_block_shows_the_session_of_the_last_request(app: Flask) -> None:
    with app.test_client() as client:
        client.get("/")
        assert session["n"] == 1
        client.get("/")
        assert session["n"] == 2
        with client.session_transaction() as held:
            held["n"] = 10
        client.get("/look")
        assert session["n"] == 10


def test_a_stream_reads_the_session(app: Flask) -> None:
    def stream() -> ResponseReturnValue:
        def parts() -> Iterator[str]:
            yield "n="
            yield str(session.get("n"))

        return current_app.response_class(stream_with_context(parts()))

    app.add_url_rule("/stream", view_func=stream)
    client = app.test_client()
    assert client.get("/stream").text == "n=None"
    client.get("/")
    response = client.get("/stream")
    assert (response.text, set_cookies(response)) == ("n=1", [])


def test_a_stream_sees_what_its_view_wrote(app: Flask) -> None:
    def stream() -> ResponseReturnValue:
        session["n"] = 5
        parts = stream_with_context(str(session[key]) for key in ["n"])
        return current_app.response_class(parts)

    app.add_url_rule("/stream", view_func=stream)
    client = app.test_client()
    assert client.get("/stream").text == "5"
    assert client.get("/look").text == "5"


def test_blueprints_share_the_session(app: Flask) -> None:
    for name in ("one", "two"):
        blueprint = Blueprint(name, __name__, url_prefix=f"/{name}")

        def visit(name: str = name) -> str:
            session.setdefault("seen", []).append(name)
            return ",".join(session["seen"])

        blueprint.before_request(lambda: session.setdefault("n", None))
        blueprint.add_url_rule("/", view_func=visit)
        app.register_blueprint(blueprint)
    client = app.test_client()
    assert [client.get(f"/{name}/").text for name in ("one", "two")] == ["one", "one,two"]


def test_class_based_views_use_it(app: Flask) -> None:
    class Counter(MethodView):
        def get(self) -> str:
            return str(session.get("n"))

        def put(self) -> str:
            session["n"] = 7
            return ""

    app.add_url_rule("/counter", view_func=Counter.as_view("counter"))
    client = app.test_client()
    client.put("/counter")
    assert client.get("/counter").text == "7"


def test_async_views_use_it(app: Flask) -> None:
    async def view() -> str:
        session["n"] = session.get("n", 0) + 1
        return str(session["n"])

    app.add_url_rule("/async", view_func=view)
    client = app.test_client()
    assert [client.get("/async").text for _ in range(3)] == ["1", "2", "3"]


def test_a_copied_context_sees_the_session_in_another_thread(app: Flask) -> None:
    def view() -> str:
        seen: list[Any] = []

        @copy_current_request_context
        def work() -> None:
            seen.append(session.get("n"))

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return str(seen)

    app.add_url_rule("/thread", view_func=view)
    client = app.test_client()
    client.get("/")
    assert client.get("/thread").text == "[1]"


def test_other_cookies_and_methods_change_nothing(app: Flask) -> None:
    app.add_url_rule("/post", methods=["POST"], view_func=lambda: str(session.get("n")))
    client = app.test_client()
    client.set_cookie("other", "x")
    client.set_cookie("session2", "y")
    client.get("/")
    assert client.post("/post").text == "1"
    assert client.head("/").status_code == 200
    assert client.options("/look").status_code == 200
    assert client.get("/look").text == "2"


@pytest.fixture
def for_every_application(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Flask, "session_interface", CookieSessionInterface())


@pytest.mark.usefixtures("for_every_application")
def test_one_interface_serves_every_application_of_the_process() -> None:
    apps = [Flask(f"app{number}") for number in range(3)]
    for number, app in enumerate(apps):
        app.secret_key = f"{SECRET} {number // 2}"
        app.config["SESSION_COOKIE_PATH"] = f"/{number}"
        route(app, lambda: session.get("n"))
        route(app, lambda: session.update(n=1), at="/write")
    responses = [get(app, "/write") for app in apps]
    cookies = [one.headers["Set-Cookie"].partition(";")[0] for one in responses]
    seen = [[get(app, cookie=cookie).text for app in apps] for cookie in cookies]
    assert seen == [["1", "1", "None"], ["1", "1", "None"], ["None", "None", "1"]]
    assert [f"Path=/{number}" in set_cookies(responses[number])[0] for number in range(3)] == [
        True
    ] * 3


def test_a_factory_may_configure_after_init_app() -> None:
    extension = CookieSessions()

    def create(secret: str) -> Flask:
        app = Flask(__name__)
        extension.init_app(app)
        app.config["SECRET_KEY"] = secret
        app.config["COOKIE_SESSIONS_AUDIENCE"] = "shop"
        app.config["SESSION_COOKIE_NAME"] = "late"
        route(app, lambda: session.update(n=1))
        return app

    for number in range(2):
        response = get(create(f"{SECRET} {number}"))
        assert set_cookies(response)[0].startswith("late=")


def test_visitors_in_parallel_keep_to_their_own_sessions() -> None:
    app = ours()

    def visit() -> str:
        session.setdefault("seen", []).append(request.args["n"])
        session["who"] = session.get("who") or request.args["who"]
        return "".join([session["who"], *session["seen"]])

    route(app, visit)
    wrong: list[str] = []

    def wander(who: str) -> None:
        client = app.test_client()
        for n in range(25):
            expected = who + "".join(str(one % 10) for one in range(n + 1))
            shown = client.get(f"/?who={who}&n={n % 10}").text
            if shown != expected:
                wrong.append(shown)

    assert run_together(wander, ["ann", "bob", "eve"]) == []
    assert wrong == []
