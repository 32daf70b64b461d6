"""HTTP for a loopback redirect: parsing the browser's request, and the page that it gets.

Any page and program on this machine can send requests to a loopback address. So only one request
is accepted, at a secret path.
"""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from hmac import compare_digest
from html import escape

#: Bytes of the longest request head that is read.
MAX_HEAD = 16 * 1024
END_OF_HEAD = b"\r\n\r\n"

_REQUEST = re.compile(rb"GET (/[!-~]*) HTTP/1\.[01]")
_STYLE = (
    ":root{color-scheme:light dark;font:1.0625rem/1.5 system-ui,sans-serif}"
    "body{max-width:30rem;margin:20vh auto;padding:0 1.5rem;text-align:center}"
    "h1{font-size:1.6rem}h1,p{text-wrap:balance}"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; style-src 'sha256-"
    f"{b64encode(sha256(_STYLE.encode()).digest()).decode()}'",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Connection": "close",
}


def redirect_query(head: bytes, *, authority: str, path: str) -> str | None:
    """Return the query of the expected request, "" for none; None for any other request.

    ``head`` is a request up to its empty line (RFC 9112 §2.1), ``authority`` our address and port,
    ``path`` the secret path that was sent to the browser. ``Host`` is checked against DNS
    rebinding.
    """
    whole, end, _ = head.partition(END_OF_HEAD)
    request, *lines = whole.split(b"\r\n")
    found = _REQUEST.fullmatch(request)
    if found is None or not end:
        return None
    fields = [line.partition(b":") for line in lines]
    hosts = [value.strip() for name, _, value in fields if name.lower() == b"host"]
    came_to, _, query = found[1].partition(b"?")
    ours = compare_digest(came_to, path.encode())
    return query.decode("ascii") if ours and hosts == [authority.encode()] else None


def render_response(status: str, language: str, title: str, body: str = "") -> bytes:
    """Return a complete response; ``status`` is e.g. ``200 OK``, ``language`` a BCP 47 tag."""
    page = (
        f'<!doctype html><html lang="{escape(language)}" dir="auto"><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style><body><main><h1>{escape(title)}</h1><p>{escape(body)}</p></main>"
    ).encode()
    headers = _HEADERS | {"Content-Length": str(len(page))}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join(lines).encode("ascii") + END_OF_HEAD + page
