"""Validation of return URLs: loopback addresses only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.http.return_urls import is_loopback_redirect


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:50123/activated/Zm9v-_bar",
        "http://[::1]:1/",
        "http://127.0.0.1:65535/a/b.c~d",
    ],
)
def test_a_loopback_literal_with_a_port_and_a_path_is_accepted(url: str) -> None:
    assert is_loopback_redirect(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:50123/a",
        "http://localhost:50123/a",
        "http://127.0.0.1/a",
        "http://127.0.0.1:50123",
        "http://127.0.0.1:0/a",
        "http://127.0.0.1:65536/a",
        "http://127.0.0.1:050123/a",
        "http://127.0.0.1:50123/a?b=c",
        "http://127.0.0.1:50123/a#b",
        "http://127.0.0.1:50123/%0d%0a",
        "http://127.0.0.1:50123/a\n",
        "http://127.0.0.1:50123\\@evil.example/a",
        "http://127.0.0.1:50123@evil.example/a",
        "http://ada@127.0.0.1:50123/a",
        "http://127.0.0.1.evil.example:50123/a",
        "http://127.1:50123/a",
        "http://2130706433:50123/a",
        "http://0.0.0.0:50123/a",
        "http://[::]:50123/a",
        "http://[::ffff:127.0.0.1]:50123/a",
        "HTTP://127.0.0.1:50123/a",
        "//127.0.0.1:50123/a",
        "keystead://activated",
        "javascript:alert(1)",
        "http://127.0.0.1:50123/" + "a" * 300,
        "",
    ],
)
def test_any_other_url_is_refused(url: str) -> None:
    assert not is_loopback_redirect(url)


def test_the_longest_url_has_300_characters() -> None:
    head = "http://127.0.0.1:50123/"
    assert is_loopback_redirect(head + "a" * (300 - len(head)))
    assert not is_loopback_redirect(head + "a" * (301 - len(head)))


@given(st.text())
def test_only_a_path_may_follow_the_port(tail: str) -> None:
    # The port has the maximum of five digits; a sixth would belong to the tail.
    for head in ("http://127.0.0.1:50123", "http://[::1]:50123"):
        assert not is_loopback_redirect(head + tail) or tail.startswith("/")
