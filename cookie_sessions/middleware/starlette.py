"""A drop-in for Starlette's own SessionMiddleware: ``request.session`` as before, but sealed.

Nothing of Starlette is imported. A session is as it is there: a dict that any library may take
apart, kept for ``max_age`` seconds after it was last changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar, Final

from cookie_sessions.conclusion import kept_until
from cookie_sessions.cookies import CookieAttributes, http_date
from cookie_sessions.middleware.asgi import Application
from cookie_sessions.middleware.asgi import SessionMiddleware as AsgiMiddleware
from cookie_sessions.middleware.configuration import Configuration
from cookie_sessions.middleware.sessions import Sessions
from cookie_sessions.session import Session
from cookie_sessions.settings import PREFIX

if TYPE_CHECKING:
    from cookie_sessions.codec import Wire
    from cookie_sessions.events import Events
    from cookie_sessions.policy.binding import Anomaly

MAX_AGE: Final = 14 * 86_400
"""Seconds for which a session is kept; Starlette's default."""

_EACH_REQUEST: Final = "SESSION_REFRESH_EACH_REQUEST"
_LIFETIME: Final = "PERMANENT_SESSION_LIFETIME"
_SECRET: Final = "SECRET_KEY"  # noqa: S105 - the name of a setting.
_OWN_TIMES: Final = (f"{PREFIX}IDLE_TIMEOUT", f"{PREFIX}TIMEOUTS")


class StarletteSession(Session, dict[str, Any]):  # type: ignore[misc]
    """The session that ``request.session`` stands for: a dict with what Starlette's can do.

    Compiled code, such as that of ``json`` and pydantic, takes a dict apart without asking it. So
    all values are unpacked when the session is first used, and stand in the dict itself as well.
    """

    def mark_accessed(self) -> None:
        """Open the session; Starlette calls it whenever ``request.session`` is asked for.

        Raises:
            Unavailable: the keys or a store do not answer.
        """
        self._opened()

    def mark_modified(self) -> None:
        """Have the session be written."""
        self.modified = True

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        if not self._unavailable:
            dict.__setitem__(self, key, value)

    def __delitem__(self, key: Any) -> None:
        super().__delitem__(key)
        dict.pop(self, key, None)

    def clear(self) -> None:
        """Remove all values and the subject; counts as a change even where there are none."""
        super().clear()
        dict.clear(self)

    def _open(self) -> dict[Any, Wire]:
        wires = super()._open()
        dict.update(self, [(key, self[key]) for key in self])
        return wires

    def _drop(self, names: Iterable[Any]) -> None:
        names = tuple(names)
        super()._drop(names)
        for name in names:
            dict.pop(self, name, None)

    def _become_unavailable(self) -> None:
        super()._become_unavailable()
        dict.clear(self)

    def _turn_away(self) -> None:
        super()._turn_away()
        dict.clear(self)


class StarletteSessions(Sessions):
    """The sessions of a Starlette or FastAPI application, between its requests.

    Args:
        secret_key: as Starlette has it: text, or its Secret. None where ``config`` names a key ring
            or has a SECRET_KEY.
        session_cookie: the name of the cookie.
        max_age: seconds after its last change when a session ends, and the browser forgets it.
            None: the browser forgets it when it is closed, and it ends when nobody has changed it
            for PERMANENT_SESSION_LIFETIME.
        path: of the cookie.
        same_site: "lax", "strict" or "none".
        https_only: whether it is sent over HTTPS alone.
        domain: of the cookie; None: this host alone.
        partitioned: whether it is kept in a jar for each top-level site.
        config: settings as for :class:`~cookie_sessions.middleware.Sessions`. What stands there
            counts before the arguments.
        events: told what happens; None: a new one.
        on_anomaly: as for :class:`~cookie_sessions.middleware.Sessions`.

    Raises:
        ConfigurationError: a setting is wrong; says which and what to do.
    """

    def __init__(
        self,
        secret_key: object = None,
        session_cookie: str = "session",
        max_age: int | None = MAX_AGE,
        path: str = "/",
        same_site: str = "lax",
        https_only: bool = False,  # noqa: FBT001, FBT002 - as in Starlette.
        domain: str | None = None,
        partitioned: bool = False,  # noqa: FBT001, FBT002
        config: Mapping[str, Any] | None = None,
        *,
        events: Events | None = None,
        on_anomaly: Sequence[Callable[[Anomaly], Any]] = (),
    ) -> None:
        settings: dict[str, Any] = {
            "SESSION_COOKIE_NAME": session_cookie,
            "SESSION_COOKIE_PATH": path,
            "SESSION_COOKIE_SAMESITE": same_site,
            "SESSION_COOKIE_SECURE": https_only,
            "SESSION_COOKIE_DOMAIN": domain,
            "SESSION_COOKIE_PARTITIONED": partitioned,
            _LIFETIME: max_age,
            # Starlette sets no cookie for a request that only looked at its session.
            _EACH_REQUEST: False,
            # Its Secret shows itself to str alone.
            _SECRET: None if secret_key is None else str(secret_key),
        }
        del secret_key
        # What is None counts as unset, and must not take an argument away.
        settings |= {
            name: value
            for name, value in (config or {}).items()
            if value is not None or name not in settings
        }
        if settings[_EACH_REQUEST] and max_age and not any(name in settings for name in _OWN_TIMES):
            settings[f"{PREFIX}IDLE_TIMEOUT"] = settings[_LIFETIME]
        configuration = Configuration.from_mapping(settings)
        kept_for = None if max_age is None else configuration.lifetime
        cookie = StarletteCookie.like(configuration.cookie, kept_for=kept_for)
        super().__init__(
            replace(configuration, cookie=cookie), events=events, on_anomaly=on_anomaly
        )
        self._always_kept = max_age is not None

    def expires(self, session: Session) -> int | None:
        """Until when a browser is to keep the cookie, where that is not for ``max_age`` seconds."""
        if not (self._always_kept or session.permanent):
            return None
        until = kept_until(self.manager, session)
        if until is None and not self._always_kept:
            return super().expires(session)
        return None if until is None else int(until)


