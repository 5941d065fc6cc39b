"""The attributes of our cookie and its Set-Cookie line, rendered once for each set of values."""

from __future__ import annotations

import dataclasses
import functools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from cookie_sessions.cookies.names import HOST_PREFIX, HTTP_PREFIXES, check_name, is_prefixed
from cookie_sessions.errors import ConfigurationError, UsageError

LIMIT: Final = 4096
"""Octets of a whole cookie. Browsers count name and value, some proxies the attributes too."""

_EXPIRES_OCTETS: Final = len("; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
_SAMESITE: Final = ("Strict", "Lax", "None")
# RFC 6265, section 4.1.1: cookie-octet.
_COOKIE_OCTETS: Final = bytes(c for c in range(0x21, 0x7F) if c not in b'",;\\')
# A URL path segment, and the per cent sign for what is quoted already.
_PATH_OCTETS: Final = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,/:=@"
)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND: Final = -62_135_596_800
_LAST_SECOND: Final = 253_402_300_799


class InvalidAttribute(ConfigurationError, ValueError):
    """An attribute that no browser would take; a ValueError as well, as Werkzeug raises it."""


@functools.lru_cache(maxsize=16)
def http_date(seconds: int) -> str:
    """The date of a Set-Cookie line, as RFC 9110, section 5.6.7, writes it (IMF-fixdate).

    Args:
        seconds: since the epoch. A time outside the years 1 to 9999 becomes the nearest in them.

    Returns:
        For example ``Thu, 01 Jan 1970 00:00:00 GMT``, whatever the locale.
    """
    when = _EPOCH + timedelta(seconds=min(max(seconds, _FIRST_SECOND), _LAST_SECOND))
    return (
        f"{_DAYS[when.weekday()]}, {when.day:02} {_MONTHS[when.month - 1]} {when.year:04} "
        f"{when.hour:02}:{when.minute:02}:{when.second:02} GMT"
    )


