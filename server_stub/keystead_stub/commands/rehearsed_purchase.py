"""Ways to pay for a checkout without real money, so that a backend gets Stripe's webhooks.

Simulated Stripe pays at once and delivers. At a real Stripe in test mode nobody can pay a hosted
checkout by a program: there a customer with a test card subscribes over the API, and the events are
signed with the backend's own webhook secret and posted, as Stripe would.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

import httpx

from keystead.wire.nyra import WEBHOOK
from keystead_stub.stripe_port.live import refusals
from keystead_stub.stripe_types.api import STRIPE_API_VERSION
from keystead_stub.stripe_types.webhook_signature import sign

if TYPE_CHECKING:
    from stripe import StripeClient

_CARD = "pm_card_visa"
_EMAIL = "checklist@example.com"
#: The statuses of who may use what was bought.
ENTITLED = ("active", "trialing")
_COMPLETED, _PAID = "checkout.session.completed", "invoice.paid"


class StepFailed(Exception):
    """A step did not do what it has to; the message says what happened."""


class StepNotRun(Exception):
    """A step could not be run; the message says why."""


class Purchase(Protocol):
    """A purchase by one device. `hosts` are where its pages may be, beside Stripe's own."""

    hosts: frozenset[str]

    def complete_checkout(self, session_id: str, device_id: str) -> str:
        """Deliver `checkout.session.completed`, and return the customer. Raises StepFailed."""

    def pay_invoice(self) -> str:
        """Deliver `invoice.paid`, and return what shows its effect. Raises StepFailed."""

    def redeliver(self) -> str:
        """Deliver an event again, and return what shows that it changed nothing."""

    def close(self) -> None:
        """Cancel what was bought."""


class SimulatedPurchase:
    """A purchase at the stub's own Stripe, by its controls; its pages are at `public_url`."""

    def __init__(self, http: httpx.Client, public_url: str) -> None:
        self._http = http
        backend = urlsplit(str(http.base_url))
        self.hosts = frozenset({backend.netloc, urlsplit(public_url).netloc})
        # The controls have no prefix of a billing API, but that of a proxy.
        through_proxy = str(http.base_url).startswith(public_url)
        self._origin = public_url if through_proxy else f"{backend.scheme}://{backend.netloc}"
        self._device_id = ""
        self._customer_id = ""

    def complete_checkout(self, session_id: str, device_id: str) -> str:
        paid = self._ask("POST", f"/_stub/checkouts/{session_id}/complete", {"email": _EMAIL})
        self._device_id, self._customer_id = device_id, str(paid["session"]["customerId"])
        self._delivered(_COMPLETED)
        row = self._record()
        recorded = (row["customer_id"], row["checkout_session_id"], row["device_id"])
        if recorded != (self._customer_id, session_id, device_id):
            raise StepFailed("billing_customers has another customer, session or device")
        return self._customer_id

    def pay_invoice(self) -> str:
        self._delivered(_PAID)
        row = self._record()
        # A trial begins with a paid invoice over nothing.
        if row["status"] not in ENTITLED or row["last_invoice_status"] != "paid":
            raise StepFailed(f"billing_customers has the status {row['status']}")
        return f"billing_customers: {row['status']}, {row['last_invoice_id']} paid"

    def redeliver(self) -> str:
        before = self._record()
        event_id = self._delivered(_COMPLETED)
        event = self._ask("POST", f"/_stub/events/{event_id}/redeliver")
        if event["deliveries"][-1]["status"] != httpx.codes.OK:
            raise StepFailed("the second delivery was refused")
        if self._record() != before:
            raise StepFailed("the second delivery changed the record")
        return f"{event_id} was delivered {len(event['deliveries'])} times"

    def close(self) -> None:
        if not self._customer_id:
            return
        customer = f"/_stub/customers/{self._customer_id}"
        bought = self._ask("GET", f"/_stub/state?customerId={self._customer_id}")
        if bought["subscription"] is None:
            self._ask("POST", f"{customer}/refund")
        else:
            self._ask("POST", f"{customer}/cancel", {"atPeriodEnd": False})

    def _delivered(self, kind: str) -> str:
        """Return the id of the customer's event of this type, which was delivered."""
        for event in self._ask("GET", "/_stub/events?limit=1000")["events"]:
            if event["type"] == kind and event["customerId"] == self._customer_id:
                if any(one["status"] == httpx.codes.OK for one in event["deliveries"]):
                    return str(event["id"])
                raise StepFailed(f"{kind} was not accepted")
        raise StepFailed(f"Stripe sent no {kind}")

    def _record(self) -> Any:
        state = self._ask("GET", f"/_stub/state?deviceId={self._device_id}")
        rows = state["records"]["billing_customers"]
        if len(rows) != 1:
            raise StepFailed("billing_customers has no row for the customer")
        return rows[0]

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._http.request(method, self._origin + path, json=body)
        if not answer.is_success:
            raise StepFailed(f"the stub's control answers {answer.status_code}")
        return answer.json()


