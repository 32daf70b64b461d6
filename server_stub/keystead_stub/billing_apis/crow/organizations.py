"""Rules of `crow`: drafts (billing builders) that become the organization's one subscription."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead_stub.billing import customer_states
from keystead_stub.billing.catalogue import MODULES, Plan, PlanPrice
from keystead_stub.billing.known_subscriptions import Subscription, subscriptions_of
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import customers, jobs, organizations
from keystead_stub.store.account_ids import Account
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.organizations import BuilderRow, SubscriptionRow
from keystead_stub.stripe_types.events import StripeEvent, text, within

API = "crow"
#: The kind of job that notifies of a payment.
NOTIFY = "crow.notify"
DEFAULT_PLAN = "pro"

#: A paid invoice, and the events that can reveal whose it is.
_PAID = "invoice.paid"
_RELEVANT_TYPES = (_PAID, "checkout.session.completed", "customer.subscription.created")
_BUILDER_ID = "billingBuilderId"
_INTERVALS = {"monthly": "month", "annual": "year"}


def find_builder(services: Services, account: Account, builder_id: str) -> BuilderRow:
    """Find a billing builder of the organisation. Raises ProblemError (``not_found``)."""
    with services.store.read() as connection:
        row = organizations.find_builder(connection, account.account_id, builder_id)
    if row is None:
        raise unknown_builder()
    return row


def unknown_builder() -> ProblemError:
    return ProblemError("No such billing builder.", code="not_found")


def create_draft(services: Services, account: Account, **terms: Any) -> BuilderRow:
    """Create a draft for this organisation."""
    row = BuilderRow(
        id=f"bb_{b64u_encode(services.random(12))}",
        organization_id=account.account_id,
        created_at=services.stripe_now_ms(),
        **terms,
    )
    _check(row)
    with services.store.write() as connection:
        organizations.insert_builder(connection, row)
    return row


def change_builder(
    services: Services, account: Account, builder_id: str, changes: dict[str, Any]
) -> BuilderRow:
    """Change a draft. Raises ProblemError: ``not_found``, ``conflict`` if it is active."""
    row = find_builder(services, account, builder_id)
    changed = msgspec.structs.replace(row, **changes)
    _check(changed)
    with services.store.write() as connection:
        # The update itself requires a draft: a webhook may activate the builder after it was read.
        if changes and not organizations.update_draft(connection, builder_id, changes):
            raise _active()
    if row.status == "active":
        raise _active()
    return changed


def _check(row: BuilderRow) -> None:
    if row.pay_as_you_go and row.billing_period == "annual":
        raise ProblemError("Pay-as-you-go requires monthly billing.", code="invalid_request")


def _active() -> ProblemError:
    return ProblemError("This billing builder is active and can no longer change.", code="conflict")


def price_for(services: Services, plan_name: str, row: BuilderRow) -> PlanPrice:
    """Return the price per module. Raises ProblemError (``invalid_request``)."""
    plan: Plan | None = next(
        (one for one in services.catalogue.sold_at(API) if one.entitlement_key == plan_name), None
    )
    terms = (_INTERVALS[row.billing_period], row.pay_as_you_go)
    prices = plan.prices if plan else ()
    price = next((one for one in prices if (one.interval, one.pay_as_you_go) == terms), None)
    if price is None:
        raise ProblemError("No such plan.", code="invalid_request")
    return price


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What a checkout of a builder buys at Stripe: one seat for each module."""

    price_id: str
    seats: int
    metadata: dict[str, str]


def order_of(services: Services, account: Account, builder_id: str, plan: str) -> Order:
    """Return what a checkout of the builder buys.

    Raises ProblemError: ``not_found``, ``conflict`` for an active builder, ``invalid_request`` for
    no module or an unknown plan.
    """
    row = find_builder(services, account, builder_id)
    if row.status == "active":
        raise _active()
    modules = [name for name in row.modules.split(",") if name]
    if not modules:
        raise ProblemError("The billing builder has no modules.", code="invalid_request")
    return Order(
        price_id=price_for(services, plan, row).id,
        seats=len(modules),
        metadata={_BUILDER_ID: row.id, "modules": ",".join(modules)},
    )


def record_subscription(services: Services, account: Account, **terms: Any) -> SubscriptionRow:
    """Record a subscription that was agreed on outside of a checkout.

    Raises ProblemError: ``conflict`` for a second one, ``not_found`` for another's customer.
    """
    now_ms = services.stripe_now_ms()
    row = _subscription(services, account.account_id, now_ms, terms)
    with services.store.write() as connection:
        _check_payer(connection, account, row)
        if not organizations.insert_subscription(services.store, connection, row):
            raise ProblemError("This organisation already has a subscription.", code="conflict")
    return row


