"""What a cold start loads: every module is named here, so that none comes in unseen."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cold_start import NONE, RING, SECRET, ColdStarts, Start, cold_starts
from benchmarks.imports import main

ROOT = Path(__file__).resolve().parent.parent

CORE = {
    "cookie_sessions",
    *(
        f"cookie_sessions.{name}"
        for name in (
            *("arrival", "claims", "clock", "codec", "content", "cookies", "crypto", "envelope"),
            *("errors", "events", "freshness", "identity", "intent", "keys", "manager"),
            *("mapping", "policy", "sealer", "session", "settings"),
            *("codec.codec", "codec.compress", "codec.leaves", "codec.lowering", "codec.names"),
            *("codec.payload", "codec.reference", "codec.registered", "codec.shrink"),
            *("codec.table", "codec.tags", "codec.values"),
            *("cookies.budget", "cookies.names", "cookies.reader", "cookies.split"),
            *("keys.from_secret", "keys.key", "keys.ring", "policy.levels", "policy.timeouts"),
            *("settings.frozen", "settings.settings"),
        )
    ),
}
OF_A_RING = {
    f"cookie_sessions.keys.{name}"
    for name in (
        *("change", "entry", "jwk_set", "key_set", "lifecycle", "provider", "ring_json"),
        *("sources", "sources.environment", "sources.url"),
    )
}
OF_SETTINGS = {
    f"cookie_sessions.settings.{name}"
    for name in (
        *("csrf_values", "dictionary_values", "prefix", "times", "together"),
        *("transport_values", "values"),
    )
}
OF_UNSET = {"cookie_sessions.settings.prefix", "cookie_sessions.settings.times"}
"""What an application needs of the settings that sets none of ours."""

OF_A_RESPONSE = {
    f"cookie_sessions.{name}"
    for name in ("commit", "continuation", "departure", "ending", "fixation", "ownership")
} | {"cookie_sessions.cookies.attributes", "cookie_sessions.succession"}
LAST = {f"cookie_sessions.{name}" for name in ("commit", "continuation", "departure")}
"""Of these, what not even Flask's extension loads before the first response that needs them."""

OF_FLASK = {
    *(
        f"cookie_sessions.flask{name}"
        for name in (
            *("", ".decorators", ".extension", ".headers", ".interface", ".login", ".probe"),
            *(".session", ".state"),
        )
    ),
    *("cookie_sessions.adapters", "cookie_sessions.assembly", "cookie_sessions.caching"),
    *("cookie_sessions.authorization", "cookie_sessions.conclusion", "cookie_sessions.probe"),
    *("cookie_sessions.probe.endpoint", "cookie_sessions.probe.grant"),
    "cookie_sessions.probe.wire",
}

OF_WSGI = {
    *(f"cookie_sessions.{name}" for name in ("adapters", "assembly", "authorization", "caching")),
    "cookie_sessions.conclusion",
    *(
        f"cookie_sessions.middleware{name}"
        for name in ("", ".answers", ".configuration", ".exchange", ".headers", ".sessions")
    ),
    "cookie_sessions.middleware.wsgi",
}

# Beyond the libraries; some interpreters have loaded some of them by themselves.
OTHERS = {
    *("_struct", "struct", "binascii", "math"),
    *("cryptography.hazmat.primitives.hashes", "cryptography.hazmat.primitives.kdf"),
    "cryptography.hazmat.primitives.kdf.hkdf",
}
OTHERS_OF_A_RING = {
    *("json", "json.decoder", "json.encoder", "json.scanner", "_json"),
    *("base64", "encodings.utf_8_sig", "threading"),
}

NEVER = {
    *("flask", "werkzeug", "jwt", "click", "boto3", "botocore", "redis", "pymemcache", "hvac"),
    *("importlib.metadata", "pkgutil", "pkg_resources", "inspect", "asyncio", "ssl", "socket"),
    *("urllib.request", "http.client", "logging", "sqlite3", "multiprocessing", "subprocess"),
    *("concurrent.futures", "pathlib", "tempfile", "hashlib", "secrets", "random", "hmac"),
    *("email", "cookie_sessions.keys.sources.aws", "cookie_sessions.keys.sources.deadline"),
}


@pytest.fixture(scope="module")
def starts() -> Iterator[ColdStarts]:
    with cold_starts() as started:
        yield started


