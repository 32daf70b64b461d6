"""The loopback server's HTTP: which request is the redirect, and the page in its response."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.loopback_http import redirect_query, render_response

HERE, PATH = "127.0.0.1:50123", "/activated/Zm9vYmFyYmF6"


def judged(head: bytes) -> str | None:
    return redirect_query(head, authority=HERE, path=PATH)


def said(request: str = f"GET {PATH} HTTP/1.1", *fields: str) -> bytes:
    return "\r\n".join([request, *(fields or (f"Host: {HERE}",)), "", ""]).encode()


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_the_exact_redirect_request_is_accepted(version: str) -> None:
    fields = (f"host:{HERE}", "Accept: */*", "Cookie: a=b")
    assert judged(said(f"GET {PATH} HTTP/{version}", *fields)) == ""


def test_the_query_is_returned_unchanged() -> None:
    assert judged(said(f"GET {PATH}?code=a%20b&state=c?d HTTP/1.1")) == "code=a%20b&state=c?d"


@pytest.mark.parametrize(
    "head",
    [
        said(f"POST {PATH} HTTP/1.1"),
        said(f"HEAD {PATH} HTTP/1.1"),
        said(f"get {PATH} HTTP/1.1"),
        said(f"GET {PATH} HTTP/2"),
        said(f"GET {PATH}"),
        said(f"GET  {PATH} HTTP/1.1"),
        said(f"GET {PATH}/ HTTP/1.1"),
        said(f"GET {PATH[:-1]} HTTP/1.1"),
        said(f"GET /{PATH} HTTP/1.1"),
        said(f"GET http://{HERE}{PATH} HTTP/1.1"),
        said("GET / HTTP/1.1"),
        said(f"GET {PATH}\nX: y HTTP/1.1"),
        said(f"GET {PATH} HTTP/1.1", "Host: 127.0.0.1"),
        said(f"GET {PATH} HTTP/1.1", "Host: localhost:50123"),
        said(f"GET {PATH} HTTP/1.1", "Host: rebound.example:50123"),
        said(f"GET {PATH} HTTP/1.1", f"Host: {HERE}", f"Host: {HERE}"),
        said(f"GET {PATH} HTTP/1.1", f"Host: {HERE}", "Host: rebound.example"),
        said(f"GET {PATH} HTTP/1.1", "Accept: */*"),
        said()[:-1],
        said()[:-4],
        b"",
        b"\r\n\r\n",
    ],
)
def test_any_other_request_is_refused(head: bytes) -> None:
    assert judged(head) is None


@given(st.binary(max_size=400))
def test_random_bytes_are_refused_as_a_request(noise: bytes) -> None:
    assert judged(noise + said()) is None or noise == b""
    assert judged(noise) is None


def test_the_page_has_no_script_and_loads_nothing() -> None:
    whole = render_response("200 OK", "de-AT", "<b>", "Ada & Co").decode()
    head, _, page = whole.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(page.encode())}" in head
    assert '<html lang="de-AT" dir="auto">' in page
    assert "&lt;b&gt;" in page
    assert "Ada &amp; Co" in page
    style = re.findall(r"<style>(.*)</style>", page)[0]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    assert (
        f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        f"style-src 'sha256-{allowed}'" in head
    )
    for field in ("Referrer-Policy: no-referrer", "Cache-Control: no-store"):
        assert field in head
    assert "<script" not in page
