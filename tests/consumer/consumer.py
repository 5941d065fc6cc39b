"""What an application of somebody else writes, for type checkers alone: it is never run.

The first half has to pass. Each line of the second is wrong, and says so in a comment: a checker
that stops complaining about one of them, because a type has become Any, complains of the comment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, assert_type

from flask import Flask, Response

from cookie_sessions import (
    ConfigurationError,
    Event,
    EventName,
    Reason,
    RegisteredType,
    Rejected,
    SessionTooLarge,
    Unavailable,
    __version__,
)
from cookie_sessions.anatomy import Anatomy
from cookie_sessions.codec import DEFAULT_SECRET_NAMES
from cookie_sessions.events import Events
from cookie_sessions.flask import (
    CookieSessionInterface,
    CookieSessions,
    FlaskSession,
    csrf_exempt,
    csrf_token,
    fresh_required,
)
from cookie_sessions.flask.handoff import send, start
from cookie_sessions.flask.named import NamedSession
from cookie_sessions.flask.signals import signal_of
from cookie_sessions.gateway import Guarded, guarded
from cookie_sessions.keys import FileSource, KeyProvider, KeyRing, new_jwk_set, parse_jwk_set
from cookie_sessions.middleware import Sessions, asgi, quart, starlette, wsgi
from cookie_sessions.observing.opentelemetry import OpenTelemetryMetrics
from cookie_sessions.observing.prometheus import PrometheusMetrics
from cookie_sessions.policy import Timeouts
from cookie_sessions.proxy import WithoutSessionCookies
from cookie_sessions.revocation.registry import SignedIn
from cookie_sessions.revocation.revocations import Revocations
from cookie_sessions.settings import Settings
from cookie_sessions.stores import ExpiringStore, MemoryStore, store_from_url
from cookie_sessions.stores.dynamodb import DynamoDBStore
from cookie_sessions.stores.memcached import MemcachedStore
from cookie_sessions.stores.redis import RedisStore
from cookie_sessions.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from quart import Quart


class Money:
    """A type of the application's own."""

    def __init__(self, cents: int) -> None:
        self.cents = cents


app = Flask(__name__)
extension = CookieSessions(app, harden=True, csrf=True)
interface = CookieSessionInterface()
app.session_interface = interface
money = RegisteredType("money", Money, lambda m: m.cents, lambda cents: Money(cents))


@app.get("/")
@fresh_required(max_age=timedelta(minutes=5))
def index() -> str:
    """A view that asks for a recent proof."""
    return csrf_token()


@app.post("/hook")
@csrf_exempt
def hook() -> Response:
    """A view that others' servers call."""
    return start("shop")


def look_at(session: FlaskSession) -> None:
    """Everything that a session tells."""
    assert_type(session.sid, str)
    assert_type(session.created_at, datetime)
    assert_type(session.auth_time, datetime | None)
    assert_type(session.is_fresh(300), bool)
    assert_type(session.copy(), dict[Any, Any])
    session["cart"] = [1, 2]
    session.subject = "17"
    session.permanent = True
    session.regenerate()
    session.supersede()
    session.remember()
    session.revoke_others()
    session.destroy(revoke=True)


def look_after(store: ExpiringStore) -> None:
    """Everything that operators of an application do."""
    assert_type(CookieSessions.anatomy(app, FlaskSession.__new__(FlaskSession)), Anatomy)
    assert_type(CookieSessions.signed_in(app, 17), list[SignedIn])
    assert_type(CookieSessions.end_signed_in(app, 17, "reference"), bool)
    assert_type(CookieSessions.revocations(app), Revocations)
    assert_type(CookieSessions.named(app, "sudo"), NamedSession)
    assert_type(CookieSessions.events(app), Events)
    assert_type(store.get("name"), bytes | None)
    assert_type(store.add("name", b"", ends=0.5), bool)
    CookieSessions.events(app).subscribe(told, names=[EventName.REJECTED])
    PrometheusMetrics(CookieSessions.events(app))
    OpenTelemetryMetrics(CookieSessions.events(app), meter_provider=None)
    signal_of("rejected").connect(told_by_a_signal, sender=app)


