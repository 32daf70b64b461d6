"""Portal session objects: https://docs.stripe.com/api/customer_portal/sessions/object. Pure."""

from __future__ import annotations

from keystead_stub.stripe_sim.engine.objects import Json, nulls


def portal_session(
    *,
    session_id: str,
    created: int,
    customer_id: str,
    url: str,
    return_url: str | None,
    flow: str | None,
    subscription_id: str | None,
    locale: str | None,
) -> Json:
    return {
        "id": session_id,
        "object": "billing_portal.session",
        "configuration": "bpc_1KeysteadDefault000000000",
        "created": created,
        "customer": customer_id,
        "customer_account": None,
        "flow": _flow(flow, subscription_id, return_url) if flow else None,
        "livemode": False,
        "locale": locale,
        "on_behalf_of": None,
        "return_url": return_url,
        "url": url,
    }


def _flow(flow: str, subscription_id: str | None, return_url: str | None) -> Json:
    chosen: Json = nulls("subscription_cancel subscription_update subscription_update_confirm")
    if flow == "subscription_cancel":
        chosen[flow] = {"retention": None, "subscription": subscription_id}
    elif flow == "subscription_update":
        chosen[flow] = {"subscription": subscription_id}
    ending: Json = {"type": "portal_homepage", "hosted_confirmation": None, "redirect": None}
    if return_url:
        ending |= {"type": "redirect", "redirect": {"return_url": return_url}}
    return {"after_completion": ending, **chosen, "type": flow}
