"""New subscriptions: the object, its discount, and its first invoice."""

from __future__ import annotations

import msgspec

from keystead_stub.stripe_sim.engine.calendar import period_end
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.discounts import operations as discount_operations
from keystead_stub.stripe_sim.resources.invoices import lifecycle as invoice_lifecycle
from keystead_stub.stripe_sim.resources.meters import usage as meter_usage
from keystead_stub.stripe_sim.resources.subscription_items import shape as item_shape
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle, proration_basis, trials
from keystead_stub.stripe_sim.resources.subscriptions import shape as subscription_shape
from keystead_stub.stripe_types.requests import AfterTrial


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """Terms of a new subscription; `items` are prices and quantities, `trial_end` in seconds."""

    items: tuple[tuple[Json, int], ...]
    metadata: dict[str, str]
    payment_method_id: str | None
    trial_end: int | None
    trial_end_behavior: AfterTrial
    description: str | None = None


class Discount(msgspec.Struct, frozen=True):
    """The discount of a new subscription, with its promotion code and checkout session."""

    coupon: Json
    code: Json | None = None
    session_id: str | None = None


def create(
    work: UnitOfWork, customer: Json, terms: Terms, discount: Discount | None = None
) -> Json:
    """Create a subscription; it is `incomplete` until its first invoice is paid."""
    document = _document(work, customer, terms)
    work.add(document)
    work.changed_customers[customer["id"]] = None
    if discount is not None:
        used = discount_operations.create(
            work, document, discount.coupon, discount.code, session_id=discount.session_id
        )
        work.change(document, None, discounts=[used["id"]])
    # After the discount is set, so that the event already shows it.
    work.emit("customer.subscription.created", document)
    lifecycle.schedule_renewal(work, document, lifecycle.item_of(document)["current_period_end"])
    trials.schedule_notice(work, document)
    return document


def _document(work: UnitOfWork, customer: Json, terms: Terms) -> Json:
    subscription_id = work.ids.new("sub_1")
    interval = terms.items[0][0]["recurring"]["interval"]
    # A trial is the first period; regular ones count from its end.
    end = terms.trial_end or period_end(work.now_s, work.now_s, interval)
    items = [
        item_shape.subscription_item(
            subscription_id,
            item_id=work.ids.new("si_"),
            created=work.now_s,
            period=(work.now_s, end),
            price_document=price,
            quantity=quantity,
        )
        for price, quantity in terms.items
    ]
    document = subscription_shape.subscription(
        subscription_id=subscription_id,
        items=items,
        created=work.now_s,
        customer_id=customer["id"],
        payment_method_id=terms.payment_method_id,
        metadata=terms.metadata,
        trial_end=terms.trial_end,
        trial_end_behavior=terms.trial_end_behavior,
    )
    return document | {"description": terms.description}


def first_invoice(work: UnitOfWork, customer: Json, document: Json) -> Json:
    """Create and finalize the subscription's first invoice."""
    # Stripe's first invoice has a line of 0 for each metered item.
    unused = meter_usage.lines(work, document, lifecycle.items_of(document), work.now_s)
    lines = [*invoice_lifecycle.cycle_lines(document), *unused]
    discounts = document["discounts"]
    invoice = invoice_lifecycle.draft(
        work,
        customer,
        document,
        [trials.free_line(one) for one in lines] if document["trial_end"] else lines,
        reason="subscription_create",
    )
    proration_basis.record(work, document, invoice)
    work.change(document, None, latest_invoice=invoice["id"])
    # The first invoice used a `once` discount up, which changed the subscription after its
    # creation.
    if document["discounts"] != discounts:
        work.emit(lifecycle.UPDATED, document, {"discounts": discounts})
    invoice_lifecycle.finalize(work, invoice)
    return invoice
