"""The URLs at which a program on the customer's machine waits for the browser's return. Pure."""

from __future__ import annotations

import re

#: A loopback redirect (RFC 8252 §7.3, §8.3). Only IP literals, because the name `localhost` may
#: resolve to another address. A port and a path, without a query that a server could act on.
_LOOPBACK = re.compile(
    r"http://(?:127\.0\.0\.1|\[::1\]):(?P<port>[1-9][0-9]{0,4})/[A-Za-z0-9._~/-]*"
)
LONGEST = 300
_LAST_PORT = 65_535


def is_loopback_redirect(url: str) -> bool:
    """Whether the URL leads to a program on the reader's own machine, and nowhere else."""
    found = _LOOPBACK.fullmatch(url)
    return found is not None and len(url) <= LONGEST and int(found["port"]) <= _LAST_PORT
