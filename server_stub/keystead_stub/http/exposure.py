"""Who reaches this stub: its public address, the proxies before it, and the control token."""

from __future__ import annotations

import hmac
from hashlib import blake2b
from urllib.parse import urlsplit

import msgspec

from keystead.loopback import is_loopback
from keystead_stub.http.public_address import Network, origin_of, path_prefix

#: The header of the control token, for requests that need `Authorization` for something else.
CONTROL_HEADER = "keystead-control-token"
#: The cookie of a browser that has signed in to the console.
COOKIE = "keystead_control"


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """How the stub is reached.

    `url` is where it listens, `public_url` what clients use, neither with a slash at its end.
    `behind_proxy` is whether the operator has named a public address, so that a request from this
    machine may be the request of somebody else.
    """

    url: str
    public_url: str
    behind_proxy: bool = False
    trusted_proxies: tuple[Network, ...] = ()
    #: Null where the controls need no token: they are for this machine alone.
    control_token: str | None = None

    def __repr__(self) -> str:
        # A representation ends up in logs.
        return f"Exposure(public_url={self.public_url!r})"

    @property
    def prefix(self) -> str:
        return path_prefix(self.public_url)

    @property
    def origin(self) -> str:
        return origin_of(self.public_url)

    @property
    def is_local(self) -> bool:
        """Whether the public address is one of this machine."""
        return is_loopback(urlsplit(self.public_url).hostname or "")

    @property
    def has_tls(self) -> bool:
        return self.public_url.startswith("https://")

    def is_control_token(self, text: str) -> bool:
        """Whether this is the control token, in a time that says nothing about it."""
        return self.control_token is not None and hmac.compare_digest(
            text.encode(), self.control_token.encode()
        )

    @property
    def cookie_value(self) -> str:
        """What a signed-in browser keeps: derived from the token, which can't be had from it."""
        key = blake2b((self.control_token or "").encode()).digest()
        return blake2b(b"console", key=key, digest_size=32).hexdigest()

    def is_cookie(self, text: str) -> bool:
        return self.control_token is not None and hmac.compare_digest(
            text.encode(), self.cookie_value.encode()
        )
