"""Notes at articles: kept, changed, taken away, and never longer than they may be."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from shop import create_app
from shop.notes import LONGEST

from .visitor import PageReader, form_token


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return create_app({"SHOP_INSTANCE": str(tmp_path / "instance"), "SHOP_OVERFLOW": "memory:"})


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def leave(client: FlaskClient, sku: str, note: str) -> str:
    """Send the form, and return the page that follows."""
    token = form_token(client.get(f"/biscuit/{sku}").text)
    fields = {"csrf_token": token, "note": note}
    answer = client.post(f"/biscuit/{sku}/note", data=fields, follow_redirects=True)
    assert answer.status_code == 200
    assert PageReader(answer.text).faults == []
    return answer.text


def held(client: FlaskClient) -> object:
    with client.session_transaction() as opened:
        return opened.get("notes")


def test_a_note_stands_on_its_articles_page_and_no_other(client: FlaskClient) -> None:
    html = leave(client, "linzer", "  for\r\nAda <b>  ")
    assert '<textarea id="note"' in html
    assert ">\nfor\nAda &lt;b&gt;</textarea>" in html
    assert "Ada" not in client.get("/biscuit/shortbread").text
    assert held(client) == {"linzer": "for\nAda <b>"}


def test_a_note_is_replaced_and_an_empty_one_takes_it_away(client: FlaskClient) -> None:
    leave(client, "linzer", "one")
    leave(client, "shortbread", "two")
    leave(client, "linzer", "three")
    assert held(client) == {"shortbread": "two", "linzer": "three"}
    assert "There is no note on" in leave(client, "shortbread", " \r\n ")
    leave(client, "linzer", "")
    assert held(client) is None


def test_a_note_that_is_too_long_is_refused_and_the_one_before_stays(client: FlaskClient) -> None:
    leave(client, "linzer", "y" * LONGEST)
    assert "at most 6,000 characters, and this one 6,001" in leave(
        client, "linzer", "x" * (LONGEST + 1)
    )
    assert held(client) == {"linzer": "y" * LONGEST}


def test_there_is_no_note_on_what_the_shop_does_not_sell(client: FlaskClient) -> None:
    fields = {"csrf_token": form_token(client.get("/").text), "note": "one"}
    assert client.post("/biscuit/brick/note", data=fields).status_code == 404
    assert client.post("/biscuit/linzer/note", data={"note": "one"}).status_code == 403


def test_the_settings_of_the_environment_choose_limits_and_store(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SHOP_INSTANCE", str(tmp_path))
    default = create_app()
    assert default.config["COOKIE_SESSIONS_OVERFLOW"] == f"sqlite:{tmp_path / 'overflow.db'}"
    assert default.config["COOKIE_SESSIONS_PROFILE"] == "portable"
    monkeypatch.setenv("SHOP_PROFILE", "nginx-16k")
    monkeypatch.setenv("SHOP_OVERFLOW", "")
    chosen = create_app()
    assert chosen.config["COOKIE_SESSIONS_OVERFLOW"] is None
    assert chosen.config["COOKIE_SESSIONS_PROFILE"] == "nginx-16k"
    with chosen.test_request_context():
        assert "notes" not in session
