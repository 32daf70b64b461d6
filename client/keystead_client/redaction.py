"""Remove private data from a text, and verify that it is gone. Pure.

Removed are signed documents and tokens, keys, email addresses, URL queries, hosts other than the
backend's, the user's name in paths, and the path of the home folder.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_REMOVED = "(removed)"
#: A compact JWS or its beginning: every JSON header starts with `{"`, which is `eyJ`.
_SIGNED = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}")
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=\[\]{}]+@[^\s@<>\"'(),;:=\[\]{}]+")
_STRIPE_SECRET = re.compile(r"(?:[sr]k_(?:test|live)|whsec)_[A-Za-z0-9_]+")
_PRIVATE_MEMBER = re.compile(
    r"(\"(?:d|seed|secret|token|password|accessToken|deviceAccessToken)\"\s*:\s*)\"[^\"]*\""
)
_AUTHORIZATION = re.compile(r"\b((?:Bearer|DPoP|Basic)\s+)[^\s\"',;]{6,}", re.IGNORECASE)
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s\"'<>/?#]*)([^\s\"'<>?#]*)(\?[^\s\"'<>#]*)?")
#: A host with a port, or with three or more labels: two could be a file name. Four numbers in
#: quotes are a version.
_HOST = re.compile(
    r"(?<![\w.@/-])(?:(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*:\d{1,5}|\d{1,3}(?:\.\d{1,3}){3}:\d{1,5}"
    r"|(?<!\")\d{1,3}(?:\.\d{1,3}){3}|(?:[a-z0-9-]+\.){2,}[a-z]{2,})(?![\w.-]*\w)",
    re.IGNORECASE,
)


def redact(
    text: str,
    *,
    backend: str,
    home: str,
    keep: Collection[str] = (),
    names: Collection[str] = (),
    user: str = "",
) -> str:
    """Redact a text; URLs on ``backend`` (a URL) keep their host and path.

    ``keep`` are words that look like a host and are not one. ``names`` are private hosts, however
    short. ``user`` is the user's name in paths.
    """
    text = _SIGNED.sub(_REMOVED, text)
    text = _STRIPE_SECRET.sub(_REMOVED, text)
    text = _PRIVATE_MEMBER.sub(rf'\1"{_REMOVED}"', text)
    text = _AUTHORIZATION.sub(rf"\1{_REMOVED}", text)
    host = _host(backend)
    text = _URL.sub(lambda found: _url(found, host), text)
    text = _EMAIL.sub(_REMOVED, text)
    kept = {host, host.partition(":")[0], *keep}
    text = _HOST.sub(lambda found: found[0] if found[0] in kept else _REMOVED, text)
    for name in filter(None, set(names) - kept):
        text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", _REMOVED, text)
    text = text.replace(home, "~") if len(home) > 1 else text
    return re.sub(rf"(?<=[/\\]){re.escape(user)}(?=[/\\])", _REMOVED, text) if user else text


def find_secrets(text: str) -> list[str]:
    """Return the kinds of private data that a text contains: none after `redact`."""
    kinds = {
        "signed document": _SIGNED,
        "secret key": _STRIPE_SECRET,
        "email address": _EMAIL,
    }
    found = [kind for kind, pattern in kinds.items() if pattern.search(text)]
    queries = any(match.group(4) for match in _URL.finditer(text))
    return [*found, "URL query"] if queries else found


def _url(found: re.Match[str], host: str) -> str:
    scheme, place, path, _ = found.groups()
    return f"{scheme}{place}{path}" if place == host else f"{scheme}{_REMOVED}"


def _host(url: str) -> str:
    found = _URL.match(url)
    return found.group(2) if found else ""
