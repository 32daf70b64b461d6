"""The overview of an account reconciles with Stripe's balance transactions, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from keystead.instants import to_datetime
from keystead.wire.dashclicks import money as wire
from keystead_stub.billing_apis.dashclicks.merchants import mirror
from keystead_stub.billing_apis.dashclicks.reports import balance_transactions
from keystead_stub.billing_apis.dashclicks.reports.overview import Records, overview
from keystead_stub.billing_apis.dashclicks.reports.periods import Period
from keystead_stub.store.mirror import MirroredObject
from keystead_stub.stripe_sim import customer_controls, hosted_payments
from keystead_stub.stripe_sim.engine import records as held
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.prices import operations as prices
from keystead_stub.stripe_sim.resources.prices.requests import NewPrice
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.events import StripeEvent, parse_event
from keystead_stub.stripe_types.values import Interval
from support.nightly import examples
from support.stripe_world import MONTHLY, YEARLY, StripeWorld

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Apia")
CARDS = (*["pm_card_visa"] * 4, "pm_card_chargeCustomerFail", "sepa_debit", "sepa_debit_fails")
WHO = st.integers(0, 9)
PURCHASES = st.tuples(st.just("buy"), st.integers(0, 4), st.integers(1, 7), st.sampled_from(CARDS))
ACTIONS = st.one_of(
    PURCHASES,
    st.tuples(st.just("time"), st.integers(0, 24 * 45)),
    st.tuples(st.just("refund"), WHO, st.none() | st.integers(1, 2000)),
    st.tuples(st.just("dispute"), WHO),
    st.tuples(st.just("close"), WHO, st.booleans()),
    st.tuples(st.just("decide"), WHO, st.booleans()),
    st.tuples(st.just("fail"), WHO),
    st.tuples(st.just("cancel"), WHO, st.booleans()),
    st.tuples(st.just("pause"), WHO),
    st.tuples(st.just("delete"), WHO),
)


class AccountHistory:
    """A simulated account with prices in three currencies, and the actions on it."""

    def __init__(self) -> None:
        self.world = StripeWorld()
        self.stripe = self.world.stripe
        self.prices = [MONTHLY, YEARLY, *self._foreign()]
        self._acts: dict[str, Callable[..., object]] = {
            "refund": lambda who, amount: self.stripe.run(
                customer_controls.refund, who, amount=amount
            ),
            "dispute": lambda who: self.stripe.run(customer_controls.dispute, who),
            "close": lambda who, won: self.stripe.run(
                customer_controls.close_dispute, who, won=won
            ),
            "decide": self._decide,
            "fail": lambda who: self.stripe.run(customer_controls.fail_next_payment, who),
            "cancel": lambda who, later: self.stripe.run(
                customer_controls.cancel, who, at_period_end=later
            ),
            "pause": lambda who: self.stripe.run(customer_controls.pause, who),
            "delete": lambda who: self.stripe.run(customer_deletion.delete, who),
        }

    def _foreign(self) -> list[str]:
        wanted: tuple[tuple[str, int, Interval], ...] = (
            ("usd", 1999, "month"),
            ("usd", 10_000, "year"),
            ("jpy", 1501, "month"),
        )
        made = (
            NewPrice(product_id="prod_pro", currency=currency, unit_amount=amount, interval=every)
            for currency, amount, every in wanted
        )
        return [str(self.stripe.submit(prices.create, price)["id"]) for price in made]

    def _decide(self, who: str, won: bool) -> None:
        self.stripe.run(customer_controls.dispute, who)
        self.stripe.run(customer_controls.close_dispute, who, won=won)

    def happens(self, name: str, *how: Any) -> None:
        if name == "time":
            self.world.pass_time(days=how[0] / 24)
        elif name == "buy":
            session = self.world.checkout(self.prices[how[0]], quantity=how[1])
            self.stripe.run(
                hosted_payments.complete_checkout, session.id, card=how[2], email="ada@example.com"
            )
        elif everyone := self.stripe.read(customer_queries.list_all):
            try:
                self._acts[name](everyone[how[0] % len(everyone)].id, *how[1:])
            except StripeError:
                return

    def said(self) -> list[StripeEvent]:
        return [parse_event(dict(one.document)) for one in self.world.events()]

    def transactions(self) -> list[Mapping[str, Any]]:
        with self.stripe.reading() as rows:
            return [one for one, _ in held.objects(rows, "balance_transaction")]


def mirrored(said: list[StripeEvent]) -> list[MirroredObject]:
    records: dict[tuple[str, str], MirroredObject] = {}
    for event in reversed(said):
        if word := mirror.version_in(event):
            name = (word.kind, word.object_id)
            records[name] = mirror.latest_version(records.get(name), word)
    return list(records.values())


@settings(max_examples=examples(20, 200))
@given(
    first=st.lists(PURCHASES, max_size=3),
    actions=st.lists(ACTIONS, max_size=25),
    zone=st.sampled_from(ZONES),
    # Mostly ranges that end today, because most activity is recent.
    ago=st.sampled_from([0, -1]) | st.integers(-3, 120),
    length=st.integers(1, 60),
)
@example(
    first=[("buy", 0, 1, "sepa_debit_fails"), ("buy", 2, 3, "pm_card_visa")],
    actions=[("time", 24), ("decide", 1, True), ("refund", 0, None)],
    zone="UTC",
    ago=0,
    length=3,
)
def test_overview_figures_reconcile_with_balance_transactions(
    first: list[tuple[Any, ...]],
    actions: list[tuple[Any, ...]],
    zone: str,
    ago: int,
    length: int,
) -> None:
    history = AccountHistory()
    for name, *how in [*first, *actions]:
        history.happens(name, *how)
    end = to_datetime(history.stripe.now_ms()).date() - timedelta(days=ago)
    period = Period(end - timedelta(days=length - 1), end, zone)
    said, transactions = history.said(), history.transactions()
    objects = mirrored(said)
    records = Records(
        transactions=transactions,
        customers=[one.created_ms for one in objects if one.kind == "customer"],
        subscriptions=said,
    )
    figures = overview(records, period, "eur")
    _check_totals(figures)
    _check_against_transactions(figures, period, transactions)
    _check_against_mirror(figures, period, objects, said)
    if period.bounds[-1] > history.stripe.now_ms():
        _check_recurring_revenue(figures, objects)
    last = overview(records, period.before, "eur")
    for one in figures.totals:
        before = next((old for old in last.totals if old.currency == one.currency), None)
        gross = before.gross_volume if before else 0
        growth = round((one.gross_volume - gross) / gross, 4) if gross else None
        assert one.growth.gross_volume == growth


def _check_totals(figures: wire.Overview) -> None:
    """Check that the days cover the range, and that income less outgoings is the net volume."""
    days = [date.fromisoformat(day.date) for day in figures.days]
    assert days == [days[0] + timedelta(days=n) for n in range(len(days))]
    assert sum(day.new_customers for day in figures.days) == figures.new_customers
    for whole in figures.totals:
        parts = [
            one for day in figures.days for one in day.totals if one.currency == whole.currency
        ]
        for name in ("gross_volume", "net_volume", "fees", "other", "successful_payments"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
        assert sum(part.refunds.amount for part in parts) == whole.refunds.amount
        assert sum(part.disputes.amount for part in parts) == whole.disputes.amount
        assert (parts[-1].mrr if whole.mrr else 0) == whole.mrr
        assert whole.net_volume == (
            whole.gross_volume
            - whole.refunds.amount
            - whole.disputes.amount
            + whole.disputes.returned
            - whole.fees
            + whole.other
        )


def _check_against_transactions(
    figures: wire.Overview, period: Period, transactions: list[Mapping[str, Any]]
) -> None:
    earned: Counter[str] = Counter()
    for one in transactions:
        if _holds(period, one) and one["type"] not in {"payout", "payout_failure"}:
            earned[one["currency"]] += one["net"]
    assert {one.currency: one.net_volume for one in figures.totals if one.net_volume} == {
        currency: net for currency, net in earned.items() if net
    }
    inside = [one for one in transactions if _holds(period, one)]
    summary = balance_transactions.summary(inside)
    for total in summary.total:
        lines = [line for line in summary.by_type if line.currency == total.currency]
        assert total.net == sum(line.net for line in lines) == total.gross - total.fee


def _check_against_mirror(
    figures: wire.Overview, period: Period, objects: list[MirroredObject], said: list[StripeEvent]
) -> None:
    """Check the figures against the mirrored charges, refunds, disputes and customers."""
    found: dict[str, Counter[str]] = {}
    for record in objects:
        document = record.document
        if not _holds(period, {"created": record.created_ms // 1000}):
            continue
        if record.kind in {"charge", "refund", "dispute"}:
            own = found.setdefault(document["currency"], Counter())
            if record.kind != "charge" or document["paid"]:
                own[record.kind] += document["amount"]
                own[f"{record.kind}s"] += 1
    for event in said:
        if event.type == "charge.dispute.funds_reinstated" and _holds(
            period, {"created": event.created_ms // 1000}
        ):
            own = found.setdefault(event.object["currency"], Counter())
            own["returned"] += event.object["amount"]
    for one in figures.totals:
        own = found.pop(one.currency, Counter())
        assert (one.gross_volume, one.successful_payments) == (own["charge"], own["charges"])
        assert (one.refunds.amount, one.refunds.count) == (own["refund"], own["refunds"])
        assert (one.disputes.amount, one.disputes.count) == (own["dispute"], own["disputes"])
        assert one.disputes.returned == own["returned"]
        assert one.other == 0
    assert not any(sum(own.values()) for own in found.values())


def _check_recurring_revenue(figures: wire.Overview, objects: list[MirroredObject]) -> None:
    due: dict[str, Fraction] = {}
    for record in objects:
        document = record.document
        if record.kind == "subscription" and document["status"] in {"active", "past_due"}:
            for item in document["items"]["data"]:
                price = item["price"]
                months = 12 if price["recurring"]["interval"] == "year" else 1
                one = Fraction(price["unit_amount"] * item["quantity"], months)
                due[price["currency"]] = due.get(price["currency"], Fraction()) + one
    expected = {currency: int(amount + Fraction(1, 2)) for currency, amount in due.items()}
    assert {one.currency: one.mrr for one in figures.totals if one.mrr} == expected


def _holds(period: Period, document: Mapping[str, Any]) -> bool:
    bounds = period.bounds
    return bool(bounds[0] <= document["created"] * 1000 < bounds[-1])
