"""What a person wants of their account: to be signed in to it, its invoices, its portal's pages."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from keystead.hints import PAYMENT_FAILED
from keystead.local_api import ActivationView, PortalParams, SignIn
from keystead.machine import boot_ms
from keystead.wire.nyra import InvoicesAnswer, PortalAnswer
from keystead_client.accounts import sign_in_params
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.app_state import (
    Destination,
    Operation,
    Screen,
    able,
    needs_sign_in,
    screen_of,
)
from keystead_client.desktop.models.catalog import tr


class Account(QObject):
    #: somebody is signed in who was not before
    let_in = Signal()

    def __init__(self, requests: DaemonRequests) -> None:
        super().__init__()
        self._requests, self._store = requests, requests.store
        self._outside = self._owing = False
        self._store.changed.connect(self._look)

    def visit(self) -> None:
        """Go to the invoices, and fetch them anew."""
        self._store.put(destination=Destination.BILLING, notice=None)
        self.look_again()

    def look_again(self) -> None:
        """Fetch the invoices that are shown once more, because one of them may be paid by now."""
        if self._shows_invoices():
            self.list_invoices()

    def list_invoices(self) -> None:
        def done(answer: InvoicesAnswer) -> None:
            self._store.put(invoices=answer, invoices_problem=None)

        self._store.put(invoices_problem=None)
        self._requests.ask(
            Operation.INVOICES, "invoices.list", done=done, problem_field="invoices_problem"
        )

    def pay(self, url: str) -> None:
        """Open an invoice's own page."""
        self._store.put(notice=None)
        self._requests.open(url)

    def portal(self, flow: str) -> None:
        """Open the portal at the page that a flow names."""

        def done(answer: PortalAnswer) -> None:
            self._requests.open(answer.url)

        params = PortalParams(flow=flow, return_url=self._requests.loopback.to_portal())
        self._requests.ask(Operation.PORTAL, "portal.open", params, done=done)

    def go_to_sign_in(self) -> None:
        self._requests.sign_in_first()

    def sign_in(self) -> None:
        """Open the browser where somebody signs in; what comes of it, the daemon tells."""

        def done(answer: SignIn) -> None:
            self._requests.open(answer.url)

        self._requests.ask(Operation.SIGN_IN, "signin.start", sign_in_params(tr), done=done)

    def sign_out(self) -> None:
        self._requests.ask(Operation.SIGN_OUT, "signin.end", done=self._look_at)

    def join(self) -> None:
        """Use this device with what the account has paid for."""
        self._requests.ask(Operation.JOIN, "activation.join", done=self._look_at)

    def _shows_invoices(self) -> bool:
        state = self._store.state
        return screen_of(state) is Screen.BILLING and able(state).invoices

    def _look_at(self, view: ActivationView) -> None:
        self._store.look_at(view, boot_ms())

    def _look(self) -> None:
        view = self._store.state.view
        outside = view is not None and needs_sign_in(view)
        came_in, self._outside = self._outside and not outside, outside
        paid = self._owing and view is not None and PAYMENT_FAILED not in view.hints
        self._owing = view is not None and PAYMENT_FAILED in view.hints
        if paid:
            self.look_again()
        if came_in:
            self.let_in.emit()
            self.look_again()
        elif outside and self._store.state.invoices is not None:
            # What was shown to somebody is not for whoever comes next.
            self._store.put(invoices=None)
