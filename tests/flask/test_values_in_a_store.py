"""Values in the overflow store, through Flask: near ones are read without it, far ones need it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import pytest
from flask import Flask, Response, session
from werkzeug.test import TestResponse

from cookie_sessions.errors import Unavailable
from cookie_sessions.flask import FlaskSession
from cookie_sessions.flask.state import AppState
from cookie_sessions.overflow import GRACE_SECONDS
from cookie_sessions.stores.memory import MemoryStore
from tests.flask.conftest import Clock
from tests.flask.large import app_of, crowd, header_of, names_in
from tests.flask.signed import WINDOW
from tests.flask.world import events_of, get, names_of, route, set_cookies
from tests.keys.secrecy import recorded

CANARY = "canary-of-the-data"


class Store(MemoryStore):
    """A store that can be out of reach."""

    reachable = True

    def get_many(self, names: Iterable[str]) -> dict[str, bytes]:
        self._check()
        return super().get_many(names)

    def put_many(self, *args: Any, **kwargs: Any) -> None:
        self._check()
        super().put_many(*args, **kwargs)

    def extend(self, *args: Any, **kwargs: Any) -> set[str]:
        self._check()
        return super().extend(*args, **kwargs)

    def _check(self) -> None:
        if not self.reachable:
            raise Unavailable("The store does not answer.")


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def shop(store: Store, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application whose basket is always in the store and whose user never is."""
    monkeypatch.setattr("cookie_sessions.stores.url.store_from_url", lambda url: store)
    app = app_of(
        PROPAGATE_EXCEPTIONS=False,
        COOKIE_SESSIONS_PROFILE="portable",
        COOKIE_SESSIONS_OVERFLOW="memory:",
        COOKIE_SESSIONS_COLD=["basket"],
        COOKIE_SESSIONS_HOT=["user"],
    )

    def fill() -> None:
        session.update(user="Ada", basket=[CANARY])

    route(app, fill, at="/fill")
    route(app, lambda: session["basket"].append("y"), at="/add")
    route(app, lambda: session["user"], at="/user")
    route(app, lambda: session.get("basket"), at="/basket")
    route(app, lambda: session.update(page=1), at="/page")
    return app


def forget(app: Flask) -> None:
    """Have the process remember nothing of the store."""
    overflow = AppState.of(app).manager.overflow
    assert overflow is not None
    overflow._cache.drop(list(overflow._cache._entries))


def check_503(response: TestResponse) -> None:
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert set_cookies(response) == []


def test_a_session_beyond_every_cookie_is_kept_with_a_store(shop: Flask) -> None:
    client = shop.test_client()
    assert client.get("/write/100000").status_code == 200
    assert names_in(client) == ["session"]
    assert client.get("/whole").text == "True"
    client.get("/more")
    assert client.get("/length").text == "100000"
    client.get("/write/20")
    assert client.get("/whole").text == "True"


def test_a_basket_in_the_store_is_changed_like_any_other(shop: Flask, clock: Clock) -> None:
    client = shop.test_client()
    client.get("/fill")
    for count in range(1, 4):
        client.get("/add")
        clock.forward(GRACE_SECONDS + 2)
        assert client.get("/basket").text.count("'y'") == count
    assert client.get("/user").text == "Ada"


def test_an_entry_that_is_gone_is_an_absent_key(shop: Flask, store: Store) -> None:
    client = shop.test_client()
    client.get("/fill")
    told = events_of(shop)
    store.delete([name for page in store.scan("") for name in page])
    assert client.get("/basket").text == "None"
    assert client.get("/user").text == "Ada"
    assert client.get("/add").status_code == 500
    assert names_of(told) == ["value_lost"] * 2


def test_a_write_that_needs_the_store_is_a_503_without_a_cookie(shop: Flask, store: Store) -> None:
    client = shop.test_client()
    client.get("/fill")
    before = header_of(client)
    store.reachable = False
    for path in ("/fill", "/page", "/write/100000", "/add"):
        check_503(client.get(path))
    assert header_of(client) == before
    store.reachable = True
    forget(shop)
    assert CANARY in client.get("/basket").text


def test_without_the_store_hot_values_are_read_and_cold_ones_are_a_503_once(
    shop: Flask, store: Store
) -> None:
    seen: list[object] = []

    def page(error: Any) -> tuple[str, int]:
        seen.append((error.code, dict(session), session.get("basket")))
        session["later"] = 1
        return "sorry", 503

    shop.register_error_handler(503, page)
    client = shop.test_client()
    client.get("/fill")
    forget(shop)
    store.reachable = False
    told = events_of(shop)
    assert client.get("/user").text == "Ada"
    assert told == []
    response = client.get("/basket")
    assert (response.status_code, response.text, set_cookies(response)) == (503, "sorry", [])
    assert seen == [(503, {}, None)]
    assert names_of(told) == ["unavailable", "write_ignored"]


