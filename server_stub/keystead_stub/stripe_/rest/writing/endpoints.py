"""Webhook endpoints."""

from __future__ import annotations

from keystead_stub.stripe_.interface import Document
from keystead_stub.stripe_.rest import reading
from keystead_stub.stripe_.rest.parameters import Parameters
from keystead_stub.stripe_.rest.writing.area import Area
from keystead_stub.stripe_.simulated.stripe import SimulatedStripe


async def create_endpoint(stripe: SimulatedStripe, given: Parameters, key: str | None) -> Document:
    url, events = given.required("url"), [str(one) for one in given.list("enabled_events")]
    for name in ("api_version", "description"):
        given.text(name)
    given.metadata()
    given.done()
    secret = stripe.new_id("whsec_")
    known = stripe.register_endpoint(url, [secret], events or ["*"])
    return {**reading.endpoint(known), "secret": secret}


AREA = Area(create={"webhook_endpoints": create_endpoint})
