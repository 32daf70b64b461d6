"""Simulated Stripe's REST API, driven by the official SDK."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import stripe
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_sim.resources.billing_portal import operations as portal
from keystead_stub.stripe_sim.rest.parameters import Parameters, tree_of
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.errors import StripeError
from support.hosted_page import submit_form
from support.stripe_sdk import PAGES, attach_card, client, event_types, validated

# The SDK hands its forms to httpx in a way that httpx is giving up.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

MONTHLY = "price_nyra_pro_monthly"


def subscribe(stub: BillingStub, sdk: stripe.StripeClient, **fields: Any) -> Any:
    """Create a checkout session, pay it on its page, and return the completed session."""
    params: Any = {
        "mode": "subscription",
        "line_items": [{"price": MONTHLY, "quantity": 1}],
        **PAGES,
        **fields,
    }
    session = sdk.v1.checkout.sessions.create(params)
    stub.pay(session.id, email="ada@example.com")
    return sdk.v1.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})


def test_products_and_prices_are_created_updated_and_listed(sdk: stripe.StripeClient) -> None:
    product = validated(sdk.v1.products.create({"name": "Extra", "metadata": {"a": "1", "b": "2"}}))
    price = validated(
        sdk.v1.prices.create(
            {
                "product": product.id,
                "currency": "eur",
                "unit_amount": 700,
                "recurring": {"interval": "month"},
                "lookup_key": "extra_monthly",
            }
        )
    )
    changed = sdk.v1.products.update(product.id, {"name": "More", "metadata": {"a": ""}})
    assert (changed.name, changed.metadata.to_dict()) == ("More", {"b": "2"})
    found = sdk.v1.prices.list({"lookup_keys": ["extra_monthly"]})
    assert [one.id for one in found.data] == [price.id]
    assert [one.id for one in sdk.v1.prices.list({"product": product.id}).data] == [price.id]


def test_only_a_product_without_prices_can_be_deleted(sdk: stripe.StripeClient) -> None:
    bare = sdk.v1.products.create({"name": "Bare"})
    assert sdk.v1.products.delete(bare.id).deleted is True
    assert bare.id not in [one.id for one in sdk.v1.products.list({"limit": 100}).data]
    priced = sdk.v1.products.create({"name": "Priced"})
    sdk.v1.prices.create({"product": priced.id, "currency": "eur", "unit_amount": 1})
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.products.delete(priced.id)
    assert sdk.v1.products.retrieve(priced.id).active is True


def test_a_customer_is_created_updated_found_and_deleted(sdk: stripe.StripeClient) -> None:
    customer = validated(
        sdk.v1.customers.create(
            {"email": "ada@example.com", "name": "Ada", "payment_method": "pm_card_visa"}
        )
    )
    methods = sdk.v1.payment_methods.list({"customer": customer.id})
    assert [one.card.last4 for one in methods.data if one.card] == ["4242"]
    renamed = sdk.v1.customers.update(customer.id, {"name": "Ada L.", "metadata": {"k": "v"}})
    assert (renamed.name, renamed.email) == ("Ada L.", "ada@example.com")
    found = sdk.v1.customers.search({"query": 'email:"ada@example.com"'})
    assert [one.id for one in found.data] == [customer.id]
    assert sdk.v1.customers.delete(customer.id).deleted is True
    assert sdk.v1.customers.list().data == []


def test_a_subscription_is_updated_and_canceled(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = subscribe(stub, sdk, metadata={"tenantId": "acme"})
    assert (session.status, session.metadata.to_dict()) == ("complete", {"tenantId": "acme"})
    subscription = session.subscription
    assert subscription.status == "active"
    item = subscription["items"].data[0]
    changed = sdk.v1.subscriptions.update(
        subscription.id,
        {"items": [{"id": item.id, "quantity": 5}], "proration_behavior": "always_invoice"},
    )
    assert validated(changed)["items"].data[0].quantity == 5
    ending = sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": True})
    assert ending.cancel_at_period_end is True
    kept = sdk.v1.subscriptions.update(subscription.id, {"cancel_at_period_end": False})
    assert kept.cancel_at_period_end is False
    assert sdk.v1.subscriptions.cancel(subscription.id).status == "canceled"
    assert sdk.v1.subscriptions.list().data == []
    assert len(sdk.v1.subscriptions.list({"status": "all"}).data) == 1


def support_price(sdk: stripe.StripeClient) -> str:
    price = sdk.v1.prices.create(
        {
            "product_data": {"name": "Support"},
            "currency": "eur",
            "unit_amount": 500,
            "recurring": {"interval": "month"},
        }
    )
    return price.id


def paying_customer(sdk: stripe.StripeClient) -> str:
    customer = sdk.v1.customers.create().id
    attach_card(sdk, customer)
    return customer


def test_a_subscription_is_created_with_items_and_one_is_deleted(sdk: stripe.StripeClient) -> None:
    support = support_price(sdk)
    made = validated(
        sdk.v1.subscriptions.create(
            {
                "customer": paying_customer(sdk),
                "items": [{"price": MONTHLY, "quantity": 2}, {"price": support}],
                "metadata": {"tenantId": "acme"},
                "expand": ["latest_invoice"],
            }
        )
    )
    assert made.status == "active"
    assert isinstance(made.latest_invoice, stripe.Invoice)
    assert [line.amount for line in made.latest_invoice.lines.data] == [2400, 500]
    seats, extra = made["items"].data
    changed = sdk.v1.subscriptions.update(
        made.id,
        {
            "items": [{"id": seats.id, "quantity": 3}, {"id": extra.id, "deleted": True}],
            "proration_behavior": "always_invoice",
            "metadata": {"seats": "3"},
        },
    )
    assert [one.quantity for one in validated(changed)["items"].data] == [3]
    assert changed.metadata.to_dict() == {"tenantId": "acme", "seats": "3"}


def test_subscription_items_are_created_listed_updated_and_deleted(
    sdk: stripe.StripeClient,
) -> None:
    support = support_price(sdk)
    running = sdk.v1.subscriptions.create(
        {"customer": paying_customer(sdk), "items": [{"price": MONTHLY}]}
    )
    added = validated(
        sdk.v1.subscription_items.create(
            {"subscription": running.id, "price": support, "quantity": 2, "metadata": {"a": "1"}}
        )
    )
    listed = sdk.v1.subscription_items.list({"subscription": running.id, "limit": 1})
    assert [one.id for one in listed.auto_paging_iter()][1:] == [added.id]
    changed = sdk.v1.subscription_items.update(added.id, {"quantity": 7})
    assert (changed.quantity, changed.metadata.to_dict()) == (7, {"a": "1"})
    assert sdk.v1.subscription_items.retrieve(added.id).quantity == 7
    deleted = sdk.v1.subscription_items.delete(added.id, {"proration_behavior": "none"})
    assert deleted.deleted is True
    assert len(sdk.v1.subscription_items.list({"subscription": running.id}).data) == 1


def test_paying_the_first_invoice_activates_an_incomplete_subscription(
    sdk: stripe.StripeClient,
) -> None:
    made = sdk.v1.subscriptions.create(
        {
            "customer": paying_customer(sdk),
            "items": [{"price": MONTHLY}],
            "payment_behavior": "default_incomplete",
        }
    )
    assert made.status == "incomplete"
    sdk.v1.invoices.pay(str(made.latest_invoice))
    assert sdk.v1.subscriptions.retrieve(made.id).status == "active"


def test_confirming_the_payment_intent_of_an_invoice_pays_it(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    customer = sdk.v1.customers.create().id
    params: Any = {
        "customer": customer,
        "items": [{"price": MONTHLY}],
        "payment_behavior": "default_incomplete",
        "expand": ["latest_invoice.confirmation_secret"],
    }
    made = sdk.v1.subscriptions.create(params)
    begun: Any = made.latest_invoice
    invoice = begun.id
    shown = sdk.v1.invoices.retrieve(invoice, {"expand": ["confirmation_secret"]})
    assert shown.confirmation_secret is not None
    assert begun.confirmation_secret == shown.confirmation_secret
    for nowhere in ("customer.confirmation_secret", "items.data.payments", "nothing.payments"):
        with pytest.raises(stripe.InvalidRequestError):
            sdk.v1.subscriptions.retrieve(made.id, {"expand": [nowhere]})
    intent = shown.confirmation_secret.client_secret.partition("_secret_")[0]
    with pytest.raises(stripe.CardError) as refused:
        sdk.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_chargeDeclined"})
    assert refused.value.code == "card_declined"
    failed = validated(sdk.v1.payment_intents.retrieve(intent))
    assert (failed.status, failed.last_payment_error.decline_code) == (
        "requires_payment_method",
        "generic_decline",
    )
    assert event_types(sdk)[-1] == "invoice.payment_failed"
    asks: Any = {"payment_method": "pm_card_authenticationRequiredOnSetup"}
    asked = validated(sdk.v1.payment_intents.confirm(intent, asks))
    assert asked.status == "requires_action"
    submit_form(asked.next_action.redirect_to_url.url, {"action": "authenticate", "answer": "yes"})
    paid = validated(sdk.v1.payment_intents.retrieve(intent))
    assert paid.status == "succeeded"
    assert sdk.v1.invoices.retrieve(invoice).status == "paid"
    assert sdk.v1.subscriptions.retrieve(made.id).status == "active"
    methods = sdk.v1.payment_methods.list({"customer": customer}).data
    assert [one.id for one in methods] == [paid.payment_method]
    with pytest.raises(stripe.InvalidRequestError) as late:
        sdk.v1.payment_intents.confirm(intent, {"payment_method": "pm_card_visa"})
    assert late.value.code == "payment_intent_unexpected_state"


def test_a_checkout_session_creates_an_item_for_each_line_item(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    items = [{"price": MONTHLY, "quantity": 2}, {"price": support_price(sdk), "quantity": 1}]
    session = subscribe(stub, sdk, line_items=items)
    assert session.amount_total == 2900
    assert [one.quantity for one in session.subscription["items"].data] == [2, 1]


def test_metered_usage_is_summarized_and_invoiced(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    meter = validated(
        sdk.v1.billing.meters.create(
            {
                "display_name": "Requests",
                "event_name": "requests",
                "default_aggregation": {"formula": "sum"},
            }
        )
    )
    price = validated(
        sdk.v1.prices.create(
            {
                "product_data": {"name": "Requests"},
                "currency": "eur",
                "unit_amount": 10,
                "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
            }
        )
    )
    customer_id = paying_customer(sdk)
    running = sdk.v1.subscriptions.create({"customer": customer_id, "items": [{"price": price.id}]})
    assert validated(running).status == "active"
    usage: Any = {
        "event_name": "requests",
        "identifier": "run-1",
        "payload": {"stripe_customer_id": customer_id, "value": "60"},
    }
    meter_event = validated(sdk.v1.billing.meter_events.create(usage))
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.billing.meter_events.create(usage)
    minute = meter_event.timestamp // 60 * 60
    window: Any = {"customer": customer_id, "start_time": minute, "end_time": minute + 60}
    summaries = sdk.v1.billing.meters.event_summaries.list(meter.id, window)
    assert [one.aggregated_value for one in summaries.data] == [60]
    stub.clock.advance(days=32)
    newest = sdk.v1.invoices.list({"customer": customer_id, "limit": 1}).data[0]
    assert (newest.amount_paid, newest.lines.data[0].quantity) == (600, 60)
    assert sdk.v1.billing.meters.deactivate(meter.id).status == "inactive"
    assert [one.id for one in sdk.v1.billing.meters.list({"status": "inactive"}).data] == [meter.id]
    assert sdk.v1.billing.meters.reactivate(meter.id).status == "active"
    assert sdk.v1.billing.meters.update(meter.id, {"display_name": "R"}).display_name == "R"


def test_a_credit_note_of_a_paid_invoice_is_refunded_and_credited(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = subscribe(stub, sdk)
    (invoice,) = sdk.v1.invoices.list({"customer": session.customer}).data
    line = invoice.lines.data[0]
    fields: Any = {
        "invoice": invoice.id,
        "lines": [{"type": "invoice_line_item", "invoice_line_item": line.id, "amount": 500}],
        "refund_amount": 200,
        "credit_amount": 300,
    }
    preview = sdk.v1.credit_notes.preview(fields)
    assert sdk.v1.credit_notes.preview_lines.list(fields).data[0].amount == 500
    note = validated(sdk.v1.credit_notes.create(fields))
    assert note.total == preview.total == 500
    assert [one.amount for one in sdk.v1.credit_notes.line_items.list(note.id).data] == [500]
    assert [one.id for one in sdk.v1.credit_notes.list({"invoice": invoice.id}).data] == [note.id]
    changed = sdk.v1.credit_notes.update(note.id, {"memo": "Sorry", "metadata": {"a": "1"}})
    assert (changed.memo, sdk.v1.credit_notes.retrieve(note.id).memo) == ("Sorry", "Sorry")
    (booked,) = sdk.v1.customers.balance_transactions.list(session.customer).data
    assert (booked.amount, booked.credit_note) == (-300, note.id)
    with pytest.raises(stripe.InvalidRequestError):
        sdk.v1.credit_notes.void_credit_note(note.id)


def test_upcoming_invoices_are_previewed(sdk: stripe.StripeClient) -> None:
    running = sdk.v1.subscriptions.create(
        {"customer": paying_customer(sdk), "items": [{"price": MONTHLY, "quantity": 2}]}
    )
    following = validated(sdk.v1.invoices.create_preview({"subscription": running.id}))
    assert (following.billing_reason, following.total) == ("upcoming", 2400)
    changed = sdk.v1.invoices.create_preview(
        {
            "subscription": running.id,
            "subscription_details": {
                "items": [{"id": running["items"].data[0].id, "quantity": 5}],
                "proration_behavior": "always_invoice",
            },
        }
    )
    assert validated(changed).total == 3600
    assert sdk.v1.subscriptions.retrieve(running.id)["items"].data[0].quantity == 2


def test_a_customers_discount_is_applied_and_deleted(sdk: stripe.StripeClient) -> None:
    customer_id = paying_customer(sdk)
    coupon = sdk.v1.coupons.create({"percent_off": 50, "duration": "forever"})
    # Newer versions of the SDK have no method for this endpoint.
    sdk.raw_request("post", f"/v1/customers/{customer_id}/discount", coupon=coupon.id)
    made = sdk.v1.subscriptions.create(
        {"customer": customer_id, "items": [{"price": MONTHLY}], "expand": ["latest_invoice"]}
    )
    assert isinstance(made.latest_invoice, stripe.Invoice)
    assert made.latest_invoice.total == 600
    assert sdk.v1.customers.delete_discount(customer_id).deleted is True
    assert sdk.v1.customers.retrieve(customer_id).discount is None


def test_the_portal_configuration_lists_the_features_of_the_portal(
    sdk: stripe.StripeClient,
) -> None:
    (found,) = sdk.v1.billing_portal.configurations.list().data
    assert views.portal_features(found.to_dict()) == tuple(sorted(portal.FEATURES))


def test_an_open_invoice_is_paid_with_a_given_card(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = subscribe(stub, sdk)
    stub.customer(session.customer, "fail_next_payment")
    stub.clock.advance(days=32)
    (invoice,) = sdk.v1.invoices.list({"customer": session.customer, "status": "open"}).data
    secret = sdk.v1.invoices.retrieve(invoice.id, {"expand": ["confirmation_secret"]})
    assert secret.confirmation_secret is not None
    assert secret.confirmation_secret.client_secret.startswith("pi_")
    with pytest.raises(stripe.CardError) as refused:
        sdk.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_chargeDeclined"})
    assert refused.value.code == "card_declined"
    paid = sdk.v1.invoices.pay(invoice.id, {"payment_method": "pm_card_visa"})
    assert validated(paid).status == "paid"
    expanded = sdk.v1.invoices.retrieve(invoice.id, {"expand": ["payments", "customer"]})
    assert isinstance(expanded.customer, stripe.Customer)
    assert expanded.customer.id == session.customer


def test_the_balance_equals_the_sum_of_its_transactions(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    session = subscribe(stub, sdk)
    (charge,) = sdk.v1.charges.list({"customer": session.customer}).data
    refund = validated(sdk.v1.refunds.create({"charge": charge.id, "amount": 500}))
    assert refund.amount == 500
    booked = sdk.v1.balance_transactions.list().data
    balance = validated(sdk.v1.balance.retrieve())
    held = sum(one.amount for one in (*balance.available, *balance.pending))
    assert sum(one.net for one in booked) == held


def test_a_promotion_code_discounts_a_checkout_session(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    coupon = validated(sdk.v1.coupons.create({"percent_off": 50, "duration": "once"}))
    code = validated(
        sdk.v1.promotion_codes.create(
            {"promotion": {"type": "coupon", "coupon": coupon.id}, "code": "HALF"}
        )
    )
    session = subscribe(stub, sdk, discounts=[{"promotion_code": code.id}])
    assert session.amount_total == 600
    assert sdk.v1.coupons.delete(coupon.id).deleted is True


def test_an_idempotency_key_replays_the_first_response(sdk: stripe.StripeClient) -> None:
    first = sdk.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    again = sdk.v1.customers.create({"name": "Ada"}, {"idempotency_key": "k1"})
    assert again.id == first.id
    with pytest.raises(stripe.IdempotencyError):
        sdk.v1.customers.create({"name": "Bo"}, {"idempotency_key": "k1"})


def test_auto_pagination_reads_a_whole_list(sdk: stripe.StripeClient) -> None:
    made = [sdk.v1.customers.create({"name": str(n)}).id for n in range(7)]
    walked = [one.id for one in sdk.v1.customers.list({"limit": 3}).auto_paging_iter()]
    assert walked == list(reversed(made))


def test_webhook_endpoints_are_created_and_events_retrieved(
    stub: BillingStub, sdk: stripe.StripeClient
) -> None:
    endpoint = sdk.v1.webhook_endpoints.create(
        {"url": f"{stub.url}/nyra/api/billing/webhook", "enabled_events": ["customer.created"]}
    )
    assert endpoint.secret
    sdk.v1.customers.create({"name": "Ada"})
    (event,) = sdk.v1.events.list({"type": "customer.created"}).data
    assert event.data.object["name"] == "Ada"
    assert sdk.v1.events.retrieve(event.id).id == event.id


def test_events_are_paginated_and_filtered_by_type(sdk: stripe.StripeClient) -> None:
    for name in ("Ada", "Bo", "Chidi"):
        sdk.v1.products.create({"name": name})
        sdk.v1.customers.create({"name": name})
    wanted: Any = {"limit": 2, "types": ["customer.created", "product.created"]}
    newest = sdk.v1.events.list(wanted)
    found = [one.id for one in newest.auto_paging_iter()]
    everything = sdk.v1.events.list({"limit": 100}).data
    kept = [one for one in everything if one.type in wanted["types"]]
    assert found == [one.id for one in kept]
    assert newest.has_more is True
    last = sdk.v1.events.list({"starting_after": found[-1], "limit": 100})
    assert last.data == everything[everything.index(kept[-1]) + 1 :]
    later: Any = {"created": {"gt": everything[0].created}}
    assert sdk.v1.events.list(later).data == []
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sdk.v1.events.list({"starting_after": "evt_none"})
    assert refused.value.code == "resource_missing"


@pytest.mark.parametrize(
    ("ask", "error", "code"),
    [
        (
            lambda v1: v1.customers.retrieve("cus_none"),
            stripe.InvalidRequestError,
            "resource_missing",
        ),
        (
            lambda v1: v1.customers.create({"colour": "red"}),
            stripe.InvalidRequestError,
            "parameter_unknown",
        ),
        (
            lambda v1: v1.prices.create({"product": "prod_pro", "currency": "eur"}),
            stripe.InvalidRequestError,
            "parameter_invalid",
        ),
        (lambda v1: v1.tokens.retrieve("tok_1"), stripe.InvalidRequestError, "url_invalid"),
    ],
)
def test_errors_have_the_codes_of_stripes(
    sdk: stripe.StripeClient, ask: Any, error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as refused:
        ask(sdk.v1)
    assert refused.value.code == code  # type: ignore[attr-defined]


def test_live_keys_are_refused(stub: BillingStub) -> None:
    for key in ("sk_live_1", "nonsense"):
        with client(stub, key) as sdk, pytest.raises(stripe.AuthenticationError):
            sdk.v1.balance.retrieve()
    assert (
        httpx.get(f"{stub.url}/stripe/v1/balance", trust_env=False, timeout=60).status_code == 401
    )


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=5)), max_size=8))
def test_any_form_body_is_parsed_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        tree = tree_of(pairs)
    except StripeError:
        return
    assert set(tree) <= {name.partition("[")[0] for name, _ in pairs}


def test_bracketed_form_fields_are_parsed_into_a_tree() -> None:
    pairs = [("a[b][]", "1"), ("a[b][]", "2"), ("c[1][d]", "4"), ("c[0][d]", "3"), ("e", "")]
    tree = tree_of(pairs)
    assert tree == {"a": {"b": ["1", "2"]}, "c": [{"d": "3"}, {"d": "4"}], "e": ""}
    rest = Parameters(tree)
    assert rest.text("e") is None
    with pytest.raises(StripeError, match="unknown parameter: a"):
        rest.done()
