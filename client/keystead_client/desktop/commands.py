"""What a person wants, carried out: asked of the daemon, and its answer told to the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from keystead.errors import InvalidInput, KeysteadError
from keystead.local_api import (
    ActivationView,
    Checkout,
    DeviceParams,
    ImportParams,
    PortalParams,
    RestoreParams,
)
from keystead.wire.nyra import DevicesAnswer, PlansAnswer, PortalAnswer
from keystead_client import presentation
from keystead_client.desktop.background_task import BackgroundTask
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.activate import checkout_params, plans_of, settled
from keystead_client.desktop.models.app_state import Destination, Notice, Operation, able
from keystead_client.desktop.models.catalog import tr

#: Bytes of the largest file that is taken for a license; as JSON it fits one message.
_LARGEST_FILE = 48 * 1024


class Commands(QObject):
    #: somebody wants to choose a license file
    file_wanted = Signal()
    #: somebody wants this device to join what their account has paid for
    join_wanted = Signal()
    #: somebody wants to give the diagnostics to support
    diagnostics_wanted = Signal()
    #: somebody is back from a page on which something may have changed
    came_back = Signal()
    #: somebody's computer is never online
    offline_wanted = Signal()

    def __init__(self, requests: DaemonRequests, clock: Callable[[], int]) -> None:
        """``clock``: milliseconds of this boot."""
        super().__init__()
        self._store, self._clock = requests.store, clock
        self._requests = requests
        self._reader = BackgroundTask(read_license_file, self)
        self._reader.done.connect(self._import)
        self._reader.failed.connect(lambda error: self._requests.failed(Operation.IMPORT, error))
        self._by_name: dict[str, Callable[[], None]] = {
            presentation.ACTIVATE: self.activate,
            presentation.JOIN: self.join_wanted.emit,
            presentation.RESTORE: lambda: self._store.put(destination=Destination.RESTORE),
            presentation.IMPORT: self.file_wanted.emit,
            presentation.OFFLINE: self.offline_wanted.emit,
            presentation.REOPEN: self.reopen,
            presentation.COPY_LINK: self.copy_link,
            presentation.CANCEL_CHECKOUT: self.cancel_checkout,
            presentation.REFRESH: self.refresh,
            presentation.PORTAL: self.portal,
            presentation.DEVICES: self.list_devices,
            presentation.DIAGNOSTICS: self.diagnostics_wanted.emit,
        }

    def carry_out(self, action: str) -> None:
        """Do what an action of `presentation` names."""
        self._by_name[action]()

    def back(self) -> None:
        self._store.put(destination=Destination.NONE, notice=None)

    def dismiss(self) -> None:
        self._store.put(notice=None)

    def refresh(self, *, quietly: bool = False) -> None:
        """Look again; ``quietly`` where nobody pressed anything, so that nobody is told off."""
        self._requests.ask(
            Operation.REFRESH, "activation.refresh", done=self._look_at, quietly=quietly
        )

    def returned(self) -> None:
        """The person is back at the window."""
        if self._requests.away:
            self._requests.away = False
            self.refresh(quietly=True)
            self.came_back.emit()

    def list_plans(self) -> None:
        def done(answer: PlansAnswer) -> None:
            self._store.put(plans=answer, plans_problem=None)
            self.choose()

        self._store.put(plans_problem=None)
        self._requests.ask(Operation.PLANS, "plans.list", done=done, problem_field="plans_problem")

    def wants_plans(self) -> bool:
        """Whether plans were asked for in vain."""
        state = self._store.state
        return state.plans is None and state.plans_problem is not None

    def choose(self, **changes: Any) -> None:
        """Change the choice among the plans."""
        state = self._store.state
        wanted = msgspec.structs.replace(state.selection, **changes)
        self._store.put(selection=settled(wanted, plans_of(state)))

    def activate(self) -> None:
        """Go and choose a plan."""
        self._store.put(destination=Destination.PLANS, notice=None)

    def start_checkout(self) -> None:
        def done(checkout: Checkout) -> None:
            self._waiting_for(checkout)
            if checkout.url is not None:
                self._requests.open(checkout.url)

        def paid_already(error: KeysteadError) -> bool:
            if able(self._store.state).sign_in and error.code == "already_entitled":
                self.join_wanted.emit()
                return True
            return False

        params = checkout_params(self._store.state, self._requests.loopback.to_checkout())
        self._requests.ask(
            Operation.CHECKOUT, "checkout.start", params, done=done, otherwise=paid_already
        )

    def cancel_checkout(self) -> None:
        self._requests.ask(Operation.CANCEL, "checkout.cancel", done=self._look_at)

    def reopen(self) -> None:
        """Open the payment page again."""
        if url := self._checkout_url():
            self._requests.open(url)

    def copy_link(self) -> None:
        if url := self._checkout_url():
            QGuiApplication.clipboard().setText(url)
            self._store.put(notice=Notice("ok", tr("copied.link")))

    def portal(self) -> None:
        def done(answer: PortalAnswer) -> None:
            self._requests.open(answer.url)

        params = PortalParams(return_url=self._requests.loopback.to_portal())
        self._requests.ask(Operation.PORTAL, "portal.open", params, done=done)

    def restore(self, email: str) -> None:
        params = RestoreParams(email=email)
        self._requests.ask(Operation.RESTORE, "activation.restore", params, done=self._waiting_for)

    def import_file(self, path: Path) -> None:
        """Take over a license file that was chosen."""
        if self._store.begin(Operation.IMPORT, notice=None):
            self._reader.begin(path)

    def list_devices(self) -> None:
        self._store.put(destination=Destination.DEVICES, notice=None, devices_problem=None)
        self._requests.ask(
            Operation.DEVICES,
            "devices.list",
            done=self._hold_devices,
            problem_field="devices_problem",
        )

    def remove_device(self, device_id: str) -> None:
        def done(answer: DevicesAnswer) -> None:
            self._hold_devices(answer)
            self.refresh(quietly=True)

        params = DeviceParams(device_id=device_id)
        self._requests.ask(Operation.REMOVE, "devices.remove", params, done=done)

    def _look_at(self, view: ActivationView) -> None:
        self._store.look_at(view, self._clock())

    def _waiting_for(self, checkout: Checkout) -> None:
        """Show at once what the daemon's next message will say too."""
        if (view := self._store.state.view) is not None:
            begun = msgspec.structs.replace(view, checkout=checkout)
            self._store.put(view=begun, destination=Destination.NONE)

    def _import(self, document: str) -> None:
        self._store.end(Operation.IMPORT)
        self.take_over(document, "import.done")

    def take_over(self, document: str, done_message: str = "offline.done") -> None:
        """Take over an activation code that was typed, or the text of a license."""

        def done(view: ActivationView) -> None:
            self._look_at(view)
            self._store.put(destination=Destination.NONE, notice=Notice("ok", tr(done_message)))

        self._requests.ask(
            Operation.IMPORT, "activation.import", ImportParams(document=document), done=done
        )

    def _hold_devices(self, answer: DevicesAnswer) -> None:
        self._store.put(devices=answer, devices_problem=None)

    def _checkout_url(self) -> str | None:
        view = self._store.state.view
        return view.checkout.url if view is not None and view.checkout is not None else None


def read_license_file(path: Path) -> str:
    """The text of a license file. Raises InvalidInput."""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_FILE + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError):
        raise InvalidInput("The file cannot be read.", code="file_unreadable") from None
    if len(data) > _LARGEST_FILE:
        raise InvalidInput("The file is too large.", code="file_too_large")
    return text
