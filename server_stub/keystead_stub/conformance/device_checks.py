"""Rules about the devices of a customer: their list, their limit, and removal."""

from __future__ import annotations

import secrets

from keystead.encoding import b64u_encode
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.probe_device import ProbeDevice
from keystead_stub.conformance.run_state import Run, claims_in, shaped

#: With more devices than this, filling the limit would take too long.
_MOST_DEVICES = 10
_METHOD_NOT_ALLOWED = 405


def devices_answer(run: Run) -> None:
    device = run.activated().device
    answer = device.call("GET", wire.DEVICES, token=device.token)
    require_status(answer, 200)
    found = shaped(answer, wire.DevicesAnswer)
    if [one.device_id for one in found.devices if one.current] != [device.id]:
        raise RuleFailed("the device that asks is not the one that is marked current")
    if len(found.devices) > found.device_limit:
        raise RuleFailed(f"{len(found.devices)} devices, and the limit is {found.device_limit}")


def devices_rename(run: Run) -> None:
    device = run.activated().device
    name = f"Conformance {secrets.token_hex(2)}"
    path = f"{wire.DEVICES}/{device.id}"
    answer = device.call("PATCH", path, token=device.token, body={"name": name})
    if answer.status == _METHOD_NOT_ALLOWED:
        raise NotChecked("this backend does not rename devices")
    require_status(answer, 200)
    listed = device.call("GET", wire.DEVICES, token=device.token)
    found = {one.device_id: one.name for one in shaped(listed, wire.DevicesAnswer).devices}
    if found.get(device.id) != name:
        raise RuleFailed(f"renamed to {name!r}, and the list says {found.get(device.id)!r}")


def devices_unknown(run: Run) -> None:
    device = run.activated().device
    nobody = b64u_encode(secrets.token_bytes(32))
    answer = device.call("DELETE", f"{wire.DEVICES}/{nobody}", token=device.token)
    require_refusal(answer, 404, "unknown_device")


def devices_limit(run: Run) -> None:
    # Counted among those that are active.
    _second(run)
    body = run.status(run.activated().device)
    if body.device is None:
        raise RuleFailed("the status names no device")
    limit = body.device.device_limit
    if limit > _MOST_DEVICES:
        raise NotChecked(f"the limit is {limit} devices, and at most {_MOST_DEVICES} are tried")
    for _ in range(limit - body.device.active_devices):
        _restored(run)
    extra = run.new_device()
    answer = run.ask(extra, activation=_activation(run, extra))
    require_refusal(answer, 409, "device_limit")
    if not isinstance(answer.members.get("devices"), list) or not answer.members["devices"]:
        raise RuleFailed("the refusal does not list the devices")


def devices_removal(run: Run) -> None:
    owner, other = run.activated().device, _second(run)
    answer = owner.call("DELETE", f"{wire.DEVICES}/{other.id}", token=owner.token)
    require_status(answer, 200)
    body = run.ask(other)
    require_status(body, 200)
    if body.members.get("active") is not False or body.members.get("status") != "device_removed":
        raise RuleFailed(f"removed, and the status is {body.members.get('status')!r}")
    if claims_in(body).get("status") != "device_removed":
        raise RuleFailed("device_removed is not signed")


def devices_removed_token(run: Run) -> None:
    other = _second(run)
    listed = run.activated().device.call("GET", wire.DEVICES, token=run.activated().device.token)
    if other.id in {one.device_id for one in shaped(listed, wire.DevicesAnswer).devices}:
        raise NotChecked("the device was not removed (devices-removal)")
    answer = other.call("GET", wire.DEVICES, token=other.token)
    require_refusal(answer, 401, "invalid_token")
    answer = other.call("POST", wire.PORTAL, token=other.token, body={})
    require_refusal(answer, 401, "invalid_token")


def _second(run: Run) -> ProbeDevice:
    """Return another device of the same customer, activated before the limit is filled."""
    return run.once("no second device could be activated", lambda: _restored(run))


def _restored(run: Run) -> ProbeDevice:
    device = run.new_device()
    answer = run.ask(device, activation=_activation(run, device))
    require_status(answer, 200)
    if device.token is None:
        raise RuleFailed("a restored device gets no token")
    return device


def _activation(run: Run, device: ProbeDevice) -> str:
    """Restore by mail, and return the activation id once it is confirmed."""
    controls = run.controls
    body = device.identity() | {"email": run.email}
    answer = run.backend.send("POST", wire.RESTORE, body=body)
    require_status(answer, 202)
    controls.confirm_restore(run.email)
    return shaped(answer, wire.RestoreAnswer).activation_id


CHECKS = {
    "devices-answer": devices_answer,
    "devices-rename": devices_rename,
    "devices-unknown": devices_unknown,
    "devices-limit": devices_limit,
    "devices-removal": devices_removal,
    "devices-removed-token": devices_removed_token,
}
