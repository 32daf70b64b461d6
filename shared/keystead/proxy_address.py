"""The address of a proxy, as people and environment variables write it. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import unquote

import msgspec

from keystead.errors import InvalidInput

SCHEMES = ("http", "https", "socks5", "socks5h")
#: What programs write for SOCKS 5 into ALL_PROXY, GNOME's settings among them.
_SCHEME_ALIASES = {"socks": "socks5"}
_PAC_SCHEME = "pac+"
_PAC_NAMES = (".pac", ".dat", ".js")
_MAX_ADDRESS = 1024
_MAX_PORT = 65535
_PLACE = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:\[\]@\\]+)(?::(?P<port>\d{1,5}))?")


class Proxy(msgspec.Struct, frozen=True):
    """A proxy: its URL without credentials, and the credentials, decoded."""

    url: str
    username: str | None = None
    password: str | None = None


def parse_proxy(text: str) -> Proxy:
    """Parse a proxy's address; one without a scheme is an HTTP proxy.

    Raises InvalidInput: ``proxy_is_pac`` for the address of a PAC file, ``proxy_password`` where
    ``/``, ``?`` or ``#`` stands in the user name or password, else ``proxy_invalid``.
    """
    address = text.strip()
    if _is_pac(address):
        raise InvalidInput("This is the address of a PAC file.", code="proxy_is_pac")
    scheme, there, rest = address.partition("://")
    if not there:
        scheme, rest = "http", address
    authority, *tail = re.split(r"(?=[/?#])", rest, maxsplit=1)
    # A reserved character ends the authority (RFC 3986 §3.2), so the host is in what follows.
    if tail and "@" in tail[0]:
        raise InvalidInput("The proxy's password must be encoded.", code="proxy_password")
    scheme = _SCHEME_ALIASES.get(scheme.lower(), scheme.lower())
    if scheme not in SCHEMES or len(address) > _MAX_ADDRESS or tail not in ([], ["/"]):
        raise _invalid()
    credentials, at, place = authority.rpartition("@")
    username, colon, password = credentials.partition(":")
    return Proxy(
        url=f"{scheme}://{_checked(place)}",
        username=unquote(username) if at else None,
        password=unquote(password) if colon else None,
    )


def _is_pac(address: str) -> bool:
    lowered = address.lower()
    path = re.split(r"[?#]", lowered.partition("://")[2], maxsplit=1)[0].partition("/")[2]
    return lowered.startswith(_PAC_SCHEME) or path.endswith(_PAC_NAMES)


def _checked(place: str) -> str:
    found = _PLACE.fullmatch(place)
    if found is None or int(found["port"] or 1) not in range(1, _MAX_PORT + 1):
        raise _invalid()
    if found["host"].startswith("["):
        try:
            IPv6Address(found["host"][1:-1])
        except ValueError:
            raise _invalid() from None
    elif not found["host"].isprintable():
        raise _invalid()
    return place


def _invalid() -> InvalidInput:
    return InvalidInput("The proxy's address isn't valid.", code="proxy_invalid")
