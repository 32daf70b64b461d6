"""Choose a plan, pay for it in the browser, or restore a purchase by email."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from keystead.errors import KeysteadError
from keystead.local_api import ActivationView, Checkout, RestoreParams
from keystead.wire.nyra import PlansAnswer
from keystead_client.desktop.daemon_requests import DaemonRequests
from keystead_client.desktop.models.activate import checkout_params, normalized, plans_of
from keystead_client.desktop.models.app_state import (
    Destination,
    Notice,
    Operation,
    capabilities_of,
)
from keystead_client.desktop.models.catalog import tr


class CheckoutIntents(QObject):
    def __init__(
        self, requests: DaemonRequests, clock: Callable[[], int], join: Callable[[], None]
    ) -> None:
        """``join`` uses this device with what its account has paid for already.

        ``clock`` returns the milliseconds since boot.
        """
        super().__init__()
        self._requests, self._store = requests, requests.store
        self._clock, self._join = clock, join

    def show_plans(self) -> None:
        self._store.put(destination=Destination.PLANS, notice=None)

    def show_restore(self) -> None:
        self._store.put(destination=Destination.RESTORE)

    def list_plans(self) -> None:
        def done(answer: PlansAnswer) -> None:
            self._store.put(plans=answer, plans_problem=None)
            self.select()

        self._store.put(plans_problem=None)
        self._requests.send(Operation.PLANS, "plans.list", done=done, problem_field="plans_problem")

    def retry_plans(self) -> None:
        """Fetch the plans if that failed before: the person may be allowed to see them now."""
        state = self._store.state
        if state.plans is None and state.plans_problem is not None:
            self.list_plans()

    def select(self, **changes: Any) -> None:
        """Change fields of `PlanSelection`; what is not sold is corrected."""
        state = self._store.state
        wanted = msgspec.structs.replace(state.selection, **changes)
        self._store.put(selection=normalized(wanted, plans_of(state)))

    def start(self) -> None:
        """Create a checkout for the selection and open its page."""

        def done(checkout: Checkout) -> None:
            self._show_checkout(checkout)
            if checkout.url is not None:
                self._requests.open_in_browser(checkout.url)

        def join_if_paid(error: KeysteadError) -> bool:
            paid = error.code == "already_entitled" and capabilities_of(self._store.state).sign_in
            if paid:
                self._join()
            return paid

        params = checkout_params(self._store.state, self._requests.loopback.checkout_url())
        self._requests.send(
            Operation.CHECKOUT, "checkout.start", params, done=done, on_error=join_if_paid
        )

    def cancel(self) -> None:
        def done(view: ActivationView) -> None:
            self._store.set_view(view, self._clock())

        self._requests.send(Operation.CANCEL, "checkout.cancel", done=done)

    def reopen(self) -> None:
        """Open the payment page again."""
        if url := self._checkout_url():
            self._requests.open_in_browser(url)

    def copy_link(self) -> None:
        if url := self._checkout_url():
            QGuiApplication.clipboard().setText(url)
            self._store.put(notice=Notice("ok", tr("copied.link")))

    def restore(self, email: str) -> None:
        """Ask the billing service to mail a link to the address that was paid with."""
        params = RestoreParams(email=email)
        self._requests.send(
            Operation.RESTORE, "activation.restore", params, done=self._show_checkout
        )

    def _show_checkout(self, checkout: Checkout) -> None:
        # The daemon's next event says the same; the screen changes without waiting for it.
        if (view := self._store.state.view) is not None:
            started = msgspec.structs.replace(view, checkout=checkout)
            self._store.put(view=started, destination=Destination.NONE)

    def _checkout_url(self) -> str | None:
        view = self._store.state.view
        return view.checkout.url if view is not None and view.checkout is not None else None
