"""A digest of what a profile decides: whom to trust, and which backend to ask. Pure.

Two profiles with one digest are the same to a daemon and its clients, whatever their files are
called and however they are written. The daemon publishes its digest (``daemon.info``), and a client
with another one knows that the daemon asks a backend that is not its own, or trusts other keys.

The digest is the SHA-256, base64url without padding, of this JSON object in UTF-8, with its members
sorted and without white space: ``backend`` (``billing_api``, ``offline_page``, ``url`` without a
slash at its end), ``keys`` and ``root`` (of each key the list ``[kid, crv, x]``, sorted; null where
the profile has no root), ``product`` (the id), and ``sign_in`` (the table, or null).

Only the standard library is loaded, because ``keystead status`` compares digests too.
"""

from __future__ import annotations

import sys
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from keystead.contract import DEFAULT_BILLING_API


def profile_digest(text: str, read: Callable[[str], str]) -> str:
    """Return the digest of a profile's text; ``read`` returns the text of a file that it names.

    The profile is not validated. Where it can't have a digest this raises ValueError, KeyError,
    TypeError or AttributeError, and whatever ``read`` raises.
    """
    # Imported here: a program that opens no profile yet does without them.
    import json
    import tomllib

    tables = tomllib.loads(text.removeprefix("\ufeff"))
    backend, trust = tables["backend"], tables["trust"]
    decided = {
        "backend": {
            "billing_api": backend.get("billing_api", DEFAULT_BILLING_API),
            "offline_page": backend.get("offline_page"),
            "url": backend["url"].rstrip("/"),
        },
        "keys": _keys(trust["keys"], read),
        "product": tables["product"]["id"],
        "root": _keys(trust["root"], read) if "root" in trust else None,
        "sign_in": tables.get("sign_in"),
    }
    canonical = json.dumps(decided, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return urlsafe_b64encode(_sha256(canonical.encode())).rstrip(b"=").decode("ascii")


def _keys(named: str | Mapping[str, Any], read: Callable[[str], str]) -> list[list[str | None]]:
    import json

    jwks = json.loads(read(named)) if isinstance(named, str) else named
    return sorted(([key.get("kid"), key.get("crv"), key.get("x")] for key in jwks["keys"]), key=str)


def _sha256(data: bytes) -> bytes:
    # As `random` does it: hashlib loads OpenSSL, which a bare `keystead status` would wait for.
    try:
        lean = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256")
    except ImportError:
        import hashlib as lean
    digest: bytes = lean.sha256(data).digest()
    return digest
