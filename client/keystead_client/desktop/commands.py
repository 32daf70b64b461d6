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
from keystead_client.desktop.background_task import Aside
from keystead_client.desktop.daemon_requests import Asking
from keystead_client.desktop.models.activate import checkout_params, plans_of, settled
from keystead_client.desktop.models.app_state import Detour, Doing, Notice, able
from keystead_client.desktop.models.catalog import WORDS

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

    def __init__(self, asking: Asking, clock: Callable[[], int]) -> None:
        """``clock``: milliseconds of this boot."""
        super().__init__()
        self._store, self._clock = asking.store, clock
        self._asking = asking
        self._reader = Aside(read_license_file, self)
        self._reader.done.connect(self._import)
        self._reader.failed.connect(lambda error: self._asking.failed(Doing.IMPORT, error))
        self._by_name: dict[str, Callable[[], None]] = {
            presentation.ACTIVATE: self.activate,
            presentation.JOIN: self.join_wanted.emit,
            presentation.RESTORE: lambda: self._store.put(detour=Detour.RESTORE),
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
        self._store.put(detour=Detour.NONE, notice=None)

    def dismiss(self) -> None:
        self._store.put(notice=None)

    def refresh(self, *, quietly: bool = False) -> None:
        """Look again; ``quietly`` where nobody pressed anything, so that nobody is told off."""
        self._asking.ask(Doing.REFRESH, "activation.refresh", done=self._look_at, quietly=quietly)

    def returned(self) -> None:
        """The person is back at the window."""
        if self._asking.away:
            self._asking.away = False
            self.refresh(quietly=True)
            self.came_back.emit()

    def list_plans(self) -> None:
        def done(answer: PlansAnswer) -> None:
            self._store.put(plans=answer, plans_trouble=None)
            self.choose()

        self._store.put(plans_trouble=None)
        self._asking.ask(Doing.PLANS, "plans.list", done=done, trouble_in="plans_trouble")

    def wants_plans(self) -> bool:
        """Whether plans were asked for in vain."""
        known = self._store.known
        return known.plans is None and known.plans_trouble is not None

    def choose(self, **changes: Any) -> None:
        """Change the choice among the plans."""
        known = self._store.known
        wanted = msgspec.structs.replace(known.choice, **changes)
        self._store.put(choice=settled(wanted, plans_of(known)))

    def activate(self) -> None:
        """Go and choose a plan."""
        self._store.put(detour=Detour.PLANS, notice=None)

    def start_checkout(self) -> None:
        def done(checkout: Checkout) -> None:
            self._waiting_for(checkout)
            if checkout.url is not None:
                self._asking.open(checkout.url)

        def paid_already(error: KeysteadError) -> bool:
            if able(self._store.known).sign_in and error.code == "already_entitled":
                self.join_wanted.emit()
                return True
            return False

        params = checkout_params(self._store.known, self._asking.way_back.to_checkout())
        self._asking.ask(
            Doing.CHECKOUT, "checkout.start", params, done=done, otherwise=paid_already
        )

    def cancel_checkout(self) -> None:
        self._asking.ask(Doing.CANCEL, "checkout.cancel", done=self._look_at)

    def reopen(self) -> None:
        """Open the payment page again."""
        if url := self._checkout_url():
            self._asking.open(url)

    def copy_link(self) -> None:
        if url := self._checkout_url():
            QGuiApplication.clipboard().setText(url)
            self._store.put(notice=Notice("ok", WORDS("copied.link")))

    def portal(self) -> None:
        def done(answer: PortalAnswer) -> None:
            self._asking.open(answer.url)

        params = PortalParams(return_url=self._asking.way_back.to_portal())
        self._asking.ask(Doing.PORTAL, "portal.open", params, done=done)

    def restore(self, email: str) -> None:
        params = RestoreParams(email=email)
        self._asking.ask(Doing.RESTORE, "activation.restore", params, done=self._waiting_for)

    def import_file(self, path: Path) -> None:
        """Take over a license file that was chosen."""
        if self._store.begin(Doing.IMPORT, notice=None):
            self._reader.begin(path)

    def list_devices(self) -> None:
        self._store.put(detour=Detour.DEVICES, notice=None, devices_trouble=None)
        self._asking.ask(
            Doing.DEVICES, "devices.list", done=self._hold_devices, trouble_in="devices_trouble"
        )

    def remove_device(self, device_id: str) -> None:
        def done(answer: DevicesAnswer) -> None:
            self._hold_devices(answer)
            self.refresh(quietly=True)

        params = DeviceParams(device_id=device_id)
        self._asking.ask(Doing.REMOVE, "devices.remove", params, done=done)

    def _look_at(self, view: ActivationView) -> None:
        self._store.look_at(view, self._clock())

    def _waiting_for(self, checkout: Checkout) -> None:
        """Show at once what the daemon's next message will say too."""
        if (view := self._store.known.view) is not None:
            begun = msgspec.structs.replace(view, checkout=checkout)
            self._store.put(view=begun, detour=Detour.NONE)

    def _import(self, document: str) -> None:
        self._store.end(Doing.IMPORT)
        self.take_over(document, "import.done")

    def take_over(self, document: str, done_message: str = "offline.done") -> None:
        """Take over an activation code that was typed, or the text of a license."""

        def done(view: ActivationView) -> None:
            self._look_at(view)
            self._store.put(detour=Detour.NONE, notice=Notice("ok", WORDS(done_message)))

        self._asking.ask(
            Doing.IMPORT, "activation.import", ImportParams(document=document), done=done
        )

    def _hold_devices(self, answer: DevicesAnswer) -> None:
        self._store.put(devices=answer, devices_trouble=None)

    def _checkout_url(self) -> str | None:
        view = self._store.known.view
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
