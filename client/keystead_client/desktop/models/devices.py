"""The page with the account's devices."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.wire.nyra import Device
from keystead_client import formats
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr


class DeviceRow(msgspec.Struct, frozen=True):
    device_id: str
    name: str
    badge: str
    seen: str
    removable: bool


class DevicesModel(msgspec.Struct, frozen=True, kw_only=True):
    loading: bool
    problem: Problem | None
    lead: str
    rows: tuple[DeviceRow, ...]
    busy: str | None
    enabled: bool


def devices_model(state: AppState, now_ms: int, *, zone: tzinfo | None) -> DevicesModel:
    """Build the page for a state at the trusted time ``now_ms``."""
    answer = state.devices
    removing = Operation.REMOVE in state.in_progress
    return DevicesModel(
        loading=answer is None and state.devices_problem is None,
        problem=state.devices_problem,
        lead=tr("devices.lead", count=len(answer.devices), limit=answer.device_limit)
        if answer
        else "",
        rows=tuple(_row(one, now_ms, zone) for one in answer.devices) if answer else (),
        busy=tr("devices.removing") if removing else None,
        enabled=state.connected and not removing,
    )


def _row(device: Device, now_ms: int, zone: tzinfo | None) -> DeviceRow:
    name = formats.printable(device.name) if device.name else tr("devices.unnamed")
    seen_ms = device.last_checked_at
    return DeviceRow(
        device_id=device.device_id,
        name=name,
        badge=tr("devices.this") if device.current else "",
        seen=tr("devices.seen", when=formats.ago(seen_ms, now_ms, zone, tr))
        if seen_ms is not None
        else tr("devices.unseen"),
        removable=not device.current,
    )
