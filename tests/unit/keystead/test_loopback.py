"""Which hosts count as this machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.loopback import address_of, is_loopback


@pytest.mark.parametrize(
    "host",
    ["localhost", "LOCALHOST.", "a.localhost", "127.0.0.1", "127.9.9.9", "::1", "0:0::1",
     "::ffff:127.0.0.1"],
)  # fmt: skip
def test_this_machine_is_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", ".", "localhost.example", "notlocalhost", "128.0.0.1", "127.0.0.1.example", "127.0.0.999",
     "0.0.0.1", "::", "::2", "::ffff:10.0.0.1", "fe80::1%lo", "[::1]", "127.1"],
)  # fmt: skip
def test_any_other_host_is_not_loopback(host: str) -> None:
    assert not is_loopback(host)


@given(st.ip_addresses())
def test_an_address_is_loopback_in_its_range_only(address: object) -> None:
    text = str(address)
    mapped = text.startswith("::ffff:7f") and text.count(":") == 4
    assert is_loopback(text) == (text.startswith("127.") or text == "::1" or mapped)
    assert address_of(text) is not None
