"""The mirror of a Stripe account does not depend on the order or repetition of events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise, permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from keystead_stub.billing_apis.dashclicks.merchants import mirror
from keystead_stub.store.engine import Store, open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.store.mirror import MirroredObject
from keystead_stub.store.tables import mirrored_objects
from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_types.events import StripeEvent, parse_event
from support.stripe_world import MONTHLY, StripeWorld

_TYPES = {
    "charge": ("succeeded", "updated", "refunded"),
    "customer": ("created", "updated", "deleted"),
    "dispute": ("created", "funds_withdrawn", "closed", "funds_reinstated"),
    "payout": ("created", "paid", "failed"),
    "product": ("created", "updated", "deleted"),
    "invoice": ("created", "paid"),
}

#: Fields that change without an event about the object.
_UNTOLD = {"subscription": ("latest_invoice",), "customer": ("next_invoice_sequence",)}


@st.composite
def events(draw: st.DrawFn) -> StripeEvent:
    kind = draw(st.sampled_from(sorted(_TYPES)))
    number, version = draw(st.integers(0, 2)), draw(st.integers(0, 9))
    return StripeEvent(
        id=f"evt_{draw(st.integers(0, 30))}",
        type=f"{kind}.{draw(st.sampled_from(_TYPES[kind]))}",
        created_ms=1000 * draw(st.integers(1, 4)),
        object={"id": f"{kind}_{number}", "object": kind, "created": 1, "version": version},
    )


SETS = st.lists(events(), max_size=12, unique_by=lambda event: event.id)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    opened = open_store()
    migrate(opened, 0)
    yield opened
    opened.close()


def mirrored(store: Store, said: Sequence[StripeEvent]) -> list[tuple[object, ...]]:
    with store.write() as connection:
        connection.execute(delete(mirrored_objects))
    for event in said:
        with store.write() as connection:
            mirror.take_in(store, connection, "acct_1", event)
    with store.read() as connection:
        return sorted(tuple(row) for row in connection.execute(select(mirrored_objects)))


@settings(deadline=None)
@given(both=SETS.flatmap(lambda said: st.tuples(st.just(said), st.permutations([*said, *said]))))
def test_mirrored_records_do_not_depend_on_order_or_repetition_of_events(
    store: Store, both: tuple[list[StripeEvent], list[StripeEvent]]
) -> None:
    once, jumbled = both
    assert mirrored(store, jumbled) == mirrored(store, once)


@given(SETS)
def test_each_mirrored_object_has_a_version_of_its_newest_second(said: list[StripeEvent]) -> None:
    known: dict[tuple[str, str], MirroredObject] = {}
    newest: dict[tuple[str, str], int] = {}
    for event in said:
        if word := mirror.version_in(event):
            name = (word.kind, word.object_id)
            known[name] = mirror.latest_version(known.get(name), word)
            newest[name] = max(newest.get(name, 0), event.created_ms)
    assert {kind for kind, _ in known}.isdisjoint({"invoice"})
    for (kind, object_id), record in known.items():
        at_ms = newest[kind, object_id]
        versions = [
            one.object
            for one in said
            if (one.object["object"], one.object["id"], one.created_ms) == (kind, object_id, at_ms)
        ]
        assert record.document in versions


def changed(name: str, kind: str, now: dict[str, object], was: dict[str, object]) -> StripeEvent:
    """Return an event of one certain second that says what was before."""
    return StripeEvent(
        id=f"evt_{name}",
        type=f"{kind}.updated",
        created_ms=9000,
        object={"id": "x_1", "object": kind, "created": 1, **now},
        previous=was,
    )


def last_version(said: Sequence[StripeEvent]) -> MirroredObject:
    known: MirroredObject | None = None
    for event in said:
        if word := mirror.version_in(event):
            known = mirror.latest_version(known, word)
    assert known is not None
    return known


CHAINS = {
    "renamed twice": ("product", ["a", "b", "c"]),
    "renamed and back again": ("product", ["b", "a", "b"]),
    "through one name twice": ("price", ["z", "a", "b", "a"]),
}


@pytest.mark.parametrize(("kind", "names"), CHAINS.values(), ids=CHAINS)
def test_of_several_changes_in_one_second_the_last_one_is_mirrored(
    kind: str, names: list[str]
) -> None:
    """Stripe's ids are random: whatever they are, what was before orders the changes."""
    document = {"id": "x_1", "object": kind, "created": 1, "name": names[0]}
    start = StripeEvent(id="evt_5", type=f"{kind}.updated", created_ms=8000, object=document)
    steps = list(pairwise(names))
    for ids in permutations(range(len(steps))):
        said = [
            changed(str(number), kind, {"name": now}, {"name": was})
            for number, (was, now) in zip(ids, steps, strict=True)
        ]
        for order in permutations([start, *said]):
            assert last_version(order).document["name"] == names[-1]


