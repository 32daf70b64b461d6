"""Which device is meant by the beginning of an id."""

from __future__ import annotations

import pytest

from keystead.errors import InvalidInput
from keystead.wire.nyra import Device
from keystead_client.commands.devices import find_device


def device(id: str) -> Device:
    return Device(device_id=id, name=None, activated_at=0, last_checked_at=None)


DEVICES = (device("abc"), device("abcd"), device("xyz"))


@pytest.mark.parametrize(("wanted", "found"), [("x", "xyz"), ("abcd", "abcd"), ("abc", "abc")])
def test_a_device_is_found_by_its_id_or_a_prefix(wanted: str, found: str) -> None:
    assert find_device(DEVICES, wanted).device_id == found


@pytest.mark.parametrize(
    ("wanted", "code"),
    [("ab", "ambiguous_device"), ("q", "unknown_device_id"), ("", "unknown_device_id")],
)
def test_none_or_more_than_one_is_refused(wanted: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        find_device(DEVICES, wanted)
    assert caught.value.code == code
