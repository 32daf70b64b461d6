"""Which proxy a request goes through, from the environment. Pure.

httpx reads the same variables, but one entry of ``NO_PROXY`` that it can't parse stops every
request, and it sends loopback requests to the proxy. So the variables are read here, by the rules
that curl, wget and Python's urllib share:

* ``https_proxy`` or ``http_proxy`` for the scheme, else ``all_proxy``; lower case wins.
* ``no_proxy`` is a list of hosts, separated by commas or spaces: a name stands for itself and its
  subdomains, ``*`` for any characters, an address range (``10.0.0.0/8``, ``fd00::/8``) for its
  addresses; a port limits an entry to that port. What can't be parsed is ignored.
* Loopback never goes through a proxy of the environment: a proxy can't reach it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import urlsplit

import idna

from keystead.loopback import address_of, is_loopback

#: The longest host name (RFC 1035 §2.3.4); longer entries are ignored.
_MAX_HOST = 253
_SEPARATORS = re.compile(r"[,;\s]+")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def proxy_from_environment(url: str, environ: Mapping[str, str]) -> str | None:
    """Return the proxy's address for a request to ``url``; None where it goes without one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    named = _variable(environ, f"{parts.scheme}_proxy") or _variable(environ, "all_proxy")
    if named is None or is_loopback(host):
        return None
    port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    excluded = _variable(environ, "no_proxy") or ""
    return None if _bypasses(excluded, host, port) else named


def names_a_proxy(environ: Mapping[str, str]) -> bool:
    """Return whether any variable names a proxy."""
    names = ("http_proxy", "https_proxy", "all_proxy")
    return any(_variable(environ, name) is not None for name in names)


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    value = environ.get(name, environ.get(name.upper(), "")).strip()
    return value or None


def _bypasses(excluded: str, host: str, port: int | None) -> bool:
    return any(_matches(entry, host, port) for entry in _entries(excluded))


def _entries(excluded: str) -> Iterator[str]:
    for entry in _SEPARATORS.split(excluded):
        # Some people write an address: its host counts.
        bare = entry.partition("://")[2].partition("/")[0] if "://" in entry else entry.strip("'\"")
        if 0 < len(bare) <= _MAX_HOST:
            yield bare


def _matches(entry: str, host: str, port: int | None) -> bool:
    address = address_of(host)
    if "/" in entry:
        return address is not None and _in_range(entry, address)
    # An IPv6 address without brackets has no port.
    named, wanted_port = (entry, None) if address_of(entry) is not None else _split(entry)
    if wanted_port not in (None, port):
        return False
    if (listed := address_of(named.removeprefix("[").removesuffix("]"))) is not None:
        return listed == address
    pattern = _ascii_host(named.removeprefix("*.").lstrip("."))
    name = _ascii_host(host)
    return _name_matches(pattern, name) if pattern else False


def _name_matches(pattern: str, name: str) -> bool:
    if "*" in pattern:
        # Only `*` is special; fnmatch would also read `?` and sets of characters.
        return fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]"))
    return name == pattern or name.endswith(f".{pattern}")


def _in_range(entry: str, address: IPv4Address | IPv6Address) -> bool:
    text, _, size = entry.partition("/")
    try:
        network = ip_network(f"{text.strip('[]')}/{size}", strict=False)
    except ValueError:
        return False
    return address in network


def _split(place: str) -> tuple[str, int | None]:
    """Return the host and the port of ``host:port`` or ``[address]:port``."""
    host, colon, port = place.rpartition(":")
    if colon and port.isascii() and port.isdigit():
        return host, int(port[:6])
    return place, None


def _ascii_host(host: str) -> str:
    """Return a host name in its ASCII form (RFC 5891), or in lower case where it has none."""
    name = host.rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return idna.encode(name, uts46=True).decode("ascii")
    except idna.IDNAError:
        return name
