"""Every process reports the API versions of webhooks that any of them has received."""

from __future__ import annotations

import json
import time
from pathlib import Path

import httpx

from keystead.instants import DAY_MS, HOUR_MS
from keystead.wire.nyra import WEBHOOK
from keystead_stub.in_process import BillingStub
from keystead_stub.store.engine import open_store
from keystead_stub.store.migrations import migrate
from keystead_stub.store.webhooks import webhook_versions
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from keystead_stub.stripe_types.webhook_signature import sign

OLD = "2024-06-20"


def reported(stub: BillingStub) -> list[str]:
    with httpx.Client(base_url=stub.url, trust_env=False, timeout=60) as client:
        return list(client.get("/health").json()["checks"]["webhooks"]["apiVersions"])


def test_a_version_is_reported_by_every_process_and_after_a_restart(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/stub.db"
    shared = {"STRIPE_WEBHOOK_SECRET": "whsec_" + "s" * 32}
    with (
        BillingStub.running(tmp_path / "a", shared, database=database) as first,
        BillingStub.running(tmp_path / "b", shared, database=database) as second,
    ):
        assert (reported(first), reported(second)) == ([], [])
        event = {
            "id": "evt_old",
            "type": "customer.updated",
            "created": int(time.time()),
            "api_version": OLD,
            "data": {"object": {"object": "customer", "id": "cus_1"}},
        }
        body = json.dumps(event).encode()
        header = sign(body, first.settings.webhook_secrets[:1], at_s=int(time.time()))
        with httpx.Client(base_url=first.url, trust_env=False, timeout=60) as client:
            answer = client.post(WEBHOOK, content=body, headers={"Stripe-Signature": header})
        assert answer.status_code == 200, answer.text
        assert (reported(first), reported(second)) == ([OLD], [OLD])
    with BillingStub.running(tmp_path / "c", shared, database=database) as third:
        assert reported(third) == [OLD]


def test_versions_are_few_and_forgotten_days_after_their_last_event() -> None:
    store = open_store()
    migrate(store, 0)
    now_ms = 100 * DAY_MS

    def seen(version: str | None, at_ms: int) -> tuple[str, ...]:
        with store.write() as connection:
            webhook_versions.note(store, connection, version, at_ms)
            return webhook_versions.others(connection, at_ms)

    assert seen(None, now_ms) == seen(STRIPE_API_VERSION, now_ms) == ()
    assert seen(OLD, now_ms) == (OLD,)
    assert seen(OLD, now_ms + HOUR_MS // 2) == seen(OLD, now_ms + 2 * DAY_MS) == (OLD,)
    assert seen(None, now_ms + 4 * DAY_MS) == (OLD,)
    assert seen("x" * 99, now_ms + 6 * DAY_MS) == ("x" * 40,)
    for number in range(30):
        found = seen(f"{number:02}", now_ms + 6 * DAY_MS)
    assert len(found) == 16
    store.close()
