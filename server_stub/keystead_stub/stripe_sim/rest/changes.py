"""`POST` and `DELETE` requests: which resource answers which path."""

from __future__ import annotations

from keystead_stub.stripe_sim.rest.parameters import Parameters
from keystead_stub.stripe_sim.rest.registry import RESOURCES
from keystead_stub.stripe_sim.rest.retrieval import unrecognized
from keystead_stub.stripe_sim.simulated_stripe import SimulatedStripe
from keystead_stub.stripe_types.api import Document


def post(stripe: SimulatedStripe, path: str, params: Parameters, key: str | None) -> Document:
    """Answer `POST /v1/<path>`; `key` is the idempotency key. Raises StripeError."""
    resource = RESOURCES.get(path)
    if resource is not None and resource.create is not None:
        return resource.create(stripe, params, key)
    # Tried from the shortest form to the longest: an id can look like anything, also like an
    # action's name.
    parent, last = _split(path)
    resource = RESOURCES.get(parent)
    if resource is not None and resource.update is not None:
        return resource.update(stripe, last, params)
    above, object_id = _split(parent)
    resource = RESOURCES.get(above)
    if resource is not None and last in resource.actions:
        return resource.actions[last](stripe, object_id, params)
    raise unrecognized(path)


def delete(stripe: SimulatedStripe, path: str, params: Parameters) -> Document:
    """Answer `DELETE /v1/<path>`. Raises StripeError."""
    parent, last = _split(path)
    resource = RESOURCES.get(parent)
    if resource is not None and resource.delete is not None:
        return resource.delete(stripe, last, params)
    above, object_id = _split(parent)
    resource = RESOURCES.get(above)
    if resource is not None and last in resource.delete_nested:
        return resource.delete_nested[last](stripe, object_id, params)
    raise unrecognized(path)


def _split(path: str) -> tuple[str, str]:
    parent, _, last = path.rpartition("/")
    return parent, last
