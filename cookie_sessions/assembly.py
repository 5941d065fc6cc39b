"""What one application's sessions need between requests, put together from its settings.

Adapters ask for one part after the other, so that of several faults the one is told first that the
framework's users know. Each part is loaded only where the settings ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from cookie_sessions.errors import ConfigurationError, Unavailable
from cookie_sessions.events import EventName, Events
from cookie_sessions.keys import KeyRing, from_secret_keys, is_weak
from cookie_sessions.settings import SNAPSHOT, Settings

if TYPE_CHECKING:
    from cookie_sessions.codec import Codec
    from cookie_sessions.keys import KeyProvider
    from cookie_sessions.overflow import Overflow
    from cookie_sessions.revocation.revocations import Revocations

Secrets = tuple[Any, Iterable[Any]]
"""The secret key, and the fallbacks whose cookies still open."""


class Assembly:
    """The keys of one application, and the stores that its settings name.

    Args:
        secrets: gives the secret key and its fallbacks; they may be others at each call.
        events: told what happens.
        on_weak_secret: called where one of the secrets is too short to be a key, each time that a
            ring is made of them.

    Attributes:
        provider: gives the configured key ring; None where the secret key makes it.
        events: what happens to the application's sessions.
    """

    def __init__(
        self,
        *,
        secrets: Callable[[], Secrets],
        events: Events,
        on_weak_secret: Callable[[], None],
    ) -> None:
        self.provider: KeyProvider | None = None
        self.events = events
        self._secrets = secrets
        self._on_weak_secret = on_weak_secret
        self._handoff_provider: KeyProvider | None = None
        self._ring: tuple[object, tuple[object, ...], KeyRing] | None = None

    def begin_keys(self, settings: Settings) -> None:
        """Read the configured key ring, if there is one.

        Raises:
            ConfigurationError: it is wrong.
        """
        if settings.keys is not None:
            self.provider = self._begin_provider(settings.keys, settings)

    def begin_handoff_keys(self, settings: Settings) -> None:
        """Read the key ring for hand-offs between domains, if they have one of their own.

        Raises:
            ConfigurationError: it is wrong.
        """
        if settings.handoff_keys is not None:
            self._handoff_provider = self._begin_provider(settings.handoff_keys, settings)

    @property
    def has_keys(self) -> bool:
        """Whether there is a key ring or a secret key to make one of."""
        return bool(self._secrets()[0]) or self.provider is not None

    def ring(self) -> KeyRing:
        """The ring in force: the configured one, else that of the secret key and its fallbacks.

        Raises:
            ConfigurationError: the secret key or a fallback is none.
            Unavailable: the source of the configured ring does not answer.
        """
        if self.provider is not None:
            return self.provider.ring()
        secret, fallbacks = self._secrets()
        known = self._ring
        if known is not None and known[0] == secret and known[1] == (*fallbacks,):
            return known[2]
        try:
            ring = from_secret_keys(secret, fallbacks)
        except ConfigurationError as error:
            # Reporters of errors record the locals of frames: no secret is left in them.
            del secret, fallbacks, known
            raise error.with_traceback(None) from None
        self._ring = (secret, tuple(fallbacks), ring)
        if any(is_weak(each) for each in (secret, *fallbacks) if each):
            self._on_weak_secret()
        return ring

    def handoff_ring(self) -> KeyRing:
        """The ring that both sides of a hand-off have: one of its own, or the application's.

        Raises:
            ConfigurationError: as for :meth:`ring`.
            Unavailable: as for :meth:`ring`.
        """
        provider = self._handoff_provider
        return self.ring() if provider is None else provider.ring()

    def overflow(self, settings: Settings) -> Overflow | None:
        """What keeps the values that cookies have no room for, or None.

        Raises:
            ConfigurationError: the settings name no store.
        """
        if settings.overflow is None:
            return None
        # Only applications with a store load the code of stores.
        from cookie_sessions.overflow import Overflow
        from cookie_sessions.stores.url import store_from_url

        return Overflow(
            store_from_url(settings.overflow),
            events=self.events,
            # Whose session it is must be known wherever the session is opened.
            hot=(*settings.hot, settings.subject_key),
            cold=settings.cold,
            max_octets=settings.overflow_octets,
        )

    def revocations(
        self, settings: Settings, *, codec: Codec, longest: Callable[[], int]
    ) -> Revocations | None:
        """What knows which sessions have ended, or None.

        Args:
            settings: the application's.
            codec: packs subjects.
            longest: gives how long a session lives at most after it was written, in seconds.

        Raises:
            ConfigurationError: the settings name no list, or its store can't be used.
        """
        if settings.revocations is None:
            return None
        # Only applications with a list load the code for it.
        from cookie_sessions.revocation.configured import revocations_in, revocations_of_snapshot

        accepts = settings.revocations_down == "accept"
        if settings.revocations_are_a_snapshot:
            return revocations_of_snapshot(
                settings.revocations.removeprefix(SNAPSHOT),
                keys=settings.snapshot_keys or "",
                audience=settings.snapshot_audience,
                index_key=settings.index_key or "",
                codec=codec,
                events=self.events,
                accepts_unchecked=accepts,
            )
        revocations = revocations_in(
            settings.revocations,
            codec=codec,
            events=self.events,
            longest=longest,
            staleness=settings.revocations_staleness,
            timeout=settings.revocations_timeout,
            accepts_unchecked=accepts,
            index_key=settings.index_key,
            register=settings.register,
        )
        try:
            # A store that is wrong stops the application, and not only the pages that need it.
            revocations.start()
        except Unavailable:
            # It may come yet: the settings say what happens until it does.
            self.events.emit(EventName.UNAVAILABLE)
        return revocations

    def _begin_provider(
        self, keys: str | Callable[[], str | bytes], settings: Settings
    ) -> KeyProvider:
        # Only applications with a key ring load the code of sources and files.
        from cookie_sessions.keys import KeyProvider, source_of

        provider = KeyProvider(
            source_of(keys),
            events=self.events,
            reload_every=settings.keys_reload,
            max_age=settings.keys_max_age,
        )
        try:
            # A ring that is wrong stops the application, and not only the pages that need it.
            provider.ring()
        except Unavailable:
            # It may come yet: the pages that need it are answered 503 until it does.
            self.events.emit(EventName.UNAVAILABLE)
        if settings.reload_on_sighup:
            provider.reload_on_hangup()
        return provider
