"""Where a Redis is: its URL, read once and never shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn
from urllib.parse import parse_qsl, unquote

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.entry import DEFAULT_PREFIX, checked_prefix

_FORMS: Final = {
    "redis": "redis://user:password@host:6379/0",
    "rediss": "rediss://user:password@host:6379/0",
    "unix": "unix:///path/of/the.sock?db=0",
    "redis+cluster": "redis+cluster://user:password@host:6379,host:6379",
    "rediss+cluster": "rediss+cluster://user:password@host:6379,host:6379",
    "redis+sentinel": "redis+sentinel://user:password@host:26379,host:26379/service/0",
    "rediss+sentinel": "rediss+sentinel://user:password@host:26379,host:26379/service/0",
}
_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_LAST_PORT: Final = 65_535
_HOST: Final = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
)
_NUMBER: Final = re.compile(r"[0-9]{1,6}")

SCHEMES: Final = frozenset(_FORMS)
"""The schemes of URLs that :meth:`RedisAddress.from_url` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAddress:
    """Where one server, a cluster or the sentinels of a service are, and how to sign in.

    Attributes:
        kind: "server", "socket", "cluster" or "sentinel".
        hosts: pairs of a host and a port; empty for a socket.
        path: the socket's.
        tls: whether connections are encrypted; the server's certificate is verified then.
        ca_file: a file of certificates that count for that, instead of the system's.
        username, password: for the servers, or None.
        sentinel_username, sentinel_password: for the sentinels, or None.
        db: the number of the database.
        service: what the sentinels call the service.
        prefix: what stands before all names.
        name: what messages call it: scheme and hosts.
    """

    kind: str
    name: str
    hosts: tuple[tuple[str, int], ...] = ()
    path: str = ""
    tls: bool = False
    ca_file: str | None = None
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    sentinel_username: str | None = field(default=None, repr=False)
    sentinel_password: str | None = field(default=None, repr=False)
    db: int = 0
    service: str = ""
    prefix: str = DEFAULT_PREFIX

    @classmethod
    def from_url(cls, url: str) -> RedisAddress:
        """Read a URL. Names, passwords and paths in it are percent-decoded.

        Args:
            url: one of the forms that the error names, with ``?prefix=`` and, where the scheme
                begins with ``rediss``, ``&ca_file=``; for sentinels also ``&sentinel_username=``
                and ``&sentinel_password=``.

        Raises:
            ConfigurationError: it is none of them. The message shows the right form, and nothing of
                the URL but its scheme.
        """
        return _read(url)


def _read(url: str) -> RedisAddress:
    address, _, query = url.partition("?")
    scheme, separator, rest = address.partition("://")
    scheme = scheme.lower()
    if scheme not in _FORMS or not separator:
        _refuse("redis", "its scheme is unknown")
    # An @ in a password that was not encoded is the password's still: the last one ends it.
    sign_in, _, place = rest.rpartition("@")
    username, _, password = sign_in.partition(":")
    options = _options(scheme, query)
    common = RedisAddress(
        kind=scheme.partition("+")[2] or ("socket" if scheme == "unix" else "server"),
        name=f"{scheme}://",
        tls=scheme.startswith("rediss"),
        ca_file=options.get("ca_file"),
        username=unquote(username) or None,
        password=unquote(password) or None,
        sentinel_username=options.get("sentinel_username"),
        sentinel_password=options.get("sentinel_password"),
        prefix=_prefix(scheme, options.get("prefix", DEFAULT_PREFIX)),
    )
    authority, _, path = place.partition("/")
    if common.kind == "socket":
        return _socket(common, authority, unquote(path), options.get("db", ""))
    return _servers(common, scheme, authority, unquote(path), options.get("db", ""))


def _socket(common: RedisAddress, authority: str, path: str, db: str) -> RedisAddress:
    if authority or not path:
        _refuse("unix", "it has no path after three slashes")
    return replace(common, name=f"unix:///{path}", path=f"/{path}", db=_db("unix", db))


def _servers(common: RedisAddress, scheme: str, authority: str, path: str, db: str) -> RedisAddress:
    hosts = _hosts(scheme, authority, _SENTINEL_PORT if common.kind == "sentinel" else _PORT)
    if common.kind == "server" and len(hosts) > 1:
        _refuse(scheme, "it names several hosts")
    name = common.name + ",".join(f"{_bracketed(host)}:{port}" for host, port in hosts)
    service = ""
    if common.kind == "sentinel":
        service, _, path = path.partition("/")
        if not service:
            _refuse(scheme, "it names no service after the hosts")
        name += f"/{service}"
    number = _db(scheme, db or path)
    if common.kind == "cluster" and number:
        _refuse(scheme, "a cluster has no numbered databases")
    return replace(common, name=name, hosts=hosts, service=service, db=number)


def _options(scheme: str, query: str) -> Mapping[str, str]:
    known = {"prefix"}
    if scheme.startswith("rediss"):
        known.add("ca_file")
    if scheme.endswith("sentinel"):
        known |= {"sentinel_username", "sentinel_password"}
    if not scheme.endswith("cluster"):
        known.add("db")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.keys() - known or not all(options.values()):
        _refuse(scheme, f"of the options after the ? only {', '.join(sorted(known))} are known")
    return options


def _hosts(scheme: str, authority: str, port: int) -> tuple[tuple[str, int], ...]:
    found: list[tuple[str, int]] = []
    for part in authority.split(","):
        match = _HOST.fullmatch(part)
        number = int(match["port"] or port) if match else 0
        if match is None or not 0 < number <= _LAST_PORT:
            _refuse(scheme, "a host or a port in it is none")
        found.append((match["address"] or match["host"], number))
    return tuple(dict.fromkeys(found))


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _db(scheme: str, text: str) -> int:
    if text and not _NUMBER.fullmatch(text):
        _refuse(scheme, "its database is no number")
    return int(text or 0)


def _prefix(scheme: str, prefix: str) -> str:
    try:
        return checked_prefix(prefix)
    except ValueError as error:
        fault = str(error)
    raise ConfigurationError(f"The URL of the store ({scheme}:) can't be used. {fault}.")


def _refuse(scheme: str, fault: str) -> NoReturn:
    raise ConfigurationError(
        f"The URL of the store can't be used: {fault}. (It is not repeated here, as it may hold a "
        f"password.) Write {_FORMS[scheme]}, with what is special in names and passwords "
        f"percent-encoded; user and password may be left out, and ?prefix=shop: may follow."
    )
