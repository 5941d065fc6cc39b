"""What one application's sessions need between requests."""

from __future__ import annotations

import operator
import threading
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakSet

from flask import Flask, current_app, got_request_exception, has_request_context, request
from flask.sessions import SecureCookieSessionInterface

from cookie_sessions.assembly import Assembly, Secrets
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName, Events
from cookie_sessions.flask.login import follow_flask_login
from cookie_sessions.flask.session import FAILED
from cookie_sessions.keys import KeyRing, is_weak
from cookie_sessions.manager import SessionManager
from cookie_sessions.policy import Timeouts
from cookie_sessions.settings import Settings, check_csrf, timeouts_in

if TYPE_CHECKING:
    from werkzeug.local import LocalProxy

    from cookie_sessions.cookies import CookieAttributes
    from cookie_sessions.flask.named import NamedSession
    from cookie_sessions.keys import KeyProvider
    from cookie_sessions.migration import Migration
    from cookie_sessions.policy.binding import Anomaly

EXTENSION: Final = "cookie_sessions"

APPLICATION: Final = cast("LocalProxy[Flask]", current_app)
"""Flask's proxy as what it is: behind it is the present application."""

_OF_COOKIE: Final = operator.itemgetter(
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_PATH",
    "APPLICATION_ROOT",
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_PARTITIONED",
)
"""All that Flask's getters make a cookie of."""

_lock: Final = threading.RLock()
_states: Final[WeakSet[AppState]] = WeakSet()
_followers: Final[list[Callable[[Flask, Events], None]]] = []


def follow_all(follow: Callable[[Flask, Events], None]) -> None:
    """Call ``follow`` with each application that has sessions of ours, and what happens to them.

    Those that come later are passed to it as they come.
    """
    with _lock:
        _followers.append(follow)
        for state in list(_states):
            follow(state._app, state.events)


class WeakSecretKeyWarning(UserWarning):
    """The application's SECRET_KEY is too short to be a key."""


