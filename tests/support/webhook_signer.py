"""Webhooks signed by hand, about objects that exist only in their events."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import httpx

from keystead_stub.in_process import BillingStub
from keystead_stub.stripe_types.webhook_signature import sign

Json = dict[str, Any]


class WebhookSigner:
    """Signs events with the endpoint's secret, each one second later than the last."""

    def __init__(self, stub: BillingStub, http: httpx.Client, api: str, webhook: str) -> None:
        self.stub, self.http, self.root, self.webhook = stub, http, f"/{api}", webhook
        self.now_s = int(time.time())

    def tell(self, kind: str, document: Json, **event: Any) -> None:
        self.now_s += 1
        body = {
            "id": f"evt_{secrets.token_hex(8)}",
            "object": "event",
            "type": kind,
            "created": self.now_s,
            "data": {"object": document},
            **event,
        }
        raw = json.dumps(body).encode()
        header = sign(raw, [self.stub.settings.webhook_secrets[0]], at_s=int(time.time()))
        answer = self.http.post(
            self.root + self.webhook, content=raw, headers={"Stripe-Signature": header}
        )
        assert (answer.status_code, answer.json()["duplicate"]) == (200, False)

    def bought(self, **metadata: str) -> None:
        self.tell("checkout.session.completed", completed(**metadata))

    def state(self, **whose: str) -> Json:
        answer = self.http.get("/_stub/state", params=whose)
        assert answer.status_code == 200, answer.text
        body: Json = answer.json()
        return body


def completed(**metadata: str) -> Json:
    return {
        "id": "cs_hand",
        "object": "checkout.session",
        "customer": "cus_hand",
        "subscription": "sub_hand",
        "metadata": metadata,
    }


def subscription(status: str, **more: Any) -> Json:
    return {
        "id": "sub_hand",
        "object": "subscription",
        "customer": "cus_hand",
        "status": status,
        **more,
    }


def items(now_s: int, quantity: int = 1) -> Json:
    period = {"current_period_start": now_s, "current_period_end": now_s + 30 * 86_400}
    return {"data": [{"price": {"id": "price_of_theirs"}, "quantity": quantity, **period}]}