@pytest.fixture(scope="module")
def alone(starts: ColdStarts) -> Start:
    return starts.run(NONE)


def ours(modules: frozenset[str]) -> set[str]:
    return {name for name in modules if name.partition(".")[0] == "cookie_sessions"}


def test_opening_the_first_cookie_loads_exactly_these_modules(
    starts: ColdStarts, alone: Start
) -> None:
    more = starts.run(SECRET).modules - alone.modules
    assert ours(more) == CORE
    assert more - CORE <= OTHERS


def test_a_key_ring_loads_only_the_kind_of_source_that_it_comes_from(
    starts: ColdStarts, alone: Start
) -> None:
    more = starts.run(RING).modules - alone.modules
    assert ours(more) == CORE | OF_A_RING
    assert more - ours(more) <= OTHERS | OTHERS_OF_A_RING


@pytest.mark.parametrize("keys", [SECRET, RING])
def test_opening_the_first_cookie_loads_nothing_that_is_dear(
    starts: ColdStarts, alone: Start, keys: str
) -> None:
    assert (starts.run(keys).modules - alone.modules) & NEVER == set()


@pytest.mark.parametrize("keys", [SECRET, RING])
def test_opening_the_first_cookie_starts_no_thread(starts: ColdStarts, keys: str) -> None:
    assert starts.run(keys).threads == 1


def test_beyond_flask_its_extension_loads_exactly_the_core_and_these() -> None:
    loaded = in_a_process(
        "import ormsgpack, zstandard, cryptography.hazmat.primitives.ciphers.aead, flask, sys\n"
        "before = set(sys.modules)\n"
        "import cookie_sessions.flask\n"
        "print(*(set(sys.modules) - before))"
    )
    assert ours(loaded) == CORE | OF_FLASK | OF_SETTINGS | OF_A_RESPONSE - LAST
    assert loaded - ours(loaded) <= OTHERS


def test_requests_of_flask_load_what_their_first_response_needs_and_nothing_else() -> None:
    loaded = in_a_process(
        "import sys, flask, cookie_sessions.flask\n"
        "app = flask.Flask('shop')\n"
        "app.secret_key = 'k' * 40\n"
        "cookie_sessions.flask.CookieSessions(app)\n"
        "@app.get('/')\n"
        "def home():\n"
        "    flask.session['seen'] = flask.session.get('seen', 0) + 1\n"
        "    return str(flask.session['seen'])\n"
        "before = set(sys.modules)\n"
        "visitor = app.test_client()\n"
        "visitor.get('/')\n"
        "assert visitor.get('/').text == '2'\n"
        "print(*(set(sys.modules) - before))"
    )
    assert ours(loaded) == LAST


def test_beyond_the_libraries_the_middleware_loads_exactly_the_core_and_these() -> None:
    loaded = in_a_process(
        "import ormsgpack, zstandard, cryptography.hazmat.primitives.ciphers.aead, sys\n"
        "before = set(sys.modules)\n"
        "from cookie_sessions.middleware.wsgi import SessionMiddleware\n"
        "def app(environ, start_response):\n"
        "    session = environ['cookie_sessions.session']\n"
        "    session['seen'] = session.get('seen', 0) + 1\n"
        "    start_response('200 OK', [('X-Seen', str(session['seen']))])\n"
        "    return []\n"
        "wsgi = SessionMiddleware(app, {'SECRET_KEY': 'k' * 40})\n"
        "first, second = {}, {}\n"
        "wsgi({}, lambda status, headers: first.update(headers))\n"
        "cookie = first['Set-Cookie'].partition(';')[0]\n"
        "wsgi({'HTTP_COOKIE': cookie}, lambda status, headers: second.update(headers))\n"
        "assert second['X-Seen'] == '2'\n"
        "print(*(set(sys.modules) - before))"
    )
    assert ours(loaded) == CORE | OF_WSGI | OF_A_RESPONSE | OF_UNSET
    assert loaded - ours(loaded) <= OTHERS


def test_the_table_of_import_costs_has_a_row_for_every_module(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--pairs", "2"]) == 0
    printed = capsys.readouterr().out
    for name in CORE | OF_A_RING:
        assert f"\n| `{name}` " in printed, name
    assert "at most 15 ms" in printed
    assert "reached" in printed


def in_a_process(program: str) -> frozenset[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return frozenset(done.stdout.split())
