"""The interface of a billing API to the rest of the stub."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from keystead_stub.billing_apis.common import license_routes
from keystead_stub.billing_apis.common.webhook_route import webhook_route
from keystead_stub.http.api_routes import ApiRoutes
from keystead_stub.services import Merchants, OnCustomerEvent, OnEvent


class BillingApi(msgspec.Struct, frozen=True, kw_only=True):
    """One dialect: its routes, the path of its Stripe webhook, and its reactions to events.

    `on_customer_event` is called for events of known customers, `on_event` for every event.
    `merchants` is set by the one whose accounts sell on Stripe accounts of their own.
    """

    name: str
    webhook: str
    routes: tuple[ApiRoutes, ...]
    on_customer_event: OnCustomerEvent | None = None
    on_event: OnEvent | None = None
    merchants: Merchants | None = None
    unsigned_by_placeholder: bool = False

    def all_routes(self) -> Sequence[ApiRoutes]:
        """Return its routes and those of every billing API, to be mounted under any prefix."""
        webhook = webhook_route(
            self.name, self.webhook, unsigned_by_placeholder=self.unsigned_by_placeholder
        )
        return (*self.routes, webhook, *license_routes.routes(self.name))
