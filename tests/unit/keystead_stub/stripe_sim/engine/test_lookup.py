"""Objects retrieved, listed page by page, searched and expanded, as Stripe's API does it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead_stub.stripe_sim import customer_controls
from keystead_stub.stripe_sim.engine import lookup
from keystead_stub.stripe_sim.engine.search import Page, Query, search_test
from keystead_stub.stripe_sim.resources.customers import deletion as customer_deletion
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.entitlements import queries as entitlements
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_types.errors import StripeError
from support.stripe_shapes import shape_errors
from support.stripe_world import START_MS, StripeWorld


@pytest.fixture(scope="module")
def world() -> StripeWorld:
    """Return an account with customers of several days."""
    made = StripeWorld()
    for _ in range(7):
        made.buy()
        made.pass_time(days=1)
    return made


def ids(page: Page) -> list[str]:
    return [one["id"] for one in page.data]


def test_a_list_is_paginated_in_both_directions(world: StripeWorld) -> None:
    everyone = [one.id for one in reversed(world.stripe.read(customer_queries.list_all))]
    query = Query(kind="customer", limit=3)
    first = world.stripe.read(lookup.list_objects, query)
    assert (ids(first), first.has_more) == (everyone[:3], True)
    second = world.stripe.read(
        lookup.list_objects, Query(kind="customer", limit=3, starting_after=first.data[-1]["id"])
    )
    assert ids(second) == everyone[3:6]
    last = world.stripe.read(
        lookup.list_objects, Query(kind="customer", limit=3, starting_after=second.data[-1]["id"])
    )
    assert (ids(last), last.has_more) == (everyone[6:], False)
    back = world.stripe.read(
        lookup.list_objects, Query(kind="customer", limit=3, ending_before=last.data[0]["id"])
    )
    assert (ids(back), back.has_more) == (everyone[3:6], True)


def test_a_list_is_filtered_by_customer_creation_time_and_type(world: StripeWorld) -> None:
    customer = world.stripe.read(customer_queries.list_all)[2]
    (invoice,) = world.stripe.read(
        lookup.list_objects,
        Query(kind="invoice", customer_id=customer.id, where={"status": "paid"}),
    ).data
    assert invoice["customer"] == customer.id
    of_status = Query(kind="invoice", customer_id=customer.id, where={"status": "open"})
    assert world.stripe.read(lookup.list_objects, of_status).data == ()
    day = START_MS // 1000
    within = Query(kind="charge", created_from=day + 86_400, created_to=day + 2 * 86_400)
    assert len(world.stripe.read(lookup.list_objects, within).data) == 2
    monthly = Query(kind="price", where={"recurring.interval": "month", "active": True}, limit=100)
    prices = world.stripe.read(lookup.list_objects, monthly).data
    assert {one["recurring"]["interval"] for one in prices} == {"month"}


def test_a_list_longer_than_one_database_chunk_is_complete() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    for _ in range(230):
        world.stripe.run(customer_controls.update_card, customer_id, "pm_card_visa")
    query = Query(kind="payment_method", where={"card.brand": "visa"}, limit=500)
    assert len(world.stripe.read(lookup.list_objects, query).data) == 231


def test_an_object_is_retrieved_with_expanded_references(world: StripeWorld) -> None:
    customer = world.stripe.read(customer_queries.list_all)[0]
    (invoice,) = world.stripe.read(invoices.of_customer, customer.id)
    found = world.stripe.read(
        lookup.retrieve,
        "invoice",
        invoice.id,
        expand=["customer", "parent.subscription_details.subscription.latest_invoice"],
    )
    assert found["customer"]["email"] == customer.email
    subscription = found["parent"]["subscription_details"]["subscription"]
    assert subscription["latest_invoice"]["id"] == invoice.id
    charge = world.stripe.read(
        lookup.list_objects,
        Query(kind="charge", customer_id=customer.id),
        expand=["balance_transaction"],
    ).data[0]
    assert charge["balance_transaction"]["source"] == charge["id"]
    assert shape_errors(charge) == []
    lines = world.stripe.read(
        lookup.retrieve, "invoice", invoice.id, expand=["lines.data.pricing.price_details.price"]
    )["lines"]["data"]
    assert lines[0]["pricing"]["price_details"]["price"]["unit_amount"] == 1200


def test_discounts_expand_to_their_coupon() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_controls.apply_promotion_code, customer_id, "LAUNCH20")
    subscription_id = world.subscription(customer_id).id
    found = world.stripe.read(
        lookup.retrieve, "subscription", subscription_id, expand=["discounts.source.coupon"]
    )
    assert found["discounts"][0]["source"]["coupon"]["percent_off"] == 20
    assert shape_errors(found) == []


@pytest.mark.parametrize("path", ["toaster", "customer.toaster", "number", "a.b.c.d.e"])
def test_only_references_can_be_expanded(world: StripeWorld, path: str) -> None:
    (invoice,) = world.stripe.read(
        invoices.of_customer, world.stripe.read(customer_queries.list_all)[0].id
    )
    with pytest.raises(StripeError) as refused:
        world.stripe.read(lookup.retrieve, "invoice", invoice.id, expand=[path])
    assert refused.value.code == "invalid_request"


def test_an_id_of_another_object_type_is_not_found(world: StripeWorld) -> None:
    customer_id = world.stripe.read(customer_queries.list_all)[0].id
    with pytest.raises(StripeError) as refused:
        world.stripe.read(lookup.retrieve, "invoice", customer_id)
    assert refused.value.code == "resource_missing"
    with pytest.raises(StripeError):
        world.stripe.read(lookup.list_objects, Query(kind="invoice", starting_after=customer_id))


def test_a_deleted_customer_is_retrieved_but_not_listed() -> None:
    world = StripeWorld()
    customer_id = world.buy()
    world.stripe.run(customer_deletion.delete, customer_id)
    assert world.stripe.read(lookup.list_objects, Query(kind="customer")).data == ()
    assert world.stripe.read(lookup.retrieve, "customer", customer_id)["deleted"] is True


def test_active_entitlements_name_existing_features(world: StripeWorld) -> None:
    held = world.stripe.read(
        entitlements.active, world.stripe.read(customer_queries.list_all)[0].id
    )
    assert [one["lookup_key"] for one in held] == ["export", "sync"]
    for one in held:
        feature = world.stripe.read(lookup.retrieve, "entitlements.feature", one["feature"])
        assert feature["lookup_key"] == one["lookup_key"]
        assert shape_errors(one) == shape_errors(feature) == []


CUSTOMER = {
    "email": "Ada@Example.com",
    "created": 100,
    "name": None,
    "delinquent": False,
    "metadata": {"plan": "pro", "a b": 'say "hi"', "by": "O'Brien \\", "no": "null"},
}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('email:"ada@example.com"', True),
        ("email:'ada@example.org'", False),
        ('email~"example"', True),
        ('-email:"ada@example.com"', False),
        ('metadata["plan"]:"pro"', True),
        ('metadata["a b"]:"say \\"hi\\""', True),
        ('metadata["none"]:"pro"', False),
        ("created>99 AND created<=100", True),
        ("created>100 OR created<1", False),
        ("created>100 OR delinquent:'false'", True),
        ("created>=100 email~'ADA'", True),
        ("name:null", True),
        ("-name:null", False),
        ("email>5", False),
        ('metadata["by"]:"O\'Brien \\\\"', True),
        ("metadata['by']~'O\\'B'", True),
        ('metadata["no"]:"null"', True),
        ('metadata["no"]:null', False),
        ('name:"null"', False),
    ],
)
def test_a_search_follows_stripes_query_language(text: str, found: bool) -> None:
    assert search_test(text)(CUSTOMER) is found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "email:",
        'email:"a" AND',
        "a:1 AND b:2 OR c:3",
        'email:"a" nonsense',
        'email~"ad"',
    ],
)
def test_an_invalid_search_is_refused(text: str) -> None:
    with pytest.raises(StripeError) as refused:
        search_test(text)
    assert refused.value.code == "invalid_request"


@given(st.text(max_size=60))
def test_any_search_query_is_answered_or_refused(text: str) -> None:
    try:
        test = search_test(text)
    except StripeError:
        return
    assert test(CUSTOMER) in {True, False}


def test_search_results_are_paginated(world: StripeWorld) -> None:
    everyone = [one.id for one in reversed(world.stripe.read(customer_queries.list_all))]
    first = world.stripe.read(lookup.search_objects, "customer", "email~'ada'", limit=4)
    assert (ids(first), first.has_more) == (everyone[:4], True)
    rest = world.stripe.read(
        lookup.search_objects, "customer", "email~'ada'", limit=4, after=everyone[3]
    )
    assert (ids(rest), rest.has_more) == (everyone[4:], False)
