"""The places of the navigation that are about the account and the program, not the state.

Their pages are loaded when somebody first goes there.
"""

from __future__ import annotations

from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from keystead_client.desktop.account import Account
from keystead_client.desktop.commands import Commands
from keystead_client.desktop.models.known import Known, Screen
from keystead_client.desktop.parts.page import Page

if TYPE_CHECKING:
    from keystead_client.desktop.pages.billing import BillingPage


class Places(QObject):
    def __init__(self, commands: Commands, account: Account, zone: tzinfo | None) -> None:
        super().__init__()
        self._commands, self._account, self._zone = commands, account, zone

    def go(self, screen: Screen) -> None:
        """Go where somebody wants to."""
        ways = {
            Screen.DEVICES: self._commands.list_devices,
            Screen.BILLING: self._account.visit,
        }
        ways.get(screen, self._commands.back)()

    def page(self, screen: Screen, known: Known) -> Page | None:
        """The page of a place, up to date; None where the screen is none of these."""
        if screen is Screen.BILLING and known.view is not None:
            from keystead_client.desktop.models.billing import billing_model

            self._billing.show_model(billing_model(known, known.view, zone=self._zone))
            return self._billing
        return None

    @cached_property
    def _billing(self) -> BillingPage:
        from keystead_client.desktop.pages.billing import BillingPage

        page = BillingPage()
        page.pay.connect(self._account.pay)
        page.portal.connect(self._account.portal)
        page.retry.connect(self._account.list_invoices)
        return page