def _check_payer(connection: sa.Connection, account: Account, row: SubscriptionRow) -> None:
    """Raise ProblemError (``not_found``) for another account's customer or subscription."""
    named = {row.stripe_customer_id}
    if row.stripe_subscription_id is not None:
        named.add(customers.find_by_object(connection, row.stripe_subscription_id))
    for customer_id in named - {None}:
        payers = list_by_customer(connection, str(customer_id))
        own = any((one.api, one.account_id) == (API, account.account_id) for one in payers)
        # A customer whom no account pays as may belong to this one: webhooks link them later.
        if payers and not own:
            raise ProblemError("No such customer.", code="not_found")


def _subscription(
    services: Services, organization_id: str, now_ms: int, terms: dict[str, Any]
) -> SubscriptionRow:
    return SubscriptionRow(
        id=f"osub_{b64u_encode(services.random(12))}",
        organization_id=organization_id,
        created_at=now_ms,
        updated_at=now_ms,
        **terms,
    )


def find_subscription(services: Services, account: Account) -> SubscriptionRow:
    """Return the organisation's subscription. Raises ProblemError (``not_found``)."""
    with services.store.read() as connection:
        row = organizations.find_subscription(connection, account.account_id)
    if row is None:
        raise ProblemError("No such subscription.", code="not_found")
    return row


def subscription_from_webhooks(services: Services, row: SubscriptionRow) -> Subscription | None:
    """Return what webhooks reported of the subscription at Stripe, null before any of them came."""
    if row.stripe_customer_id is None or row.stripe_subscription_id is None:
        return None
    with services.store.read() as connection:
        history = customer_states.history_of(connection, row.stripe_customer_id)
    return subscriptions_of(history).get(row.stripe_subscription_id)


def on_customer_event(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """Activate a paid builder and its subscription, and queue a confirmation of each payment."""
    if event.type not in _RELEVANT_TYPES:
        return
    # One Stripe customer may pay for several organisations.
    own_accounts = [row for row in list_by_customer(connection, customer_id) if row.api == API]
    for account in own_accounts:
        if event.type == "checkout.session.completed":
            _activate(services, connection, account.account_id, event, now_ms)
        for paid in _events_to_report(connection, customer_id, event):
            if paid.type == _PAID:
                payload = _confirmation(account.account_id, paid)
                # By invoice and not by event, so that one payment is confirmed once.
                key = f"{account.account_id}:{payload['invoiceId']}"
                jobs.insert(services.store, connection, NOTIFY, key, payload=payload, now_ms=now_ms)


def _events_to_report(
    connection: sa.Connection, customer_id: str, event: StripeEvent
) -> list[StripeEvent]:
    """A payment reports itself. The other events may reveal whose earlier payments were."""
    return [event] if event.type == _PAID else customers.list_events(connection, customer_id)


def _activate(
    services: Services,
    connection: sa.Connection,
    organization_id: str,
    event: StripeEvent,
    now_ms: int,
) -> None:
    builder_id = text(within(event.object, "metadata", _BUILDER_ID))
    row = (
        organizations.find_builder(connection, organization_id, builder_id) if builder_id else None
    )
    if row is None:
        return
    bought = {
        "stripe_customer_id": text(event.object.get("customer")),
        "stripe_subscription_id": text(event.object.get("subscription")),
    }
    # Only a draft is updated, so that a repeated event changes nothing.
    organizations.update_draft(connection, row.id, {"status": "active", **bought})
    agreed: dict[str, Any] = {
        "modules": row.modules,
        "pay_as_you_go": row.pay_as_you_go,
        "billing_period": row.billing_period,
        **bought,
    }
    subscription = _subscription(services, organization_id, now_ms, agreed)
    if not organizations.insert_subscription(services.store, connection, subscription):
        organizations.update_subscription(
            connection,
            organization_id,
            agreed | {"pay_as_you_go": int(row.pay_as_you_go), "updated_at": now_ms},
        )


def _confirmation(organization_id: str, event: StripeEvent) -> dict[str, Any]:
    invoice = event.object
    return {
        "type": "payment.confirmed",
        "organizationId": organization_id,
        "invoiceId": text(invoice.get("id")),
        "invoiceNumber": text(invoice.get("number")),
        "amountPaid": invoice.get("amount_paid"),
        "currency": text(invoice.get("currency")),
        "paidAt": event.created_ms,
    }


def module_names(modules: dict[str, bool]) -> str:
    """Return the active modules in the catalogue's order, separated by commas."""
    return ",".join(name for name in MODULES if modules.get(name))
