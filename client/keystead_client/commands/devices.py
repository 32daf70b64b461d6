"""``keystead devices``: list the account's devices, and remove one."""

from __future__ import annotations

from argparse import Namespace
from time import time_ns

from keystead.errors import InvalidInput
from keystead.local_api import DeviceParams
from keystead.wire.nyra import Device, DevicesAnswer
from keystead_client import exit_codes, formats
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S
from keystead_client.json_members import members_of
from keystead_client.output import Output
from keystead_client.terminal_messages import tr

_SHORT = 8


def list_devices(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        answer = client.call("devices.list", timeout_s=NETWORK_S)
    _print(answer, out)
    return exit_codes.USABLE


def remove_device(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        known: DevicesAnswer = client.call("devices.list", timeout_s=NETWORK_S)
        device = find_device(known.devices, args.device)
        answer = client.call(
            "devices.remove", DeviceParams(device_id=device.device_id), timeout_s=NETWORK_S
        )
    out.say(tr("terminal.removed", name=_name(device)))
    _print(answer, out)
    return exit_codes.USABLE


def find_device(devices: tuple[Device, ...], wanted: str) -> Device:
    """Return the one device whose id is ``wanted`` or begins with it.

    Raises InvalidInput if there is none, or more than one.
    """
    found = [device for device in devices if wanted and device.device_id.startswith(wanted)]
    exact = [device for device in found if device.device_id == wanted]
    if len(exact or found) != 1:
        many = len(found) > 1
        raise InvalidInput(
            tr("terminal.ambiguous_device" if many else "terminal.unknown_device"),
            code="ambiguous_device" if many else "unknown_device_id",
            remedy=tr("terminal.which_device"),
        )
    return (exact or found)[0]


def _print(answer: DevicesAnswer, out: Output) -> None:
    out.object({"devices": members_of(answer)["devices"]})
    now_ms = time_ns() // 1_000_000
    out.table(
        [tr(f"terminal.{one}") for one in ("device", "id", "activated", "last_seen")],
        [_row(device, now_ms) for device in answer.devices],
    )
    out.say(tr.count("terminal.in_use", len(answer.devices), limit=answer.device_limit))


def _row(device: Device, now_ms: int) -> tuple[str, ...]:
    seen_ms = device.last_checked_at
    return (
        tr("terminal.this_device", name=_name(device)) if device.current else _name(device),
        device.device_id[:_SHORT],
        formats.day(device.activated_at, None, tr),
        tr("terminal.never") if seen_ms is None else formats.ago(seen_ms, now_ms, None, tr),
    )


def _name(device: Device) -> str:
    return formats.printable(device.name or device.device_id[:_SHORT])
