"""Use the installed package alone: a Flask application, a WSGI application, and the commands."""

import importlib.metadata
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from wsgiref.util import setup_testing_defaults

from flask import Flask, session

import cookie_sessions
from cookie_sessions.flask import CookieSessions
from cookie_sessions.proxy import WithoutSessionCookies

VALUE = "kept " * 40
SCRIPTS = Path(sysconfig.get_path("scripts"))
PACKAGE = Path(cookie_sessions.__file__).parent

assert PACKAGE.is_relative_to(sys.prefix), PACKAGE
assert (PACKAGE / "py.typed").exists()
assert importlib.metadata.version("cookie-sessions") == cookie_sessions.__version__

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


def behind(environ: dict[str, object], start_response: object) -> Iterable[bytes]:
    """A WSGI application that must not see the session."""
    seen.append(str(environ.get("HTTP_COOKIE", "")))
    return [b""]


seen: list[str] = []
environ: dict[str, object] = {"HTTP_COOKIE": f"session={cookie.value}; theme=dark"}
setup_testing_defaults(environ)
list(WithoutSessionCookies(behind)(environ, lambda *_: lambda _octets: None))
assert seen == ["theme=dark"]


def run(*command: str) -> str:
    """What a command prints; one that fails ends the program."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout


Path("shop.py").write_text(
    "from flask import Flask\n"
    "from cookie_sessions.flask import CookieSessions\n"
    "app = Flask(__name__)\n"
    f"app.config.update(SECRET_KEY={bytes(range(32))!r})\n"
    "CookieSessions(app)\n",
    encoding="ascii",
)
script, flask = str(SCRIPTS / "cookie-sessions"), str(SCRIPTS / "flask")
assert cookie_sessions.__version__ in run(script, "--version")
assert "--url" in run(script, "doctor", "--help")
assert "doctor" in run(flask, "--app", "shop", "sessions", "--help")
run(script, "keys", "init", "--keys", "file:keys.json")
assert "primary" in run(script, "keys", "list", "--keys", "file:keys.json")
assert "primary" in run(
    flask, "--app", "shop", "sessions", "keys", "list", "--keys", "file:keys.json"
)
print(f"cookie_sessions works as installed: {len(cookie.value)} octets of cookie value.")
