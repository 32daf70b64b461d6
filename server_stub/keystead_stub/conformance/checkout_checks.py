"""Rules about starting a checkout."""

from __future__ import annotations

from typing import Any

from keystead.encoding import b64u_encode
from keystead.wire import nyra as wire
from keystead_stub.conformance.exchanges import (
    RuleFailed,
    require_refusal,
    require_status,
)
from keystead_stub.conformance.probe_device import Flaw, thumbprint_of
from keystead_stub.conformance.run_state import Run
from keystead_stub.conformance.service_checks import require_ms, require_page

#: The neutral point of the curve as a public key: signatures under it need no secret.
_SMALL_ORDER = b"\x01" + bytes(31)


def checkout_answer(run: Run) -> None:
    _, answer, opened = run.opened()
    run.cite(answer)
    if not opened.session_id:
        raise RuleFailed("sessionId is empty")
    require_page(opened.url)
    require_ms("expiresAt", opened.expires_at)


def checkout_invalid(run: Run) -> None:
    device = run.new_device()
    whole = device.identity()
    without_key = {"deviceId": device.id}
    bodies: tuple[Any, ...] = (
        {},
        without_key,
        whole | {"deviceId": 7},
        whole | {"email": "no address"},
        whole | {"seats": "two"},
        [whole],
    )
    for body in bodies:
        require_refusal(run.backend.send("POST", wire.CHECKOUT, body=body), 400, "invalid_request")


def checkout_device_key(run: Run) -> None:
    neutral = b64u_encode(_SMALL_ORDER)
    for body in (
        run.new_device().identity() | {"deviceId": run.new_device().id},
        {"deviceId": thumbprint_of(neutral), "devicePublicKey": neutral},
    ):
        require_refusal(run.backend.send("POST", wire.CHECKOUT, body=body), 400, "invalid_request")


def checkout_unknown_plan(run: Run) -> None:
    body = run.new_device().identity() | {"plan": "conformance-no-such-plan"}
    require_refusal(run.backend.send("POST", wire.CHECKOUT, body=body), 400, "invalid_request")


def checkout_unknown_fields(run: Run) -> None:
    run.opened()
    device = run.new_device()
    body = device.identity() | {"conformanceUnknown": {"nested": [1]}}
    require_status(device.call("POST", wire.CHECKOUT, body=body), 200)


def checkout_proof(run: Run) -> None:
    run.opened()
    device, thief = run.new_device(), run.new_device()
    answer = device.once(
        "POST",
        wire.CHECKOUT,
        body=device.identity(),
        flaw=Flaw(key=thief.key),
        note="with another device's proof",
    )
    require_refusal(answer, 401, "invalid_token")


def checkout_entitled(run: Run) -> None:
    device = run.activated().device
    answer = device.call("POST", wire.CHECKOUT, body=device.identity())
    require_refusal(answer, 409, "already_entitled")


CHECKS = {
    "checkout-answer": checkout_answer,
    "checkout-invalid": checkout_invalid,
    "checkout-device-key": checkout_device_key,
    "checkout-unknown-plan": checkout_unknown_plan,
    "checkout-unknown-fields": checkout_unknown_fields,
    "checkout-proof": checkout_proof,
}
PAID_CHECKS = {"checkout-entitled": checkout_entitled}
