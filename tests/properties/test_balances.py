"""A balance is the sum of its entries, and cannot be overdrawn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from keystead_stub.billing_apis.dashclicks.balance import top_ups
from keystead_stub.billing_apis.dashclicks.merchants import mirror
from keystead_stub.http.errors import ProblemError
from keystead_stub.settings import Settings
from keystead_stub.store import balances
from keystead_stub.store.balances import EntryRow
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.store.tables import balance_entries, mirrored_objects
from keystead_stub.stripe_types.events import StripeEvent

ACCOUNT = "acme"
STRIPE = "acct_acme"
AMOUNTS = st.integers(1, 5000)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = open_store()
    migrate(opened, 0)
    yield opened
    opened.close()


def top_up_of(number: int, amount: int) -> StripeEvent:
    body = {"id": f"pi_{number}", "amount_received": amount, "metadata": {"purpose": "top_up"}}
    return event(f"evt_in_{number}", "payment_intent.succeeded", body)


def returned_funds(
    number: int, part: int, amount: int, kind: str, life: Sequence[str]
) -> StripeEvent:
    """Return the event with the last of these statuses of a refund or dispute of that payment."""
    body = {
        "id": f"{kind}_{number}_{part}",
        "object": kind,
        "amount": amount,
        "payment_intent": f"pi_{number}",
        "status": life[-1],
    }
    event_id = f"evt_{kind}_{number}_{part}_{len(life)}"
    return event(event_id, f"{kind}.updated", body, at_ms=1000 * len(life))


def event(event_id: str, kind: str, body: dict[str, object], at_ms: int = 1000) -> StripeEvent:
    object_ = {"currency": "eur", "created": 1} | body
    return StripeEvent(id=event_id, type=kind, created_ms=at_ms, object=object_, account=STRIPE)


#: Statuses of one refund or dispute in order, and whether its amount is finally debited.
LIVES = (
    ("refund", ("pending",), True),
    ("refund", ("pending", "succeeded"), True),
    ("refund", ("pending", "succeeded", "failed"), False),
    ("refund", ("requires_action", "canceled"), False),
    ("dispute", ("needs_response", "under_review"), True),
    ("dispute", ("needs_response", "lost"), True),
    ("dispute", ("needs_response", "under_review", "won"), False),
    ("dispute", ("warning_needs_response", "needs_response"), True),
    ("dispute", ("warning_needs_response", "warning_closed"), False),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[int, list[StripeEvent | int]]:
    """Generate the expected total, and events in any order and number, mixed with purchases."""
    total = 0
    events: list[StripeEvent] = []
    for number, amount in enumerate(draw(st.lists(AMOUNTS, max_size=4))):
        events.append(top_up_of(number, amount))
        total += amount
        for part, share in enumerate(draw(st.lists(st.integers(1, amount), max_size=3))):
            kind, statuses, gone = draw(st.sampled_from(LIVES))
            lives = (statuses[: told + 1] for told in range(len(statuses)))
            events += [returned_funds(number, part, share, kind, life) for life in lives]
            total -= share if gone else 0
    # Refunds and disputes of other payments do not change the balance.
    events += draw(st.lists(st.just(returned_funds(99, 0, 700, "dispute", ["lost"])), max_size=1))
    again = draw(st.lists(st.sampled_from(events), max_size=4)) if events else []
    steps: list[StripeEvent | int] = [*draw(st.permutations([*events, *again]))]
    for price in draw(st.lists(AMOUNTS, max_size=4)):
        steps.insert(draw(st.integers(0, len(steps))), price)
    return total, steps


def left(store: Store) -> int:
    with store.read() as connection:
        found = balances.get_balance(connection, ACCOUNT, "eur")
        entries = balances.list_entries(connection, ACCOUNT, limit=1000, after=None)
    assert entries is not None
    assert found == sum(one.amount for one in entries)
    return found


def spend(store: Store, number: int, price: int) -> int:
    """Spend from the balance, and return the amount spent: 0 if the balance is too low."""
    row = EntryRow(
        id=f"be_{number}",
        account_id=ACCOUNT,
        kind=top_ups.SPENT,
        amount=-price,
        currency="eur",
        source=f"bal_{number}",
        event_id=f"bal_{number}",
        created_at=1000,
        original_amount=-price,
        original_currency="eur",
        rate="1",
    )
    before = left(store)
    try:
        with store.write() as connection:
            top_ups.spend(store, connection, row)
    except ProblemError:
        assert before < price
        assert left(store) == before
        return 0
    assert left(store) == before - price >= 0
    return price


@settings(deadline=None)
@given(histories())
def test_the_balance_is_top_ups_less_refunds_disputes_and_purchases(
    store: Store, history: tuple[int, list[StripeEvent | int]]
) -> None:
    total, steps = history
    with store.write() as connection:
        connection.execute(delete(balance_entries))
        connection.execute(delete(mirrored_objects))
    spent = 0
    for number, step in enumerate(steps):
        if isinstance(step, int):
            spent += spend(store, number, step)
            continue
        with store.write() as connection:
            mirror.take_in(store, connection, STRIPE, step)
            top_ups.take_in(top_ups.Ledger(store, Settings()), connection, ACCOUNT, step)
    assert left(store) == total - spent


@given(st.sampled_from(["payment_intent.succeeded", "charge.refunded", "charge.succeeded"]))
def test_payments_that_are_not_top_ups_do_not_change_the_balance(kind: str) -> None:
    for metadata in (None, {}, {"purpose": "purchase"}, {"purpose": 1}):
        body = {"id": "x", "currency": "eur", "amount_received": 1, "amount_refunded": 1}
        told = StripeEvent(id="e", type=kind, created_ms=0, object=body | {"metadata": metadata})
        assert top_ups.top_up_of(told) == ()
        assert top_ups.returned_funds(told.object) == ()