class SessionMiddleware(AsgiMiddleware):
    """Sealed sessions in the place of Starlette's signed ones, with its arguments.

    ``from cookie_sessions.middleware.starlette import SessionMiddleware`` is all that changes.
    Beside what :class:`cookie_sessions.middleware.asgi.SessionMiddleware` does, cookies are spelt
    as Starlette spells them, and a session is a dict.

    Args:
        app: the application.
        secret_key: this and the following arguments are those of :class:`StarletteSessions`.
        session_cookie: the name of the cookie.
        max_age: seconds for which a session is kept, or None.
        path: of the cookie.
        same_site: "lax", "strict" or "none".
        https_only: whether it is sent over HTTPS alone.
        domain: of the cookie, or None.
        partitioned: whether it is kept in a jar for each top-level site.
        config: further settings.
        sessions: made before, where events or the list of ended sessions are needed outside of
            requests; the other arguments are passed over then, because they are its.

    Raises:
        ConfigurationError: a setting is wrong; says which and what to do.
    """

    session_class: ClassVar[type[Session]] = StarletteSession
    # What stands before it, such as the handler of a 500 page, has the session too.
    _shares_scope = True

    def __init__(
        self,
        app: Application,
        secret_key: object = None,
        session_cookie: str = "session",
        max_age: int | None = MAX_AGE,
        path: str = "/",
        same_site: str = "lax",
        https_only: bool = False,  # noqa: FBT001, FBT002 - as in Starlette.
        domain: str | None = None,
        partitioned: bool = False,  # noqa: FBT001, FBT002
        config: Mapping[str, Any] | None = None,
        *,
        sessions: StarletteSessions | None = None,
    ) -> None:
        super().__init__(
            app,
            sessions
            or StarletteSessions(
                secret_key,
                session_cookie,
                max_age,
                path,
                same_site,
                https_only,
                domain,
                partitioned,
                config,
            ),
        )


@dataclass(frozen=True, slots=True)
class StarletteCookie(CookieAttributes):
    """A cookie as Starlette spells it, which is for people and tests: browsers see no difference.

    Attributes:
        kept_for: seconds for which browsers keep it, unless they are told otherwise; None: until
            they are closed.
    """

    kept_for: int | None = field(default=None, kw_only=True)

    @classmethod
    def like(cls, cookie: CookieAttributes, *, kept_for: int | None) -> StarletteCookie:
        """The same cookie.

        Args:
            cookie: its attributes.
            kept_for: seconds, or None.
        """
        given = {each.name: getattr(cookie, each.name) for each in fields(cookie) if each.init}
        return cls(**given, kept_for=kept_for)

    def __post_init__(self) -> None:
        CookieAttributes.__post_init__(self)
        _, domain, path = self.identity
        tail = "; httponly" if self.httponly else ""
        if self.samesite is not None:
            tail += f"; samesite={self.samesite.lower()}"
        if self.secure or self.partitioned:
            tail += "; secure"
        if self.domain is not None:
            tail += f"; domain={'.' if self.domain.startswith('.') else ''}{domain}"
        if self.partitioned:
            tail += "; partitioned"
        object.__setattr__(self, "_scope", "" if self.path is None else f"; path={path}")
        object.__setattr__(self, "_tail", tail)
        object.__setattr__(self, "_deletion", self.render("", expires=0, max_age=0))

    def render(self, value: str, *, expires: int | None = None, max_age: int | None = None) -> str:
        """As for :class:`CookieAttributes`; kept for ``kept_for`` where no time is given."""
        line = CookieAttributes.render(self, value)
        head, tail = line[: len(line) - len(self._tail)], self._tail
        if expires is None and max_age is None:
            max_age = self.kept_for
        if max_age is not None:
            head += f"; Max-Age={max_age}"
        if expires is not None:
            head += f"; expires={http_date(expires)}"
        return head + tail
