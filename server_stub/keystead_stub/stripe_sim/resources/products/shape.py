"""Product objects: https://docs.stripe.com/api/products/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls
from keystead_stub.stripe_sim.engine.seed import SeedProduct
from keystead_stub.stripe_sim.resources.products.requests import NewProduct


def seeded_product(seed: SeedProduct, *, created: int) -> Json:
    """Return the object of a seeded product."""
    wanted = NewProduct(name=seed.name, id=seed.id, metadata=seed.metadata)
    return {
        **product(wanted, product_id=seed.id, created=created),
        "default_price": seed.prices[0].id if seed.prices else None,
        "marketing_features": [{"name": feature} for feature in seed.features],
    }


def product(wanted: NewProduct, *, product_id: str, created: int) -> Json:
    return {
        **nulls("default_price package_dimensions shippable statement_descriptor"),
        **nulls("tax_code unit_label url"),
        "id": product_id,
        "object": "product",
        "active": wanted.active,
        "created": created,
        "description": wanted.description,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": dict(wanted.metadata),
        "name": wanted.name,
        "type": "service",
        "updated": created,
    }