class AppState:
    """The manager of one application and the values it was built from.

    Our own settings are read at the first request and frozen; Flask's are read on each request
    and compared by value.

    Args:
        app: the application.

    Attributes:
        harden: whether cookie attributes that were left unset get safe values.
        csrf: whether forged requests are refused, where the settings don't say.
        warns: whether a weak secret key is a Python warning too.
        events: what happens to the application's sessions.
        hooks: called with each anomaly of a session's client.
        signing_interface: what the application had before, if it signed cookies as Flask does;
            tells the salt, the digest and the serializer of the cookies that are taken over.
        has_entrance: whether the doctor's probe can be opened in the application.
        lifetime: of permanent sessions, in seconds, as :meth:`timeouts` has last read it.
        named: further sessions beside the main one, by name.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.harden = False
        self.csrf = False
        self.signing_interface = SecureCookieSessionInterface()
        self.warns = False
        self.has_entrance = False
        self.events = Events()
        self.hooks: list[Callable[[Anomaly], Any]] = []
        self.named: dict[str, NamedSession] = {}
        self._assembly = Assembly(
            secrets=self._secrets, events=self.events, on_weak_secret=self._tell_of_weakness
        )
        self._manager: SessionManager | None = None
        self._timeouts: tuple[object, Timeouts] | None = None
        self.lifetime = 0.0
        self._cookie: tuple[tuple[object, ...], bool, CookieAttributes] | None = None
        # Reading the dictionary spares the steps of an attribute that only reads it, too.
        kind: Any = type(app)
        ours: Any = Flask
        self._reads_config = (
            kind.secret_key is ours.secret_key
            and kind.permanent_session_lifetime is ours.permanent_session_lifetime
        )
        self._weakness_told = False
        got_request_exception.connect(self._note_failure, app)
        with _lock:
            _states.add(self)
            for follow in _followers:
                follow(app, self.events)

    @classmethod
    def of(cls, app: Flask) -> AppState:
        """The state of an application, made at the first call."""
        state: AppState | None = app.extensions.get(EXTENSION)
        if state is None:
            made: AppState = app.extensions.setdefault(EXTENSION, cls(app))
            return made
        return state

    @property
    def manager(self) -> SessionManager:
        """The application's manager, built at the first request.

        Raises:
            ConfigurationError: one of our settings is wrong.
        """
        return self._manager or self._build()

    @property
    def has_manager(self) -> bool:
        """Whether the settings have been read."""
        return self._manager is not None

    @property
    def has_keys(self) -> bool:
        """Whether there is a key ring or a secret key to make one of."""
        if self._assembly.provider is not None:
            return True
        app = self._app
        return bool(app.config["SECRET_KEY"] if self._reads_config else app.secret_key)

    @property
    def provider(self) -> KeyProvider | None:
        """What gives the configured key ring; None where the secret key makes it."""
        return self._assembly.provider

    @provider.setter
    def provider(self, provider: KeyProvider | None) -> None:
        self._assembly.provider = provider

    def ring(self) -> KeyRing:
        """The ring in force: the configured one, else that of the secret key and its fallbacks."""
        return self._assembly.ring()

    def handoff_ring(self) -> KeyRing:
        """The ring that both sides of a hand-off have: one of its own, or the application's."""
        self.manager  # noqa: B018 - it is built at the first look.
        return self._assembly.handoff_ring()

    def timeouts(self) -> Timeouts:
        """The timeouts in force: by Flask's PERMANENT_SESSION_LIFETIME and our settings."""
        app = self._app
        configured: object = (
            app.config["PERMANENT_SESSION_LIFETIME"]
            if self._reads_config
            else app.permanent_session_lifetime
        )
        known = self._timeouts
        if known is not None and known[0] == configured:
            return known[1]
        self.lifetime = app.permanent_session_lifetime.total_seconds()
        timeouts = timeouts_in(self.manager.settings, lifetime=int(self.lifetime))
        self._timeouts = (configured, timeouts)
        return timeouts

    def cookie(self, build: Callable[[Flask], CookieAttributes]) -> CookieAttributes:
        """The session's cookie, built anew where what it is made of has changed.

        Args:
            build: builds it of what is configured, and of nothing else.

        Raises:
            ConfigurationError: browsers would drop such a cookie.
        """
        values = _OF_COOKIE(self._app.config)
        known = self._cookie
        if known is not None and known[0] == values and known[1] is self.harden:
            return known[2]
        cookie = build(self._app)
        self._cookie = (values, self.harden, cookie)
        return cookie

    def _build(self) -> SessionManager:
        with _lock:
            if self._manager is None:
                settings = Settings.from_mapping(self._app.config)
                look_again = None
                if settings.probe is not None and not self.has_entrance:
                    raise ConfigurationError(
                        "COOKIE_SESSIONS_PROBE needs CookieSessions(app), and the application has "
                        "the session interface alone. Call it, or take the setting out."
                    )
                assembly = self._assembly
                assembly.begin_keys(settings)
                if assembly.provider is not None:
                    look_again = assembly.provider.look_again
                if self.csrf if settings.csrf is None else settings.csrf:
                    self._refuse_forged_requests(settings)
                assembly.begin_handoff_keys(settings)
                codec = settings.codec()
                revocations = assembly.revocations(
                    settings, codec=codec, longest=lambda: self.timeouts().longest
                )
                follow_flask_login(self._app)
                self._manager = SessionManager(
                    settings=settings,
                    codec=codec,
                    revocations=revocations,
                    ring=assembly.ring,
                    timeouts=self.timeouts,
                    events=self.events,
                    migration=self._migration(settings),
                    overflow=assembly.overflow(settings),
                    look_again=look_again,
                    hooks=self.hooks,
                )
                # Flask-WTF keeps its token under a name of the application's choice.
                field = self._app.config.get("WTF_CSRF_FIELD_NAME")
                self._manager.shed_names |= {field} if isinstance(field, str) else set()
            return self._manager

    def _refuse_forged_requests(self, settings: Settings) -> None:
        check_csrf(settings)
        # Only applications that ask for it load the code for it.
        from cookie_sessions.flask.csrf import offer_token, protect

        protect(self._app)
        offer_token(self._app)

    def _migration(self, settings: Settings) -> Migration | None:
        if settings.accept_flask_cookies_until is None:
            return None
        # Only applications that are moving in load the code for it.
        from cookie_sessions.flask.signed import SignedCookies
        from cookie_sessions.migration import Migration

        cookies = SignedCookies(self._app, self.signing_interface)
        # Beside a key ring the secret key is a key again for as long as its cookies count.
        if is_weak(self._app.secret_key or ""):
            self._tell_of_weakness()
        return Migration(
            cookies,
            until=settings.accept_flask_cookies_until,
            written_before=settings.flask_cookies_written_before,
            writes=settings.write == "flask",
        )

    def _secrets(self) -> Secrets:
        app = self._app
        config = app.config
        secret = config["SECRET_KEY"] if self._reads_config else app.secret_key
        return secret, config.get("SECRET_KEY_FALLBACKS") or ()

    def _note_failure(self, _sender: object, **_: Any) -> None:
        if has_request_context():
            request.environ[FAILED] = True

    def _tell_of_weakness(self) -> None:
        with _lock:
            if self._weakness_told:
                return
            self._weakness_told = True
        self.events.emit(EventName.WEAK_KEY)
        if self.warns and not self._app.testing:
            warnings.warn(
                "SECRET_KEY or one of SECRET_KEY_FALLBACKS has fewer than 16 octets, so it can be "
                "guessed and every session opened and forged. Set it to the output of "
                "python -c 'import secrets; print(secrets.token_hex())'.",
                WeakSecretKeyWarning,
                stacklevel=2,
            )
