"""The two lines that turn an application's sessions into sealed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.events import EventName, Events
from cookie_sessions.flask.interface import CookieSessionInterface
from cookie_sessions.flask.probe import ProbeEntrance
from cookie_sessions.flask.session import came_by_header, unavailable_as_503
from cookie_sessions.flask.state import AppState, WeakSecretKeyWarning

if TYPE_CHECKING:
    from collections.abc import Callable

    from cookie_sessions.anatomy import Anatomy
    from cookie_sessions.flask.named import NamedSession
    from cookie_sessions.policy.binding import Anomaly, Verdict
    from cookie_sessions.revocation.registry import SignedIn
    from cookie_sessions.revocation.revocations import Revocations

__all__ = ["CookieSessions", "WeakSecretKeyWarning"]


class CookieSessions:
    """Sealed, stateless sessions for an application.

    Beside replacing the session interface it sets what the application left unset to the safer
    value: SameSite=Lax. ``harden=False``, or ``SESSION_COOKIE_SAMESITE = "None"``, turns that off
    for sites that receive sign-ins by cross-site POST or live in other sites' frames.

    Args:
        app: the application, or None to call :meth:`init_app` later.
        harden: whether to set what was left unset.
        csrf: whether unsafe requests need a token of their session and must not come from another
            site (docs/protection-csrf.md). ``COOKIE_SESSIONS_CSRF`` turns it on, too, or off.
    """

    #: The interface that is put into applications; a subclass may name its own.
    interface_class: type[CookieSessionInterface] = CookieSessionInterface

    def __init__(
        self, app: Flask | None = None, *, harden: bool = True, csrf: bool = False
    ) -> None:
        self._harden = harden
        self._csrf = csrf
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Give an application sealed sessions.

        Its configuration may still change afterwards: it is read at the first request.

        Args:
            app: the application.
        """
        state = AppState.of(app)
        state.harden = self._harden
        state.csrf = self._csrf
        state.warns = True
        if isinstance(app.session_interface, SecureCookieSessionInterface):
            state.signing_interface = app.session_interface
        app.session_interface = self.interface_class()
        if not state.has_entrance:
            state.has_entrance = True
            app.wsgi_app = ProbeEntrance(app)  # type: ignore[method-assign]
        if self._csrf:
            # Now, so that it stays in force whatever interface the application is given later.
            from cookie_sessions.flask.csrf import protect

            protect(app)

    @staticmethod
    def check(app: Flask) -> None:
        """Read the settings and the key ring now, so that a fault stops the start of the process.

        Without it they are read at the first request. Call it at the end of an application's
        factory, in the main thread, once its configuration is complete.

        Args:
            app: the application.

        Raises:
            ConfigurationError: a setting, or the key ring, is wrong; says which and what to do.
        """
        state = AppState.of(app)
        state.manager  # noqa: B018 - it is built at the first look.
        if isinstance(app.session_interface, CookieSessionInterface):
            app.session_interface._cookie(app)
        if state.has_keys:
            try:
                state.ring()
            except Unavailable:
                # It may come yet: the requests that need it are answered 503 until it does.
                state.events.emit(EventName.UNAVAILABLE)

    @staticmethod
    def events(app: Flask) -> Events:
        """What happens to an application's sessions, to subscribe to.

        Args:
            app: the application.
        """
        return AppState.of(app).events

    @staticmethod
    def on_anomaly(app: Flask, hook: Callable[[Anomaly], Verdict | str | None]) -> None:
        """Have a function hear of each session whose client is not like the one it is bound to.

        It is called at the session's first use in a request, with ``flask.session`` at hand. What
        it raises leaves the visitor with an anonymous session and goes on to the view. Without
        ``COOKIE_SESSIONS_BINDING`` there are no anomalies.

        Args:
            app: the application.
            hook: gets the anomaly; what it returns ("anomalous", "reauthenticate" or "reject")
                counts where it is more severe than the anomaly's own verdict.
        """
        AppState.of(app).hooks.append(hook)

    @staticmethod
    def revocations(app: Flask) -> Revocations:
        """The list of an application's sessions that have ended.

        Args:
            app: the application.

        Raises:
            ConfigurationError: there is none, or a setting is wrong.
        """
        revocations = AppState.of(app).manager.revocations
        if revocations is None:
            raise ConfigurationError(
                "There is no revocation list, so no session can be ended but the one of this "
                "request, and that one in its browser alone. Set COOKIE_SESSIONS_REVOCATIONS to "
                "the URL of a store, such as sqlite:/var/lib/app/revocations.db."
            )
        return revocations

    @staticmethod
    def revoke_user(app: Flask, user_id: Any, *, before: float | None = None) -> None:
        """End all sessions of a user, everywhere: an account is closed, or a password was lost.

        The session of the present request ends too, if it is that user's; ``revoke_others`` of the
        session keeps it. Flask-Login's remember cookie is none of ours, has no time in it and
        signs its bearer in again: let ``get_id`` of the user class return an alternative id that
        changes with the password, or use no remember cookie and a longer lifetime instead.

        Args:
            app: the application.
            user_id: as the session has it: ``session.subject``, or Flask-Login's ``get_id()``. None
                is nobody.
            before: end those that began before this moment, in seconds since the epoch; None: now.

        Raises:
            ConfigurationError: there is no list.
            UsageError: nobody is meant, the moment is to come, or the list can only be read.
            Unavailable: the store does not answer, and nothing may have been ended; during a
                request the visitor gets a 503.
        """
        with unavailable_as_503():
            CookieSessions.revocations(app).revoke_subject(user_id, before=before)

    @staticmethod
    def signed_in(app: Flask, user_id: Any) -> list[SignedIn]:
        """The sessions of a user that are on the register, the one seen last first.

        Args:
            app: the application.
            user_id: as for :meth:`revoke_user`; None has none.

        Raises:
            ConfigurationError: there is no list, or no register (``COOKIE_SESSIONS_REGISTER``).
            Unavailable: the store does not answer; during a request the visitor gets a 503.
        """
        with unavailable_as_503():
            return CookieSessions.revocations(app).signed_in(user_id)

    @staticmethod
    def end_signed_in(app: Flask, user_id: Any, reference: str) -> bool:
        """End one session of a user.

        Args:
            app: the application.
            user_id: whose it must be, as for :meth:`revoke_user`; None has none.
            reference: what :meth:`signed_in` calls it.

        Returns:
            Whether this user has such a session.

        Raises:
            ConfigurationError: there is no list, or no register.
            Unavailable: the store does not answer; during a request the visitor gets a 503.
        """
        with unavailable_as_503():
            return CookieSessions.revocations(app).end_signed_in(user_id, reference)

    @staticmethod
    def named(app: Flask, name: str, **options: Any) -> NamedSession:
        """A further session beside ``flask.session``, with a cookie of its own.

        Args:
            app: the application.
            name: what it is called, such as "sudo".
            options: those of :class:`cookie_sessions.flask.named.NamedSession`.

        Returns:
            What has the visitor's as its attribute ``session``.

        Raises:
            ConfigurationError: the name can't be part of a cookie's, or is in use.
        """
        from cookie_sessions.flask.named import NamedSession

        return NamedSession(app, name, **options)

    @staticmethod
    def came_by_header(session: SessionMixin) -> bool:
        """Whether the Authorization header brought a session, or says that it will.

        It opens nothing. Such a request needs no token against forged requests. If it brings
        cookies that anything goes by, it needs the check of where it comes from all the same.

        Args:
            session: the request's; ``flask.session`` will do.
        """
        return came_by_header(session)

    @staticmethod
    def anatomy(app: Flask, session: SessionMixin) -> Anatomy:
        """What a session's cookies are made of: octets for each key and step, limits and ends.

        It holds no values, no session id and no key, and may be shown to the visitor.

        Args:
            app: the application.
            session: its session; ``flask.session`` will do.

        Returns:
            The anatomy of the cookies as they will be after this response.

        Raises:
            UsageError: it is no session of ours, or holds a value that can't be packed.
            Unavailable: the keys can't be had.
        """
        # A cold start need not wait for it.
        from cookie_sessions.flask.anatomy import anatomy_of

        return anatomy_of(app, session)
