"""What a release writes into browsers, written down so that later ones can be tried on it.

One file a release, made once by that release and never again: what no later code has touched is
what shows that a later release opens it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from flask import Flask, session

import cookie_sessions
from cookie_sessions import clock
from cookie_sessions.codec.compress import BUILT_IN_NUMBER
from cookie_sessions.codec.names import STATIC_NAMES
from cookie_sessions.events import Event
from cookie_sessions.flask import CookieSessions
from cookie_sessions.keys import new_jwk_set
from tests.vectors.description import Description, describe

FOLDER: Final = Path(__file__).resolve().parent
PACKAGE: Final = Path(cookie_sessions.__file__).parent
VECTORS: Final = FOLDER.parent / "vectors" / "v1.json"
SECTIONS: Final = ("positive", "negative", "splits", "overflow", "wires", "handoffs", "form_tokens")
SECRET: Final = "what signed and sealed in the days of this release"


class Opened(NamedTuple):
    """What became of cookies that were sent in.

    Attributes:
        content: the session, as tests/vectors/description.py describes it.
        is_permanent: whether the session outlives the browser.
        told: names of the events, with their reasons.
    """

    content: Description
    is_permanent: bool
    told: list[str]


def contents() -> dict[str, dict[str, Any]]:
    """Sessions that use what the format has: types, names with codes, dictionary, several cookies.

    Returns:
        Session by a name for it.
    """
    zone = dt.timezone(dt.timedelta(hours=2))
    return {
        "small": {"user": "ada", "visits": 3},
        "signed in": {
            "_user_id": "17",
            "_fresh": True,
            "_permanent": True,
            "csrf_token": hashlib.sha256(b"a form").hexdigest(),
            "_flashes": [("message", "You have been logged out.")],
        },
        "of many types": {
            "none": None,
            "numbers": [1, -(2**70), 2.5, Decimal("9.90")],
            "texts": ["é", "\ud800", "0f" * 20],
            "octets": b"\x00\xff",
            "groups": [(1, 2), {3}, frozenset({4}), {5: "five"}],
            "moments": [dt.datetime(2026, 5, 17, 12, tzinfo=zone), dt.date(2026, 5, 17)],
            "span": dt.timedelta(days=1, microseconds=1),
            "id": uuid.UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8"),
            "rows": [{"sku": f"A-{number}", "price": number / 100} for number in range(20)],
        },
        "in several cookies": {
            "digests": [hashlib.sha512(bytes([number])).hexdigest() for number in range(60)],
        },
    }


def write() -> dict[str, Any]:
    """Have this very release write all of it, at the present time.

    Returns:
        What ``read`` and the tests take, as JSON.
    """
    ring = new_jwk_set()
    written = []
    for keys in ("secret key", "ring"):
        for name, content in contents().items():
            app = application(ring if keys == "ring" else None)
            app.add_url_rule("/", view_func=lambda content=content: str(session.update(content)))
            lines = app.test_client().get("/").headers.getlist("Set-Cookie")
            cookies = [line.partition(";")[0] for line in lines]
            record = {"name": name, "keys": keys, "content": describe(content)}
            written.append({**record, "cookies": cookies})
    dictionary = f"dictionary-{BUILT_IN_NUMBER}.bin"
    digest = hashlib.sha256((PACKAGE / "codec" / dictionary).read_bytes()).hexdigest()
    return {
        "release": cookie_sessions.__version__,
        "written_at": clock.now(),
        "secret_key": SECRET,
        "ring": json.loads(ring),
        "sessions": written,
        "static_names": list(STATIC_NAMES),
        "dictionaries": {dictionary: digest},
        "vectors": vectors(),
    }


def vectors() -> dict[str, dict[str, str]]:
    """The test vectors of format v1 as they are now.

    Returns:
        By section and name, the SHA-256 of all of it.
    """
    found = json.loads(VECTORS.read_text(encoding="ascii"))
    return {
        section: {each["name"]: _digest(each) for each in found[section]} for section in SECTIONS
    }


def _digest(vector: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(vector, sort_keys=True).encode()).hexdigest()


def application(ring: str | None) -> Flask:
    """An application that seals under the secret key, or under a ring if there is one."""
    app = Flask("released")
    app.config.update(SECRET_KEY=SECRET, PROPAGATE_EXCEPTIONS=True)
    # Other limits than these leave no room for a session of several cookies.
    app.config["COOKIE_SESSIONS_PROFILE"] = "no-proxy"
    if ring is not None:
        app.config["COOKIE_SESSIONS_KEYS"] = lambda: ring
    CookieSessions(app)
    return app


def read(cookies: list[str], *, ring: str | None) -> Opened:
    """Send cookies to an application of the release that is installed.

    Args:
        cookies: pairs of name and value.
        ring: the key file's text, or None for the secret key.
    """
    app = application(ring)
    told: list[Event] = []
    CookieSessions.events(app).subscribe(told.append)
    found: list[tuple[Description, bool]] = []

    @app.get("/")
    def look() -> str:
        found.append((describe(dict(session)), session.permanent))
        return ""

    client = app.test_client(use_cookies=False)
    client.get("/", environ_overrides={"HTTP_COOKIE": "; ".join(cookies)})
    ((content, is_permanent),) = found
    names = [f"{event.name}:{event.reason}" if event.reason else str(event.name) for event in told]
    return Opened(content, is_permanent, names)
