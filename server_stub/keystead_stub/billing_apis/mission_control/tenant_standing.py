"""The subscription of a `mission-control` tenant, in the few words that its document has.

The row follows Stripe's webhooks. A grace period that ends between two of them shows in the answer
of the status route at once, and in the row with the next event.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.wire import mission_control as wire
from keystead_stub.billing import customer_states
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import Catalogue, Plan
from keystead_stub.billing.checkouts import is_entitled
from keystead_stub.billing.event_subject import stripe_customer_of
from keystead_stub.billing.licensed_plans import plan_of
from keystead_stub.services import Services
from keystead_stub.store.accounts import list_by_customer
from keystead_stub.store.records import tenant_subscriptions
from keystead_stub.store.records.tenant_subscriptions import SubscriptionRow
from keystead_stub.stripe_types.events import StripeEvent

NAME = "mission-control"
#: Seats of a tenant without a plan.
SINGLE = 1
_STATUS_OF_ENTITLED: dict[str, wire.Status] = {"trialing": "trialing", "past_due": "past_due"}
#: Statuses of an unpaid subscription that isn't canceled, even after the grace period.
_OWED = frozenset({"past_due", "unpaid"})


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a tenant has; ``current_period_end`` in ms, null if there is none."""

    plan: str
    status: wire.Status
    seats: int
    current_period_end: int | None


FREE = Standing(plan=wire.FREE, status="active", seats=SINGLE, current_period_end=None)


def standing_of(
    catalogue: Catalogue, state: BillingState | None, plan: Plan | None, *, entitled: bool
) -> Standing:
    """Return the tenant's standing. `plan` is that of the state's price, if it is in a plan."""
    if state is None:
        return FREE
    if not entitled:
        return Standing(
            plan=wire.FREE,
            # The status says whether paying what is owed would bring the paid plan back.
            status="past_due" if state.status in _OWED else "canceled",
            seats=SINGLE,
            current_period_end=state.period_end_ms,
        )
    sold = catalogue.sold_at(NAME)
    here = next((one for one in sold if plan is not None and one.id == plan.id), None)
    # Another plan can only have been bought elsewhere, and is at least the lowest one; what is no
    # longer sold keeps its own name.
    name = here.id if here else _lowest(sold)
    if plan is not None and plan in catalogue.retired:
        name = plan.id
    return Standing(
        plan=name,
        status=_STATUS_OF_ENTITLED.get(state.status, "active"),
        # Stripe can be told any quantity, also less than is sold.
        seats=max(state.seats, here.seats_at(NAME)[0]) if here else state.seats,
        current_period_end=state.period_end_ms,
    )


def _lowest(sold: tuple[Plan, ...]) -> str:
    return sold[0].id if sold else wire.FREE


def ranking(catalogue: Catalogue) -> tuple[str, ...]:
    """Return the plans, the lowest first: in the order of the catalogue, after the free one."""
    return (wire.FREE, *(plan.id for plan in catalogue.sold_at(NAME)))


def change_of(ranked: tuple[str, ...], current: str, wanted: str) -> wire.Change:
    """Return what moving from one plan to another is, by their ranks.

    A plan that is no longer sold has no rank: moving on from it is an upgrade.
    """
    before = ranked.index(current) if current in ranked else -1
    difference = ranked.index(wanted) - before
    return "upgrade" if difference > 0 else "downgrade" if difference < 0 else "none"


def on_customer_event(
    services: Services, connection: sa.Connection, customer_id: str, event: StripeEvent, now_ms: int
) -> None:
    """Write the subscription of each tenant that the event's customer pays for."""
    tenants = [row for row in list_by_customer(connection, customer_id) if row.api == NAME]
    state = customer_states.state_of(connection, customer_id) if tenants else None
    if state is None:
        return
    standing = standing_of(
        services.catalogue,
        state,
        plan_of(services.catalogue, state),
        entitled=is_entitled(services, connection, state, now_ms),
    )
    for tenant in tenants:
        row = SubscriptionRow(
            tenant_id=tenant.account_id,
            stripe_customer_id=stripe_customer_of(customer_id),
            stripe_subscription_id=state.subscription_id,
            **msgspec.structs.asdict(standing),
        )
        tenant_subscriptions.save(services.store, connection, row, now_ms)
