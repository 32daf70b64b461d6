"""The invariants of simulated Stripe, after every step of a generated history."""

import asyncio
from collections import Counter
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from keystead_stub.billing.billing_state import BillingState, fold
from keystead_stub.billing.known_subscriptions import Offer
from keystead_stub.store import stripe_tables
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import amounts, lookup, records
from keystead_stub.stripe_sim.engine.errors import CardError
from keystead_stub.stripe_sim.engine.search import Query
from keystead_stub.stripe_sim.engine.webhook_values import Event
from keystead_stub.stripe_sim.resources.balance import queries as balance_queries
from keystead_stub.stripe_sim.resources.checkout_sessions import (
    operations as checkout_sessions_operations,
)
from keystead_stub.stripe_sim.resources.coupons import operations as coupons
from keystead_stub.stripe_sim.resources.coupons.requests import NewCoupon
from keystead_stub.stripe_sim.resources.credit_notes import operations as credit_notes_operations
from keystead_stub.stripe_sim.resources.credit_notes.requests import NewCreditLine, NewCreditNote
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.discounts import operations as discount_operations
from keystead_stub.stripe_sim.resources.invoice_items import operations as invoice_items
from keystead_stub.stripe_sim.resources.invoice_items.requests import NewInvoiceItem
from keystead_stub.stripe_sim.resources.invoices import operations as invoice_operations
from keystead_stub.stripe_sim.resources.invoices import payment as invoices_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices_queries
from keystead_stub.stripe_sim.resources.invoices.requests import NewInvoice
from keystead_stub.stripe_sim.resources.meters import operations as meters
from keystead_stub.stripe_sim.resources.meters.requests import NewMeter, NewMeterEvent
from keystead_stub.stripe_sim.resources.payment_intents import (
    operations as payment_intents_operations,
)
from keystead_stub.stripe_sim.resources.payment_intents.requests import NewPaymentIntent
from keystead_stub.stripe_sim.resources.payouts import operations as payouts_operations
from keystead_stub.stripe_sim.resources.prices import operations as prices_operations
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_sim.resources.promotion_codes import operations as promotion_codes
from keystead_stub.stripe_sim.resources.promotion_codes.requests import NewPromotionCode
from keystead_stub.stripe_sim.resources.refunds import operations as refunds_operations
from keystead_stub.stripe_sim.resources.refunds.requests import NewRefund
from keystead_stub.stripe_sim.resources.subscription_items.requests import ItemChange
from keystead_stub.stripe_sim.resources.subscriptions import create as create_subscription
from keystead_stub.stripe_sim.resources.subscriptions import queries as subscriptions
from keystead_stub.stripe_sim.resources.subscriptions.requests import (
    NewSubscription,
    SubscriptionChange,
)
from keystead_stub.stripe_sim.resources.subscriptions.rules import FINAL, Status
from keystead_stub.stripe_types import views
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import customer_of, parse_event
from keystead_stub.stripe_types.requests import CheckoutItem, InlinePrice, NewCheckout
from support.nightly import nightly_except, run_shard
from support.stripe_world import MONTHLY, YEARLY, StripeWorld

CARDS = st.sampled_from(
    [
        # More often than the others, because most actions need a card that pays.
        "pm_card_visa",
        "pm_card_visa",
        "pm_card_mastercard",
        "pm_card_chargeCustomerFail",
        "pm_card_chargeDeclined",
        "pm_card_authenticationRequired",
        "sepa_debit",
        "sepa_debit_fails",
    ]
)
KINDS = (
    "balance_transaction",
    "billing.meter_event",
    "charge",
    "credit_note",
    "customer",
    "customer_balance_transaction",
    "dispute",
    "invoice",
    "invoice_payment",
    "invoiceitem",
    "payment_intent",
    "payout",
    "refund",
    "subscription",
)
CODES = st.sampled_from(["LAUNCH20", "WELCOME5", "FREEMONTH", "HALF", "BYGONE"])
PRICES = st.sampled_from([MONTHLY, YEARLY])
USED = "used"
ITEM_PRICES = st.sampled_from([MONTHLY, "price_team_monthly", "price_team_yearly", USED])
BEHAVIORS = st.sampled_from(["create_prorations", "always_invoice", "none"])
ITEM_CHANGES = st.builds(
    ItemChange,
    price_id=st.none() | ITEM_PRICES,
    quantity=st.none() | st.integers(0, 20),
    deleted=st.booleans(),
)
CHANGES = st.builds(
    SubscriptionChange,
    quantity=st.none() | st.integers(0, 51),
    price_id=st.none() | PRICES,
    proration_behavior=BEHAVIORS,
    billing_cycle_anchor=st.sampled_from(["unchanged", "now"]),
)


