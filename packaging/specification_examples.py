"""The examples of the specification, made by the code that they describe."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec
from vector_groups import world

from keystead.encoding import b64u_decode
from keystead.entitlement import Entitlement, OfflineGrace
from keystead.instants import HOUR_MS, iso
from keystead.key_manifest import sign_key_manifest
from keystead.keys import KeySet, public_jwk
from keystead.labelled_hash import labelled_hash
from keystead.local_api import METHODS, Nothing
from keystead.problems import problem
from keystead.profile_digest import profile_digest
from keystead.proof import make_proof
from keystead.wire import nyra
from keystead.wire.offline import OfflineRequest, link_to, write_request

_FENCE = "```"


def _block(kind: str, text: str) -> str:
    return f"{_FENCE}{kind}\n{text}\n{_FENCE}"


def _json(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value), indent=2, ensure_ascii=False)


def _json_block(value: Any) -> str:
    return _block("json", _json(value))


def _document(text: str) -> str:
    """Return a signed document: as it is sent, then its header and its payload."""
    head, body, _ = (part for part in text.split("."))
    parts = [_json(json.loads(b64u_decode(part))) for part in (head, body)]
    return "\n\n".join([_block("text", text), *(_block("json", part) for part in parts)])


def _labelled_hash() -> str:
    made = labelled_hash("keystead-nonce", "a", "1", "b")
    call = 'labelled-hash("keystead-nonce", "a", "1", "b")'
    return _block("text", f"{call}\n= {made.hex()}")


def _seeds() -> str:
    lines = ["signing key   kid 2026", "root key", "device key"]
    keys = (world.BACKEND, world.ROOT, world.DEVICE)
    seeds = (bytes(range(32)), bytes(range(3, 35)), b"d" * 32)
    texts = [
        f"{line}\n  seed        {seed.hex()}\n  thumbprint  {key.thumbprint}"
        for line, seed, key in zip(lines, seeds, keys, strict=True)
    ]
    return _block("text", "\n".join(texts))


def _jwk() -> str:
    return _json_block(public_jwk(world.DEVICE.public))


def _jwks() -> str:
    return _json_block(world.jwks(world.BACKEND))


def _manifest() -> str:
    keys = KeySet([world.BACKEND.public_key, world.NEXT_BACKEND.public_key])
    text = sign_key_manifest(
        world.ROOT, keys=keys, version=7, product=world.PRODUCT, issued_s=world.ISSUED_MS // 1000
    )
    return _document(text)


def _license() -> str:
    return _document(world.license_text())


def _device() -> str:
    return _document(world.device_text())


def _binding() -> str:
    made = world.device_claims()["binding"]
    lines = [
        f"machine id    {world.MACHINE_ID}",
        f"state folder  {world.FOLDER}",
        f"binding       {made}",
    ]
    return _block("text", "\n".join(lines))


def _nonce() -> str:
    opened = world.opening()
    lines = [f"{name:<7} {value}" for name, value in opened.items()]
    return _block("text", "\n".join([*lines, f"nonce   {world.nonce_of(opened)}"]))


def _problem() -> str:
    found = msgspec.to_builtins(
        problem("device_limit", request_id="req_01", detail="3 of 3 devices are in use.")
    )
    return _json_block(found | {"devices": [_WIRE_DEVICE], "deviceLimit": 3})


def _proof() -> str:
    text = make_proof(
        world.DEVICE,
        method="GET",
        url="https://billing.example/api/license/devices",
        iat=world.ISSUED_MS // 1000,
        jti="Xm1vY2tlZC1qdGktMTIzNA",
        token=_TOKEN,
    )
    return _document(text)


def _health() -> str:
    found = nyra.Health(
        ok=True,
        service="nyra-billing-api",
        time=world.ISSUED_MS,
        checks=nyra.HealthChecks(
            secrets=nyra.SecretsCheck(ok=True, missing=()),
            vars={"STRIPE_API_VERSION": "2026-02-25.clover"},
            database=nyra.DatabaseCheck(ok=True),
        ),
        stripe=nyra.StripeMode(mode="test"),
        deployability=nyra.Deployability(status="GO", blockers=()),
    )
    return _json_block(found)


def _checkout() -> str:
    asked = nyra.CheckoutRequest(
        device_id=world.DEVICE.thumbprint,
        device_public_key=public_jwk(world.DEVICE.public)["x"],
        device_name="Ada's laptop",
        plan="studio",
        billing_period="monthly",
        seats=1,
    )
    members = {k: v for k, v in msgspec.to_builtins(asked).items() if v is not None}
    answer = nyra.CheckoutAnswer(
        session_id="cs_test_a1",
        url="https://checkout.stripe.example/c/pay/cs_test_a1",
        expires_at=world.ISSUED_MS + 24 * HOUR_MS,
    )
    return f"{_json_block(members)}\n\n{_json_block(answer)}"


def _status() -> str:
    claims = world.license_claims()
    answer = nyra.LicenseStatus(
        active=True,
        status="active",
        server_time=world.ISSUED_MS,
        reason=None,
        entitlement=msgspec.convert(claims["entitlement"], Entitlement),
        offline_grace=msgspec.convert(claims["offlineGrace"], OfflineGrace),
        device=nyra.DeviceStanding(
            device_id=world.DEVICE.thumbprint,
            name="Ada's laptop",
            activated_at=world.ISSUED_MS,
            last_checked_at=world.ISSUED_MS,
            active_devices=1,
            device_limit=3,
        ),
        license=world.license_text(),
        device_access_token=_TOKEN,
        device_access_token_expires_at=world.BOUNDARY_MS,
        device_access_token_expires_at_iso=iso(world.BOUNDARY_MS),
        refresh_after_seconds=21_600,
    )
    return _json_block(answer)


def _devices() -> str:
    return _json_block(nyra.DevicesAnswer(devices=(_WIRE_DEVICE,), device_limit=3))


def _plans() -> str:
    price = nyra.Price(
        price_id="price_studio_monthly", billing_period="monthly", amount=2900, currency="usd"
    )
    plan = nyra.Plan(
        plan="studio",
        name="Acme Studio",
        features=tuple(world.FEATURES),
        prices=(price,),
        max_seats=50,
    )
    return _json_block(nyra.PlansAnswer(plans=(plan,)))


def _invoices() -> str:
    invoice = nyra.Invoice(
        id="in_1",
        number="ACME-0001",
        status="paid",
        amount_due=2900,
        amount_paid=2900,
        currency="usd",
        created_at=world.ISSUED_MS,
        period_end=world.PERIOD_END_MS,
        hosted_url="https://invoice.stripe.example/i/in_1",
    )
    card = nyra.PaymentMethod(brand="visa", last4="4242")
    return _json_block(nyra.InvoicesAnswer(invoices=(invoice,), payment_method=card))


def _request_text() -> str:
    request = OfflineRequest(
        aud=world.PRODUCT,
        device_id=world.DEVICE.thumbprint,
        device_name="Ada's laptop",
        iat=world.ISSUED_MS // 1000,
        nonce=world.SALT,
    )
    return write_request(request, world.DEVICE)


def _request() -> str:
    return _document(_request_text())


def _request_link() -> str:
    return _block("text", link_to("https://billing.example/offline", _request_text()))


def _methods() -> str:
    rows = ["| method | parameters | answers |", "| --- | --- | --- |"]
    for name, method in METHODS.items():
        rows.append(f"| `{name}` | {_members(method.params)} | {_members(method.result)} |")
    return "\n".join(rows)


def _members(kind: type[msgspec.Struct]) -> str:
    if kind is Nothing:
        return "none"
    return ", ".join(f"`{field.encode_name}`" for field in msgspec.structs.fields(kind))


_PROFILE = """\
[product]
id = "acme-notes"
[backend]
url = "https://billing.example/"
[trust]
keys = "keys.json"
"""


def _profile_digest() -> str:
    digest = profile_digest(_PROFILE, lambda _name: json.dumps(world.jwks(world.BACKEND)))
    toml = _block("toml", _PROFILE.strip())
    return f"{toml}\n\n{_block('text', digest)}"


_TOKEN = world.token_text()
_WIRE_DEVICE = nyra.Device(
    device_id=world.DEVICE.thumbprint,
    name="Ada's laptop",
    activated_at=world.ISSUED_MS,
    last_checked_at=world.ISSUED_MS,
    current=True,
)

EXAMPLES: dict[str, Callable[[], str]] = {
    "labelled-hash": _labelled_hash,
    "seeds": _seeds,
    "jwk": _jwk,
    "jwks": _jwks,
    "manifest": _manifest,
    "license": _license,
    "token": lambda: _document(_TOKEN),
    "device": _device,
    "binding": _binding,
    "nonce": _nonce,
    "problem": _problem,
    "proof": _proof,
    "health": _health,
    "checkout": _checkout,
    "status": _status,
    "devices": _devices,
    "plans": _plans,
    "invoices": _invoices,
    "request": _request,
    "request-link": _request_link,
    "methods": _methods,
    "profile-digest": _profile_digest,
}
