"""Stripe's events of many customers, and the state that each of them must end in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import msgspec

from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.billing.event_facts import replay
from keystead_stub.billing.intake_plan import decide_record
from keystead_stub.stripe_types.events import parse_event

Event = dict[str, Any]

_BEGIN_S = 1_800_000_000
_MONTH_S = 30 * 86_400
_PRICE = "price_nyra_pro_monthly"


class Life(msgspec.Struct, frozen=True):
    """A customer's events in order, and the status that their kind of life ends in."""

    customer_id: str
    events: tuple[Event, ...]
    status: str
    entitled: bool

    def expected(self) -> BillingState:
        """Return the state by the events alone: no webhook, no database, no other order."""
        history = replay(map(parse_event, self.events))
        return decide_record(self.customer_id, history, default_catalogue(), lambda _: {}).state


class _Writer:
    """Collects the events of one customer, a minute after one another."""

    def __init__(self, number: int) -> None:
        self.customer = f"cus_{number:06}"
        self.events: list[Event] = []
        self._number = number

    def tell(self, kind: str, name: str, document: dict[str, Any]) -> None:
        count = len(self.events)
        body = {"object": name, "customer": self.customer, **document}
        self.events.append(
            {
                "id": f"evt_{self._number:06}_{count:03}",
                "object": "event",
                "type": kind,
                "created": _BEGIN_S + count * 60,
                "data": {"object": body},
            }
        )

    def id(self, prefix: str, period: int = 0) -> str:
        return f"{prefix}_{self._number:06}_{period}"

    def subscription(self, kind: str, period: int, status: str) -> None:
        item = {
            "price": {"id": _PRICE},
            "quantity": 1,
            "current_period_start": _BEGIN_S + period * _MONTH_S,
            "current_period_end": _BEGIN_S + (period + 1) * _MONTH_S,
        }
        document = {
            "id": self.id("sub"),
            "created": _BEGIN_S,
            "status": status,
            "items": {"data": [item]},
            "latest_invoice": self.id("in", period),
        }
        self.tell(f"customer.subscription.{kind}", "subscription", document)

    def invoice(self, kind: str, period: int) -> None:
        line = {"period": {"start": _BEGIN_S, "end": _BEGIN_S + (period + 1) * _MONTH_S}}
        document = {
            "id": self.id("in", period),
            "created": _BEGIN_S + period * _MONTH_S,
            "status": "paid" if kind == "paid" else "open",
            "amount_paid": 1200 if kind == "paid" else 0,
            "lines": {"data": [line]},
            "parent": {"subscription_details": {"subscription": self.id("sub")}},
        }
        self.tell(f"invoice.{kind}", "invoice", document)

    def charge(self, period: int) -> None:
        document = {
            "id": self.id("ch", period),
            "created": _BEGIN_S + period * _MONTH_S,
            "payment_intent": self.id("pi", period),
        }
        self.tell("charge.succeeded", "charge", document)

    def begin(self) -> None:
        self.tell("customer.created", "customer", {"id": self.customer, "email": "a@example.com"})
        session = {
            "id": self.id("cs"),
            "mode": "subscription",
            "subscription": self.id("sub"),
            "payment_status": "paid",
            "metadata": {"priceId": _PRICE, "seats": "1"},
        }
        self.tell("checkout.session.completed", "checkout.session", session)
        self.subscription("created", 0, "incomplete")
        self.pay(0)

    def pay(self, period: int) -> None:
        self.charge(period)
        self.invoice("paid", period)
        self.subscription("updated", period, "active")

    def dispute(self) -> None:
        # A dispute names no customer: it waits until the charge is known.
        document: dict[str, Any] = {"id": self.id("dp"), "charge": self.id("ch"), "customer": None}
        document |= {"status": "warning_needs_response", "created": _BEGIN_S + 9000}
        self.tell("charge.dispute.created", "dispute", document)


def _renewed(life: _Writer) -> tuple[str, bool]:
    life.pay(1)
    return "active", True


def _past_due(life: _Writer) -> tuple[str, bool]:
    life.invoice("payment_failed", 1)
    life.subscription("updated", 1, "past_due")
    return "past_due", True


def _recovered(life: _Writer) -> tuple[str, bool]:
    _past_due(life)
    return _renewed(life)


def _canceled(life: _Writer) -> tuple[str, bool]:
    life.subscription("deleted", 0, "canceled")
    return "canceled", False


def _inquiry(life: _Writer) -> tuple[str, bool]:
    life.dispute()
    return _renewed(life)


_KINDS: tuple[Callable[[_Writer], tuple[str, bool]], ...] = (
    _renewed,
    _past_due,
    _recovered,
    _canceled,
    _inquiry,
)


def lives(events: int, random: Random) -> Iterator[Life]:
    """Yield customers until there are at least that many events."""
    number = made = 0
    while made < events:
        life = _Writer(number)
        life.begin()
        status, entitled = random.choice(_KINDS)(life)
        yield Life(life.customer, tuple(life.events), status, entitled)
        made += len(life.events)
        number += 1
