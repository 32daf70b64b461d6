"""Open the stub's hosted pages and submit their forms over HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping

import httpx

from support.world import NETWORK_S


def open_page(url: str) -> httpx.Response:
    """Return the page at a link, which must exist."""
    page = httpx.get(url, follow_redirects=True, timeout=NETWORK_S)
    assert page.status_code == 200, page.text
    assert "text/html" in page.headers["content-type"]
    return page


def submit_form(
    url: str, fields: Mapping[str, str] | None = None, *, file: bytes | None = None
) -> httpx.Response:
    """Submit the form on a page with ``fields`` and a ``file``, and return the response.

    The page's CSRF token is sent along. The response may be a refusal, but not a server error.
    """
    token = re.findall(r'name="token" value="([^"]+)"', open_page(url).text)[0]
    answer = httpx.post(
        url,
        data={"token": token, **(fields or {})},
        files=None if file is None else {"file": file},
        follow_redirects=True,
        timeout=NETWORK_S,
    )
    assert answer.status_code < 500, answer.text
    return answer