class ApiPurchase:
    """A purchase over the API of a real Stripe in test mode."""

    def __init__(
        self, http: httpx.Client, client: StripeClient, given: Mapping[str, str], webhook: str
    ) -> None:
        self._http = http
        self._api = client.v1
        self._price = given.get("NYRA_STRIPE_PRICE_PRO_MONTHLY", "")
        self._secret = webhook
        simulated = given.get("STRIPE_API_URL", "")
        self.hosts = frozenset({urlsplit(simulated).netloc} if simulated else ())
        self._customer_id: str | None = None
        self._session_id: str | None = None
        self._subscription: Any = None
        self._last: bytes = b""

    def complete_checkout(self, session_id: str, device_id: str) -> str:
        with refusals():
            session = self._api.checkout.sessions.retrieve(session_id).to_dict(for_json=True)
            self._session_id = session_id
            if session.get("client_reference_id") != device_id:
                raise StepFailed("the session does not name the device")
            self._subscribe(dict(session["metadata"]))
        completed = session | {
            "status": "complete",
            "payment_status": "paid",
            "customer": self._customer_id,
            "subscription": self._subscription["id"],
        }
        self._deliver(_COMPLETED, completed)
        return str(self._customer_id)

    def pay_invoice(self) -> str:
        with refusals():
            invoice = self._api.invoices.retrieve(self._subscription["latest_invoice"]).to_dict(
                for_json=True
            )
        if invoice["status"] != "paid":
            raise StepFailed(f"the invoice is {invoice['status']}")
        self._deliver("customer.subscription.created", self._subscription)
        self._deliver(_PAID, invoice)
        return f"{invoice['id']} is paid, and the webhook was taken in"

    def redeliver(self) -> str:
        answer = self._post(self._last)
        if answer.json() != {"received": True, "duplicate": True}:
            raise StepFailed(f"the answer is {answer.status_code}, and no duplicate")
        return "duplicate: true"

    def close(self) -> None:
        with refusals():
            if self._customer_id is not None:
                # Stripe ends a deleted customer's subscriptions.
                self._api.customers.delete(self._customer_id)
            if self._session_id is not None:
                self._api.checkout.sessions.expire(self._session_id)

    def _subscribe(self, metadata: dict[str, str]) -> None:
        """Create a customer with a test card, and a subscription as the checkout's would be."""
        customer = self._api.customers.create(
            {
                "email": _EMAIL,
                "payment_method": _CARD,
                "invoice_settings": {"default_payment_method": _CARD},
            }
        )
        self._customer_id = customer.id
        self._subscription = self._api.subscriptions.create(
            {
                "customer": customer.id,
                "items": [{"price": self._price}],
                "metadata": metadata,
            }
        ).to_dict(for_json=True)

    def _deliver(self, kind: str, document: Any) -> None:
        event = {
            "id": f"evt_checklist_{secrets.token_hex(8)}",
            "object": "event",
            "api_version": STRIPE_API_VERSION,
            "created": int(time.time()),
            "livemode": False,
            "type": kind,
            "data": {"object": document},
        }
        self._last = json.dumps(event).encode()
        answer = self._post(self._last)
        if answer.status_code != httpx.codes.OK:
            raise StepFailed(f"the webhook answers {answer.status_code} to {kind}")

    def _post(self, body: bytes) -> httpx.Response:
        header = sign(body, [self._secret], at_s=int(time.time()))
        return self._http.post(WEBHOOK, content=body, headers={"Stripe-Signature": header})
