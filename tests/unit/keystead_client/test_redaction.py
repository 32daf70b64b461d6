"""Nothing secret leaves in a bundle: what is taken out, and the scan that makes sure of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.documents import issue
from keystead_client.redaction import find_secrets, redact
from support.documents import BACKEND, make_token, signed_license

BACKEND_URL = "https://billing.example"
HOME = "/users/ada"
TOKEN = issue(make_token(), BACKEND)


def scrubbed(text: str) -> str:
    return redact(
        text,
        backend=BACKEND_URL,
        home=HOME,
        keep={"com.example.nyra"},
        names={"study", "gate"},
        user="ada",
    )


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"license {signed_license()} here", signed_license()),
        (f'{{"deviceAccessToken": "{TOKEN}"}}', TOKEN),
        (f"token={TOKEN[:80]}", TOKEN[10:60]),
        ("Authorization: Bearer abcdef123456", "abcdef123456"),
        ("authorization: DPoP abcdef123456", "abcdef123456"),
        ('"d": "c2VjcmV0c2VjcmV0c2VjcmV0"', "c2VjcmV0"),
        ('{"password" : "hunter2"}', "hunter2"),
        ("STRIPE sk_test_4eC39HqLyjWDarjtT1 and whsec_abc123", "4eC39"),
        ("STRIPE sk_test_4eC39HqLyjWDarjtT1 and whsec_abc123", "abc123"),
        ("mail to ada.lovelace+x@example.co.uk now", "lovelace"),
        ("<ada@example.com>", "ada@"),
        ("https://billing.example/pay?session=cs_secret", "cs_secret"),
        ("https://billing.example/pay?a=1&b=2#frag", "b=2"),
        ("proxy http://user:pass@proxy.corp:8080/x", "proxy.corp"),
        ("proxy http://user:pass@proxy.corp:8080/x", "pass"),
        ("https://intranet.corp/whatever", "intranet"),
        (f"{HOME}/.local/state/nyra", "ada"),
        ("/media/ada/stick/license.jws could not be read", "ada"),
        ("C:\\\\Users\\\\ada\\\\AppData", "ada"),
        ("proxy.corp.example: Name or service not known", "corp"),
        ("could not connect to gate.corp:3128", "gate"),
        ("could not connect to gate, the proxy", "gate,"),
        ("no route to 10.1.2.3", "10.1.2.3"),
        ("no route to 10.1.2.3:8080", "10.1.2.3"),
        ("on study: no room", "study"),
    ],
)
def test_secrets_are_removed(text: str, secret: str) -> None:
    assert secret not in scrubbed(text)
    assert find_secrets(scrubbed(text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "state active, until 1795000000000",
        "https://billing.example/api/license/status",
        '{"deviceId": "uAWyL8r6eTDmIE4wO1OLaEWD7qlTDfpKVr4DYg4278Q"}',
        "Linux-6.1.0-x86_64-with-glibc2.36",
        "plan pro, price price_nyra_pro_monthly",
        "com.example.nyra",
        '{"pyside6-essentials": "6.8.0.2"}',
        "billing.example answers.",
        "license.jws.aside-1, device.jws and keystead.toml",
        "Python 3.11.7, version 0.1.0 (process 4711)",
        '{"time":"2026-11-21T11:09:32.791Z","level":"info","event":"daemon.started"}',
        "this is studying at the gateway",
    ],
)
def test_data_that_support_needs_is_kept(text: str) -> None:
    assert scrubbed(text) == text


@given(st.text(max_size=200))
def test_the_scan_finds_nothing_in_redacted_text(text: str) -> None:
    assert find_secrets(scrubbed(text)) == []


@given(
    st.lists(
        st.sampled_from(
            [
                TOKEN,
                "a@b",
                "?q=1",
                "https://",
                "billing.example",
                "/",
                "@",
                " ",
                '"',
                "eyJ",
                ".",
                "x",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_the_scan_finds_nothing_in_redacted_combinations(text: str) -> None:
    assert find_secrets(scrubbed(text)) == []
    assert TOKEN[:40] not in scrubbed(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (TOKEN, "signed document"),
        ("a@b.example", "email address"),
        ("whsec_abc", "secret key"),
        ("https://billing.example/?x=1", "URL query"),
    ],
)
def test_the_scan_finds_secrets(text: str, kind: str) -> None:
    assert kind in find_secrets(text)
