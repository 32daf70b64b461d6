"""The address of a proxy, as it is written in settings and environment variables."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.errors import InvalidInput
from keystead.proxy_address import Proxy, parse_proxy


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy:3128", Proxy("http://proxy:3128")),
        (" http://proxy:3128/ ", Proxy("http://proxy:3128")),
        ("proxy:3128", Proxy("http://proxy:3128")),
        ("10.0.0.1", Proxy("http://10.0.0.1")),
        ("HTTPS://proxy.example", Proxy("https://proxy.example")),
        ("socks5h://[::1]:1080", Proxy("socks5h://[::1]:1080")),
        ("socks://proxy:1080/", Proxy("socks5://proxy:1080")),
        ("http://me@proxy", Proxy("http://proxy", "me")),
        ("http://me:@proxy", Proxy("http://proxy", "me", "")),
        ("http://me:p%40%2F%23s@proxy:1", Proxy("http://proxy:1", "me", "p@/#s")),
        ("http://me:p@s:w@proxy", Proxy("http://proxy", "me", "p@s:w")),
        ("http://proxy.münchen.example", Proxy("http://proxy.münchen.example")),
    ],
)
def test_a_proxy_is_parsed(text: str, proxy: Proxy) -> None:
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("http://wpad/wpad.dat", "proxy_is_pac"),
        ("http://intranet.example/proxy.PAC?v=1", "proxy_is_pac"),
        ("pac+https://intranet.example/x", "proxy_is_pac"),
        ("file:///etc/proxy.pac", "proxy_is_pac"),
        ("file:///etc/proxy", "proxy_invalid"),
        ("http://me:p#s@proxy:3128", "proxy_password"),
        ("http://me:p/s@proxy:3128", "proxy_password"),
        ("http://me:1?s@proxy:3128", "proxy_password"),
        ("me:1/s@proxy:3128", "proxy_password"),
        ("", "proxy_invalid"),
        ("http://", "proxy_invalid"),
        ("http://proxy:0", "proxy_invalid"),
        ("http://proxy:65536", "proxy_invalid"),
        ("http://proxy:port", "proxy_invalid"),
        ("http://pro xy", "proxy_invalid"),
        ("http://pro\0xy", "proxy_invalid"),
        ("http://[::1", "proxy_invalid"),
        ("http://[1:2]:80", "proxy_invalid"),
        ("http://::1", "proxy_invalid"),
        ("http://proxy/path", "proxy_invalid"),
        ("socks4://proxy", "proxy_invalid"),
        ("http://" + "a" * 1024, "proxy_invalid"),
    ],
)
def test_an_unusable_address_is_reported_with_its_fault(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_proxy(text)
    assert refused.value.code == code
    assert text == "" or text not in refused.value.sentence


@given(st.text(alphabet=st.sampled_from("http:/@[]?#%.\0 é1a"), max_size=30))
def test_any_text_is_a_proxy_or_invalid_input(text: str) -> None:
    with suppress(InvalidInput):
        assert "@" not in parse_proxy(text).url
