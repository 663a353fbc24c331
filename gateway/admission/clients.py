"""What one client is; enters the address of a connection and its headers, leaves a key to count by.

A client is its principal, else its address. Whoever has one IPv6 address has a /64 of them, so that counts as one.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

LOCAL: Final = "local"  # the key of a peer that has no address: the other end of a Unix socket
_SUBNET: Final = 64
_LONGEST: Final = 64  # characters of an entry of X-Forwarded-For with brackets and port


class Proxies:
    """The proxies whose headers are believed; a peer on a Unix socket is always one."""

    def __init__(self, networks: Iterable[str]) -> None:
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, networks))
        self.trusts = lru_cache(maxsize=4096)(self._trusts)

    def _trusts(self, host: str | None) -> bool:
        if not host:
            return True
        address = _address(host)
        return address is not None and any(address in network for network in self._networks)


def address_of(peer: tuple[str, int] | None, forwarded: bytes | None, trusted: Proxies) -> str:
    """The key of the address that a request comes from; `forwarded` is X-Forwarded-For, all its lines.

    Each proxy writes at the right end of X-Forwarded-For whom it has the request from. So it is read from there, past
    the proxies that are trusted: what stands left of the first other address is what that client made up.
    """
    host = peer[0] if peer else None
    if forwarded and trusted.trusts(host):
        for entry in _from_the_right(forwarded):
            named = _host(entry)
            if named is None:
                break  # no address: the proxy that wrote it is the last that is known
            host = named
            if not trusted.trusts(host):
                break
    return key_of(host) if host else LOCAL


def owned_by(owner: str) -> str:
    """The key of a principal."""
    return f"principal {owner}"


def _from_the_right(text: bytes) -> Iterator[bytes]:
    while text:
        text, _, entry = text.rpartition(b",")
        yield entry


def _host(entry: bytes) -> str | None:
    """The host of `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`; None where there is no address."""
    text = entry.strip()
    if len(text) > _LONGEST or not text.isascii():
        return None
    host = text.decode()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    return None if _address(host) is None else host


@lru_cache(maxsize=4096)
def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


@lru_cache(maxsize=4096)
def key_of(host: str) -> str:
    """The key of an address."""
    address = _address(host)
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), _SUBNET), strict=False))
    return host if address is None else str(address)
