"""A paid device that calls the stub without a daemon."""

from __future__ import annotations

import os
import time

import msgspec

from benchmarks.environment import Stub
from benchmarks.measurement import CannotMeasure
from keystead.encoding import b64u_encode
from keystead.keys import SigningKey
from keystead.proof import make_proof
from keystead.wire import nyra


class Customer(msgspec.Struct, frozen=True):
    """``license`` and ``token`` as the stub signed them for this key."""

    key: SigningKey
    license: str
    token: str

    def proof(self, url: str) -> str:
        """Return a fresh DPoP proof for one status call."""
        return make_proof(
            self.key, method="GET", url=url, iat=int(time.time()), jti=_random(), token=self.token
        )


def status_path(device_id: str) -> str:
    return f"{nyra.LICENSE_STATUS}?deviceId={device_id}&nonce={_random()}"


def buy_license(stub: Stub) -> Customer:
    """Go through a checkout. Raises CannotMeasure if the stub refuses."""
    key = SigningKey(os.urandom(32))
    named = {"deviceId": key.thumbprint, "devicePublicKey": b64u_encode(key.public)}
    session = stub.ask("POST", nyra.CHECKOUT, named)["sessionId"]
    stub.pay(session)
    proof = make_proof(
        key,
        method="GET",
        url=stub.url + nyra.LICENSE_STATUS,
        iat=int(time.time()),
        jti=_random(),
    )
    path = f"{status_path(key.thumbprint)}&checkoutSessionId={session}"
    answer = stub.ask("GET", path, headers={"DPoP": proof})
    if not answer["active"]:
        raise CannotMeasure(f"the device was paid for and is {answer['status']}")
    return Customer(key, answer["license"], answer["deviceAccessToken"])


def _random() -> str:
    return b64u_encode(os.urandom(16))