def test_a_500_page_works_when_the_store_is_gone(shop: Flask, store: Store) -> None:
    pages: list[object] = []

    def view() -> str:
        assert session["user"] == "Ada"
        store.reachable = False
        forget(shop)
        raise RuntimeError

    def page(error: Exception) -> tuple[str, int]:
        pages.append((session.get("basket"), len(session), bool(session)))
        return "broken", 500

    shop.add_url_rule("/fail", view_func=view)
    shop.register_error_handler(500, page)
    client = shop.test_client()
    client.get("/fill")
    check_503(client.get("/fail"))
    assert pages == [(None, 0, False)]


@pytest.mark.parametrize("use", [bool, len, list, dict])
def test_whatever_a_500_page_does_first_with_far_values_reads_them_absent(
    shop: Flask, store: Store, use: Callable[[object], object]
) -> None:
    pages: list[object] = []

    def view() -> str:
        store.reachable = False
        raise RuntimeError

    def page(error: Exception) -> tuple[str, int]:
        pages.append(use(session))
        return "broken", 500

    shop.config["COOKIE_SESSIONS_COLD"] = ["basket", "history", "notes"]
    route(shop, lambda: session.update(basket=[1], history=[2], notes=[3]), at="/far")
    shop.add_url_rule("/fail", view_func=view)
    shop.register_error_handler(500, page)
    client = shop.test_client()
    client.get("/far")
    forget(shop)
    check_503(client.get("/fail"))
    assert pages == [use({})]


def test_an_absent_or_unreachable_value_leaves_nothing_in_frames(shop: Flask, store: Store) -> None:
    errors: list[BaseException] = []

    def tell(error: Any) -> tuple[str, int]:
        errors.append(error)
        return "", 503

    shop.register_error_handler(503, tell)
    shop.config["PROPAGATE_EXCEPTIONS"] = True
    client = shop.test_client()
    client.get("/fill")
    cookie = header_of(client)
    content = AppState.of(shop).manager.open_text(cookie.partition("=")[2], name="session")
    (reference,) = content.references
    forget(shop)
    store.reachable = False
    get(shop, "/basket", cookie=cookie)
    store.reachable = True
    store.delete([name for page in store.scan("") for name in page])
    with pytest.raises(KeyError) as caught:
        get(shop, "/add", cookie=cookie)
    errors.append(caught.value)
    assert len(errors) == 2
    for error in errors:
        text = recorded(error)
        assert "Ada" not in text
        assert repr(reference.seed)[2:30] not in text
        assert error.__suppress_context__ or error.__context__ is None


def test_a_stream_that_reads_a_cold_value_after_the_response_reads_it_absent(
    shop: Flask, store: Store
) -> None:
    def view() -> Response:
        held: Any = session
        found = held._get_current_object()
        assert found["user"] == "Ada"

        def parts() -> Iterator[str]:
            store.reachable = False
            forget(shop)
            yield f"{found.get('basket')}"

        return Response(parts())

    shop.add_url_rule("/stream", view_func=view)
    client = shop.test_client()
    client.get("/fill")
    response = client.get("/stream")
    assert (response.status_code, response.text) == (200, "None")


def test_a_room_that_others_need_is_made_in_the_store(shop: Flask) -> None:
    told = events_of(shop)
    response = get(shop, "/write/2500", cookie=crowd(6000))
    assert names_of(told) == ["overflow", "created"]
    (line,) = set_cookies(response)
    assert len(line) < 400
    cookie = line.partition(";")[0]
    assert get(shop, "/whole", cookie=cookie).text == "True"


@pytest.mark.parametrize("ends", [True, False])
def test_a_session_that_goes_on_in_flasks_own_form_leaves_no_entry(
    shop: Flask, store: Store, clock: Clock, ends: bool
) -> None:
    client = shop.test_client()
    client.get("/fill")
    back = app_of(
        COOKIE_SESSIONS_OVERFLOW="memory:",
        COOKIE_SESSIONS_ACCEPT_FLASK_COOKIES_UNTIL=WINDOW,
        COOKIE_SESSIONS_WRITE="flask",
    )

    def go_on() -> None:
        if ends:
            cast(FlaskSession, session).destroy()
        else:
            session.pop("basket")
        session["n"] = 1

    route(back, go_on)
    (line,) = set_cookies(get(back, cookie=header_of(client)))
    assert line.startswith("session=eyJ")
    clock.forward(0 if ends else GRACE_SECONDS + 2)
    assert [name for page in store.scan("") for name in page] == []
