"""The sessions of one application, between its requests."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions import clock
from cookie_sessions.assembly import Assembly
from cookie_sessions.conclusion import kept_until
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.events import EventName, Events
from cookie_sessions.manager import SessionManager
from cookie_sessions.middleware.configuration import Configuration
from cookie_sessions.policy import Timeouts
from cookie_sessions.settings import PREFIX, timeouts_in

if TYPE_CHECKING:
    from cookie_sessions.policy.binding import Anomaly
    from cookie_sessions.revocation.revocations import Revocations
    from cookie_sessions.session import Session

_NEAR_STORE: Final = "memory:"
_NEAR_KEYS: Final = ("file:", "env:")


class Sessions:
    """Keys, stores and settings of one application's sessions; give it to a middleware.

    All settings are read at once and never again, so a wrong one stops the start. Keys that can't
    be had are asked for again by the requests that need them.

    Args:
        config: the settings, by the names that they have in Flask: SECRET_KEY, SESSION_COOKIE_NAME
            and its like, PERMANENT_SESSION_LIFETIME, and those that begin with COOKIE_SESSIONS_.
        events: told what happens; None: a new one, as the attribute ``events``.
        on_anomaly: called with each session whose client is not like the one it is bound to; what
            they return ("anomalous", "reauthenticate" or "reject") may raise the verdict.

    Raises:
        ConfigurationError: a setting, or the key ring, is wrong; says which and what to do.

    Attributes:
        configuration: what was read.
        events: what happens to the sessions, to subscribe to.
        manager: loads and commits them.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | Configuration,
        *,
        events: Events | None = None,
        on_anomaly: Sequence[Callable[[Anomaly], Any]] = (),
    ) -> None:
        configuration = (
            config if isinstance(config, Configuration) else Configuration.from_mapping(config)
        )
        # Reporters of errors record the locals of frames: no secret is left in them.
        del config
        self.configuration = configuration
        self.events = Events() if events is None else events
        settings = configuration.settings
        timeouts = timeouts_in(settings, lifetime=configuration.lifetime)
        self._assembly = assembly = Assembly(
            secrets=lambda: (configuration.secret_key, configuration.fallbacks),
            events=self.events,
            on_weak_secret=self._tell_of_weakness,
        )
        assembly.begin_keys(settings)
        if assembly.provider is None:
            assembly.ring()
        codec = settings.codec()
        self.manager = SessionManager(
            settings=settings,
            codec=codec,
            revocations=assembly.revocations(
                settings, codec=codec, longest=lambda: timeouts.longest
            ),
            ring=assembly.ring,
            timeouts=_given(timeouts),
            events=self.events,
            overflow=assembly.overflow(settings),
            look_again=None if assembly.provider is None else assembly.provider.look_again,
            hooks=on_anomaly,
        )
        stores = (settings.overflow, settings.revocations)
        self._is_far = _is_far_source(settings.keys) or any(
            url is not None and not url.startswith(_NEAR_STORE) for url in stores
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    @property
    def revocations(self) -> Revocations:
        """The list of sessions that have ended: ``revoke_subject``, ``signed_in`` and others.

        Its calls ask a store: in an event loop they belong into ``asyncio.to_thread``.

        Raises:
            ConfigurationError: there is none.
        """
        revocations = self.manager.revocations
        if revocations is None:
            raise ConfigurationError(
                f"There is no revocation list, so no session can be ended but the one of a "
                f"request, and that one in its browser alone. Set {PREFIX}REVOCATIONS to the URL "
                f"of a store, such as sqlite:/var/lib/app/revocations.db."
            )
        return revocations

    def expires(self, session: Session) -> int | None:
        """Until when a browser is to keep a session's cookie, in seconds since the epoch.

        Args:
            session: the session.

        Returns:
            None where the browser forgets it when it is closed: the session is not permanent.
        """
        if not session.permanent:
            return None
        until = kept_until(self.manager, session)
        return int(clock.now() + self.configuration.lifetime if until is None else until)

    def may_wait(self) -> bool:
        """Whether opening or sealing a session now may wait for a disk or a server.

        A file of keys is near while the ring that was read from it need not be asked for again.
        """
        provider = self._assembly.provider
        return self._is_far or not (provider is None or provider.is_fresh)

    def _tell_of_weakness(self) -> None:
        # The secrets never change here, so a ring is made of them once.
        self.events.emit(EventName.WEAK_KEY)


def sessions_of(config: Mapping[str, Any] | Sessions) -> Sessions:
    """What a middleware was given, made from its settings where it was given those.

    Args:
        config: settings, or the sessions that were made of them.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    return config if isinstance(config, Sessions) else Sessions(config)


def _given(timeouts: Timeouts) -> Callable[[], Timeouts]:
    return lambda: timeouts


def _is_far_source(keys: str | Callable[[], Any] | None) -> bool:
    return callable(keys) or (keys is not None and not keys.startswith(_NEAR_KEYS))
