"""The limit on Set-Cookie lines is read from the environ, and nothing is loaded without need."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from cookie_sessions.adapters import KNOWN, SET_COOKIE_LINES, STRICT, line_limit
from cookie_sessions.cookies import LineLimit
from cookie_sessions.gateway import EventShape, synthetic

KEYS = {"apig-wsgi": "apig_wsgi.full_event", "serverless-wsgi": "serverless.event"}


@pytest.mark.parametrize("adapter", KEYS)
@pytest.mark.parametrize("shape", EventShape)
def test_a_known_adapter_is_recognised_by_its_event(adapter: str, shape: EventShape) -> None:
    known = KNOWN.get((adapter, shape.value))
    limit = line_limit({KEYS[adapter]: synthetic(shape)})
    assert limit == (None if known is None else LineLimit(known))


@pytest.mark.parametrize("event", [None, [], {}, {"requestContext": 1}])
def test_an_event_of_no_shape_has_no_limit(event: Any) -> None:
    assert line_limit(dict.fromkeys(KEYS.values(), event)) is None


def test_what_a_guard_says_counts_more_than_what_is_known() -> None:
    known = {KEYS["apig-wsgi"]: synthetic(EventShape.ALB_SINGLE)}
    assert line_limit({**known, SET_COOKIE_LINES: None}) is None
    assert line_limit({**known, SET_COOKIE_LINES: 2, STRICT: True}) == LineLimit(2, strict=True)


def test_without_an_adapter_nothing_of_gateways_is_loaded() -> None:
    program = (
        "import sys; from flask import Flask, session; from cookie_sessions.flask import *\n"
        "app = Flask('plain'); app.secret_key = '0123456789abcdef' * 2; CookieSessions(app)\n"
        "app.add_url_rule('/', 'set', lambda: str(session.setdefault('seen', 1)))\n"
        "assert 'session=' in app.test_client().get('/').headers['Set-Cookie']\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "cookie_sessions.adapters" in loaded
    assert not [name for name in loaded if name.startswith("cookie_sessions.gateway")]
