"""Customer portal sessions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.errors import invalid_request
from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.billing_portal import shape as portal_shape
from keystead_stub.stripe_sim.resources.customers.operations import retrieve
from keystead_stub.stripe_sim.resources.subscriptions import lifecycle
from keystead_stub.stripe_types.requests import NewPortal

KIND = "billing_portal.session"
#: What the portal's pages can do.
FEATURES = (
    "invoice_history",
    "payment_method_update",
    "subscription_cancel",
    "subscription_update",
)


def create(work: UnitOfWork, request: NewPortal) -> Json:
    """Open a portal session; a flow about a subscription needs one that is alive."""
    retrieve(work, request.customer_id)
    subscription = lifecycle.current(work, request.customer_id)
    # Stripe refuses a deep link into a page that would have nothing to show.
    needs_one = request.flow in {"subscription_cancel", "subscription_update"}
    if needs_one and (subscription is None or lifecycle.has_ended(subscription)):
        raise invalid_request("The customer has no active subscription to use in this flow.")
    session_id = work.ids.new("bps_1")
    session = portal_shape.portal_session(
        session_id=session_id,
        created=work.now_s,
        customer_id=request.customer_id,
        url=f"{work.rules.base_url}/_stub/portal/{session_id}",
        return_url=request.return_url,
        flow=request.flow,
        subscription_id=subscription["id"] if subscription else None,
        locale=request.locale,
    )
    return work.add(session)
