"""The list that a command is about: where it is, and what the application says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from cookie_sessions.cli.absent import absent_file
from cookie_sessions.cli.defaults import INDEX_KEY, REVOCATIONS, defaults
from cookie_sessions.cli.given import FILE, text_in, text_of
from cookie_sessions.cli.revocations.quiet import quiet_events
from cookie_sessions.errors import ConfigurationError

if TYPE_CHECKING:
    from cookie_sessions.revocation.registry import Registry
    from cookie_sessions.revocation.revocations import Revocations
    from cookie_sessions.revocation.store_list import StoreList
    from cookie_sessions.settings import Settings
    from cookie_sessions.stores.store import ExpiringStore

_LONGEST_SECONDS: Final = 31 * 86_400
"""How long sessions live by Flask's default. Longer ones are noted in the store itself."""

_Function = TypeVar("_Function", bound=Callable[..., Any])

STORE: Final = click.option(
    "--store",
    "url",
    metavar="URL",
    help=f"Where the list is. By default what the environment variable {REVOCATIONS} says; under "
    f"flask, the application's setting of that name. {FILE}",
)
index_key_option: Final = click.option(
    "--index-key-file",
    metavar="FILE",
    help="Holds the index key, if the application has one; - is stdin. By default the environment "
    "variable COOKIE_SESSIONS_INDEX_KEY; under flask, the application's setting of that name.",
)


NEW_LIST: Final = click.option(
    "--new-list",
    is_flag=True,
    help="Take a list that no application has used yet, or begin one in a new file.",
)


def list_options(command: _Function) -> _Function:
    """Give a command the options that say where the list is and what names its subjects."""
    return STORE(index_key_option(command))


class Place(NamedTuple):
    """A list in a store.

    Attributes:
        settings: the application's, as far as they are known; their list is this one.
        application: whether an application says them.
        named: whether it says where the list is, so that it can't be a wrong one.
        store: keeps the list.
        written: writes it.
        revocations: ends sessions by it.
    """

    settings: Settings
    application: bool
    named: bool
    store: ExpiringStore
    written: StoreList
    revocations: Revocations

    def is_in_use(self) -> bool:
        """Whether an application or a snapshot ever used the list.

        Raises:
            Unavailable: the store does not answer.
        """
        from cookie_sessions.revocation import entries

        return bool(self.store.get_many([entries.INDEX, entries.SEQUENCE]))

    def refuse_if_unused(self, *, new_list: bool, so: str) -> None:
        """Refuse what is probably the wrong list.

        Args:
            new_list: whether somebody has said that it is the right one.
            so: what was not done, a sentence.

        Raises:
            ConfigurationError: no application has used it, and nobody has said so.
            Unavailable: the store does not answer.
        """
        if not (self.named or new_list or self.is_in_use()):
            raise ConfigurationError(
                f"{unused(self.store.name)} {so} If it is the right one, add --new-list."
            )

    def check_index(self) -> bool:
        """Whether subjects have a name in this list yet; nothing is written.

        Raises:
            ConfigurationError: they are named under another index key.
            Unavailable: the store does not answer.
        """
        from cookie_sessions.revocation import entries

        if self.store.get(entries.INDEX) is None:
            return False
        self.written.index()
        return True

    def is_published(self) -> bool:
        """Whether there are snapshots of it.

        Raises:
            Unavailable: the store does not answer.
        """
        from cookie_sessions.revocation import entries

        return self.store.get(entries.SEQUENCE) is not None

    def register(self) -> Registry:
        """Who is signed in where.

        Raises:
            ConfigurationError: the application keeps no register.
        """
        if self.revocations.registry is None:
            raise ConfigurationError(
                "The application keeps no register of who is signed in where. Set "
                "COOKIE_SESSIONS_REGISTER to True; sessions are listed from their next sign-in on."
            )
        return self.revocations.registry

    def within(self) -> str:
        """From when on a revocation counts everywhere, at the end of a sentence."""
        seconds = self.settings.revocations_staleness
        told = f"within {seconds:g} s" if seconds else "from the next request on"
        if self.application:
            return told
        return f"{told}, or what the application's {REVOCATIONS}_STALENESS says"

    def warn_if_unused(self) -> None:
        """Say on stderr that it may be the wrong list."""
        if not self.named and not self.is_in_use():
            click.echo(f"Note: {unused(self.store.name)}", err=True)


