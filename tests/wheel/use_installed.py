"""Carry one session around in a Flask application, with the installed package alone."""

import sys
from pathlib import Path

from flask import Flask, session

import cookie_sessions
from cookie_sessions.flask import CookieSessions

VALUE = "kept " * 40

assert Path(cookie_sessions.__file__).is_relative_to(sys.prefix), cookie_sessions.__file__

app = Flask(__name__)
app.config["SECRET_KEY"] = bytes(range(32))
CookieSessions(app)


@app.get("/write")
def write() -> str:
    """Put a value into the session that the built-in dictionary has to compress."""
    session["value"] = VALUE
    return "written"


@app.get("/read")
def read() -> str:
    """Answer with the value."""
    return str(session["value"])


client = app.test_client()
client.get("/write")
cookie = client.get_cookie("session")
assert cookie is not None
assert "kept" not in cookie.value
assert client.get("/read").text == VALUE
print(f"cookie_sessions works as installed: {len(cookie.value)} octets of cookie value.")
