"""List the account's devices and remove one."""

from __future__ import annotations

from collections.abc import Callable

from keystead.local_api import DeviceParams
from keystead.wire.nyra import DevicesAnswer
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import Destination, Operation


class DeviceIntents:
    def __init__(self, requests: DaemonRequests, refresh: Callable[[], None]) -> None:
        """``refresh`` asks for the activation, which a removal may make usable."""
        self._requests, self._store, self._refresh = requests, requests.store, refresh

    def show(self) -> None:
        """Go to the devices and fetch them."""
        self._store.put(destination=Destination.DEVICES, notice=None, devices_problem=None)
        self._requests.send(
            Operation.DEVICES, "devices.list", done=self._put, problem_field="devices_problem"
        )

    def remove(self, device_id: str) -> None:
        def done(answer: DevicesAnswer) -> None:
            self._put(answer)
            self._refresh()

        params = DeviceParams(device_id=device_id)
        self._requests.send(Operation.REMOVE, "devices.remove", params, done=done)

    def _put(self, answer: DevicesAnswer) -> None:
        self._store.put(devices=answer, devices_problem=None)
