"""The application whose sessions are stolen."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from flask import Flask, Response, request, session

from cookie_sessions import Event, EventName
from cookie_sessions.flask import CookieSessions, FlaskSession
from tests.gunicorn_server import PATIENCE
from tests.thefts.accounts import Accounts
from tests.thefts.doors import Door, LoginDoor, PlainDoor

LIFETIME = 600
"""Seconds that a session lives."""

RELOAD = 1
"""Seconds after which a worker asks for its keys again."""

GRACE = 4.0
"""Seconds for which an old id can be read after ``regenerate()``: time for some 30 requests."""

WORKER = "X-Worker"
SETTINGS = "THEFTS_SETTINGS"
"""The variable that holds further settings, as JSON."""


def create_app() -> Flask:
    """An application whose files are in the folder THEFTS_FOLDER: keys, accounts and signals.

    THEFTS_DOOR says by which of its two ways users come in.
    """
    folder = Path(os.environ["THEFTS_FOLDER"])
    app = Flask(__name__)
    app.config.update(
        # Flask-Login signs its remember cookie with it.
        SECRET_KEY="of no use for sessions, as they have a ring",
        PERMANENT_SESSION_LIFETIME=LIFETIME,
        COOKIE_SESSIONS_KEYS=f"file:{folder / 'keys.json'}",
        COOKIE_SESSIONS_KEYS_RELOAD=RELOAD,
        COOKIE_SESSIONS_REGENERATE_GRACE=GRACE,
        **json.loads(os.environ[SETTINGS]),
    )
    CookieSessions(app)
    CookieSessions.events(app).subscribe(_tell)
    accounts = Accounts(folder)
    plain = os.environ["THEFTS_DOOR"] == "plain"
    door: Door = PlainDoor(accounts) if plain else LoginDoor(app, accounts)
    _add_views(app, accounts, door)
    _add_ways_out(app, accounts, door)
    _add_slow_view(app, door, folder)
    CookieSessions.check(app)
    return app


def _tell(event: Event) -> None:
    if event.name is not EventName.CREATED:
        sys.stderr.write(f"{os.getpid()} {event}\n")


def ours() -> FlaskSession:
    """The session, without Flask's proxy, whose type knows nothing of ours."""
    found: object = session._get_current_object()  # type: ignore[attr-defined]
    assert isinstance(found, FlaskSession)
    return found


def _add_views(app: Flask, accounts: Accounts, door: Door) -> None:
    @app.get("/")
    def front() -> dict[str, Any]:
        return {}

    @app.post("/sign-in")
    def sign_in() -> dict[str, Any]:
        session.permanent = True
        session["notes"] = 0
        door.sign_in(accounts.named(request.args["name"]), remember="remember" in request.args)
        return {}

    @app.get("/page")
    def page() -> dict[str, Any]:
        user = door.user()
        return {"user": None if user is None else user.name, "notes": session.get("notes")}

    @app.post("/note")
    def note() -> dict[str, Any]:
        if door.user() is not None:
            session["notes"] += 1
        return page()

    @app.get("/claims")
    def claims() -> dict[str, Any]:
        own = ours()._own_claims
        return {"sid": own.sid.hex(), "until": own.until} | page()

    @app.after_request
    def tell_the_worker(response: Response) -> Response:
        response.headers[WORKER] = str(os.getpid())
        return response


def _add_ways_out(app: Flask, accounts: Accounts, door: Door) -> None:
    @app.post("/sign-out/<how>")
    def sign_out(how: str) -> dict[str, Any]:
        match how:
            case "destroy":
                ours().destroy()
            case "clear":
                session.clear()
            case _:
                assert how == "by-the-door"
                door.sign_out()
        return {}

    @app.post("/sign-out-others")
    def sign_out_others() -> dict[str, Any]:
        ours().revoke_others()
        return {}

    @app.post("/change-password")
    def change_password() -> dict[str, Any]:
        user = door.user()
        assert user is not None
        CookieSessions.revoke_user(app, user.get_id())
        door.sign_in(accounts.change_password(user), remember="remember" in request.args)
        return {}

    @app.post("/regenerate")
    def regenerate() -> dict[str, Any]:
        ours().regenerate()
        return {}


def _add_slow_view(app: Flask, door: Door, folder: Path) -> None:
    @app.post("/slow/<how>")
    def slow(how: str) -> dict[str, Any]:
        """Wait, with the session open, until the file ``go`` is there."""
        if how != "untouched":
            assert session["notes"] is not None
        (folder / f"waiting to {how}").touch()
        deadline = time.monotonic() + PATIENCE
        while not (folder / "go").exists():
            assert time.monotonic() < deadline
            time.sleep(0.005)
        match how:
            case "write":
                session["notes"] += 1
            case "regenerate":
                ours().regenerate()
            case "supersede":
                ours().supersede()
            case "empty and write":
                session.clear()
                session["notes"] = 7
            case "sign out others":
                ours().revoke_others()
                ours().regenerate()
            case "sign out":
                door.sign_out()
            case _:
                assert how in ("read", "untouched")
        return {}
