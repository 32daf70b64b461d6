"""Licenses and devices, which are the same in every billing API (specification §7.8, §8.2)."""

from __future__ import annotations

from keystead.wire import nyra as wire
from keystead_daemon.backends.calls import Ask, Auth, Call, DeviceCredentials
from keystead_daemon.backends.client import Client
from keystead_daemon.backends.responses import decode_body, interpret


class LicenseApi:
    """Calls with the device's credentials."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def status(self, caller: DeviceCredentials, nonce: str) -> wire.LicenseStatus:
        """Return the license status of the calling device, signed over ``nonce``."""
        query = {"deviceId": caller.key.thumbprint, "nonce": nonce}
        call = Call(method="GET", path=wire.LICENSE_STATUS, query=query)
        return await self._client.ask(call, wire.LicenseStatus, caller)

    async def restore(self, request: wire.RestoreRequest) -> wire.RestoreAnswer:
        call = Call(method="POST", path=wire.RESTORE, body=request)
        return await self._client.ask(call, wire.RestoreAnswer)

    async def devices(self, caller: DeviceCredentials) -> wire.DevicesAnswer:
        call = Call(method="GET", path=wire.DEVICES)
        return await self._client.ask(call, wire.DevicesAnswer, caller)

    async def remove_device(self, caller: DeviceCredentials, device_id: str) -> wire.DevicesAnswer:
        call = Call(method="DELETE", path=f"{wire.DEVICES}/{device_id}")
        return await self._client.ask(call, wire.DevicesAnswer, caller)

    async def deactivate(self, caller: DeviceCredentials) -> wire.DeactivateAnswer:
        call = Call(method="POST", path=wire.DEACTIVATE)
        return await self._client.ask(call, wire.DeactivateAnswer, caller)

    async def key_manifest(self) -> str | None:
        """Return the newest key manifest as compact JWS, None where the backend has none."""
        reply = await self._client.reply(Call(method="GET", path=wire.KEYS))
        if reply.status == 404:
            return None
        return interpret(reply, wire.KeysAnswer).manifest

    async def health(self) -> wire.Health:
        """Return the backend's health report, which an unhealthy backend sends with a 503."""
        reply = await self._client.reply(Call(method="GET", path=wire.HEALTH))
        if reply.status == 503 and (report := decode_body(reply, wire.Health)) is not None:
            return report
        return interpret(reply, wire.Health)


async def activate_device(ask: Ask, request: wire.ActivateRequest) -> wire.ActivateAnswer:
    """Activate a device for the signed-in account. Raises BackendRefused (``device_limit``)."""
    call = Call(method="POST", path=wire.ACTIVATE, auth=Auth.ACCOUNT, body=request)
    return await ask(call, wire.ActivateAnswer)
