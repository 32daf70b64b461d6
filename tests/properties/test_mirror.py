"""The mirror of a Stripe account does not depend on the order or repetition of events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
def test_each_mirrored_object_has_its_newest_version(said: list[StripeEvent]) -> None:
    known: dict[tuple[str, str], MirroredObject] = {}
    for event in said:
        if word := mirror.version_in(event):
            name = (word.kind, word.object_id)
            known[name] = mirror.latest_version(known.get(name), word)
    for event in said:
        if word := mirror.version_in(event):
            assert word.said <= known[word.kind, word.object_id].said
            assert word.kind != "invoice"


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
    assert mirror.latest_version(first, last) is mirror.latest_version(last, first) is last
    assert last.deleted == (later == "product.deleted")


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