def told_by_a_signal(_sender: Flask, event: Event) -> None:
    """A receiver."""
    told(event)


def told(event: Event) -> None:
    """A subscriber."""
    if event.name is EventName.REJECTED and event.reason is Reason.REVOKED:
        send("17", claims={"role": "clerk"})


def refused(error: Exception) -> str:
    """What can go wrong."""
    match error:
        case Rejected():
            return str(error.reason)
        case SessionTooLarge() | Unavailable() | ConfigurationError():
            return str(error)
        case _:
            return __version__


def handler(make: Callable[[WSGIApplication], Callable[[Any, Any], Any]]) -> Guarded:
    """A function behind a gateway."""
    return guarded(make, app.wsgi_app, strict=True)


def behind(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A WSGI application."""
    start_response("200 OK", [])
    return [environ["PATH_INFO"].encode()]


async def served(scope: Any, receive: Any, send_on: Any) -> None:
    """An ASGI application."""
    await send_on({"type": scope["type"]})


def wrapped(shop: Quart) -> None:
    """Sessions of applications of other frameworks than Flask."""
    sessions = Sessions({"SECRET_KEY": "a key"})
    assert_type(sessions.may_wait(), bool)
    assert_type(list(wsgi.SessionMiddleware(behind, sessions)({}, answer)), list[bytes])
    asgi.SessionMiddleware(served, sessions, scope_key="session")
    starlette.SessionMiddleware(served, secret_key="a key", max_age=None)
    quart.CookieSessions(shop)
    stores.extend([RedisStore("redis://x"), DynamoDBStore("x"), MemcachedStore("x", timeout=1)])


def answer(_status: str, _headers: list[tuple[str, str]], _info: Any = None) -> Any:
    """What a server gives to a WSGI application."""
    raise NotImplementedError


proxy: WSGIApplication = WithoutSessionCookies(behind, names=["session"])
stores: list[ExpiringStore] = [MemoryStore(), SQLiteStore("x.db"), store_from_url("memory:")]
assert_type(parse_jwk_set(new_jwk_set(), origin="here").ring(0.5), KeyRing)
assert_type(KeyProvider(FileSource("keys.json"), reload_every=60).ring(), KeyRing)
config: Mapping[str, Any] = {}
assert_type(DEFAULT_SECRET_NAMES, frozenset[str])
assert_type(Timeouts(idle=900, absolute=None).longest, int)
assert_type(Settings.from_mapping(config).audience, str)


def is_wrong(session: FlaskSession, store: ExpiringStore) -> None:
    """Each line is refused by a checker that sees the package's types."""
    CookieSessions(app, True)  # type: ignore[call-arg]
    CookieSessions(app, hardened=True)  # type: ignore[call-arg]
    CookieSessions("shop")  # type: ignore[arg-type]
    session.sid = "mine"  # type: ignore[misc]
    session.is_fresh("5 minutes")  # type: ignore[arg-type]
    session.no_such_thing()  # type: ignore[attr-defined]
    store.put("name", "text", ends=0)  # type: ignore[arg-type]
    store.put("name", b"", 0)  # type: ignore[call-arg]
    fresh_required(300)  # type: ignore[call-arg]
    KeyRing("a secret")  # type: ignore[arg-type]
    Sessions(7)  # type: ignore[arg-type]
    wsgi.SessionMiddleware(served, config)  # type: ignore[arg-type]
    Timeouts(idle="900")  # type: ignore[arg-type]
    signal_of(7)  # type: ignore[arg-type]
    RedisStore("redis://x", 1)  # type: ignore[call-arg]
    told(EventName.NO_SUCH_EVENT)  # type: ignore[attr-defined]
    parse_jwk_set("{}")  # type: ignore[call-arg]
    number: int = CookieSessions.anatomy(app, session).profile  # type: ignore[assignment]
    del number
