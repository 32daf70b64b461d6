"""The address that clients use, and whose word for a client's address counts. Pure.

TLS ends at a proxy before the stub. So the stub neither sees the address that its clients use nor
where they are: the operator says the one, and proxies that the operator trusts say the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_network
from urllib.parse import urlsplit

from keystead.errors import InvalidInput
from keystead.loopback import address_of, is_loopback

Network = IPv4Network | IPv6Network

_DEFAULT_PORTS = {"http": 80, "https": 443}
_PRINTABLE = re.compile(r"[!-~]+")
_HOST_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?")
_SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9._~-]*")
#: `[address]:port` and `address:port`, as some proxies write it.
_BRACKETED = re.compile(r"\[([^\]]*)\](?::\d+)?")
_WITH_PORT = re.compile(r"([\d.]+):\d+")
#: The part of an IPv6 address that names a customer's network: whoever has one has all its
#: addresses (RFC 6177).
_IPV6_NETWORK_BITS = 64


def read_public_url(text: str) -> str:
    """Return the public address in one spelling: lower case, no default port, no slash at its end.

    Raises InvalidInput (``invalid_public_url``).
    """
    # First, because `urlsplit` drops line breaks.
    if not _PRINTABLE.fullmatch(text):
        raise _invalid("is not an https:// URL")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _invalid("is not a URL") from None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise _invalid("is not an https:// URL")
    if "@" in parts.netloc or "?" in text or "#" in text:
        raise _invalid("has more than a host, a port and a path")
    host = parts.hostname
    if parts.scheme == "http" and not is_loopback(host):
        # As in a profile: clients send no token over it.
        raise _invalid("begins with http://, which clients accept for loopback addresses only")
    address = address_of(host)
    if (address is None and not _HOST_NAME.fullmatch(host)) or "%" in host or port == 0:
        raise _invalid("has no valid host and port")
    place = f"[{host}]" if isinstance(address, IPv6Address) or ":" in host else host
    if port not in {None, _DEFAULT_PORTS[parts.scheme]}:
        place += f":{port}"
    segments = parts.path.strip("/").split("/") if parts.path.strip("/") else []
    if not all(map(_SEGMENT.fullmatch, segments)):
        raise _invalid("has a path that no proxy would pass on unchanged")
    return "/".join((f"{parts.scheme}://{place}", *segments))


def path_prefix(public_url: str) -> str:
    """Return the path of a public address, empty or with a slash at its beginning."""
    return urlsplit(public_url).path


def origin_of(public_url: str) -> str:
    """Return a public address without its path, as browsers write it into `Origin`."""
    return public_url.removesuffix(path_prefix(public_url))


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks of a list `10.0.0.0/8, ::1`; an address alone is a network of one.

    Raises InvalidInput (``invalid_trusted_proxies``).
    """
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError:
        raise InvalidInput(
            "The trusted proxies are not addresses or networks.",
            code="invalid_trusted_proxies",
            remedy="Name each by its address, such as 127.0.0.1, or its network, such as "
            "10.0.0.0/8 (the network's own address, without bits of a host).",
        ) from None


def client_address(peer: str, forwarded_for: Iterable[str], trusted: tuple[Network, ...]) -> str:
    """Return the address of the client behind trusted proxies, else the peer's own.

    `forwarded_for` holds the values of `X-Forwarded-For` in the order of the request. Each proxy
    adds the address of its peer at the end, so they are read from there, as long as a trusted one
    vouches for the next. What stands before could have been written by anybody.
    """
    found = peer
    entries = [entry for value in forwarded_for for entry in value.split(",")]
    while entries and _is_trusted(found, trusted):
        named = _address_in(entries.pop())
        if named is None:
            break
        found = named
    return found


def limit_key(address: str) -> str:
    """Return what a client's requests are counted by: its address, or its IPv6 network."""
    found = address_of(address)
    if isinstance(found, IPv6Address) and not found.is_loopback:
        return str(ip_network((found.packed, _IPV6_NETWORK_BITS), strict=False))
    return str(found) if found is not None else address


def _is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    found = address_of(address)
    return found is not None and any(found in network for network in trusted)


def _address_in(entry: str) -> str | None:
    text = entry.strip().strip('"')
    for pattern in (_BRACKETED, _WITH_PORT):
        if match := pattern.fullmatch(text):
            text = match[1]
    found = address_of(text)
    return str(found) if found is not None else None


def _invalid(what: str) -> InvalidInput:
    return InvalidInput(
        f"The public URL {what}.",
        code="invalid_public_url",
        remedy="Name the address that clients use, such as https://billing.example.com or "
        "https://example.com/billing.",
    )
