"""Where a page may send who has paid: to a program that listens on their own machine. Pure."""

from __future__ import annotations

import re

#: Of a loopback redirect (RFC 8252 §7.3, §8.3): the literals alone, for `localhost` is a name, and
#: names lead where a resolver says. A port and a path, and nothing that a server would act on.
_LOOPBACK = re.compile(
    r"http://(?:127\.0\.0\.1|\[::1\]):(?P<port>[1-9][0-9]{0,4})/[A-Za-z0-9._~/-]*"
)
LONGEST = 300
_LAST_PORT = 65_535


def is_loopback(url: str) -> bool:
    """Whether this leads to a listener on the reader's own machine, and nowhere else."""
    found = _LOOPBACK.fullmatch(url)
    return found is not None and len(url) <= LONGEST and int(found["port"]) <= _LAST_PORT
