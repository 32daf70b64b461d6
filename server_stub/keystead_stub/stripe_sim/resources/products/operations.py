"""Operations on products: https://docs.stripe.com/api/products."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.products import shape
from keystead_stub.stripe_sim.resources.products.requests import NewProduct


def create(work: UnitOfWork, request: NewProduct) -> Json:
    """Create a product; raises StripeError `resource_already_exists` for an id that is in use."""
    product_id = request.id or work.ids.new("prod_")
    if work.is_taken(product_id):
        raise invalid_request("Product already exists.", code="resource_already_exists")
    product = shape.product(request, product_id=product_id, created=work.now_s)
    work.add(product)
    work.emit("product.created", product)
    return product


def update(work: UnitOfWork, product_id: str, fields: dict[str, Any]) -> Json:
    """Set fields of the product; `metadata` is merged."""
    product = work.get("product", product_id)
    work.change(product, "product.updated", **merged(product, fields))
    return product


def delete(work: UnitOfWork, product_id: str) -> None:
    """Delete a product; raises StripeError if it has prices, as Stripe does."""
    product = work.get("product", product_id)
    if any(price["product"] == product_id for price in work.all("price")):
        raise invalid_request(
            "This product cannot be deleted because it has one or more user-created prices."
        )
    work.emit("product.deleted", product)
    # Stripe keeps a deleted object's id, so that a later lookup tells deleted from never existed.
    for name in set(product) - {"id", "object"}:
        del product[name]
    product["deleted"] = True
    work.save(product)
