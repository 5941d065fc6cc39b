"""Whom a session belongs to, read in the request that says so."""

from __future__ import annotations

import uuid
from typing import Any

from flask import session

from tests.flask.world import get, ours, route


def test_a_subject_is_read_as_it_was_set_until_the_request_is_over() -> None:
    app = ours()
    number = uuid.UUID(int=7)

    def view() -> object:
        held: Any = session
        before = held.subject
        held.subject = number
        return before is None and held.subject is number

    route(app, view)
    assert get(app).text == "True"
