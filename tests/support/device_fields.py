"""The fields that identify a device in the body of a checkout or a payment link."""

from __future__ import annotations

from keystead.encoding import b64u_encode
from keystead.local_api import RequestFile
from keystead.wire.offline import read_request
from support.world import Device


def device_fields(device: Device) -> dict[str, str]:
    """Return the device's ID and public key, as its request file names them."""
    file: RequestFile = device.call("activation.request")
    key, request = read_request(file.request, product=None)
    return {"deviceId": request.device_id, "devicePublicKey": b64u_encode(key.raw)}