STATES = [
    ("charge", {"refunded": False, "amount_refunded": 1}, {"refunded": True, "amount_refunded": 5}),
    ("charge", {"amount_refunded": 1}, {"amount_refunded": 2}),
    ("charge", {"amount_refunded": None}, {"amount_refunded": 2}),
    ("dispute", {"status": "needs_response"}, {"status": "won"}),
    ("dispute", {"status": "won"}, {"status": "a_new_status"}),
    ("refund", {"status": "succeeded"}, {"status": "failed"}),
    ("payout", {"status": "in_transit"}, {"status": "paid"}),
    (
        "payout",
        {"status": "paid", "reconciliation_status": "in_progress"},
        {"status": "paid", "reconciliation_status": "completed"},
    ),
    ("subscription", {"status": "active"}, {"status": "canceled"}),
    (
        "subscription",
        {"status": "active", "items": {"data": [{"current_period_end": 5}]}},
        {"status": "past_due", "items": {"data": [{"current_period_end": 9}]}},
    ),
]


@pytest.mark.parametrize(("kind", "earlier", "later"), STATES)
@pytest.mark.parametrize("ids", ["12", "21"])
def test_without_what_was_before_the_objects_own_state_decides(
    kind: str, earlier: dict[str, object], later: dict[str, object], ids: str
) -> None:
    """A refund comes after the charge, whatever the ids of their events."""
    said = [
        msgspec.structs.replace(changed(name, kind, state, {}), previous=None)
        for name, state in zip(ids, (earlier, later), strict=True)
    ]
    for order in (said, said[::-1]):
        assert last_version(order).document == said[1].object


@pytest.mark.parametrize(
    ("kind", "earlier", "later"),
    [
        ("charge", "charge.succeeded", "charge.refunded"),
        ("product", "product.created", "product.updated"),
        ("product", "product.updated", "product.deleted"),
        ("dispute", "charge.dispute.funds_withdrawn", "charge.dispute.closed"),
        ("subscription", "customer.subscription.created", "customer.subscription.updated"),
        ("subscription", "customer.subscription.updated", "customer.subscription.deleted"),
    ],
)
def test_events_of_one_second_are_ordered_by_the_objects_lifecycle(
    kind: str, earlier: str, later: str
) -> None:
    """Event ids do not reflect the order of creation, so the types decide."""
    document = {"id": "x_1", "object": kind}
    first = mirror.version_in(
        StripeEvent(id="evt_z", type=earlier, created_ms=1000, object=document)
    )
    last = mirror.version_in(StripeEvent(id="evt_a", type=later, created_ms=1000, object=document))
    assert first is not None
    assert last is not None
    known = mirror.latest_version(first, last)
    assert known == mirror.latest_version(last, first)
    assert known.deleted == last.deleted == (later == "product.deleted")
    assert json.loads(known.said)[0] == json.loads(last.said)[0]


def test_the_mirror_of_a_simulated_account_equals_its_objects() -> None:
    world = StripeWorld()
    customer = world.buy(MONTHLY)
    world.stripe.run(customer_controls.refund, customer, amount=100)
    world.stripe.run(customer_controls.dispute, customer)
    world.stripe.run(customer_controls.close_dispute, customer, won=False)
    other = world.buy(MONTHLY)
    world.pass_time(days=40)
    world.stripe.run(customer_controls.dispute, other)
    world.stripe.run(customer_controls.close_dispute, other, won=True)
    gone = world.buy(MONTHLY)
    world.stripe.run(customer_deletion.delete, gone)
    records: dict[tuple[str, str], MirroredObject] = {}
    for event in world.events():
        if word := mirror.version_in(parse_event(dict(event.document))):
            name = (word.kind, word.object_id)
            records[name] = mirror.latest_version(records.get(name), word)
    for (kind, object_id), record in records.items():
        assert record.deleted == (object_id == gone), kind
        held = world.stripe.read(lookup.retrieve, kind, object_id)
        if record.deleted:
            assert held["deleted"] is True
        else:
            untold = {name: held[name] for name in _UNTOLD.get(kind, ())}
            assert record.document | untold == held
    assert {"charge", "customer", "dispute", "payout", "refund"} <= {kind for kind, _ in records}
