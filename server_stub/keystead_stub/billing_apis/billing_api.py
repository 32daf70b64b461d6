"""What a billing API is to the rest of the stub."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from litestar.types import ControllerRouterHandler

from keystead_stub.billing_apis.common import license_routes
from keystead_stub.billing_apis.common.webhook_route import webhook_route
from keystead_stub.services import FollowUp, Merchants, OnEvent


class BillingApi(msgspec.Struct, frozen=True, kw_only=True):
    """One dialect: its `handlers`, the path of its Stripe `webhook`, what else an event brings.

    `follow_up` is called for events of known customers, `on_event` for all. `merchants` is set by
    the one whose accounts sell on Stripe accounts of their own.
    """

    name: str
    webhook: str
    handlers: tuple[ControllerRouterHandler, ...]
    follow_up: FollowUp | None = None
    on_event: OnEvent | None = None
    merchants: Merchants | None = None
    unsigned_by_placeholder: bool = False

    def routes(self) -> Sequence[ControllerRouterHandler]:
        """Its own routes and those of licenses, to be mounted at the root or under a prefix."""
        webhook = webhook_route(
            self.name, self.webhook, unsigned_by_placeholder=self.unsigned_by_placeholder
        )
        return (*self.handlers, webhook, *license_routes.routes(self.name))
