"""Discounts in the REST API: https://docs.stripe.com/api/discounts."""

from __future__ import annotations

from keystead_stub.stripe_sim.resources.discounts import operations as discounts
from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def create_for_customer(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    coupon_id, code_id = params.text("coupon"), params.text("promotion_code")
    params.done()
    return stripe.run(
        discounts.create_for_customer, object_id, coupon_id=coupon_id, promotion_code_id=code_id
    )


def delete_from_customer(stripe: SimulatedStripe, object_id: str, params: Parameters) -> Document:
    params.done()
    return {**stripe.run(discounts.delete_from_customer, object_id), "deleted": True}
