"""Our own settings: one frozen object, validated once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from cookie_sessions.codec import (
    DEFAULT_SECRET_NAMES,
    MAX_REFERRED_OCTETS,
    Codec,
    RegisteredType,
)
from cookie_sessions.cookies import PROFILES, Profile
from cookie_sessions.errors import ConfigurationError
from cookie_sessions.policy.levels import FLASK
from cookie_sessions.settings.frozen import Frozen

if TYPE_CHECKING:
    from cookie_sessions.csrf import WebOrigin
    from cookie_sessions.policy.binding import Verdict
    from cookie_sessions.probe import Grant

_HIDDEN: Final = frozenset({"overflow", "revocations", "index_key", "snapshot_keys"})
PREFIX: Final = "COOKIE_SESSIONS_"
"""Begins the names of our settings beside those of frameworks."""

SNAPSHOT: Final = "snapshot:"
"""Begins the URL of a list of ended sessions that can only be read."""


class Settings(Frozen):
    """What an application may set beside its framework's own cookie settings.

    Attributes:
        keys: where the key ring is read from: a URL (``file:PATH``, ``env:NAME``,
            ``aws-secretsmanager:NAME``, ``aws-ssm:NAME`` or ``vault:MOUNT/PATH#FIELD``), or a
            function that returns a JWK Set. Default None: the ring is made from the framework's
            secret key.
        keys_reload: seconds after which the source of the keys is asked again, or a timedelta.
            Default 300. Keep it well below the ring's propagation window.
        keys_max_age: seconds after which keys whose source fails are no longer used, and requests
            are answered 503; or a timedelta. Default None: they are used as long as the process
            lives, and events tell of it.
        reload_on_sighup: whether SIGHUP has the keys read again, beside whatever it did before.
            Default False.
        audience: a name of the application, sealed into each cookie. Give applications that share
            keys and a host different ones, so that none opens another's sessions. Default empty.
        timeouts: ``"flask"``, or the assurance level of NIST SP 800-63B-4 whose timeouts are kept:
            ``"aal1"``, ``"aal2"`` or ``"aal3"``. Default ``"flask"``.
        idle_timeout: seconds after which a session ends that nobody uses, or a timedelta; of every
            session, permanent or not. Default None: Flask's PERMANENT_SESSION_LIFETIME, or what
            the level allows.
        absolute_timeout: seconds after which a session ends whatever happens, or a timedelta.
            Default None: no such end, as in Flask, or what the level allows.
        remember_timeout: seconds that a session lives which ``session.remember()`` was called for,
            or a timedelta, whether it is used or not. Default None: none is remembered.
        refresh_after: the part of the idle timeout after which a session that is used has its end
            moved, between 0 and 1. Default None: Flask's rule, or one half with a level or an idle
            timeout of ours.
        secret_names: further keys of the session whose values are never compressed, because
            attacker-chosen text may stand inside them beside a secret.
        types: the application's own types, as :class:`~cookie_sessions.RegisteredType`.
        previous_names: former names of the cookie with the date (UTC) until which they are read.
        cookie_prefix: ``"host"`` or ``"secure"``: begins the cookie's name with ``__Host-`` or
            ``__Secure-`` and sets what browsers ask of such a cookie. Default None.
        former_scopes: (domain, path) pairs under which the cookie used to be set; cleaned up when
            two cookies of the name arrive.
        join_by_commas: whether the server joins repeated Cookie lines by commas, as HTTP/2 front
            ends of some WSGI servers do. It lets scripts of a page write any cookie, so it can't
            be used with ``__Host-`` and ``__Secure-`` names. Default False.
        header: whether a session may come in the Authorization header instead of a cookie, for
            clients that are no browser. Default False.
        clear_site_data: what browsers are asked to clear with the response that ends a session or
            signs its user out: ``"cache"``, ``"storage"`` and others of W3C Clear-Site-Data.
            Default none.
        profile: the deployment in front of the application, whose limits a session keeps to: one
            or several of the names in docs/sizes.md, such as ``["nginx", "gunicorn"]``. Default
            ``"portable"``: what passes nearly everywhere.
        overflow: the store for what the cookie has no room for, as a URL such as
            ``redis://host/0`` or ``sqlite:PATH``; docs/stores.md has them all. Default None: a
            session that is too large is an error.
        overflow_octets: octets that one session may keep there. Default 262,144.
        hot: keys of the session whose values never go to the store.
        cold: keys whose values are always kept in the store.
        dictionaries: the file with the dictionaries that ``cookie-sessions dictionary train`` made
            of this application's sessions (docs/dictionaries.md). Default None: values are
            compressed with the one that ships with the package.
        sample: the file in which counts of what sessions share are gathered, to train a
            dictionary of. Default None: nothing is looked at.
        sample_rate: the part of all sessions that is looked at, above 0 and at most 1. Default
            0.01.
        sample_subjects: how many different people must share what is kept as text, 2 to 200.
            Default 20.
        revocations: where the list of ended sessions is: the URL of a store, such as
            ``sqlite:PATH`` or ``redis://host/0``, or ``snapshot:https://...`` or
            ``snapshot:file:PATH`` for a signed copy of one. Default None: signing out ends nothing
            but the cookie of this browser.
        revocations_staleness: seconds for which a process may go by what it read last, as a number
            or a timedelta; 0 asks each time. Default 2.
        revocations_timeout: seconds that each call to the list's store waits at most. Default 0.25.
        revocations_down: ``"refuse"`` answers 503 while the list can't be asked, ``"accept"``
            accepts sessions unchecked and tells of it by an event. Default ``"refuse"``.
        regenerate_grace: seconds for which the old id can still be read after ``regenerate()``, by
            requests that were on their way. Default 5.
        subject_key: the session key whose value says whose session it is, where
            ``session.subject`` was not set. Default Flask-Login's ``"_user_id"``.
        pre_login: further keys of the session that it does not keep when it becomes somebody
            else's, beside the secret ones.
        index_key: a secret of at least 32 characters under which subjects are named in the list.
            The same on every instance; it must never change while sessions live. Default None: one
            that the store makes and keeps itself. Snapshots need one.
        register: whether a register is kept, in the same store, of who is signed in where. Default
            False.
        snapshot_keys: public keys of whoever signs snapshots, as a JWK Set or ``file:PATH``.
        snapshot_audience: for whom snapshots are signed. Default ``"cookie_sessions"``.
        unsafe_logout_keeps_copies: start although the list can only be read, so that signing out
            here ends no copied cookie. Default False.
        csrf: whether unsafe requests need a token of their session and must not come from another
            site. Default None: what ``CookieSessions(app, csrf=...)`` says. False turns it off
            whatever that says, for tests.
        csrf_trusted_origins: other origins, such as ``["https://admin.example.com"]``, whose pages
            may send requests. They need a token all the same. Default none.
        handoff_origin: the origin under which visitors know this application, such as
            ``"https://shop.example.org"``; needed to hand users over to other domains or take them
            in. Never taken from a request. Default None.
        handoff_sources: URLs of the views at other origins that hand users over to this
            application. It needs a revocation store. Default none.
        handoff_targets: URLs of the views at other origins to which this application hands users
            over. Default none.
        handoff_keys: where the key ring is read from that both sides of a hand-off have, as for
            ``keys``. Default None: the ring of this application, which the other side must have
            too, and could then open and forge its sessions.
        binding: what sessions are bound to of the client that they were made in: ``"standard"``, or
            a mapping of ``user_agent``, ``accept_language``, ``network`` and ``fingerprint`` to
            the points that a difference counts, 1 to 1000. Default None: nothing.
        binding_verdicts: a mapping of ``anomalous``, ``reauthenticate`` and ``reject`` to the
            points from which they hold; None: never. Default 40, 60 and 100.
        fingerprint_header: the request header in which a proxy says what the client's TLS is like,
            and which it removes from what clients send. Default None: there is none.
        reauthentication_view: the framework's name of the view where users prove again who they
            are; ``require_fresh`` sends them there. Default None: they are answered 401.
        probe: what ``cookie-sessions doctor --new-token`` printed for the application, which then
            answers that command until the end that stands in it, at most an hour. It needs
            ``CookieSessions(app)``. Default None: there is no such endpoint.
        accept_flask_cookies_until: the date (UTC, that day included) or moment until which
            Flask's own signed cookies are read and replaced by ours, at most 60 days ahead. While
            it lasts, whoever knows the secret key can forge sessions. Default None: never read.
        flask_cookies_written_before: the moment since which no instance writes Flask's cookies;
            those signed more than five minutes later are refused. Default None.
        write: ``"sealed"``, or ``"flask"`` to write Flask's own cookies while they are accepted,
            for instances that know nothing else. Default ``"sealed"``.
        strict: raise UsageError where the session is changed after its response was made, or needs
            more Set-Cookie lines than an adapter keeps, instead of an event alone. Default False.
    """

    keys: str | Callable[[], str | bytes] | None = None
    keys_reload: int = 300
    keys_max_age: int | None = None
    reload_on_sighup: bool = False
    audience: str = ""
    timeouts: str = FLASK
    idle_timeout: int | None = None
    absolute_timeout: int | None = None
    remember_timeout: int | None = None
    refresh_after: float | None = None
    secret_names: frozenset[str] = DEFAULT_SECRET_NAMES
    types: tuple[RegisteredType, ...] = ()
    previous_names: tuple[tuple[str, float], ...] = ()
    cookie_prefix: str | None = None
    former_scopes: tuple[tuple[str | None, str], ...] = ()
    join_by_commas: bool = False
    header: bool = False
    clear_site_data: tuple[str, ...] = ()
    profile: Profile = PROFILES["portable"]
    overflow: str | None = None
    overflow_octets: int = MAX_REFERRED_OCTETS
    hot: tuple[str, ...] = ()
    cold: tuple[str, ...] = ()
    dictionaries: str | None = None
    sample: str | None = None
    sample_rate: float = 0.01
    sample_subjects: int = 20
    revocations: str | None = None
    revocations_staleness: float = 2.0
    revocations_timeout: float = 0.25
    revocations_down: str = "refuse"
    regenerate_grace: float = 5.0
    subject_key: str = "_user_id"
    pre_login: frozenset[str] = frozenset()
    index_key: str | None = None
    register: bool = False
    snapshot_keys: str | None = None
    snapshot_audience: str = "cookie_sessions"
    unsafe_logout_keeps_copies: bool = False
    csrf: bool | None = None
    csrf_trusted_origins: tuple[WebOrigin, ...] = ()
    handoff_origin: str | None = None
    handoff_sources: tuple[str, ...] = ()
    handoff_targets: tuple[str, ...] = ()
    handoff_keys: str | Callable[[], str | bytes] | None = None
    binding: tuple[tuple[str, int], ...] | None = None
    binding_verdicts: tuple[tuple[Verdict, int | None], ...] = ()
    fingerprint_header: str | None = None
    reauthentication_view: str | None = None
    probe: Grant | None = None
    accept_flask_cookies_until: float | None = None
    flask_cookies_written_before: float | None = None
    write: str = "sealed"
    strict: bool = False

    def __repr__(self) -> str:
        shown = [
            f"{name}={'<function>' if callable(value) else repr(value)}"
            for name, value in zip(self._fields, self._values(), strict=True)
            if name not in _HIDDEN
        ]
        return f"Settings({', '.join(shown)})"

    @classmethod
    def from_mapping(cls, config: Mapping[str, Any]) -> Settings:
        """Read the settings whose names begin with ``COOKIE_SESSIONS_``; others are passed over.

        Raises:
            ConfigurationError: an unknown name (the nearest known one is named) or a wrong value.
        """
        ours = {name: value for name, value in config.items() if str(name).startswith(PREFIX)}
        if not ours:
            return cls()
        # Only applications that set something load the code that reads and compares it.
        from cookie_sessions.settings.together import check_together
        from cookie_sessions.settings.values import READERS

        known = {PREFIX + name.upper(): name for name in cls._fields}
        values: dict[str, Any] = {}
        for name, value in ours.items():
            if name not in known:
                raise ConfigurationError(_unknown(name, known))
            values[known[name]] = READERS[known[name]](name, value)
        settings = cls(**values)
        check_together(settings)
        return settings

    def codec(self) -> Codec:
        """A codec for the types, secret names and dictionaries that are set.

        Raises:
            ConfigurationError: the file of dictionaries can't be used.
        """
        dictionaries = None
        if self.dictionaries is not None:
            from cookie_sessions.settings.dictionary_values import dictionaries_in

            dictionaries = dictionaries_in(self.dictionaries)
        return Codec(types=self.types, secret_names=self.secret_names, dictionaries=dictionaries)

    @property
    def revocations_are_a_snapshot(self) -> bool:
        """Whether the list of ended sessions can only be read."""
        return self.revocations is not None and self.revocations.startswith(SNAPSHOT)


def _unknown(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"Known are {', '.join(sorted(known))}."
    return f"There is no setting {name}, so it would silently do nothing. {hint}"
