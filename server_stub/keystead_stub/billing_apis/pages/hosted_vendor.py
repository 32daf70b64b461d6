"""The vendor's part of simulated Stripe's hosted pages: plans, devices and offline licenses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from keystead.instants import HOUR_MS, SECOND_MS
from keystead_stub.billing import devices as device_rules
from keystead_stub.billing import offline_activation
from keystead_stub.billing_apis.pages.offline import (
    REQUEST_MISSING,
    license_file,
    license_page,
    submitted_request,
)
from keystead_stub.services import Services
from keystead_stub.store import devices
from keystead_stub.stripe_sim.hosted.hosted_pages import (
    Choice,
    Plan,
    PortalVisit,
    Price,
    Result,
    WrongFields,
)
from keystead_stub.stripe_types.values import Subscription


class HostedVendor:
    """`Vendor` of the hosted pages; `api` is the billing API whose plans the platform sells."""

    def __init__(self, services: Services, *, api: str) -> None:
        self._services = services
        self._api = api

    @property
    def return_url(self) -> str:
        return self._services.settings.return_url

    @property
    def checkout_facts(self) -> Mapping[str, Any]:
        terms = self._services.terms
        hours = terms.offline_grace_s * SECOND_MS // HOUR_MS
        # In whole days where it is some, in hours otherwise: 36 hours are not a day.
        grace = (hours, "hour") if hours % 24 else (hours // 24, "day")
        return {"device_limit": terms.device_limit, "grace": grace}

    def find_price(self, price_id: str) -> tuple[Plan, Price] | None:
        return self._services.catalogue.find_price(price_id)

    def choices(self, subscription: Subscription, *, connected: bool) -> Sequence[Choice]:
        """Return the prices of the subscription's own plan, and of the plans sold beside it.

        A connected account sells none of them.
        """
        catalogue = self._services.catalogue
        found = catalogue.find_price(subscription.price_id)
        if found is None or connected:
            return ()
        plan, price = found
        beside = catalogue.sold_at(self._api)
        plans = beside if plan in beside else (plan,)
        return tuple(
            Choice(one, offer)
            for one in plans
            for offer in one.prices
            # The two are different contracts, between which Stripe's portal offers no change. What
            # is paid once is no subscription.
            if offer.pay_as_you_go == price.pay_as_you_go and offer.interval is not None
        )

    def portal_facts(self, customer_id: str) -> Mapping[str, Any]:
        with self._services.store.read() as connection:
            rows = devices.list_active_devices(connection, customer_id)
        return {"devices": rows, "device_limit": self._services.terms.device_limit}

    @property
    def portal_actions(self) -> Mapping[str, Callable[[PortalVisit], Awaitable[Result]]]:
        return {
            "remove": self._remove_device,
            "file": self._license_file,
            "code": self._license_code,
        }

    async def _remove_device(self, visit: PortalVisit) -> Result:
        device_id = visit.found.get("device", "")
        device_rules.remove_device(self._services, visit.session.customer_id, device_id)
        return None

    async def _license_file(self, visit: PortalVisit) -> Result:
        return license_file(self._answer(visit).license)

    async def _license_code(self, visit: PortalVisit) -> Result:
        """Show the license on the screen, for a device that no file can reach."""
        form = {
            "action": visit.here,
            "token": visit.token,
            "request": submitted_request(visit.found),
        }
        return license_page(self._services, self._answer(visit), form=form, back=visit.here)

    def _answer(self, visit: PortalVisit) -> offline_activation.OfflineLicense:
        text = submitted_request(visit.found)
        if not text:
            raise WrongFields({"file": REQUEST_MISSING})
        return offline_activation.issue_offline_license(
            self._services, visit.session.customer_id, text
        )
