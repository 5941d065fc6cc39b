"""Where the servers of a store of Memcached are: its URL, read once."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl

from cookie_sessions.errors import ConfigurationError
from cookie_sessions.stores.entry import DEFAULT_PREFIX, MAX_PREFIX_OCTETS, is_name

DEFAULT_PORT: Final = 11211
"""Memcached's own."""

_SERVER: Final = re.compile(
    r"(?:\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<host>[A-Za-z0-9._-]+))(?::(?P<port>[0-9]{1,5}))?"
)


def servers_and_prefix(url: str) -> tuple[list[tuple[str, int]], str]:
    """The servers, each once, as pairs of a host and a port; and the prefix.

    Raises:
        ConfigurationError: it is not of this form. The message shows the form, and nothing of it.
    """
    address, _, query = url.partition("?")
    scheme, _, authority = address.partition("://")
    options = dict(parse_qsl(query, keep_blank_values=True))
    prefix = options.pop("prefix", DEFAULT_PREFIX)
    servers = [_host_and_port(server) for server in authority.removesuffix("/").split(",")]
    fits = is_name(prefix, max_octets=MAX_PREFIX_OCTETS)
    if scheme.lower() != "memcached" or options or None in servers or not fits:
        raise ConfigurationError(
            "The URL of a store of Memcached is not of its form (its text is not repeated here, as "
            "it may hold a password). Write memcached://host:11211,host:11211?prefix=shop: with "
            "servers that want no password, and a prefix of at most "
            f"{MAX_PREFIX_OCTETS} letters, digits and the marks . : _ -"
        )
    return list(dict.fromkeys(server for server in servers if server)), prefix


def _host_and_port(text: str) -> tuple[str, int] | None:
    found = _SERVER.fullmatch(text)
    if found is None:
        return None
    host, port = found["address"] or found["host"], int(found["port"] or DEFAULT_PORT)
    return (host.lower(), port) if 0 < port < 2**16 else None
