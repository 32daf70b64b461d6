"""The one keyed hash of Keystead: HMAC-SHA-256 (RFC 2104) under a label. Pure.

Whatever another program has to compute as well is made from it: the nonce of a status request, the
binding of the state folder, the short names of long paths. Every language has HMAC-SHA-256.
"""

from __future__ import annotations


def labelled_hash(label: str, *fields: str | bytes) -> bytes:
    """Return the 32 bytes of HMAC-SHA-256 with the ASCII ``label`` as the key.

    The message is the fields in UTF-8, joined by line feeds. Only the last one may contain line
    feeds, so that two lists of fields never make one message.
    """
    # Imported here: hmac loads OpenSSL, 4 MB of memory that the window does not need otherwise.
    import hmac

    message = b"\n".join(one.encode() if isinstance(one, str) else one for one in fields)
    return hmac.digest(label.encode("ascii"), message, "sha256")
