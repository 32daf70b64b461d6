"""What the hosted pages work with: the sandbox, the form tokens, and the vendor's part.

Stripe's own portal shows nothing of the vendor's product. Ours also lists the devices and issues
offline licenses; the vendor's backend passes that in, so that simulated Stripe knows nothing of
licenses.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, Self

import msgspec
from litestar import Response

from keystead_stub.http.pages.form_tokens import FormTokens
from keystead_stub.http.pages.rendering import AnyRequest
from keystead_stub.stripe_sim.sandbox import Sandbox
from keystead_stub.stripe_types.values import PortalSession, Subscription

Found = Mapping[str, str]
#: A page or a file to answer with, or null to go back to the portal's overview.
Result = Response[str] | Response[bytes] | None


class WrongFields(Exception):
    """A form whose fields have to be corrected; `errors` are sentences by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__()
        self.errors = errors


class Price(Protocol):
    """A price as the pages show it; `amount` is per unit, and interval if it has one."""

    @property
    def id(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def currency(self) -> str: ...
    @property
    def interval(self) -> str | None: ...


class Plan(Protocol):
    """A plan as the pages show it; `unit` is what its quantity counts."""

    @property
    def name(self) -> str: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str: ...
    @property
    def min_seats(self) -> int: ...
    @property
    def max_seats(self) -> int: ...


class Choice(msgspec.Struct, frozen=True):
    """A price that a subscription can be changed to."""

    plan: Plan
    price: Price


class PortalVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A form sent in a portal session: `here` is the session's page, `token` its form token."""

    session: PortalSession
    found: Found
    here: str
    token: str


class Vendor(Protocol):
    """The vendor's part of the hosted pages."""

    @property
    def return_url(self) -> str:
        """Where the portal leads back to, if its session does not say."""
        ...

    @property
    def checkout_facts(self) -> Mapping[str, Any]:
        """What the checkout page says of the product: `device_limit`, and `grace` with its unit."""
        ...

    def find_price(self, price_id: str) -> tuple[Plan, Price] | None:
        """Return the plan and price of this id, if the vendor sells by it."""
        ...

    def choices(self, subscription: Subscription, *, connected: bool) -> Sequence[Choice]:
        """Return what the subscription can be changed to; `connected` at a connected account."""
        ...

    def portal_facts(self, customer_id: str) -> Mapping[str, Any]:
        """What the portal shows of the customer: `devices` and `device_limit`."""
        ...

    @property
    def portal_actions(self) -> Mapping[str, Callable[[PortalVisit], Awaitable[Result]]]:
        """The portal's buttons that are the vendor's. Each raises WrongFields or ProblemError."""
        ...


class HostedPages(msgspec.Struct, frozen=True):
    """The context of a request to a hosted page; `sandbox` acts in the account of the object."""

    sandbox: Sandbox
    form_tokens: FormTokens
    vendor: Vendor

    def about(self, kind: str, object_id: str) -> Self:
        """Return the same for the account that has an object of this id."""
        return msgspec.structs.replace(self, sandbox=self.sandbox.about(kind, object_id))


def hosted_pages(request: AnyRequest) -> HostedPages:
    """Return the context that the composition put into the application's state."""
    pages: HostedPages = request.app.state["hosted_pages"]
    return pages
