"""The catalogue of the billing side as the seed of simulated Stripe."""

from keystead_stub.billing.catalogue import default_catalogue
from keystead_stub.stripe_seed import seed_from

CATALOGUE = default_catalogue()
SEED = seed_from(CATALOGUE)


def test_every_plan_becomes_a_product_with_its_prices() -> None:
    assert SEED.price_ids == CATALOGUE.price_ids
    assert [one.id for one in SEED.products] == [plan.product_id for plan in CATALOGUE.plans]
    assert SEED.currencies == ("eur",)


def test_a_product_is_found_by_its_price_and_by_its_id() -> None:
    product = SEED.product_of_price("price_team_yearly")
    assert product is not None
    assert (product.id, product.min_quantity, product.max_quantity) == ("prod_team", 3, 200)
    assert SEED.product("prod_team") == product
    assert SEED.product_of_price("price_none") is None
    assert SEED.product("prod_none") is None


def test_lookup_keys_name_plan_and_interval() -> None:
    keys = {price.lookup_key for product in SEED.products for price in product.prices}
    assert {"pro_monthly", "pro_yearly", "modules_pro_payg"} <= keys
