"""What a person wants of their account: its invoices, and pages of the billing portal."""

from __future__ import annotations

from PySide6.QtCore import QObject

from keystead.local_api import PortalParams
from keystead.wire.nyra import InvoicesAnswer, PortalAnswer
from keystead_client.desktop.asking import Asking
from keystead_client.desktop.models.known import Detour, Doing


class Account(QObject):
    def __init__(self, asking: Asking) -> None:
        super().__init__()
        self._asking = asking

    def visit(self) -> None:
        """Go to the invoices, and fetch them anew."""
        self._asking.store.put(detour=Detour.BILLING, notice=None)
        self.list_invoices()

    def list_invoices(self) -> None:
        def done(answer: InvoicesAnswer) -> None:
            self._asking.store.put(invoices=answer, invoices_trouble=None)

        self._asking.store.put(invoices_trouble=None)
        self._asking.ask(Doing.INVOICES, "invoices.list", done=done, trouble_in="invoices_trouble")

    def pay(self, url: str) -> None:
        """Open an invoice's own page."""
        self._asking.store.put(notice=None)
        self._asking.open(url)

    def portal(self, flow: str) -> None:
        """Open the portal at the page that a flow names."""

        def done(answer: PortalAnswer) -> None:
            self._asking.open(answer.url)

        params = PortalParams(flow=flow, return_url=self._asking.way_back.to_portal())
        self._asking.ask(Doing.PORTAL, "portal.open", params, done=done)
