"""Customer portal sessions."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json
from keystead_stub.stripe_sim.engine.unit_of_work import UnitOfWork
from keystead_stub.stripe_sim.resources.checkout_sessions.operations import living_customer, refuse
from keystead_stub.stripe_sim.resources.customers import shape as people
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


def open_session(work: UnitOfWork, request: NewPortal) -> Json:
    """Open a portal session; a flow about a subscription needs one that is alive."""
    living_customer(work, request.customer_id)
    subscription = lifecycle.current(work, request.customer_id)
    needs_one = request.flow in {"subscription_cancel", "subscription_update"}
    if needs_one and (subscription is None or lifecycle.is_over(subscription)):
        raise refuse("This customer has no subscription to change.")
    session_id = work.ids.new("bps_1")
    session = people.portal_session(
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