#: Statuses that count before all others, whenever the subscription was made.
_RANKS = {"active": 2, "trialing": 1}


class SimulatedStripeLife(RuleBasedStateMachine):
    """Controls and passing time in any order, for a few customers."""

    @initialize(after_retries=st.sampled_from(["cancel", "unpaid"]), hour=st.integers(0, 20_000))
    def begin(self, after_retries: Any, hour: int) -> None:
        self.world = StripeWorld(
            after_retries=after_retries, start_ms=1_700_000_000_000 + hour * 3_600_000
        )
        self.stripe = self.world.stripe
        self.seen = 0
        half = self.stripe.submit(coupons.create, NewCoupon(percent_off=50, duration="forever"))
        self.stripe.submit(
            promotion_codes.create, NewPromotionCode(coupon_id=half["id"], code="HALF")
        )
        self.world.buy(MONTHLY, quantity=9)
        self.world.buy(YEARLY)
        meter = self.stripe.submit(
            meters.create, NewMeter(display_name="Requests", event_name=USED, formula="sum")
        )
        price = NewPrice(
            product_id="prod_pro",
            currency="eur",
            unit_amount=7,
            interval="month",
            meter_id=meter["id"],
        )
        self.used: str = self.stripe.submit(prices_operations.create, price)["id"]

    def _price(self, named: str) -> str:
        return self.used if named == USED else named

    def _customer(self, number: int) -> str:
        everyone = self.stripe.read(customer_queries.list_all)
        return everyone[number % len(everyone)].id

    def _run(self, operation: Any, *arguments: Any, **named: Any) -> None:
        self._try(self.stripe.run, operation, *arguments, **named)

    def _submit(self, operation: Any, request: Any) -> None:
        self._try(self.stripe.submit, operation, request)

    def _try(self, control: Any, *arguments: Any, **named: Any) -> None:
        before = self._revision()
        try:
            control(*arguments, **named)
        except CardError:
            # A declined payment leaves objects and events too.
            return
        except StripeError:
            assert self._revision() == before

    def _revision(self) -> int:
        # Every write increments it, so an unchanged revision means unchanged objects.
        with self.world.store.read() as connection:
            revision: int = connection.execute(
                select(stripe_tables.account.c.revision)
            ).scalar_one()
        return revision

    @rule(price=PRICES, quantity=st.integers(1, 50), card=CARDS, yes=st.booleans())
    def buy(self, price: str, quantity: int, card: str, yes: bool) -> None:
        session = self.world.checkout(price, quantity=quantity)
        self.stripe.run(hosted_payments.complete_checkout, session.id, card=card, authenticate=yes)

    @rule(number=st.integers(0, 9), card=CARDS)
    def buy_again(self, number: int, card: str) -> None:
        def again() -> None:
            session = self.world.checkout(customer_id=self._customer(number))
            self.stripe.run(hosted_payments.complete_checkout, session.id, card=card)

        try:
            again()
        except StripeError:
            return

    @rule(hours=st.integers(0, 24 * 50))
    def advance_clock(self, hours: int) -> None:
        self.world.pass_time(days=hours / 24)

    @rule(hours=st.integers(0, 24 * 100))
    def catch_up_after_downtime(self, hours: int) -> None:
        self.world.real_ms += hours * 3_600_000
        self.stripe.run_due()

    @rule(seconds=st.integers(0, 10**6))
    def set_real_clock_back(self, seconds: int) -> None:
        before = self.stripe.now_ms()
        self.world.real_ms -= seconds * 1000
        assert self.stripe.now_ms() >= before - seconds * 1000

    @rule(number=st.integers(0, 9), at_period_end=st.booleans())
    def cancel(self, number: int, at_period_end: bool) -> None:
        self._run(customer_controls.cancel, self._customer(number), at_period_end=at_period_end)

    @rule(number=st.integers(0, 9))
    def resume(self, number: int) -> None:
        self._run(customer_controls.resume, self._customer(number))

    @rule(number=st.integers(0, 9), behavior=st.sampled_from(["status", "collection"]))
    def pause(self, number: int, behavior: Any) -> None:
        self._run(customer_controls.pause, self._customer(number), behavior=behavior)

    @rule(number=st.integers(0, 9))
    def fail_next_payment(self, number: int) -> None:
        self._run(customer_controls.fail_next_payment, self._customer(number))

    @rule(number=st.integers(0, 9), amount=st.none() | st.integers(-1, 20_000))
    def refund(self, number: int, amount: int | None) -> None:
        self._run(customer_controls.refund, self._customer(number), amount=amount)

    @rule(number=st.integers(0, 9))
    def dispute(self, number: int) -> None:
        self._run(customer_controls.dispute, self._customer(number))

    @rule(number=st.integers(0, 9), won=st.booleans())
    def close_dispute(self, number: int, won: bool) -> None:
        self._run(customer_controls.close_dispute, self._customer(number), won=won)

    @rule()
    def fail_next_payout(self) -> None:
        self.stripe.run(payouts_operations.fail_next)

    @rule(number=st.integers(0, 9), card=CARDS)
    def update_card(self, number: int, card: str) -> None:
        self._run(customer_controls.update_card, self._customer(number), card)

    @rule(number=st.integers(0, 9), card=CARDS, yes=st.none() | st.booleans())
    def save_card(self, number: int, card: str, yes: bool | None) -> None:
        self._run(hosted_payments.save_card, self._customer(number), card, authenticate=yes)

    @rule(number=st.integers(0, 9), wanted=CHANGES, ago=st.none() | st.integers(0, 10**6))
    def change(self, number: int, wanted: SubscriptionChange, ago: int | None) -> None:
        customer_id = self._customer(number)
        if ago is not None:
            at_ms = self.stripe.now_ms() - ago * 1000
            wanted = msgspec.structs.replace(wanted, proration_date_ms=at_ms)
        before = self._revision()
        try:
            preview = self.stripe.preview(customer_controls.preview_change, customer_id, wanted)
        except StripeError:
            preview = None
        assert self._revision() == before
        count = len(self.stripe.read(invoices_queries.of_customer, customer_id))
        try:
            self.stripe.run(customer_controls.update_subscription, customer_id, wanted)
        except StripeError:
            assert self._revision() == before
            return
        assert preview is not None
        invoices = self.stripe.read(invoices_queries.of_customer, customer_id)
        assert (len(invoices) > count) == preview.invoiced_now
        if preview.invoiced_now:
            assert (invoices[0].total, invoices[0].amount_due) == (preview.total, preview.due_now)
        balance = self.stripe.read(customer_queries.get, customer_id).document["balance"]
        assert balance == preview.balance

    @rule(
        number=st.integers(0, 9),
        which=st.integers(0, 2),
        wanted=ITEM_CHANGES,
        added=st.none() | ITEM_PRICES,
        behavior=BEHAVIORS,
    )
    def change_items(
        self, number: int, which: int, wanted: ItemChange, added: str | None, behavior: Any
    ) -> None:
        running = self.stripe.read(subscriptions.current, self._customer(number))
        items = running.document["items"]["data"] if running else []
        asked = []
        if added:
            quantity = None if added == USED else 3
            asked.append(ItemChange(price_id=self._price(added), quantity=quantity))
        if which < len(items):
            price_id = self._price(wanted.price_id) if wanted.price_id else None
            item_id = items[which]["id"]
            asked.append(msgspec.structs.replace(wanted, id=item_id, price_id=price_id))
        change = SubscriptionChange(items=tuple(asked), proration_behavior=behavior)
        self.change(number=number, wanted=change, ago=None)

    @rule(
        number=st.integers(0, 9),
        prices=st.lists(ITEM_PRICES, min_size=1, max_size=3),
        behavior=st.sampled_from(["allow_incomplete", "default_incomplete", "error_if_incomplete"]),
    )
    def subscribe(self, number: int, prices: list[str], behavior: Any) -> None:
        request = NewSubscription(
            customer_id=self._customer(number),
            items=tuple(CheckoutItem(price_id=self._price(one), quantity=3) for one in prices),
            payment_behavior=behavior,
        )
        self._submit(create_subscription.create, request)

    @rule(number=st.integers(0, 9), value=st.integers(-5, 500), ago=st.integers(0, 10**6))
    def report_usage(self, number: int, value: int, ago: int) -> None:
        payload = {"stripe_customer_id": self._customer(number), "value": str(value)}
        when = self.stripe.now_ms() // 1000 - ago
        request = NewMeterEvent(event_name=USED, payload=payload, timestamp=when)
        self._run(meters.create_event, request)

    @rule(number=st.integers(0, 9), code=CODES)
    def discount(self, number: int, code: str) -> None:
        self._run(customer_controls.apply_promotion_code, self._customer(number), code)

    @rule(number=st.integers(0, 9), gives=st.booleans())
    def discount_customer(self, number: int, gives: bool) -> None:
        customer_id = self._customer(number)
        if gives:
            self._run(discount_operations.create_for_customer, customer_id, coupon_id="launch20")
        else:
            self._run(discount_operations.delete_from_customer, customer_id)

    @rule(number=st.integers(0, 9))
    def remove_discount(self, number: int) -> None:
        self._run(customer_controls.remove_discount, self._customer(number))

    @rule(
        price=PRICES,
        days=st.integers(1, 40),
        card=st.none() | CARDS,
        behavior=st.sampled_from(["cancel", "create_invoice", "pause"]),
        code=st.none() | CODES,
    )
    def start_trial(
        self, price: str, days: int, card: str | None, behavior: Any, code: str | None
    ) -> None:
        request = NewCheckout(
            items=(CheckoutItem(price_id=price, quantity=3),),
            success_url="http://127.0.0.1/",
            cancel_url="http://127.0.0.1/",
            trial_period_days=days,
            trial_end_behavior=behavior,
            payment_method_collection="always" if card else "if_required",
            allow_promotion_codes=True,
        )
        session = asyncio.run(self.stripe.create_checkout_session(request))
        if code is not None:
            self._run(checkout_sessions_operations.apply_promotion_code, session.id, code)
        self.stripe.run(hosted_payments.complete_checkout, session.id, card=card, authenticate=True)

    @rule(price=PRICES, quantity=st.integers(1, 50), card=CARDS, code=CODES)
    def buy_with_promotion_code(self, price: str, quantity: int, card: str, code: str) -> None:
        session = self.world.checkout(price, quantity=quantity)
        self._run(checkout_sessions_operations.apply_promotion_code, session.id, code)
        self.stripe.run(hosted_payments.complete_checkout, session.id, card=card, authenticate=True)

    @rule(number=st.integers(0, 9), which=st.integers(0, 9), card=st.none() | CARDS)
    def pay(self, number: int, which: int, card: str | None) -> None:
        invoices = self.stripe.read(invoices_queries.of_customer, self._customer(number))
        if invoices:
            chosen = invoices[which % len(invoices)]
            self._run(invoices_payment.pay, chosen.id, card=card)

    @rule(
        number=st.integers(0, 9),
        which=st.integers(0, 9),
        share=st.integers(1, 4),
        way=st.sampled_from(["credit_amount", "refund_amount", "out_of_band_amount", None]),
        whole_line=st.booleans(),
    )
    def create_credit_note(
        self, number: int, which: int, share: int, way: str | None, whole_line: bool
    ) -> None:
        invoices = self.stripe.read(invoices_queries.of_customer, self._customer(number))
        invoices = tuple(one for one in invoices if one.document["lines"]["data"])
        if not invoices:
            return
        chosen = invoices[which % len(invoices)]
        line = chosen.document["lines"]["data"][0]
        amount = line["amount"] // share if whole_line else chosen.total // share
        off = sum(one["amount"] for one in line["discount_amounts"]) if whole_line else 0
        ways: Any = {} if way is None else {way: amount - off // share}
        lines = (NewCreditLine(invoice_line_item=line["id"], amount=amount),)
        what: Any = {"lines": lines} if whole_line else {"amount": amount}
        request = NewCreditNote(invoice_id=chosen.id, **what, **ways)
        self._submit(credit_notes_operations.create, request)

    @rule(number=st.integers(0, 9))
    def void_credit_note(self, number: int) -> None:
        notes = self.stripe.read(lookup.list_objects, Query(kind="credit_note")).data
        if notes:
            self._run(credit_notes_operations.void, notes[number % len(notes)]["id"])

    # One-time payments and invoices

    @rule(
        number=st.none() | st.integers(0, 9),
        amounts_=st.lists(st.integers(0, 5000), min_size=1, max_size=3),
        card=CARDS,
        invoiced=st.booleans(),
        code=st.none() | CODES,
    )
    def buy_one_time(
        self, number: int | None, amounts_: list[int], card: str, invoiced: bool, code: str | None
    ) -> None:
        request = NewCheckout(
            mode="payment",
            items=tuple(
                CheckoutItem(
                    price=InlinePrice(currency="eur", unit_amount=amount, name="Thing"),
                    quantity=1 + amount % 3,
                )
                for amount in amounts_
            ),
            success_url="http://127.0.0.1/",
            cancel_url="http://127.0.0.1/",
            customer_id=None if number is None else self._customer(number),
            customer_creation="if_required",
            invoice_creation=invoiced,
            allow_promotion_codes=True,
        )
        try:
            session = asyncio.run(self.stripe.create_checkout_session(request))
        except StripeError:
            return
        if code is not None:
            self._run(checkout_sessions_operations.apply_promotion_code, session.id, code)
        self.stripe.run(hosted_payments.complete_checkout, session.id, card=card, authenticate=True)

    @rule(
        number=st.none() | st.integers(0, 9),
        amount=st.integers(0, 9000),
        card=CARDS,
        off_session=st.booleans(),
        capture=st.sampled_from(["automatic", "manual"]),
    )
    def pay_directly(
        self, number: int | None, amount: int, card: str, off_session: bool, capture: Any
    ) -> None:
        request = NewPaymentIntent(
            amount=amount,
            currency="eur",
            customer_id=None if number is None else self._customer(number),
            method=card,
            confirm=True,
            off_session=off_session,
            capture_method=capture,
        )
        self._submit(payment_intents_operations.create, request)

    @rule(which=st.integers(0, 9), amount=st.none() | st.integers(0, 9000))
    def capture_payment(self, which: int, amount: int | None) -> None:
        if intents := self._documents("payment_intent"):
            chosen = intents[which % len(intents)]["id"]
            self._run(payment_intents_operations.capture, chosen, amount=amount)

    @rule(which=st.integers(0, 9))
    def cancel_payment(self, which: int) -> None:
        if intents := self._documents("payment_intent"):
            self._run(payment_intents_operations.cancel, intents[which % len(intents)]["id"])

    @rule(which=st.integers(0, 99), amount=st.none() | st.integers(0, 9000))
    def refund_payment(self, which: int, amount: int | None) -> None:
        if charges := self._documents("charge"):
            chosen = charges[which % len(charges)]["id"]
            self._submit(refunds_operations.create, NewRefund(charge_id=chosen, amount=amount))

    @rule(
        number=st.integers(0, 9),
        amounts_=st.lists(st.integers(0, 5000), max_size=3),
        sent=st.booleans(),
        advances=st.booleans(),
    )
    def create_invoice(self, number: int, amounts_: list[int], sent: bool, advances: bool) -> None:
        customer_id = self._customer(number)
        for amount in amounts_:
            self._submit(
                invoice_items.create,
                NewInvoiceItem(customer_id=customer_id, amount=amount, currency="eur"),
            )
        request = NewInvoice(
            customer_id=customer_id,
            collection_method="send_invoice" if sent else "charge_automatically",
            days_until_due=7 if sent else None,
            auto_advance=advances,
            takes_pending=True,
        )
        self._submit(invoice_operations.create, request)

    @rule(
        which=st.integers(0, 99),
        step=st.sampled_from(
            [
                invoice_operations.finalize,
                invoice_operations.send,
                invoice_operations.void,
                invoice_operations.mark_uncollectible,
            ]
        ),
    )
    def continue_invoice(self, which: int, step: Any) -> None:
        own = [one for one in self._documents("invoice") if one["parent"] is None]
        if own:
            self._run(step, own[which % len(own)]["id"])

    @rule(which=st.integers(0, 99))
    def delete_draft(self, which: int) -> None:
        if invoices := self._documents("invoice"):
            self._run(invoice_operations.delete, invoices[which % len(invoices)]["id"])

    @precondition(lambda self: len(self.stripe.read(customer_queries.list_all)) > 2)
    @rule(number=st.integers(0, 9))
    def delete(self, number: int) -> None:
        self._run(customer_deletion.delete, self._customer(number))

    # The billing state folded from the events

    def teardown(self) -> None:
        """Check that the events, in any order, fold to the state of the simulation."""
        if not hasattr(self, "world"):
            return
        events = [parse_event(dict(one.document)) for one in self.world.events()]
        for customer in self.stripe.read(customer_queries.list_all):
            own = [one for one in events if customer_of(one) in {customer.id, None}]
            sold = Offer(self.stripe.rules.seed.price_ids)
            state = fold(customer.id, own, sold)
            for seed in range(3):
                shuffled = [*own, *own[::7]]
                Random(seed).shuffle(shuffled)
                assert fold(customer.id, shuffled, sold) == state
            if not customer.deleted:
                self._check_state(customer.id, state)

    def _check_state(self, customer_id: str, state: BillingState) -> None:
        self._take_snapshot()
        own = {one["id"]: one for one in self._documents("subscription")}
        own = {name: one for name, one in own.items() if one["customer"] == customer_id}
        if state.subscription_id is None or state.reason in {"refunded", "disputed"}:
            return
        document = own[state.subscription_id]
        truth = views.subscription(document, self.stripe.rules.seed.price_ids)
        money_went_back = self._documents("refund") or self._documents("dispute")
        if state.status == "settling":
            assert truth.status == "incomplete"
            return
        assert (state.status, state.seats) == (truth.status, truth.quantity)
        assert state.price_id == truth.price_id
        if not money_went_back:
            best = max(_RANKS.get(one["status"], 0) for one in own.values())
            assert _RANKS.get(truth.status, 0) == best
        if truth.status == "trialing":
            assert state.period_end_ms == truth.trial_end_ms
        if state.entitled and state.period_end_ms is not None:
            assert state.period_end_ms <= truth.current_period_end_ms

    # Invariants

    @invariant()
    def check_all_invariants(self) -> None:
        """Check all invariants below on one snapshot, because reading takes most of the time."""
        self._take_snapshot()
        self.check_events_are_ordered_by_time_and_id()
        self.check_each_paid_invoice_has_one_event_of_each_type()
        self.check_invoice_sums()
        self.check_charges_match_invoices()
        self.check_customer_balances()
        self.check_credit_notes()
        self.check_metered_usage_is_billed_at_most_once()
        self.check_billed_amounts_are_paid_due_or_credit()
        self.check_account_balance()
        self.check_balance_transactions_and_payouts()
        self.check_renewal_timers()
        self.check_periods_are_consecutive()
        self.check_last_event_matches_subscription()

    def _take_snapshot(self) -> None:
        if (revision := self._revision()) == self.seen:
            return
        self.seen = revision
        self.events = self.world.events()
        with self.world.stripe.reading() as rows:
            self.objects = {
                kind: [document for document, _ in records.objects(rows, kind)] for kind in KINDS
            }
            self.funds = rows.execute(rows.select(stripe_tables.funds)).all()

    def _documents(self, kind: str) -> list[Any]:
        """Return the objects of a type after the last step."""
        return self.objects[kind]

    def check_events_are_ordered_by_time_and_id(self) -> None:
        events = self.events
        created = [event.created_ms for event in events]
        ids = [event.id for event in events]
        assert created == sorted(created)
        assert ids == sorted(set(ids))
        assert created[-1] <= self.stripe.now_ms()

    def check_each_paid_invoice_has_one_event_of_each_type(self) -> None:
        for told in ("invoice.paid", "invoice.payment_succeeded"):
            counted = Counter(e.object_id for e in self.events if e.type == told)
            paid = {one["id"] for one in self._documents("invoice") if one["status"] == "paid"}
            assert counted == dict.fromkeys(paid, 1)

    def check_invoice_sums(self) -> None:
        for one in self._documents("invoice"):
            lines = one["lines"]["data"]
            assert one["subtotal"] == sum(line["amount"] for line in lines)
            taken = {part["discount"]: part["amount"] for part in one["total_discount_amounts"]}
            by_line: Counter[str] = Counter()
            for line in lines:
                for part in line["discount_amounts"]:
                    assert 0 <= part["amount"] <= line["amount"]
                    by_line[part["discount"]] += part["amount"]
            assert taken == {discount: by_line[discount] for discount in taken}
            assert one["total"] == one["subtotal"] - sum(taken.values())
            due = amounts.due(one["total"], one["starting_balance"], one["currency"])
            paid = one["status"] == "paid"
            asked = due.amount - one["pre_payment_credit_notes_amount"]
            assert one["amount_due"] == asked >= 0
            settled = (asked, 0) if paid else (0, asked)
            assert (one["amount_paid"], one["amount_remaining"]) == settled
            if one["number"]:
                assert one["ending_balance"] == due.balance

    def check_charges_match_invoices(self) -> None:
        took: Counter[str] = Counter()
        billed: Counter[str] = Counter()
        invoiced = {one["payment"]["payment_intent"] for one in self._documents("invoice_payment")}
        received = {one["id"]: one["amount_received"] for one in self._documents("payment_intent")}
        for charge in self._documents("charge"):
            assert 0 <= charge["amount_refunded"] <= charge["amount"]
            assert charge["refunded"] == (charge["amount_refunded"] == charge["amount"])
            assert charge["amount_captured"] <= charge["amount"]
            if charge["captured"]:
                assert received[charge["payment_intent"]] == charge["amount_captured"]
            if charge["captured"] and charge["payment_intent"] in invoiced:
                took[charge["customer"]] += charge["amount"]
        for invoice in self._documents("invoice"):
            billed[invoice["customer"]] += invoice["amount_paid"]
        assert +took == +billed

    def check_customer_balances(self) -> None:
        changes: Counter[str] = Counter()
        for one in self._documents("customer_balance_transaction"):
            changes[one["customer"]] += one["amount"]
        for customer in self._documents("customer"):
            if not customer.get("deleted"):
                assert customer["balance"] == changes[customer["id"]]

    def check_credit_notes(self) -> None:
        refunds = {one["id"]: one for one in self._documents("refund")}
        balance = {one["id"]: one for one in self._documents("customer_balance_transaction")}
        open_ones: Counter[str] = Counter()
        paid_ones: Counter[str] = Counter()
        for note in self._documents("credit_note"):
            if note["status"] == "void":
                continue
            open_ones[note["invoice"]] += note["pre_payment_amount"]
            paid_ones[note["invoice"]] += note["post_payment_amount"]
            given = balance.get(note["customer_balance_transaction"] or "", {"amount": 0})
            back = sum(refunds[one["refund"]]["amount"] for one in note["refunds"])
            out_of_band = note["out_of_band_amount"] or 0
            assert note["post_payment_amount"] == back - given["amount"] + out_of_band
            assert note["total"] == sum(
                line["amount"] - line["discount_amount"] for line in note["lines"]["data"]
            )
        for one in self._documents("invoice"):
            assert one["pre_payment_credit_notes_amount"] == open_ones[one["id"]]
            assert one["post_payment_credit_notes_amount"] == paid_ones[one["id"]]
            assert open_ones[one["id"]] + paid_ones[one["id"]] <= max(0, one["total"])

    def check_metered_usage_is_billed_at_most_once(self) -> None:
        told: Counter[str] = Counter()
        for one in self._documents("billing.meter_event"):
            told[one["payload"]["stripe_customer_id"]] += max(0, int(one["payload"]["value"]))
        billed: Counter[tuple[str, str]] = Counter()
        for invoice in self._documents("invoice"):
            for line in invoice["lines"]["data"]:
                if line["pricing"]["price_details"]["price"] == self.used:
                    assert line["amount"] == 7 * line["quantity"]
                    billed[invoice["customer"], line["subscription"]] += line["quantity"]
        for (customer_id, _), quantity in billed.items():
            assert quantity <= told[customer_id]

    def check_billed_amounts_are_paid_due_or_credit(self) -> None:
        """Check that everything billed is paid, still due, or on the customer balance."""
        for customer in self._documents("customer"):
            if customer.get("deleted"):
                continue
            billed = asked = 0
            for one in self._documents("invoice"):
                if one["customer"] == customer["id"] and one["status"] not in {"draft", "void"}:
                    billed += one["total"]
                    asked += one["amount_due"] + one["pre_payment_credit_notes_amount"]
            given = sum(
                one["amount"]
                for one in self._documents("customer_balance_transaction")
                if (one["customer"], one["type"]) == (customer["id"], "credit_note")
            )
            assert billed == asked + customer["balance"] - given
            # A credit may be invoiced while the charge that it takes back is still pending.
            pending = sum(
                one["amount"]
                for one in self._documents("invoiceitem")
                if one["customer"] == customer["id"] and one["invoice"] is None
            )
            assert billed + pending >= 0

    def check_account_balance(self) -> None:
        fees = self.stripe.rules.fees
        came = 0
        for one in self._documents("charge"):
            method = one["payment_method_details"]["type"]
            if one["captured"]:
                taken = one["amount_captured"]
                came += taken - fees.of_payment(taken, method)
            elif method == "sepa_debit" and not one["paid"]:
                came -= fees.failed_debit
        came -= sum(one["amount"] for one in self._documents("refund"))
        for one in self._documents("dispute"):
            came -= fees.dispute + (0 if one["status"] == "won" else one["amount"])
        payouts = self._documents("payout")
        came -= sum(one["amount"] for one in payouts if one["status"] != "failed")
        document = self.stripe.read(balance_queries.get)
        held = [entry["amount"] for name in ("available", "pending") for entry in document[name]]
        assert sum(held) == came

    def check_balance_transactions_and_payouts(self) -> None:
        now_s = self.stripe.now_ms() // 1000
        transactions = {one["id"]: one for one in self._documents("balance_transaction")}
        sums: Counter[str] = Counter()
        for one in transactions.values():
            assert one["net"] == one["amount"] - one["fee"]
            assert one["fee"] == sum(part["amount"] for part in one["fee_details"])
            if one["status"] == "available":
                assert one["available_on"] <= now_s
        for row in self.funds:
            assert (row.net, row.available_s) == (
                transactions[row.id]["net"],
                transactions[row.id]["available_on"],
            )
            if transactions[row.id]["type"] != "payout":
                sums[row.payout_id] += row.net
        for payout in self._documents("payout"):
            assert sums[payout["id"]] == payout["amount"]

    def check_renewal_timers(self) -> None:
        with self.world.store.read() as connection:
            timers = connection.execute(stripe_tables.timers.select()).all()
        renewals = Counter(timer.object_id for timer in timers if timer.kind == "renew")
        due = {timer.object_id: timer.due_ms for timer in timers if timer.kind == "renew"}
        for one in self._documents("subscription"):
            status = Status(one["status"])
            idle = status in FINAL or status is Status.PAUSED
            assert renewals[one["id"]] == (0 if idle else 1)
            if not idle:
                assert due[one["id"]] == one["items"]["data"][0]["current_period_end"] * 1000
            assert (one["ended_at"] is not None) == (status in FINAL)

    def check_periods_are_consecutive(self) -> None:
        for event in self.events:
            if event.type == "customer.subscription.updated":
                _check_period(event)

    def check_last_event_matches_subscription(self) -> None:
        told = {
            event.object_id: event.document["data"]["object"]
            for event in self.events
            if event.type.startswith("customer.subscription.")
        }
        for one in self._documents("subscription"):
            assert told[one["id"]] | {"latest_invoice": one["latest_invoice"]} == one


def _check_period(event: Event) -> None:
    """Check that a new period starts where the previous one ended, or at the time of the event."""
    data = event.document["data"]
    before = data["previous_attributes"].get("items")
    now = data["object"]["items"]["data"][0]
    assert now["current_period_start"] < now["current_period_end"]
    if before is None:
        return
    old = before["data"][0]
    same = (old["current_period_start"], old["current_period_end"]) == (
        now["current_period_start"],
        now["current_period_end"],
    )
    follows = now["current_period_start"] == old["current_period_end"]
    assert same or follows or now["current_period_start"] == event.document["created"]


@pytest.mark.generated
@pytest.mark.parametrize("shard", nightly_except(range(8), {0}))
def test_invariants_hold_in_any_history(shard: int) -> None:
    run_shard(SimulatedStripeLife, shard, max_examples=12, steps=25)