def unused(name: str) -> str:
    """That a list is no application's, and what to do.

    Args:
        name: of its store.
    """
    return (
        f"No application has used the list in {name} yet, so it may be the wrong one. Compare "
        f"the URL, its ?prefix= included, with the application's {REVOCATIONS}."
    )


@contextmanager
def opened(
    url: str | None,
    index_key_file: str | None = None,
    *,
    writes: bool = False,
    new_list: bool | None = None,
) -> Iterator[Place]:
    """Open a list for one command.

    Args:
        url: what ``--store`` says, or None.
        index_key_file: what ``--index-key-file`` says, or None.
        writes: whether it writes the list. One that does not makes no file: where there is none,
            the list is empty.
        new_list: what ``--new-list`` says; None: the command has no such option.

    Raises:
        ConfigurationError: it can't be used. No password that stands in a URL is repeated.
    """
    from cookie_sessions.codec import Codec
    from cookie_sessions.revocation.breaker import Breaker
    from cookie_sessions.revocation.recent import Recent
    from cookie_sessions.revocation.registry import Registry
    from cookie_sessions.revocation.revocations import Revocations
    from cookie_sessions.revocation.store_list import StoreList
    from cookie_sessions.stores.url import store_from_url

    settings, application = _settings(url, index_key_file)
    named = application and url is None
    # A command can wait longer than a request: the store takes the time that it takes by itself.
    store = store_from_url(settings.revocations or "")
    _check_shared(store)
    absent = absent_file(store)
    if absent is not None:
        if not (new_list or named):
            raise _no_file(absent, may_be_new=new_list is not None)
        store = store if writes else _empty(store)
    events = quiet_events()
    longest = defaults().longest_session() or _LONGEST_SECONDS
    written = StoreList(
        store,
        breaker=Breaker(f"The revocation store {store.name}", events),
        recent=Recent(seconds=0),
        longest=lambda: longest,
        index_secret=None if settings.index_key is None else settings.index_key.encode(),
    )
    # Without an application nobody knows whether there is a register: then an empty one is found.
    has_register = settings.register or not application
    revocations = Revocations(
        written,
        written=written,
        index=None,
        codec=Codec(types=settings.types, secret_names=settings.secret_names),
        events=events,
        registry=Registry(store, index=written.index) if has_register else None,
    )
    try:
        yield Place(settings, application, named, store, written, revocations)
    finally:
        store.close()


def index_key(index_key_file: str | None) -> str | None:
    """The index key that is known, or None.

    Args:
        index_key_file: what ``--index-key-file`` says, or None.
    """
    if index_key_file is not None:
        return text_in(index_key_file)
    found = defaults().config().get(INDEX_KEY)
    return found if isinstance(found, str) and found else None


def _settings(url: str | None, index_key_file: str | None) -> tuple[Settings, bool]:
    from cookie_sessions.settings import SNAPSHOT, Settings

    told = defaults()
    config = dict(told.config())
    if url is not None:
        config[REVOCATIONS] = text_of(url)
    if index_key_file is not None:
        config[INDEX_KEY] = text_in(index_key_file)
    list_url = config.get(REVOCATIONS)
    if not list_url:
        raise ConfigurationError(
            f"No list is named. Write --store sqlite:/path/of/the/file or --store @FILE, or set "
            f"{'the setting' if told.application else 'the environment variable'} {REVOCATIONS}."
        )
    if isinstance(list_url, str) and list_url.startswith(SNAPSHOT):
        raise ConfigurationError(
            "The list that is named is a snapshot, which can only be read. Name the store that it "
            "is made of: --store URL."
        )
    return Settings.from_mapping(config), told.application


def _check_shared(store: ExpiringStore) -> None:
    if not store.shared:
        raise ConfigurationError(
            f"The list {store.name} is in the memory of one process, and no command sees that of "
            f"the application. Have it use a store that they share, such as sqlite:/path/of/a/file."
        )


def _no_file(path: str, *, may_be_new: bool) -> ConfigurationError:
    return ConfigurationError(
        f"There is no file {path}, so no application has this list. "
        f"Compare the path with the application's {REVOCATIONS}."
        + (" If the list is to begin there, add --new-list." if may_be_new else "")
    )


def _empty(store: ExpiringStore) -> ExpiringStore:
    """What stands in for a file that is not there."""
    from cookie_sessions.stores.memory import MemoryStore

    empty = MemoryStore()
    empty.name = store.name
    return empty
