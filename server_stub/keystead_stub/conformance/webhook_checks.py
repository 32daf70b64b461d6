"""Rules about Stripe's webhooks: signatures, repetitions and order."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any

from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    Answer,
    NotChecked,
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.run_state import Run, shaped
from keystead_stub.conformance.status_checks import same_statement

_API_VERSION = "2026-02-25.clover"
_OLD_S = 330
#: No secret of anybody.
_WRONG_SECRET = "whsec_conformance"


def webhook_unsigned(run: Run) -> None:
    answer = _post(run, _harmless(run), None, "no signature")
    require_refusal(answer, 400, "bad_signature")


def webhook_forged(run: Run) -> None:
    body = _harmless(run)
    for header in (_signature(run, body, _WRONG_SECRET), f"t={run.now_s()}", "v1=00"):
        require_refusal(_post(run, body, header, "wrong signature"), 400, "bad_signature")


def webhook_accepted(run: Run) -> None:
    secret = run.webhook_secret
    body = _harmless(run)
    several = _signature(run, body, _WRONG_SECRET, secret)
    for event, header in ((_harmless(run), None), (body, several)):
        signed = header or _signature(run, event, secret)
        answer = _post(run, event, signed, "signed")
        require_status(answer, 200)
        received = shaped(answer, wire.WebhookAnswer)
        if not received.received or received.duplicate:
            raise RuleFailed("a new event is not received, or called a duplicate")


def webhook_duplicate(run: Run) -> None:
    secret = run.webhook_secret
    body = _harmless(run)
    first = _post(run, body, _signature(run, body, secret), "signed")
    if first.status != 200:
        raise NotChecked("the event was not accepted (webhook-accepted)")
    again = _post(run, body, _signature(run, body, secret), "the same event again")
    require_status(again, 200)
    if not shaped(again, wire.WebhookAnswer).duplicate:
        raise RuleFailed("the second delivery is not called a duplicate")


def webhook_altered(run: Run) -> None:
    secret = run.webhook_secret
    header = _signature(run, _harmless(run), secret)
    answer = _post(run, _harmless(run), header, "signature of another body")
    require_refusal(answer, 400, "bad_signature")


def webhook_old(run: Run) -> None:
    secret = run.webhook_secret
    body = _harmless(run)
    header = _signature(run, body, secret, at_s=run.now_s() - _OLD_S)
    answer = _post(run, body, header, f"signed {_OLD_S} s ago")
    require_refusal(answer, 400, "bad_signature")


def webhook_late_event(run: Run) -> None:
    """Send an event that is older than what the backend knows, and says less."""
    secret, paid = run.webhook_secret, run.activated()
    found = run.controls.subscription(paid.customer_id)
    if found is None:
        raise NotChecked("the stub does not know the subscription")
    before = run.status(paid.device)
    created_s = run.now_s() - 3600
    body = _event("customer.subscription.updated", _incomplete(found, paid.customer_id), created_s)
    answer = _post(run, body, _signature(run, body, secret), "an event of an hour ago")
    require_status(answer, 200)
    after = run.status(paid.device)
    if not same_statement(before, after):
        raise RuleFailed(f"the status was {before.status!r}, and afterwards {after.status!r}")


def webhook_any_order(run: Run) -> None:
    """Hold the events of a purchase and of its cancellation, and deliver them shuffled."""
    controls = run.time_controls
    with controls.webhooks(holdWebhooks=True):
        bought = run.buy()
        # Stripe's times are whole seconds: events of one second have no order.
        run.advance_a_little()
    with controls.webhooks(shuffleWebhooks=True, duplicateWebhooks=True):
        controls.customer(bought.customer_id, "cancel", atPeriodEnd=True)
    answer = run.until(
        bought.device,
        lambda found: bool((found.get("entitlement") or {}).get("cancelAtPeriodEnd")),
        checkout=bought.session_id,
    )
    body = shaped(answer, wire.LicenseStatus)
    if not body.active or body.entitlement is None or not body.entitlement.cancel_at_period_end:
        raise RuleFailed("after shuffled events the subscription is not active until its end")


def _post(run: Run, body: bytes, signature: str | None, note: str) -> Answer:
    headers = {"Content-Type": "application/json"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    return run.backend.send("POST", wire.WEBHOOK, content=body, headers=headers, note=note)


def _signature(run: Run, body: bytes, *secrets_: str, at_s: int | None = None) -> str:
    """The header as Stripe writes it (docs.stripe.com/webhooks#verify-manually)."""
    at_s = run.now_s() if at_s is None else at_s
    signed = b"%d." % at_s + body
    parts = (hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets_)
    return ",".join([f"t={at_s}", *(f"v1={part}" for part in parts)])


def _harmless(run: Run) -> bytes:
    """An event that changes nothing: about a product of another seller."""
    product = {"id": f"prod_conformance{secrets.token_hex(6)}", "object": "product"}
    return _event("product.updated", product, run.now_s())


def _event(kind: str, document: dict[str, Any], created_s: int) -> bytes:
    event = {
        "id": f"evt_conformance{secrets.token_hex(8)}",
        "object": "event",
        "api_version": _API_VERSION,
        "created": created_s,
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
        "data": {"object": document},
    }
    return json.dumps(event).encode()


def _incomplete(found: dict[str, Any], customer_id: str) -> dict[str, Any]:
    """The subscription as it was before its first payment."""
    starts_s, ends_s = found["currentPeriodStart"] // 1000, found["currentPeriodEnd"] // 1000
    item = {
        "id": f"si_conformance{secrets.token_hex(6)}",
        "object": "subscription_item",
        "quantity": found["seats"],
        "current_period_start": starts_s,
        "current_period_end": ends_s,
        "price": {"id": found["priceId"], "object": "price"},
        "subscription": found["id"],
    }
    return {
        "id": found["id"],
        "object": "subscription",
        "status": "incomplete",
        "customer": customer_id,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "ended_at": None,
        "created": starts_s,
        "items": {"object": "list", "data": [item], "has_more": False},
        "metadata": {},
        "latest_invoice": None,
        "livemode": False,
    }


CHECKS = {
    "webhook-unsigned": webhook_unsigned,
    "webhook-forged": webhook_forged,
    "webhook-accepted": webhook_accepted,
    "webhook-duplicate": webhook_duplicate,
    "webhook-altered": webhook_altered,
    "webhook-old": webhook_old,
    "webhook-late-event": webhook_late_event,
    "webhook-any-order": webhook_any_order,
}
