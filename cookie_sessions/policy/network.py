"""The network that an address is in, as providers give networks to their customers."""

from __future__ import annotations

import functools
import ipaddress
from typing import Final

_MAX_CHARACTERS: Final = 128
_V4_OCTETS: Final = 3
_V6_OCTETS: Final = 6


def network_of(address: str) -> bytes | None:
    """The /24 of an IPv4 address, the /48 of an IPv6 address; None for what is no address.

    Args:
        address: as servers and proxies write it: with a port, in brackets or with a zone, too. An
            IPv4-mapped IPv6 address is an IPv4 address (RFC 4291, section 2.5.5.2).
    """
    return _network_of(address[:_MAX_CHARACTERS])


@functools.lru_cache(maxsize=256)
def _network_of(address: str) -> bytes | None:
    text = address.strip(" \t")
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        if mapped is None:
            return found.packed[:_V6_OCTETS]
        found = mapped
    return found.packed[:_V4_OCTETS]
