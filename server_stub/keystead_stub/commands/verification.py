"""The required verification of a deployment: each step is run against a backend.

The steps buy one subscription for a new device, at a Stripe that moves no real money. They are run
in their order, and one that needs an earlier one which failed is not run.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from keystead import proof
from keystead.encoding import InvalidEncoding, b64u_decode, b64u_encode
from keystead.instants import iso, to_ms
from keystead.keys import SigningKey
from keystead.wire import nyra as wire
from keystead_stub.commands.rehearsed_purchase import ENTITLED, Purchase, StepFailed, StepNotRun
from keystead_stub.ops.checklist import GO, Line
from keystead_stub.stripe_types.errors import StripeError

_STRIPES_PAGES = "checkout.stripe.com"
_ANSWERS = (httpx.HTTPError, ValueError, KeyError, TypeError, InvalidEncoding)


class Device:
    """A new device at the backend, with a fresh proof of its key on each request.

    Its proofs name `public_url`, which is what the backend compares them with.
    """

    def __init__(self, http: httpx.Client, public_url: str) -> None:
        self.http = http
        self._public_url = public_url
        self._key = SigningKey(secrets.token_bytes(32))
        self.id = self._key.thumbprint
        self.public = b64u_encode(self._key.public)
        self.token: str | None = None

    def request(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Any:
        """Return the JSON of an answer. Raises StepFailed if it is an error."""
        answer = self._once(method, path, token, None, more)
        if "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
            answer = self._once(method, path, token, answer.headers.get("dpop-nonce"), more)
        return checked(answer)

    def status(self, **parameters: str) -> Any:
        """Ask for the status, with the token if there is one, and keep the token in it."""
        token = None if parameters.keys() & {"checkoutSessionId"} else self.token
        query = {"deviceId": self.id, **parameters}
        body = self.request("GET", wire.LICENSE_STATUS, token=token, params=query)
        self.token = body["deviceAccessToken"] or self.token
        return body

    def _once(
        self, method: str, path: str, token: str | None, nonce: str | None, more: Any
    ) -> httpx.Response:
        signed = proof.make_proof(
            self._key,
            method=method,
            url=self._public_url + path,
            iat=int(time.time()),
            jti=secrets.token_urlsafe(16),
            token=token,
            nonce=nonce,
        )
        headers = {"DPoP": signed} | ({"Authorization": f"DPoP {token}"} if token else {})
        return self.http.request(method, path, headers=headers, **more)


def checked(answer: httpx.Response) -> Any:
    """Return the JSON of an answer. Raises StepFailed if it is an error."""
    if answer.is_success:
        return answer.json()
    try:
        code = answer.json()["code"]
    except (ValueError, KeyError, TypeError):
        code = "no problem document"
    raise StepFailed(f"the answer is {answer.status_code} ({code})")


def claims(token: str) -> Any:
    """Return the claims of a signed document, which the caller compares and does not trust."""
    return json.loads(b64u_decode(token.split(".")[1]))


class Verification:
    """The steps. `purchase` pays for the checkout, or says why nothing may be bought."""

    def __init__(
        self,
        http: httpx.Client,
        health: wire.Health | None,
        purchase: Purchase | str,
        *,
        public_url: str,
    ) -> None:
        self._http = http
        self._health = health
        self._purchase = purchase
        self._device = Device(http, public_url)
        self._session: str | None = None
        self._customer: str | None = None
        self._paid = False
        self._once = False
        #: Whether device tokens expire, and whether a checkout was refused; null if not seen.
        self.token_expires: bool | None = None
        self.checkout_refused: bool | None = None

    def run(self) -> tuple[Line, ...]:
        """Run all steps, and return their outcomes."""
        steps: tuple[tuple[str, Callable[[], str]], ...] = (
            (f"GET {wire.HEALTH} reports ok", self._health_ok),
            ("A checkout session opens a page of Stripe", self._checkout),
            ("checkout.session.completed records customer and device", self._completed),
            ("invoice.paid records the active state", self._invoice_paid),
            ("The portal opens with the device's token", self._portal),
            ("Refreshing the activation returns an active license", self._refresh),
            ("deviceAccessTokenExpiresAtIso is the token's expiresAt", self._expiry),
            ("A webhook that is delivered twice changes nothing", self._duplicate),
            ("A webhook with a bad signature is refused", self._bad_signature),
        )
        return tuple(_outcome(what, step) for what, step in steps)

    def _health_ok(self) -> str:
        if self._health is None:
            raise StepFailed("no backend answers")
        if not self._health.ok:
            missing = ", ".join(self._health.checks.secrets.missing)
            raise StepFailed(f"ok is false; missing secrets: {missing or 'none'}")
        return f"ok: true, Stripe is {self._health.stripe.mode}"

    def _checkout(self) -> str:
        if self._health is None:
            raise StepNotRun("no backend answers")
        body = {"deviceId": self._device.id, "devicePublicKey": self._device.public}
        body |= self._wish()
        if isinstance(self._purchase, str):
            if self._health.deployability.status != GO:
                answer = self._http.post(wire.CHECKOUT, json=body)
                self.checkout_refused = answer.status_code == httpx.codes.FORBIDDEN
            raise StepNotRun(self._purchase)
        opened = self._device.request("POST", wire.CHECKOUT, json=body)
        host = urlsplit(opened["url"]).netloc
        if host not in {_STRIPES_PAGES, *self._purchase.hosts}:
            raise StepFailed(f"the page is at {host}")
        self._session = str(opened["sessionId"])
        return f"{self._session} at {host}"

    def _wish(self) -> dict[str, str]:
        """Return what to buy, where the plan that is sold by default is paid once: one that renews.

        Sets `_once` where there is none.
        """
        plans = msgspec.convert(checked(self._http.get(wire.PLANS)), wire.PlansAnswer).plans
        offers = [(plan.plan, price.billing_period) for plan in plans for price in plan.prices]
        renewing = [offer for offer in offers if offer[1] != wire.ONCE]
        self._once = bool(offers) and not renewing
        if not renewing or offers[0] in renewing:
            return {}
        return {"plan": renewing[0][0], "billingPeriod": renewing[0][1]}

    def _completed(self) -> str:
        purchase, session = self._opened()
        self._customer = purchase.complete_checkout(session, self._device.id)
        body = self._device.status(checkoutSessionId=session)
        license_ = claims(body["license"])
        if license_["sub"] != self._customer or license_["deviceId"] != self._device.id:
            raise StepFailed("the license is for another customer or device")
        return f"customer {self._customer}, device {self._device.id}"

    def _invoice_paid(self) -> str:
        purchase, _ = self._opened()
        if self._customer is None:
            raise StepNotRun("the checkout was not completed")
        shown = "" if self._once else purchase.pay_invoice()
        body = self._device.status()
        if not (body["active"] and body["status"] in ENTITLED):
            raise StepFailed(f"the status is {body['status']}")
        if self._once:
            self._paid = True
            raise StepNotRun("all that is sold is paid once, without an invoice")
        if body["entitlement"]["currentPeriodEnd"] is None:
            raise StepFailed("no paid period was recorded")
        self._paid = True
        return shown

    def _portal(self) -> str:
        opened = self._device.request("POST", wire.PORTAL, token=self._activated(), json={})
        return f"a page at {urlsplit(opened['url']).netloc}"

    def _refresh(self) -> str:
        self._activated()
        nonce = secrets.token_urlsafe(16)
        body = self._device.status(nonce=nonce)
        license_ = claims(body["license"])
        if not (body["active"] and license_["active"]):
            raise StepFailed(f"the status is {body['status']}")
        if license_.get("nonce") != nonce:
            raise StepFailed("the license does not repeat the nonce")
        return f"active until {body['offlineGrace']['endsAtIso']}"

    def _expiry(self) -> str:
        self._activated()
        body = self._device.status()
        token = claims(body["deviceAccessToken"])
        expires_at = token.get("expiresAt")
        self.token_expires = isinstance(expires_at, int) and to_ms(token["exp"]) == expires_at
        told = body["deviceAccessTokenExpiresAtIso"]
        if not self.token_expires or iso(expires_at) != told:
            raise StepFailed(f"told {told}, and the token says {expires_at}")
        return str(told)

    def _duplicate(self) -> str:
        purchase, _ = self._opened()
        self._activated()
        before = self._device.status()
        shown = purchase.redeliver()
        after = self._device.status()
        if any(before[name] != after[name] for name in ("active", "status", "entitlement")):
            raise StepFailed("the status is another one afterwards")
        return shown

    def _bad_signature(self) -> str:
        if self._health is None:
            raise StepNotRun("no backend answers")
        headers = {"Stripe-Signature": f"t={int(time.time())},v1={'0' * 64}"}
        body = {"id": "evt_forged", "object": "event", "type": "invoice.paid"}
        answer = self._http.post(wire.WEBHOOK, json=body, headers=headers)
        code = answer.json().get("code")
        if (answer.status_code, code) != (httpx.codes.BAD_REQUEST, "bad_signature"):
            raise StepFailed(f"the answer is {answer.status_code} ({code})")
        return "400 bad_signature"

    def _opened(self) -> tuple[Purchase, str]:
        if isinstance(self._purchase, str) or self._session is None:
            raise StepNotRun("no checkout was opened")
        return self._purchase, self._session

    def _activated(self) -> str:
        if not self._paid or self._device.token is None:
            raise StepNotRun("the device was not activated")
        return self._device.token


def _outcome(what: str, step: Callable[[], str]) -> Line:
    try:
        return Line(what, "passed", step())
    except StepNotRun as reason:
        return Line(what, "not_run", str(reason))
    except StepFailed as reason:
        return Line(what, "failed", str(reason))
    except StripeError as error:
        return Line(what, "failed", f"Stripe refused the request ({error.code})")
    except _ANSWERS:
        # The backend broke off, or its answer has another form than the documented one.
        return Line(what, "failed", "the answer is not as documented")
