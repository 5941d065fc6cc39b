"""Lists of ended sessions, made of what settings and commands say."""

from __future__ import annotations

from collections.abc import Callable

from cookie_sessions.codec import Codec
from cookie_sessions.events import Events
from cookie_sessions.revocation.breaker import Breaker
from cookie_sessions.revocation.identity import IndexKey
from cookie_sessions.revocation.recent import Recent
from cookie_sessions.revocation.revocations import Revocations
from cookie_sessions.revocation.store_list import StoreList
from cookie_sessions.stores.url import store_from_url


def revocations_in(
    url: str,
    *,
    codec: Codec,
    events: Events,
    longest: Callable[[], int],
    staleness: float = 2.0,
    timeout: float | None = 0.25,
    accepts_unchecked: bool = False,
    index_key: str | None = None,
    register: bool = False,
) -> Revocations:
    """The list that a store keeps. Nothing is connected yet.

    Args:
        url: the store's; docs/stores.md has the forms.
        codec: packs subjects.
        events: told what is ended, and where the store could not be asked.
        longest: how long a session lives at most that this process seals, in seconds.
        staleness: for how many seconds an answer is remembered.
        timeout: seconds that a call waits at most; None: as the store has it.
        accepts_unchecked: whether a session counts while the store can't be asked.
        index_key: names subjects; None: a key that the store keeps.
        register: whether to keep a register of who is signed in where.

    Raises:
        ConfigurationError: the URL can't be used. The message does not repeat it.
    """
    store = store_from_url(url, timeout=timeout)
    written = StoreList(
        store,
        breaker=Breaker(f"The revocation store {store.name}", events),
        recent=Recent(seconds=staleness),
        longest=longest,
        index_secret=None if index_key is None else index_key.encode(),
    )
    registry = None
    if register:
        from cookie_sessions.revocation.registry import Registry

        # Behind the same breaker: an outage costs one time-out, whoever asks.
        registry = Registry(written.store, index=written.index)
    return Revocations(
        written,
        written=written,
        index=None,
        codec=codec,
        events=events,
        accepts_unchecked=accepts_unchecked,
        registry=registry,
    )


def revocations_of_snapshot(
    place: str,
    *,
    keys: str,
    audience: str,
    index_key: str,
    codec: Codec,
    events: Events,
    accepts_unchecked: bool = False,
) -> Revocations:
    """The list that a signed copy holds, which can only be read. Nothing is fetched yet.

    Args:
        place: where the copy is: ``https://...`` or ``file:PATH``.
        keys: public keys of whoever signs it, as a JWK Set or ``file:PATH``.
        audience: for whom it is signed.
        index_key: names subjects, as in the store that was copied.
        codec: packs subjects.
        events: told of each copy, and where there is none that is valid.
        accepts_unchecked: whether a session counts while there is no copy that is valid.

    Raises:
        ConfigurationError: the place, or the keys, can't be used.
    """
    from cookie_sessions.revocation.snapshot import snapshot_list

    index = IndexKey(index_key.encode())
    snapshot = snapshot_list(
        place, keys=keys, audience=audience, index_check=index.check, events=events
    )
    return Revocations(
        snapshot,
        written=None,
        index=index,
        codec=codec,
        events=events,
        accepts_unchecked=accepts_unchecked,
    )
