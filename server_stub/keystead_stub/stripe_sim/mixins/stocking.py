"""Customers, products and prices that somebody makes through the API, and changes of them."""

from __future__ import annotations

from typing import Any

from keystead_stub.stripe_port.interface import Document
from keystead_stub.stripe_sim.engine import idempotency
from keystead_stub.stripe_sim.engine.account import Account
from keystead_stub.stripe_sim.engine.objects import Json, merged
from keystead_stub.stripe_sim.engine.unit_of_work import Ledger
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.customers import shape as people
from keystead_stub.stripe_sim.resources.products import shape as sale
from keystead_stub.stripe_sim.resources.products.requests import NewCustomer, NewPrice, NewProduct


class Stocking(Account):
    """What an account sells, and to whom."""

    def create_customer(self, request: NewCustomer) -> Document:
        with self.writing() as ledger:
            key = request.idempotency_key
            return idempotency.once(ledger, key, request, lambda: _customer(ledger, request))

    def update_customer(self, customer_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of the customer; `metadata` is added to what there is."""
        with self.writing() as ledger:
            customer = living_customer(ledger, customer_id)
            ledger.change(customer, "customer.updated", **merged(customer, fields))
            if "invoice_settings" in fields:
                # Another card is charged now: what was to fail was the one before.
                ledger.remember(customer_id, failing=False)
            return customer

    def create_product(self, request: NewProduct) -> Document:
        with self.writing() as ledger:
            key = request.idempotency_key
            return idempotency.once(ledger, key, request, lambda: _product(ledger, request))

    def create_price(self, request: NewPrice) -> Document:
        with self.writing() as ledger:
            key = request.idempotency_key
            return idempotency.once(ledger, key, request, lambda: _price(ledger, request))

    def update_good(self, kind: str, object_id: str, fields: dict[str, Any]) -> Document:
        """Set fields of a product or a price; what a price costs never changes."""
        with self.writing() as ledger:
            document = ledger.get(kind, object_id)
            ledger.change(document, f"{kind}.updated", **merged(document, fields))
            return document

    def delete_product(self, product_id: str) -> None:
        """Take a product away; Stripe keeps one that has prices."""
        with self.writing() as ledger:
            product = ledger.get("product", product_id)
            if any(price["product"] == product_id for price in ledger.all("price")):
                raise refuse("This product has prices: archive it instead.")
            ledger.emit("product.deleted", product)
            for name in set(product) - {"id", "object"}:
                del product[name]
            product["deleted"] = True
            ledger.save(product)


def _customer(ledger: Ledger, request: NewCustomer) -> Json:
    customer = people.customer(
        customer_id=ledger.ids.new("cus_"),
        created=ledger.now_s,
        email=request.email,
        invoice_prefix=ledger.ids.text(8).upper(),
        locale=request.locale,
    )
    customer |= {
        "name": request.name,
        "description": request.description,
        "phone": request.phone,
        "metadata": dict(request.metadata),
    }
    ledger.add(customer, private={"created": ledger.now_s})
    ledger.emit("customer.created", customer)
    return customer


def _product(ledger: Ledger, request: NewProduct) -> Json:
    product_id = request.id or ledger.ids.new("prod_")
    if ledger.is_taken(product_id):
        raise refuse("This id is taken.", code="resource_already_exists")
    product = sale.new_product(request, product_id=product_id, created=ledger.now_s)
    ledger.add(product)
    ledger.emit("product.created", product)
    return product


def _price(ledger: Ledger, request: NewPrice) -> Json:
    ledger.get("product", request.product_id)
    if request.meter_id is not None:
        ledger.get("billing.meter", request.meter_id)
        if request.interval is None:
            raise refuse("What is metered is billed again and again.")
    price = sale.new_price(request, price_id=ledger.ids.new("price_1"), created=ledger.now_s)
    ledger.add(price)
    ledger.emit("price.created", price)
    return price
