"""A simulated device at the backend: its key, its DPoP proofs and its HTTP calls."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import httpx

from keystead import proof, trust
from keystead.documents import License
from keystead.encoding import b64u_encode
from keystead.keys import KeySet, SigningKey
from keystead.profile import load_profile
from keystead.wire import nyra as wire
from keystead.wire.fields import PRODUCT_HEADER
from keystead.wire.offline import OfflineRequest, link_to, write_request
from keystead_stub.in_process import BillingStub

PRODUCT = "nyra"
_HIDDEN = re.compile(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"')


def new_nonce() -> str:
    return secrets.token_urlsafe(16)


class BillingDevice:
    """Sends each call with a fresh DPoP proof, and repeats it with the nonce of a 401."""

    def __init__(
        self,
        stub: BillingStub,
        http: httpx.Client,
        name: str = "Laptop",
        *,
        key: SigningKey | None = None,
    ) -> None:
        self.stub = stub
        self.http = http
        self.name = name
        self.key = key or SigningKey(secrets.token_bytes(32))
        self.id = self.key.thumbprint
        self.public = b64u_encode(self.key.public)
        self.token: str | None = None

    def identity(self) -> dict[str, str]:
        return {"deviceId": self.id, "devicePublicKey": self.public, "deviceName": self.name}

    def proof(
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        nonce: str | None = None,
        iat: int | None = None,
        jti: str | None = None,
        key: SigningKey | None = None,
    ) -> str:
        return proof.make_proof(
            key or self.key,
            method=method,
            url=self.stub.url + path,
            iat=int(time.time()) if iat is None else iat,
            jti=jti or secrets.token_urlsafe(16),
            token=token,
            nonce=nonce,
        )

    def call(
        self, method: str, path: str, *, token: str | None = None, **options: Any
    ) -> httpx.Response:
        """Call with the token and a proof, or with a proof alone where `token` is null."""
        answer = self._once(method, path, token, None, options)
        nonce = answer.headers.get("dpop-nonce")
        stale = "use_dpop_nonce" in answer.headers.get("www-authenticate", "")
        return self._once(method, path, token, nonce, options) if stale else answer

    def _once(
        self, method: str, path: str, token: str | None, nonce: str | None, options: Any
    ) -> httpx.Response:
        headers = {"DPoP": self.proof(method, path, token=token, nonce=nonce)}
        if token is not None:
            headers["Authorization"] = f"DPoP {token}"
        return self.http.request(method, path, headers=headers, **options)

    def start_checkout(self, **wish: Any) -> str:
        answer = self.call("POST", wire.CHECKOUT, json={**self.identity(), **wish})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sessionId"])

    def ask(self, *, token: str | None = None, **parameters: str) -> httpx.Response:
        """Request the status with the device's token, or with what the parameters name."""
        right = {"checkoutSessionId", "activationId"} & set(parameters)
        used = token or (None if right else self.token)
        query = {"deviceId": self.id, "nonce": new_nonce(), **parameters}
        return self.call("GET", wire.LICENSE_STATUS, token=used, params=query)

    def status(self, **parameters: str) -> dict[str, Any]:
        """Return the status, which has to be 200, and keep a token in it."""
        answer = self.ask(**parameters)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        self.token = body["deviceAccessToken"] or self.token
        return body

    def license(self, body: dict[str, Any]) -> License:
        """Return the license of an answer, verified by the keys that the stub gives to clients."""
        keys = KeySet.from_jwks(self.stub.keys.read_text())
        product = load_profile(self.stub.profile).product_id
        return trust.verify_license(body["license"], keys=keys, product=product)

    def activate(self, *, email: str = "ada@example.com", **wish: Any) -> dict[str, Any]:
        """Buy, pay and activate."""
        session = self.start_checkout(**wish)
        self.stub.pay(session, email=email)
        return self.status(checkoutSessionId=session)

    def restore(self, email: str, product: str | None = None) -> str:
        """Ask to be activated by email, as this program if named; return the activation id."""
        body = {**self.identity(), "email": email}
        headers = {PRODUCT_HEADER: product} if product else {}
        answer = self.http.post(wire.RESTORE, json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["activationId"])

    def offline_request(self, **changes: str) -> str:
        """Return a request for an offline license."""
        fields = {
            "aud": PRODUCT,
            "device_id": self.id,
            "device_name": self.name,
            "nonce": new_nonce(),
            **changes,
        }
        return write_request(OfflineRequest(iat=int(time.time()), **fields), self.key)

    def ask_offline(self, email: str, request: str | None = None) -> str:
        """Open the link of the QR code and submit the email; return the link in the mail."""
        link = link_to(f"{self.stub.url}/offline", request or self.offline_request())
        fields = dict(_HIDDEN.findall(self.http.get(link).text))
        answer = self.http.post("/offline", data={**fields, "email": email})
        assert answer.status_code == 200, answer.text
        return str(self.stub.outbox()[0]["link"])

    def follow_newest_mail(self) -> httpx.Response:
        """Confirm on the page of the newest mail's link."""
        link = self.stub.outbox()[0]["link"]
        token = self.http.get(link).text.partition('name="token" value="')[2].partition('"')[0]
        return self.http.post(link, data={"token": token})

    @property
    def customer_id(self) -> str:
        return str(self.stub.state(self.id)["customer"]["id"])
