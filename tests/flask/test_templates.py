"""A template's {{ session.name }} looks for an attribute before it looks for a key."""

from __future__ import annotations

import re
from pathlib import Path

from flask import render_template_string, session
from flask.sessions import SecureCookieSession

from tests.flask.world import get, ours, route

ISSUED = {
    *("accessed", "created_at", "destroy", "modified", "new", "permanent", "regenerate", "sid"),
    *("anomaly", "auth_time", "is_fresh", "mark_authenticated", "require_fresh"),
    *("describe", "reference", "remember", "revoke_others", "subject", "supersede"),
    *("clear", "copy", "get", "items", "keys", "pop", "popitem", "setdefault", "update", "values"),
}


def test_no_attribute_but_the_documented_ones_stands_before_a_key() -> None:
    app = ours()
    found: list[set[str]] = []

    def view() -> str:
        held = session._get_current_object()  # type: ignore[attr-defined]
        found.append({name for name in dir(held) if not name.startswith("_")})
        return ""

    route(app, view)
    get(app)
    assert found == [ISSUED]


def test_the_guide_names_those_that_flasks_session_does_not_have() -> None:
    page = Path(__file__).parents[2].joinpath("docs", "guide.md").read_text()
    (sentence,) = [line for line in page.split("\n- ") if line.startswith("In a template")]
    ours_alone = ISSUED - set(dir(SecureCookieSession))
    assert set(re.findall(r"`session\.(\w+)`", sentence)) == ours_alone


def test_keys_of_identity_providers_are_reached_by_a_template() -> None:
    app = ours()

    def view() -> str:
        session.update(claims={"name": "x"}, content="y", origin="z")
        return render_template_string(
            "{{ session.claims.name }}{{ session.content }}{{ session.origin }}"
        )

    route(app, view)
    assert get(app).text == "xyz"
