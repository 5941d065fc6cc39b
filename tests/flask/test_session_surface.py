"""What our session does beyond Flask's, and what it refuses."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, session

from cookie_sessions.errors import UsageError
from cookie_sessions.flask import FlaskSession
from tests.flask.conftest import Clock
from tests.flask.world import counting_cryptography, ours, route, set_cookies

CART = {"cart": [{"sku": "A", "tags": ["x"]}], "user": {"name": "Ann"}, "when": (1, [2])}


@pytest.fixture
def app() -> Flask:
    app = ours()
    route(app, lambda: session.update(copy.deepcopy(CART)), at="/fill")
    route(app, lambda: dict(session), at="/show")
    return app


def current() -> FlaskSession:
    held: Any = session
    found = held._get_current_object()
    assert isinstance(found, FlaskSession)
    return found


def after(app: Flask, do: Callable[[], Any]) -> tuple[bool, str]:
    """Whether doing this to a filled session sets a cookie, and what is in it afterwards."""
    route(app, do, at="/do")
    client = app.test_client()
    client.get("/fill")
    response = client.get("/do")
    assert response.status_code == 200
    return bool(set_cookies(response)), client.get("/show").text


def test_the_representation_shows_the_names_and_no_values(app: Flask) -> None:
    route(app, lambda: repr(current()), at="/repr")
    route(app, lambda: repr((session.get("user"), current())[1]), at="/read")
    client = app.test_client()
    client.get("/fill")
    assert client.get("/repr").text == "<FlaskSession not opened>"
    assert client.get("/read").text == "<FlaskSession with the keys ['cart', 'user', 'when']>"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_session_is_never_pickled(app: Flask, protocol: int) -> None:
    with app.test_request_context():
        session["a"] = 1
        with pytest.raises(UsageError, match="can't be pickled"):
            pickle.dumps(current(), protocol)


def test_copies_are_plain_dicts(app: Flask) -> None:
    with app.test_request_context():
        session["a"] = [1]
        copies = [current().copy(), copy.copy(current()), copy.deepcopy(current())]
        assert [type(one) for one in copies] == [dict, dict, dict]
        assert [one["a"] is session["a"] for one in copies] == [True, True, False]


def test_it_is_a_mapping_but_no_dict(app: Flask) -> None:
    with app.test_request_context():
        assert isinstance(current(), MutableMapping)
        assert not isinstance(current(), dict)
        with pytest.raises(TypeError):
            json.dumps(current())


@pytest.mark.parametrize(
    "change",
    [
        lambda: session["cart"].append(1),
        lambda: session["cart"][0]["tags"].append("y"),
        lambda: session["user"].update(name="Bob"),
        lambda: session["user"].clear(),
        lambda: session["when"][1].pop(),
        lambda: next(iter(session.values())).reverse() or session["cart"].append(None),
        lambda: dict(session)["cart"].clear(),
        lambda: current().copy()["user"].popitem(),
        lambda: session.setdefault("user", {}).update(x=1),
        lambda: session.get("cart", []).insert(0, 5),
        lambda: next(value for _, value in session.items()).append(7),
    ],
)
def test_a_change_inside_a_value_is_seen_without_being_told(
    app: Flask, change: Callable[[], Any]
) -> None:
    written, shown = after(app, change)
    assert written
    assert shown != str(CART)


def test_a_change_inside_that_is_undone_again_writes_nothing(app: Flask) -> None:
    written, shown = after(app, lambda: (session["cart"].append(1), session["cart"].pop()))
    assert (written, shown) == (False, str(CART))


def test_modified_tells_of_a_change_inside_at_once(app: Flask) -> None:
    route(app, lambda: (session["cart"], session.modified)[1], at="/before")
    route(app, lambda: (session["cart"].append(1), session.modified)[1], at="/change")
    client = app.test_client()
    client.get("/fill")
    assert [client.get("/before").text, client.get("/change").text] == ["False", "True"]


def test_what_is_said_to_be_unmodified_is_forgotten(app: Flask) -> None:
    def change() -> None:
        session["cart"].append(1)
        session["new"] = 2
        session.modified = False

    assert after(app, change) == (False, str(CART))


def test_a_change_after_it_was_said_to_be_unmodified_counts(app: Flask) -> None:
    def change() -> None:
        session["cart"].append(1)
        session.modified = False
        session["cart"].append(2)

    written, shown = after(app, change)
    assert written
    assert "1, 2]" in shown


def test_said_to_be_modified_it_is_written_though_nothing_changed(app: Flask) -> None:
    assert after(app, lambda: setattr(session, "modified", True)) == (True, str(CART))


def test_looking_at_every_value_reseals_nothing(app: Flask) -> None:
    route(app, lambda: [*session.values(), *session.items(), repr(dict(session))], at="/look")
    client = app.test_client()
    client.get("/fill")
    with counting_cryptography() as counter:
        assert set_cookies(client.get("/look")) == []
    assert (counter.seals, counter.opens) == (0, 1)


def test_keys_and_values_keep_their_types(app: Flask) -> None:
    moment = datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    values: dict[Any, Any] = {"d": {1: "a", (2, 3): {4}}, 5: moment, "t": timedelta(seconds=1)}
    route(app, lambda: session.update(values), at="/types")
    route(app, lambda: dict(session) == values and list(session), at="/same")
    client = app.test_client()
    client.get("/types")
    assert client.get("/same").text == "['d', 5, 't']"


def test_a_session_knows_its_id_its_age_and_whether_it_is_new(app: Flask, clock: Clock) -> None:
    app.add_url_rule(
        "/self", view_func=lambda: [current().sid, current().new, str(current().created_at)]
    )
    client = app.test_client()
    assert client.get("/self").get_json()[1] is True
    client.get("/fill")
    begun = str(datetime.fromtimestamp(clock.time, UTC))
    first = client.get("/self").get_json()
    clock.forward(1000)
    assert client.get("/self").get_json() == first
    assert first[1:] == [False, begun]
    assert len(bytes.fromhex(first[0])) == 16


def test_regenerating_changes_the_id_and_keeps_the_rest(app: Flask, clock: Clock) -> None:
    route(app, lambda: current().regenerate(), at="/again")
    app.add_url_rule("/self", view_func=lambda: [current().sid, str(current().created_at)])
    client = app.test_client()
    client.get("/fill")
    clock.forward(100)
    before = client.get("/self").get_json()
    assert set_cookies(client.get("/again"))
    after_it = client.get("/self").get_json()
    assert (after_it[0] == before[0], after_it[1] == before[1]) == (False, True)
    assert client.get("/show").text == str(CART)


def test_destroying_ends_the_session_and_what_follows_is_another(app: Flask, clock: Clock) -> None:
    route(app, lambda: current().destroy(), at="/end")

    def begin_anew() -> None:
        current().destroy()
        session["a"] = 1

    route(app, begin_anew, at="/anew")
    app.add_url_rule("/self", view_func=lambda: [current().sid, str(current().created_at)])
    client = app.test_client()
    client.get("/fill")
    before = client.get("/self").get_json()
    clock.forward(100)
    client.get("/anew")
    anew = client.get("/self").get_json()
    assert (anew[0] == before[0], anew[1] == before[1]) == (False, False)
    assert client.get("/show").text == "{'a': 1}"
    (line,) = set_cookies(client.get("/end"))
    assert line.startswith("session=;")
    assert client.get_cookie("session") is None
