"""Stories of one customer at Stripe: what they bought and paid, and Stripe's events about it.

Each part of a story knows by itself whether it is worth a license (`entitles`), from what the
customer and their bank did, and never from the rules that are tested by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from keystead_stub.stripe_types.api import STRIPE_API_VERSION

CUSTOMER = "cus_story"
DAY_S = 86_400
MONTH_S = 31 * DAY_S
GRACE_S = 72 * 3600
NOW_S = 1_800_000_000
OUR_PRICE, OTHER_PRICE = "price_nyra_pro_monthly", "price_of_another_product"

#: How events tell which payment has paid an invoice: the event of API versions since basil, the
#: fields of the objects before it, or not at all.
Link = Literal["event", "fields", "none"]
#: What became of a payment's money, and whether it is gone.
FATES: dict[str, bool] = {
    "kept": False,
    "partly_refunded": False,
    "refunded": True,
    "refund_failed": False,
    "refund_canceled": False,
    "charge_restored": False,
    "refunded_again": True,
    "inquiry": False,
    "inquiry_closed": False,
    "inquiry_escalated": True,
    "disputed": True,
    "dispute_lost": True,
    "dispute_won": False,
    "money_reinstated": False,
    "partly_disputed": False,
}
#: Which events of a subscription are lost: none, those after its creation, or all.
Lost = Literal["none", "later", "all"]
#: Where the invoices alone say what is paid.
PAID_COURSES = frozenset({"active", "renewing", "debit_paid"})
#: What may have become of a subscription at Stripe.
COURSES = (
    "active",
    "ending",
    "renewing",
    "past_due",
    "trialing",
    "sent",
    "incomplete",
    "incomplete_expired",
    "unpaid",
    "paused",
    "canceled",
    "debit_pending",
    "debit_paid",
    "settling",
)


@dataclass
class Telling:
    """How the story is told: in which shape, and with which ids of events."""

    link: Link = "event"
    ids: Iterator[int] = field(default_factory=count)

    @property
    def old_shape(self) -> bool:
        return self.link == "fields"

    def event(
        self, kind: str, at_s: int, body: dict[str, Any], previous: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return {
            "id": f"evt_{next(self.ids) * 7919 % 100_003:06}",
            "object": "event",
            "api_version": "2024-06-20" if self.old_shape else STRIPE_API_VERSION,
            "type": kind,
            "created": at_s,
            "data": {"object": body, **({"previous_attributes": previous} if previous else {})},
        }


@dataclass(frozen=True)
class Payment:
    """A charge of the customer, and what became of its money."""

    name: str
    at_s: int
    amount: int
    fate: str = "kept"
    invoice: str | None = None

    @property
    def gone(self) -> bool:
        return FATES[self.fate]

    def _charge(self, telling: Telling, refunded: int) -> dict[str, Any]:
        return {
            "id": f"ch_{self.name}",
            "object": "charge",
            "customer": CUSTOMER,
            "created": self.at_s,
            "amount": self.amount,
            "amount_refunded": refunded,
            "refunded": refunded == self.amount,
            "captured": True,
            "payment_intent": f"pi_{self.name}",
            **({"invoice": self.invoice} if telling.old_shape else {}),
        }

    def events(self, telling: Telling) -> Iterator[dict[str, Any]]:
        later = self.at_s + 600
        yield telling.event("charge.succeeded", self.at_s, self._charge(telling, 0))
        if self.invoice is not None and telling.link == "event":
            paid = {
                "id": f"inpay_{self.name}",
                "object": "invoice_payment",
                "invoice": self.invoice,
                "status": "paid",
                "payment": {"type": "payment_intent", "payment_intent": f"pi_{self.name}"},
            }
            yield telling.event("invoice_payment.paid", self.at_s, paid)
        if "refund" in self.fate or self.fate == "charge_restored":
            yield from self._refunds(telling, later)
        elif self.fate != "kept":
            yield from self._disputes(telling, later)

    def _refunds(self, telling: Telling, later: int) -> Iterator[dict[str, Any]]:
        amount = self.amount // 2 if self.fate == "partly_refunded" else self.amount
        yield telling.event("charge.refunded", later, self._charge(telling, amount))
        refund = {
            "id": f"re_{self.name}",
            "object": "refund",
            "amount": amount,
            "charge": f"ch_{self.name}",
            "payment_intent": f"pi_{self.name}",
        }
        if self.fate in {"refund_failed", "refunded_again"}:
            yield telling.event("refund.failed", later, refund | {"status": "failed"})
        if self.fate == "refund_canceled":
            yield telling.event("charge.refund.updated", later, refund | {"status": "canceled"})
        if self.fate == "charge_restored":
            before = {"refunded": True, "amount_refunded": amount}
            yield telling.event("charge.updated", later, self._charge(telling, 0), before)
        if self.fate == "refunded_again":
            yield telling.event("charge.refunded", later + 9, self._charge(telling, amount))

    def _disputes(self, telling: Telling, later: int) -> Iterator[dict[str, Any]]:
        amount = self.amount // 2 if self.fate == "partly_disputed" else self.amount

        def told(kind: str, status: str, before: str | None = None) -> dict[str, Any]:
            dispute = {
                "id": f"dp_{self.name}",
                "object": "dispute",
                "created": later,
                "amount": amount,
                "charge": f"ch_{self.name}",
                "payment_intent": f"pi_{self.name}",
                "status": status,
            }
            previous = {"status": before} if before else None
            return telling.event(f"charge.dispute.{kind}", later, dispute, previous)

        if self.fate.startswith("inquiry"):
            yield told("created", "warning_needs_response")
            if self.fate == "inquiry_closed":
                yield told("closed", "warning_closed")
            if self.fate == "inquiry_escalated":
                yield told("updated", "needs_response", "warning_needs_response")
            return
        yield told("created", "needs_response")
        yield told("funds_withdrawn", "needs_response")
        if self.fate == "dispute_lost":
            yield told("closed", "lost")
        if self.fate == "dispute_won":
            yield told("updated", "under_review", "needs_response")
            yield told("closed", "won")
        if self.fate == "money_reinstated":
            yield told("funds_reinstated", "under_review")


@dataclass(frozen=True)
class Subscribed:
    """A subscription: paid for `months`, the last of which began at `since_s`.

    `fate` is that of the newest payment. A `change` within the period was paid and refunded.
    `lost` are the events of the subscription that never come, where others say as much.
    """

    name: str
    course: str
    since_s: int
    months: int = 1
    fate: str = "kept"
    ours: bool = True
    change: bool = False
    by_checkout: bool = False
    lost: Lost = "none"

    @property
    def entitles(self) -> bool:
        if not self.ours:
            return False
        match self.course:
            case "active" | "ending" | "debit_paid":
                return not FATES[self.fate]
            case "renewing" | "past_due":
                return not FATES[self.fate] and self.since_s + GRACE_S > NOW_S
            case "trialing" | "settling":
                return True
            case "sent":
                # Due thirty days after its period has begun.
                return not (self.months > 1 and FATES[self.fate])
            case _:
                return False

    @property
    def _amount(self) -> int:
        # Where no event says what was paid for, the amount does.
        return 1200 + int(self.name[-1], 36)

    @property
    def _paid_months(self) -> int:
        """How many months are paid for; the last of them are over where the course owes one."""
        if self.course in {"renewing", "past_due", "unpaid"}:
            return self.months
        if self.course == "sent":
            return self.months - 1
        paid = {"active", "ending", "canceled", "paused", "debit_paid"}
        return self.months if self.course in paid else 0

    @property
    def _owes(self) -> bool:
        return self.course in {"renewing", "past_due", "unpaid", "sent", "incomplete"}

    def events(self, telling: Telling) -> Iterator[dict[str, Any]]:
        # The periods that are paid end now, or where the one that is owed begins.
        owed = self._owes and self._paid_months > 0
        first_s = self.since_s - (self._paid_months - (0 if owed else 1)) * MONTH_S
        first_s = min(first_s, self.since_s)
        if self.by_checkout or self.course in {"debit_pending", "debit_paid", "settling"}:
            yield from self._checkout(telling, first_s)
        if self.course == "settling":
            return
        lost = self.lost if self.course in PAID_COURSES else "none"
        created = self._subscription(
            telling, "created", first_s=first_s, status="incomplete", month=0
        )
        if lost != "all":
            yield created
        payments = []
        for month in range(self._paid_months):
            at_s = first_s + month * MONTH_S
            newest = month == self._paid_months - 1
            payments.append(
                Payment(
                    f"{self.name}_{month}",
                    at_s,
                    self._amount,
                    self.fate if newest else "kept",
                    f"in_{self.name}_{month}",
                )
            )
            yield self._invoice(telling, "finalized", at_s, month, paid=False)
            yield self._invoice(telling, "paid", at_s, month, paid=True)
        if self.course == "trialing":
            yield self._invoice(telling, "paid", first_s, 0, paid=True, amount=0)
        if self.change:
            yield self._proration(telling)
            payments.append(
                Payment(f"{self.name}_x", self.since_s + 60, 300, "refunded", f"in_{self.name}_x")
            )
        if self._owes:
            yield self._invoice(telling, "finalized", self.since_s, self._paid_months, paid=False)
        for payment in payments:
            yield from payment.events(telling)
        if lost == "none":
            yield from self._outcome(telling, first_s)

    def _outcome(self, telling: Telling, first_s: int) -> Iterator[dict[str, Any]]:
        status = {
            "ending": "active",
            "renewing": "active",
            "sent": "active",
            "debit_pending": "active",
            "debit_paid": "active",
        }.get(self.course, self.course)
        month = self._paid_months if self._owes else max(self._paid_months - 1, 0)
        kind = "deleted" if status == "canceled" else "updated"
        if status not in {"incomplete", "canceled"}:
            # Several changes in one second, whose ids are in no order.
            first = self._subscription(
                telling, "updated", first_s=first_s, status="active", month=month
            )
            yield first | {
                "data": first["data"] | {"previous_attributes": {"status": "incomplete"}}
            }
        outcome = self._subscription(telling, kind, first_s=first_s, status=status, month=month)
        if status not in {"active", "incomplete", "canceled"}:
            outcome["data"]["previous_attributes"] = {"status": "active"}
        elif status == "active":
            outcome["data"]["previous_attributes"] = {"default_payment_method": "pm_1"}
        yield outcome

    def _subscription(
        self, telling: Telling, kind: str, *, first_s: int, status: str, month: int
    ) -> dict[str, Any]:
        at_s = first_s if kind == "created" else max(first_s, self.since_s)
        period = {"current_period_start": at_s, "current_period_end": at_s + MONTH_S}
        price = {"id": OUR_PRICE if self.ours else OTHER_PRICE, "product": "prod_x"}
        item = {"id": "si_1", "price": price, "quantity": 1}
        newest = f"in_{self.name}_x" if self.change and kind != "created" else None
        body = {
            "id": f"sub_{self.name}",
            "object": "subscription",
            "customer": CUSTOMER,
            "created": first_s,
            "status": status,
            "latest_invoice": newest or f"in_{self.name}_{month}",
            "cancel_at_period_end": self.course == "ending",
            "collection_method": "send_invoice"
            if self.course == "sent"
            else "charge_automatically",
            "days_until_due": 30 if self.course == "sent" else None,
            "items": {"data": [item if telling.old_shape else item | period]},
            **(period if telling.old_shape else {}),
        }
        return telling.event(f"customer.subscription.{kind}", at_s, body)

    def _invoice(
        self,
        telling: Telling,
        kind: str,
        at_s: int,
        month: int,
        *,
        paid: bool,
        amount: int | None = None,
    ) -> dict[str, Any]:
        amount = self._amount if amount is None else amount
        line = {"period": {"start": at_s, "end": at_s + MONTH_S}, "amount": amount}
        body = {
            **self._invoice_body(telling, f"in_{self.name}_{month}", at_s, amount, paid=paid),
            "billing_reason": "subscription_cycle" if month else "subscription_create",
            "lines": {"data": [line | self._line(telling, proration=False)]},
        }
        if self.course == "sent":
            body["due_date"] = at_s + 30 * DAY_S
        return telling.event(f"invoice.{kind}", at_s, body)

    def _proration(self, telling: Telling) -> dict[str, Any]:
        at_s = self.since_s + 60
        line = {"period": {"start": at_s, "end": self.since_s + MONTH_S}, "amount": 300}
        body = {
            **self._invoice_body(telling, f"in_{self.name}_x", at_s, 300, paid=True),
            "billing_reason": "subscription_update",
            "lines": {"data": [line | self._line(telling, proration=True)]},
        }
        return telling.event("invoice.paid", at_s, body)

    def _line(self, telling: Telling, *, proration: bool) -> dict[str, Any]:
        price = OUR_PRICE if self.ours else OTHER_PRICE
        if telling.old_shape:
            return {"price": {"id": price}, "proration": proration}
        details = {"proration": proration, "subscription_item": "si_1"}
        return {
            "pricing": {"price_details": {"price": price}},
            "parent": {"subscription_item_details": details},
        }

    def _invoice_body(
        self, telling: Telling, invoice_id: str, at_s: int, amount: int, *, paid: bool
    ) -> dict[str, Any]:
        named = invoice_id.removeprefix("in_")
        subscription = f"sub_{self.name}"
        parent = {"subscription_details": {"subscription": subscription}}
        old = {
            "subscription": subscription,
            "charge": f"ch_{named}" if paid and amount else None,
            "payment_intent": f"pi_{named}" if amount else None,
        }
        return {
            "id": invoice_id,
            "object": "invoice",
            "customer": CUSTOMER,
            "created": at_s,
            "status": "paid" if paid else "open",
            "amount_due": amount,
            "amount_paid": amount if paid else 0,
            **(old if telling.old_shape else {"parent": parent}),
        }

    def _checkout(self, telling: Telling, first_s: int) -> Iterator[dict[str, Any]]:
        debit = self.course in {"debit_pending", "debit_paid"}
        body = {
            "id": f"cs_{self.name}",
            "object": "checkout.session",
            "mode": "subscription",
            "customer": CUSTOMER,
            "subscription": f"sub_{self.name}",
            "payment_status": "unpaid" if debit or self.course == "incomplete" else "paid",
            "metadata": {"priceId": OUR_PRICE if self.ours else OTHER_PRICE},
        }
        at_s = NOW_S - 60 if self.course == "settling" else first_s
        if self.course not in {"incomplete", "incomplete_expired"}:
            yield telling.event("checkout.session.completed", at_s, body)
        if self.course == "debit_paid":
            paid = body | {"payment_status": "paid"}
            yield telling.event("checkout.session.async_payment_succeeded", at_s + 60, paid)


@dataclass(frozen=True)
class BoughtOnce:
    """A single purchase by a checkout; without our metadata it is no license."""

    name: str
    at_s: int
    fate: str = "kept"
    ours: bool = True
    pending: bool = False

    @property
    def entitles(self) -> bool:
        return self.ours and not self.pending and not FATES[self.fate]

    def events(self, telling: Telling) -> Iterator[dict[str, Any]]:
        body = {
            "id": f"cs_{self.name}",
            "object": "checkout.session",
            "mode": "payment",
            "customer": CUSTOMER,
            "payment_intent": f"pi_{self.name}",
            "amount_total": 4900,
            "payment_status": "unpaid" if self.pending else "paid",
            "metadata": {"key": "toolbox", "priceId": "price_once"} if self.ours else {},
        }
        yield telling.event("checkout.session.completed", self.at_s, body)
        if not self.pending:
            yield from Payment(self.name, self.at_s, 4900, self.fate).events(telling)


@dataclass(frozen=True)
class Unrelated:
    """A charge for something else, as for shipping: no license, whatever becomes of its money."""

    name: str
    at_s: int
    fate: str

    @property
    def entitles(self) -> bool:
        return False

    def events(self, telling: Telling) -> Iterator[dict[str, Any]]:
        # Where no event says what was paid for, only the amount shows that it was something else.
        amount = 777 if telling.link == "none" else 1200
        yield from Payment(self.name, self.at_s, amount, self.fate).events(telling)


Part = Subscribed | BoughtOnce | Unrelated
