"""Show invoices and open the pages on which they are paid and billing is managed."""

from __future__ import annotations

from PySide6.QtCore import QObject

from keystead.hints import PAYMENT_FAILED
from keystead.local_api import PortalParams
from keystead.wire.nyra import InvoicesAnswer, PortalAnswer
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import (
    Destination,
    Operation,
    Screen,
    capabilities_of,
    needs_sign_in,
    screen_of,
)
from keystead_client.invoices import oldest_payment_page


class BillingIntents(QObject):
    def __init__(self, requests: DaemonRequests) -> None:
        super().__init__()
        self._requests, self._store = requests, requests.store
        self._payment_failed = False
        self._store.changed.connect(self._follow_view)

    def show(self) -> None:
        """Go to the invoices and fetch them."""
        self._store.put(destination=Destination.BILLING, notice=None)
        self.refetch()

    def refetch(self) -> None:
        """Fetch the invoices again if they are on the screen: one may have been paid."""
        state = self._store.state
        if screen_of(state) is Screen.BILLING and capabilities_of(state).invoices:
            self.list_invoices()

    def list_invoices(self) -> None:
        def done(answer: InvoicesAnswer) -> None:
            self._store.put(invoices=answer, invoices_problem=None)

        self._store.put(invoices_problem=None)
        self._requests.send(
            Operation.INVOICES, "invoices.list", done=done, problem_field="invoices_problem"
        )

    def pay(self, url: str) -> None:
        """Open the page of an invoice."""
        self._store.put(notice=None)
        self._requests.open_in_browser(url)

    def pay_open_invoice(self) -> None:
        """Open the page of the oldest open invoice, or show the invoices if none is open."""

        def done(answer: InvoicesAnswer) -> None:
            self._store.put(invoices=answer, invoices_problem=None)
            page = oldest_payment_page(answer.invoices)
            if page is None:
                self.show()
            else:
                self.pay(page)

        self._requests.send(Operation.INVOICES, "invoices.list", done=done)

    def open_portal(self, flow: str | None = None) -> None:
        """Open the billing portal; ``flow`` is one of its pages."""

        def done(answer: PortalAnswer) -> None:
            self._requests.open_in_browser(answer.url)

        params = PortalParams(flow=flow, return_url=self._requests.loopback.portal_url())
        self._requests.send(Operation.PORTAL, "portal.open", params, done=done)

    def _follow_view(self) -> None:
        view = self._store.state.view
        failed = view is not None and PAYMENT_FAILED in view.hints
        paid, self._payment_failed = self._payment_failed and not failed, failed
        if paid:
            self.refetch()
        if view is not None and needs_sign_in(view) and self._store.state.invoices is not None:
            # The invoices of one account must not be shown to the next person who signs in.
            self._store.put(invoices=None)
