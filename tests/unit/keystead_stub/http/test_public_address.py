"""The public URL, the trusted proxies, and the address of the client behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead_stub.http.public_address import (
    client_address,
    limit_key,
    origin_of,
    path_prefix,
    read_networks,
    read_public_url,
)

TRUSTED = read_networks("10.0.0.0/8, 127.0.0.1, fd00::/8,")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://billing.example", "https://billing.example"),
        ("HTTPS://Billing.Example:443/", "https://billing.example"),
        ("https://example.com:8443/Billing/v1/", "https://example.com:8443/Billing/v1"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://localhost:80", "http://localhost"),
        ("https://[2001:DB8::1]:9", "https://[2001:db8::1]:9"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_a_public_url_is_read_in_one_spelling(text: str, url: str) -> None:
    assert read_public_url(text) == url
    assert read_public_url(url) == url
    assert origin_of(url) + path_prefix(url) == url


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("billing.example", "https://"),
        ("ftp://billing.example", "https://"),
        ("https://:443", "https://"),
        ("https:///billing", "https://"),
        ("http://billing.example", "loopback"),
        ("http://192.168.1.4:8787", "loopback"),
        ("https://user@billing.example", "more than"),
        ("https://billing.example?x=1", "more than"),
        ("https://billing.example/?", "more than"),
        ("https://billing.example/#top", "more than"),
        ("https://billing.example:0", "valid host and port"),
        ("https://billing.example:99999", "not a URL"),
        ("https://billing.example:x", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://[fe80::1%25eth0]", "valid host and port"),
        ("https://-billing.example", "valid host and port"),
        ("https://bücher.example", "https://"),
        ("https://billing.example/a b", "https://"),
        ("https://billing.example\r\nX: y", "https://"),
        ("https://billing.example/a/../b", "path"),
        ("https://billing.example/a//b", "path"),
        ("https://billing.example/%2e", "path"),
        ("https://billing.example/a;b", "path"),
    ],
)
def test_a_public_url_that_clients_could_not_use_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_public_url(text)
    assert says in refused.value.sentence
    assert refused.value.code == "invalid_public_url"
    assert text not in refused.value.sentence


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example", "10.0.0.0/33", "1.2.3", "*"])
def test_trusted_proxies_that_are_no_networks_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_networks(text)
    assert refused.value.code == "invalid_trusted_proxies"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        # Nobody has vouched for what an untrusted peer says.
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("192.0.2.1", [], "192.0.2.1"),
        ("", ["203.0.113.9"], ""),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        # What the client wrote itself stands before what the proxy added.
        ("127.0.0.1", ["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
        ("127.0.0.1", ["127.0.0.1, 203.0.113.9, 10.1.1.1"], "203.0.113.9"),
        # All of them are ours: the outermost is the client.
        ("127.0.0.1", ["10.0.0.5, 10.1.1.1"], "10.0.0.5"),
        ("::ffff:127.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("127.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("127.0.0.1", ['"[2001:db8::7]"'], "2001:db8::7"),
        ("127.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("127.0.0.1", ["::ffff:203.0.113.9"], "203.0.113.9"),
        # Junk ends the walk at the last address that somebody vouched for.
        ("127.0.0.1", ["203.0.113.9, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9, <script>, 10.1.1.1"], "10.1.1.1"),
        ("127.0.0.1", [""], "127.0.0.1"),
        ("127.0.0.1", [","], "127.0.0.1"),
        ("127.0.0.1", ["203.0.113.9,"], "127.0.0.1"),
    ],
)
def test_the_client_is_who_a_trusted_proxy_names(
    peer: str, forwarded: list[str], client: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


@given(written=st.text(max_size=40), real=st.ip_addresses(v=4).map(str))
def test_nothing_that_a_client_writes_changes_the_address_that_its_proxy_adds(
    written: str, real: str
) -> None:
    trusted = read_networks("127.0.0.1")
    found = client_address("127.0.0.1", [f"{written}, {real}"], trusted)
    if real != "127.0.0.1":
        assert found == real


def test_a_client_of_ipv6_is_counted_by_its_network() -> None:
    assert limit_key("2001:db8:1:2:3:4:5:6") == limit_key("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert limit_key("2001:db8:1:3::9") != limit_key("2001:db8:1:2::9")
    assert limit_key("::1") == "::1"
    assert limit_key("::ffff:203.0.113.9") == limit_key("203.0.113.9") == "203.0.113.9"
    assert limit_key("") == ""
