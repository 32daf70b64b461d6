"""Customers, products and prices that somebody makes through the API, and changes of them."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_sim.engine import idempotency
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.customers import shape as people
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.products.requests import NewCustomer, NewPrice, NewProduct
from keystead_stub.stripe_types.api import Document


class Stocking(Account):
    """What an account sells, and to whom."""

    def create_customer(self, request: NewCustomer) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: _customer(work, request))

    def update_customer(self, customer_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of the customer; `metadata` is added to what there is."""
        with self.writing() as work:
            customer = living_customer(work, customer_id)
            work.change(customer, "customer.updated", **merged(customer, fields))
            if "invoice_settings" in fields:
                # Another card is charged now: what was to fail was the one before.
                work.remember(customer_id, failing=False)
            return customer

    def create_product(self, request: NewProduct) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: _product(work, request))

    def create_price(self, request: NewPrice) -> Document:
        with self.writing() as work:
            key = request.idempotency_key
            return idempotency.once(work, key, request, lambda: _price(work, request))

    def update_good(self, kind: str, object_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of a product or a price; what a price costs never changes."""
        with self.writing() as work:
            document = work.get(kind, object_id)
            work.change(document, f"{kind}.updated", **merged(document, fields))
            return document

    def delete_product(self, product_id: str) -> None:
        """Take a product away; Stripe keeps one that has prices."""
        with self.writing() as work:
            product = work.get("product", product_id)
            if any(price["product"] == product_id for price in work.all("price")):
                raise refuse("This product has prices: archive it instead.")
            work.emit("product.deleted", product)
            for name in set(product) - {"id", "object"}:
                del product[name]
            product["deleted"] = True
            work.save(product)


def _customer(work: UnitOfWork, request: NewCustomer) -> Json:
    customer = people.customer(
        customer_id=work.ids.new("cus_"),
        created=work.now_s,
        email=request.email,
        invoice_prefix=work.ids.text(8).upper(),
        locale=request.locale,
    )
    customer |= {
        "name": request.name,
        "description": request.description,
        "phone": request.phone,
        "metadata": dict(request.metadata),
    }
    work.add(customer, private={"created": work.now_s})
    work.emit("customer.created", customer)
    return customer


def _product(work: UnitOfWork, request: NewProduct) -> Json:
    product_id = request.id or work.ids.new("prod_")
    if work.is_taken(product_id):
        raise refuse("This id is taken.", code="resource_already_exists")
    product = sale.new_product(request, product_id=product_id, created=work.now_s)
    work.add(product)
    work.emit("product.created", product)
    return product


def _price(work: UnitOfWork, request: NewPrice) -> Json:
    work.get("product", request.product_id)
    if request.meter_id is not None:
        work.get("billing.meter", request.meter_id)
        if request.interval is None:
            raise refuse("What is metered is billed again and again.")
    price = sale.new_price(request, price_id=work.ids.new("price_1"), created=work.now_s)
    work.add(price)
    work.emit("price.created", price)
    return price
