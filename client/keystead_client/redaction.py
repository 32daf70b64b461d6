"""Take out of a text what is nobody else's business, and make sure that it is out. Pure.

What goes: signed documents and tokens, keys, email addresses, the queries of URLs, hosts other
than the backend's, the person's name in paths, and the name of their home folder.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_REMOVED = "(removed)"
#: A compact JWS, or a JWS's beginning: every JSON header starts with `{"`, which is `eyJ`.
_SIGNED = re.compile(r"eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){0,4}")
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=\[\]{}]+@[^\s@<>\"'(),;:=\[\]{}]+")
_STRIPE_SECRET = re.compile(r"(?:[sr]k_(?:test|live)|whsec)_[A-Za-z0-9_]+")
_PRIVATE_MEMBER = re.compile(
    r"(\"(?:d|seed|secret|token|password|accessToken|deviceAccessToken)\"\s*:\s*)\"[^\"]*\""
)
_AUTHORIZATION = re.compile(r"\b((?:Bearer|DPoP|Basic)\s+)[^\s\"',;]{6,}", re.IGNORECASE)
_URL = re.compile(r"\b([a-z][a-z0-9+.-]*://)([^\s\"'<>/?#]*)([^\s\"'<>?#]*)(\?[^\s\"'<>#]*)?")
#: A host with its port, or one of three names and more: two alone could be a file, and four numbers
#: in quotes are a version.
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
    """The text with all of that taken out; URLs on ``backend`` (a URL) keep host and path.

    ``keep`` are words that look like a host and are none; ``names`` are hosts that are known to be
    nobody else's business, however short; ``user`` is what the person is called in paths.
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
    """What is still in a text that must not be, by kind: empty after `redact`."""
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
