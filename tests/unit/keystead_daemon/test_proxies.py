"""Proxies of the environment: HTTPS_PROXY, ALL_PROXY and NO_PROXY."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_daemon.proxies import names_a_proxy, proxy_from_environment

PROXY = "http://proxy:3128"


def bypasses(excluded: str, host: str) -> bool:
    environ = {"https_proxy": PROXY, "NO_PROXY": excluded}
    return proxy_from_environment(f"https://{host}/a", environ) is None


@pytest.mark.parametrize(
    ("excluded", "host"),
    [
        ("*", "billing.example"),
        ("billing.example", "billing.example"),
        ("example", "billing.example"),
        (".example", "billing.example"),
        ("*.example", "billing.example"),
        ("*.example", "example"),
        ("BILLING.Example.", "billing.example"),
        ("billing.example", "BILLING.example."),
        ("a.test, billing.example", "billing.example"),
        ("a.test  billing.example", "billing.example"),
        ("a.test;billing.example", "billing.example"),
        ("'billing.example'", "billing.example"),
        ("https://billing.example/", "billing.example"),
        ("billing.example:443", "billing.example"),
        ("billing.example:8443", "billing.example:8443"),
        ("bill*.example", "billing.example"),
        ("*ling*", "billing.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "münchen.example"),
        ("MU\u0308NCHEN.example", "münchen.example"),
        ("10.0.0.0/8", "10.1.2.3"),
        ("10.1.2.9/8", "10.1.2.3"),
        ("10.*", "10.1.2.3"),
        ("10.1.2.3", "10.1.2.3"),
        ("10.1.2.3:443", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("fd00::/8", "[fd12::1]"),
        ("[fd00::]/8", "[fd12::1]"),
        ("fd12:0::1", "[fd12::1]"),
        ("[fd12::1]", "[fd12::1]"),
        ("[fd12::1]:443", "[fd12::1]"),
    ],
)
def test_an_excluded_host_goes_without_a_proxy(excluded: str, host: str) -> None:
    assert bypasses(excluded, host)


@pytest.mark.parametrize(
    ("excluded", "host"),
    [
        ("", "billing.example"),
        (",, ;", "billing.example"),
        ("a.billing.example", "billing.example"),
        ("xample", "billing.example"),
        ("billing.example:8443", "billing.example"),
        ("bill?ng.example", "billing.example"),
        ("[a-z]illing.example", "billing.example"),
        ("*.", "billing.example"),
        (".", "billing.example"),
        ("*.test", "billing.example"),
        ("10.0.0.0/8", "11.1.2.3"),
        ("10.0.0.0/8", "billing.example"),
        ("10.0.0.0/99", "10.1.2.3"),
        ("10/8/8", "10.1.2.3"),
        ("x:9:billing.example", "billing.example"),
        ("fe80::/10", "[fd12::1]"),
        ("[::1", "billing.example"),
        ("[fd12::1]:8443", "[fd12::1]"),
        ("é\u0378.example", "billing.example"),
        ("a" * 254, "billing.example"),
        ("a" * 64 + ".é", "billing.example"),
    ],
)
def test_every_other_host_goes_through_the_proxy(excluded: str, host: str) -> None:
    assert not bypasses(excluded, host)


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({}, None),
        ({"https_proxy": " "}, None),
        ({"http_proxy": PROXY}, None),
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"HTTPS_PROXY": "http://other", "https_proxy": PROXY}, PROXY),
        ({"all_proxy": PROXY}, PROXY),
        ({"ALL_PROXY": "http://other", "https_proxy": PROXY}, PROXY),
    ],
)
def test_the_variable_of_the_scheme_comes_before_that_for_all(
    environ: dict[str, str], found: str | None
) -> None:
    assert proxy_from_environment("https://billing.example", environ) == found
    assert names_a_proxy(environ) == bool(set(environ) and (found or "http_proxy" in environ))


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]",
     "[::ffff:127.0.0.1]"],
)  # fmt: skip
def test_loopback_goes_without_a_proxy(host: str) -> None:
    assert proxy_from_environment(f"http://{host}:1/", {"http_proxy": PROXY}) is None


@given(st.text(max_size=40) | st.text(alphabet="[]:/.*,0129af%xn-ü", max_size=40))
def test_no_value_of_no_proxy_stops_a_request(excluded: str) -> None:
    for host in ("billing.example", "10.1.2.3", "[fd12::1]"):
        assert bypasses(excluded, host) in {True, False}
    assert bypasses(f"{excluded},billing.example", "billing.example")
