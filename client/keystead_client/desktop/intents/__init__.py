"""What a person can do in the window: one table from an action's name to its handler.

Each module of this package holds the handlers of one subject. A handler sends a request to the
daemon, or starts work in the background, and puts the outcome into the store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QWidget

from keystead_client import presentation
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.file_dialogs import open_file
from keystead_client.desktop.intents.account import AccountIntents
from keystead_client.desktop.intents.activation import ActivationIntents
from keystead_client.desktop.intents.billing import BillingIntents
from keystead_client.desktop.intents.checkout import CheckoutIntents
from keystead_client.desktop.intents.devices import DeviceIntents
from keystead_client.desktop.intents.diagnostics import DiagnosticsIntents, Doctor
from keystead_client.desktop.intents.offline_activation import OfflineActivationIntents
from keystead_client.desktop.intents.settings import SettingsIntents
from keystead_client.desktop.models.app_state import Destination, Screen
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.qt_locale import ApplicationLocale


class Intents:
    """All handlers, built once for a window."""

    def __init__(
        self,
        requests: DaemonRequests,
        window: QWidget,
        *,
        doctor: Doctor,
        app_locale: ApplicationLocale,
        at_login: Callable[[bool | None], bool],
        clock: Callable[[], int],
    ) -> None:
        """``clock`` returns the milliseconds since boot; ``at_login`` is `SettingsIntents`'."""
        self._store, self._requests, self._window = requests.store, requests, window
        self.activation = ActivationIntents(requests, clock)
        self.checkout = CheckoutIntents(requests, clock, join=self.activation.join)
        self.account = AccountIntents(requests, clock)
        self.billing = BillingIntents(requests)
        self.devices = DeviceIntents(requests, refresh=self.activation.refresh_quietly)
        self.offline_activation = OfflineActivationIntents(requests)
        self.diagnostics = DiagnosticsIntents(requests, doctor)
        self.settings = SettingsIntents(requests, app_locale, at_login)
        self.account.signed_in.connect(self.checkout.retry_plans)
        self.account.signed_in.connect(self.billing.refetch)
        self._handlers: dict[str, Callable[[], None]] = {
            presentation.ACTIVATE: self.checkout.show_plans,
            presentation.JOIN: self.activation.join,
            presentation.RESTORE: self.checkout.show_restore,
            presentation.IMPORT: self.choose_license_file,
            presentation.OFFLINE: self.offline_activation.show,
            presentation.REOPEN: self.checkout.reopen,
            presentation.COPY_LINK: self.checkout.copy_link,
            presentation.CANCEL_CHECKOUT: self.checkout.cancel,
            presentation.REFRESH: self.activation.refresh,
            presentation.PORTAL: self.billing.open_portal,
            presentation.PAY: self.billing.pay_open_invoice,
            presentation.DEVICES: self.devices.show,
            presentation.DIAGNOSTICS: self.diagnostics.copy,
        }
        self._screens: dict[Screen, Callable[[], None]] = {
            Screen.DEVICES: self.devices.show,
            Screen.BILLING: self.billing.show,
            Screen.DIAGNOSTICS: self.diagnostics.show,
            Screen.SETTINGS: self.settings.show,
        }

    def run(self, action: str) -> None:
        """Carry out an action that `presentation` names."""
        self._handlers[action]()

    def go_to(self, screen: Screen) -> None:
        """Show a screen that the navigation offers."""
        self._screens.get(screen, self.go_back)()

    def go_back(self) -> None:
        """Return to the screen that the activation's state asks for."""
        self._store.put(destination=Destination.NONE, notice=None)

    def dismiss_notice(self) -> None:
        self._store.put(notice=None)

    def window_activated(self) -> None:
        """Look for changes if the person may have made some in the browser meanwhile."""
        if self._requests.browser_opened:
            self._requests.browser_opened = False
            self.activation.refresh_quietly()
            self.billing.refetch()

    def choose_license_file(self) -> None:
        """Ask for a license file, then import it."""
        open_file(
            self._window,
            title=tr("import.title"),
            name_filter=tr("import.files"),
            chosen=lambda name: self.activation.import_file(Path(name)),
        )
