"""An account signed in at a billing API, and the calls that every billing API supports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import msgspec

from keystead.wire import crow, mission_control, nyra, stripe_integration
from keystead.wire.dashclicks import WEBHOOK as DASHCLICKS_WEBHOOK
from keystead.wire.dashclicks import selling as dashclicks
from keystead_stub.in_process import BillingStub

Json = dict[str, Any]


class Account:
    """A signed-in user of an account."""

    def __init__(self, stub: BillingStub, http: httpx.Client, api: Api, name: str = "acme") -> None:
        self.stub, self.http, self.api, self.name = stub, http, api, name
        self.headers = stub.session(api.name, **{api.claim: name})

    def ask(
        self, method: str, path: str, body: Any = None, *, as_caller: Any = None, **more: Any
    ) -> httpx.Response:
        """Send a request with the session's headers, or with those of another caller."""
        headers = self.headers if as_caller is None else as_caller
        headers = {**headers, **more.pop("headers", {})}
        return self.http.request(method, self.api.root + path, json=body, headers=headers, **more)

    def checkout(self, plan: str | None = None, **fields: Any) -> httpx.Response:
        return self.api.start(self, plan or self.api.plan, fields)

    def buy(self, **fields: Any) -> str:
        """Start a checkout and pay it; return the session's id."""
        answer = self.checkout(**fields)
        assert answer.is_success, answer.text
        session = str(answer.json()["sessionId"])
        self.stub.pay(session, email=f"{self.name}@example.com")
        return session

    def portal(self, **fields: Any) -> httpx.Response:
        if self.api.portal_by_query:
            return self.ask("POST", self.api.portal, params=fields)
        return self.ask("POST", self.api.portal, fields)

    def invoices(self) -> httpx.Response:
        return self.ask("GET", self.api.invoices)


Start = Callable[[Account, str, Json], httpx.Response]


class Api(msgspec.Struct, frozen=True, kw_only=True):
    """One billing API's routes for what all of them have, and how a checkout starts there.

    `url` and `portal_url` name the response fields with the pages.
    """

    name: str
    claim: str
    plan: str
    start: Start
    checkout: str
    portal: str
    invoices: str
    plans: str
    webhook: str
    url: str = "url"
    portal_url: str = "url"
    portal_by_query: bool = False
    #: The status of a request for the invoices of an account without a purchase.
    nothing_bought: int = 409

    @property
    def root(self) -> str:
        return f"/{self.name}"


def _start_crow(account: Account, plan: str, fields: Json) -> httpx.Response:
    """Create a billing builder and its checkout, as the onboarding does."""
    draft = account.ask("POST", crow.BUILDERS, {"modules": {"web": True}})
    body = {"billingBuilderId": draft.json()["id"], "plan": plan, **fields}
    return account.ask("POST", crow.CHECKOUT, body, headers={crow.ORGANIZATION: account.name})


def _start_with_query(account: Account, plan: str, fields: Json) -> httpx.Response:
    return account.ask("POST", account.api.checkout, fields, params={"planId": plan})


def _start_with_body(account: Account, plan: str, fields: Json) -> httpx.Response:
    return account.ask("POST", account.api.checkout, {"plan": plan, **fields})


APIS = (
    Api(
        name="crow",
        claim="organization_id",
        plan="pro",
        start=_start_crow,
        checkout=crow.CHECKOUT,
        portal=crow.PORTAL,
        invoices=crow.INVOICES,
        plans=crow.PLANS,
        webhook=crow.WEBHOOK,
    ),
    Api(
        name="mission-control",
        claim="tenant_id",
        plan="team",
        start=_start_with_body,
        checkout=mission_control.CHECKOUT,
        portal=mission_control.PORTAL,
        invoices=mission_control.INVOICES,
        plans=mission_control.PLANS,
        webhook=mission_control.WEBHOOK,
    ),
    Api(
        name="stripe-integration",
        claim="tenant_id",
        plan="team",
        start=_start_with_query,
        checkout=stripe_integration.CHECKOUT,
        portal=stripe_integration.PORTAL,
        invoices=stripe_integration.INVOICES,
        plans=stripe_integration.PLANS,
        webhook=stripe_integration.WEBHOOK,
        url="sessionUrl",
        portal_url="portalUrl",
        portal_by_query=True,
        nothing_bought=200,
    ),
    Api(
        name="dashclicks",
        claim="account_id",
        plan="pro",
        start=_start_with_body,
        checkout=dashclicks.CHARGES,
        portal=dashclicks.PORTAL,
        invoices=dashclicks.INVOICES,
        plans=dashclicks.PLANS,
        webhook=DASHCLICKS_WEBHOOK,
        nothing_bought=200,
    ),
)
#: The webhook of each billing API, the native one's included.
WEBHOOKS = {"nyra": nyra.WEBHOOK, **{api.name: api.webhook for api in APIS}}
