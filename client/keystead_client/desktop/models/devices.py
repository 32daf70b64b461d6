"""The screen with the account's devices."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.wire.nyra import Device
from keystead_client import formats
from keystead_client.desktop.models.app_state import Doing, Known, Trouble
from keystead_client.desktop.models.catalog import WORDS


class DeviceRow(msgspec.Struct, frozen=True):
    device_id: str
    name: str
    badge: str
    seen: str
    removable: bool


class DevicesModel(msgspec.Struct, frozen=True, kw_only=True):
    loading: bool
    trouble: Trouble | None
    lead: str
    rows: tuple[DeviceRow, ...]
    busy: str | None
    enabled: bool


def devices_model(known: Known, now_ms: int, *, zone: tzinfo | None) -> DevicesModel:
    """The screen for what is known at the trusted time ``now_ms``."""
    answer = known.devices
    removing = Doing.REMOVE in known.doing
    return DevicesModel(
        loading=answer is None and known.devices_trouble is None,
        trouble=known.devices_trouble,
        lead=WORDS("devices.lead", count=len(answer.devices), limit=answer.device_limit)
        if answer
        else "",
        rows=tuple(_row(one, now_ms, zone) for one in answer.devices) if answer else (),
        busy=WORDS("devices.removing") if removing else None,
        enabled=known.up and not removing,
    )


def _row(device: Device, now_ms: int, zone: tzinfo | None) -> DeviceRow:
    name = formats.printable(device.name) if device.name else WORDS("devices.unnamed")
    seen_ms = device.last_checked_at
    return DeviceRow(
        device_id=device.device_id,
        name=name,
        badge=WORDS("devices.this") if device.current else "",
        seen=WORDS("devices.seen", when=formats.ago(seen_ms, now_ms, zone, WORDS))
        if seen_ms is not None
        else WORDS("devices.unseen"),
        removable=not device.current,
    )
