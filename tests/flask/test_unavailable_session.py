"""What a page may ask of a session that could not be had: everything, and nothing comes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import session

from tests.flask.outage import TOLD, Outage, check_503, read
from tests.flask.world import get, names_of, route


def become_ada(held: Any) -> None:
    held.subject = "ada"


@pytest.mark.parametrize(
    "ask",
    [
        become_ada,
        lambda held: held.describe("a browser"),
        lambda held: held.remember(False),
        lambda held: held.revoke_others(),
        lambda held: held.mark_authenticated(),
        lambda held: held.supersede(),
        lambda held: held._sign_out(),
    ],
    ids=["subject", "describe", "remember", "revoke_others", "proof", "supersede", "sign out"],
)
def test_a_page_of_the_503_may_use_it_and_nothing_is_kept(
    outage: Outage, ask: Callable[[Any], object]
) -> None:
    app, told = outage.app_cut_off()
    seen = []

    def page(_: Exception) -> Any:
        held: Any = session
        ask(held)
        seen.append(dict(held))
        return "later", 503, {"Retry-After": "5"}

    route(app, read)
    app.register_error_handler(503, page)
    check_503(get(app, cookie=outage.cookie))
    assert seen == [{}]
    assert [name for name in names_of(told) if name not in (*TOLD, "write_ignored")] == []