@dataclass(frozen=True, slots=True)
class CookieAttributes:
    """What stands around a cookie's value; its lines equal Werkzeug's for the same settings.

    Attributes:
        name: the cookie's name, a token.
        domain: the Domain attribute, or None for a host-only cookie. A leading dot and a port are
            dropped; other scripts become IDNA.
        path: the Path attribute, percent-encoded where necessary, or None for the request's own.
        secure: sent over HTTPS only. ``partitioned`` implies it.
        httponly: kept from scripts.
        samesite: "Strict", "Lax" or "None" in any case, or None for the browser's default.
        partitioned: kept in a jar for each top-level site (CHIPS).

    Raises:
        ConfigurationError: the name is not a token.
        InvalidAttribute: domain, path or samesite can't be rendered.
    """

    name: str
    domain: str | None = field(default=None, kw_only=True)
    path: str | None = field(default="/", kw_only=True)
    secure: bool = field(default=False, kw_only=True)
    httponly: bool = field(default=True, kw_only=True)
    samesite: str | None = field(default="Lax", kw_only=True)
    partitioned: bool = field(default=False, kw_only=True)
    _scope: str = field(init=False, repr=False, compare=False)
    _tail: str = field(init=False, repr=False, compare=False)
    _deletion: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        check_name(self.name)
        if not isinstance(self.domain, str) and not self.domain:
            # Flask once documented SESSION_COOKIE_DOMAIN = False as "no Domain attribute".
            object.__setattr__(self, "domain", None)
        scope = "" if self.domain is None else f"; Domain={_domain(self.domain)}"
        tail = "; Secure" if self.secure or self.partitioned else ""
        if self.httponly:
            tail += "; HttpOnly"
        if self.path is not None:
            tail += f"; Path={_path(self.path)}"
        if self.samesite is not None:
            tail += f"; SameSite={_samesite(self.samesite)}"
        if self.partitioned:
            tail += "; Partitioned"
        object.__setattr__(self, "_scope", scope)
        object.__setattr__(self, "_tail", tail)
        object.__setattr__(self, "_deletion", self.render("", expires=0, max_age=0))

    @classmethod
    def of(
        cls,
        name: str,
        *,
        domain: str | None,
        path: str | None,
        secure: bool,
        httponly: bool,
        samesite: str | None,
        partitioned: bool,
    ) -> CookieAttributes:
        """The attributes of these values, built at their first use and remembered.

        Args and errors are those of the class.
        """
        return _built(
            name,
            domain=domain,
            path=path,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
            partitioned=partitioned,
        )

    @property
    def identity(self) -> tuple[str, str, str]:
        """Name, domain and path as browsers compare them: equal means that one replaces another."""
        domain = _domain(self.domain) if self.domain else ""
        return self.name, domain.lower(), "" if self.path is None else _path(self.path)

    def named(self, name: str) -> CookieAttributes:
        """The same attributes for a cookie of another name."""
        return dataclasses.replace(self, name=name)

    def scoped(self, *, domain: str | None, path: str | None) -> CookieAttributes:
        """The same cookie at another domain and path."""
        return dataclasses.replace(self, domain=domain, path=path)

    def twin(self) -> CookieAttributes:
        """The cookie of this name, domain and path in the browser's other jar.

        Browsers keep cookies with Partitioned apart from those without, and send both.
        """
        return dataclasses.replace(self, partitioned=not self.partitioned)

    def render(self, value: str, *, expires: int | None = None, max_age: int | None = None) -> str:
        """The value of one Set-Cookie header.

        Args:
            value: the cookie's value, cookie-octets of RFC 6265 only (base64url is).
            expires: when browsers forget it, in seconds since the epoch; None: when they close.
            max_age: the same as seconds from now. It does not add an Expires of its own.

        Returns:
            One line of ASCII, without the header's name.

        Raises:
            UsageError: the value holds an octet that would have to be quoted.
        """
        if not value.isascii() or value.encode().translate(None, _COOKIE_OCTETS):
            raise UsageError(
                f"The value for the cookie {self.name!r} has characters that RFC 6265 does not "
                f"allow, and quoting means different things to different readers. Encode the value "
                f"as base64url."
            )
        line = f"{self.name}={value}{self._scope}"
        if expires is not None:
            line += f"; Expires={http_date(expires)}"
        if max_age is not None:
            line += f"; Max-Age={max_age}"
        return line + self._tail

    def render_deletion(self) -> str:
        """The Set-Cookie line that makes a browser drop this cookie, with identical attributes."""
        return self._deletion

    def octets(self, value: str) -> int:
        """The size of the cookie as the strictest party counts it.

        That is the whole line with an Expires attribute, so that a session does not outgrow the
        limit by becoming permanent.

        Args:
            value: the cookie's value.

        Returns:
            Octets, to compare with ``LIMIT``.
        """
        return (
            len(self.name) + 1 + len(value) + len(self._scope) + _EXPIRES_OCTETS + len(self._tail)
        )

    def check_prefix(self, *, settings_prefix: str = "") -> None:
        """Refuse attributes with which browsers drop a cookie for the prefix in its name.

        Args:
            settings_prefix: what the framework puts before SECURE, HTTPONLY, PATH and DOMAIN in
                the names of its settings, for the message.

        Raises:
            ConfigurationError: names the setting and its remedy.
        """
        if not is_prefixed(self.name):
            return
        wrong: list[str] = []
        if not (self.secure or self.partitioned):
            wrong.append(f"needs Secure: set {settings_prefix}SECURE to True")
        if is_prefixed(self.name, *HTTP_PREFIXES) and not self.httponly:
            wrong.append(f"needs HttpOnly: set {settings_prefix}HTTPONLY to True")
        if is_prefixed(self.name, HOST_PREFIX):
            if self.path != "/":
                wrong.append(f"needs Path=/: set {settings_prefix}PATH to '/'")
            if self.domain is not None:
                wrong.append(f"must have no Domain: set {settings_prefix}DOMAIN to None")
        if wrong:
            raise ConfigurationError(
                f"Browsers would drop the cookie {self.name!r} without a word, because of the "
                f"prefix in its name. It {'; it '.join(wrong)}. Or choose a name without a prefix."
            )


def _domain(domain: object) -> str:
    text = None
    if isinstance(domain, str):
        try:
            text = domain.partition(":")[0].lstrip(".").encode("idna").decode("ascii")
        except UnicodeError:
            pass
    if text is None or not text.isprintable() or any(c in text for c in " ,;"):
        raise InvalidAttribute(
            f"The cookie's domain {domain!r} is not a domain name. Give one such as "
            f"'example.com', or None for a cookie of this host only."
        )
    return text


def _path(path: object) -> str:
    octets = None
    if isinstance(path, str):
        try:
            octets = path.encode()
        except UnicodeError:
            pass
    if octets is None:
        raise InvalidAttribute(
            f"The cookie's path {path!r} can't be written as UTF-8. Give a path such as '/'."
        )
    return "".join([chr(c) if c in _PATH_OCTETS else f"%{c:02X}" for c in octets])


def _samesite(samesite: object) -> str:
    title = samesite.title() if isinstance(samesite, str) else None
    if title not in _SAMESITE:
        raise InvalidAttribute(
            f"The cookie's SameSite is {samesite!r}. It must be 'Strict', 'Lax' or 'None', or the "
            f"value None to leave the attribute out."
        )
    return title


@functools.lru_cache(maxsize=64)
def _built(
    name: str,
    *,
    domain: str | None,
    path: str | None,
    secure: bool,
    httponly: bool,
    samesite: str | None,
    partitioned: bool,
) -> CookieAttributes:
    return CookieAttributes(
        name,
        domain=domain,
        path=path,
        secure=secure,
        httponly=httponly,
        samesite=samesite,
        partitioned=partitioned,
    )
