"""The native billing API (contract §3): wire types in, services asked, wire types out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import HeaderParameter, PathParameter, QueryParameter, RawBody
from litestar.types import ControllerRouterHandler

from keystead.wire import nyra as wire
from keystead_stub import (
    checkouts,
    credentials,
    device_rules,
    manifests,
    portals,
    restore,
    statuses,
    webhooks,
)
from keystead_stub.billing_apis.reading import (
    AnyRequest,
    Authorization,
    Described,
    ProofHeader,
    asked,
    bearer_of,
    bearer_only,
    body_of,
    caller_address,
    json_only,
)
from keystead_stub.health import health
from keystead_stub.injected import Injected
from keystead_stub.problem_answers import documented
from keystead_stub.refusals import too_many
from keystead_stub.store import devices

CHECKOUTS_PER_MINUTE = 600
RESTORES_PER_MINUTE = 120

_DEVICE_ID = "^[A-Za-z0-9_-]{43}$"
DeviceId = Annotated[str, QueryParameter(name="deviceId", pattern=_DEVICE_ID)]
PathDeviceId = Annotated[str, PathParameter(pattern=_DEVICE_ID)]
QueryNonce = Annotated[
    str | None, QueryParameter(name="nonce", pattern="^[A-Za-z0-9_-]{16,64}$", required=False)
]
SessionId = Annotated[
    str | None,
    QueryParameter(name="checkoutSessionId", min_length=1, max_length=200, required=False),
]
ActivationId = Annotated[
    str | None, QueryParameter(name="activationId", min_length=1, max_length=200, required=False)
]


@get("/health", responses=documented(), summary="Whether all is well", sync_to_thread=False)
def get_health(services: Injected) -> Response[wire.Health]:
    report = health(services)
    return Response(report, status_code=200 if report.ok else 503)


@post(
    wire.CHECKOUT,
    status_code=200,
    guards=[json_only],
    responses=documented(400, 403, 409, 413, 415, 429, 502),
    summary="Start a checkout for a device",
)
async def post_checkout(
    request: AnyRequest, services: Injected, data: Described[wire.CheckoutRequest]
) -> wire.CheckoutAnswer:
    _limit(services, request, "checkout", CHECKOUTS_PER_MINUTE)
    wanted = await body_of(request, wire.CheckoutRequest)
    wish = checkouts.Wish(**msgspec.structs.asdict(wanted))
    session = await checkouts.start(services, wish)
    return wire.CheckoutAnswer(
        session_id=session.id, url=session.url or "", expires_at=session.expires_at_ms
    )


@post(
    wire.PORTAL,
    status_code=200,
    guards=[bearer_only, json_only],
    responses=documented(400, 401, 413, 415, 502),
    summary="Open the customer portal",
)
async def post_portal(
    request: AnyRequest,
    services: Injected,
    data: Described[wire.PortalRequest | None] = None,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.PortalAnswer:
    token = bearer_of(request)
    wanted = await body_of(request, wire.PortalRequest)
    session = await portals.open_portal(services, token.sub, wanted.return_url, wanted.flow)
    return wire.PortalAnswer(url=session.url, expires_at=session.expires_at_ms)


@post(
    wire.WEBHOOK,
    status_code=200,
    request_max_body_size=webhooks.MAX_BODY,
    responses=documented(400, 413, 503),
    summary="Stripe's webhook",
)
async def post_webhook(
    services: Injected,
    body: RawBody,
    signature: Annotated[
        str | None, HeaderParameter(name="Stripe-Signature", required=False)
    ] = None,
) -> wire.WebhookAnswer:
    return wire.WebhookAnswer(received=True, duplicate=webhooks.receive(services, body, signature))


@get(
    wire.LICENSE_STATUS,
    responses=documented(400, 401, 404, 409, 429, 502),
    summary="What this device may do, signed",
)
async def get_status(
    *,
    request: AnyRequest,
    services: Injected,
    device_id: DeviceId,
    nonce: QueryNonce = None,
    checkout_session_id: SessionId = None,
    activation_id: ActivationId = None,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.LicenseStatus:
    question = statuses.Question(
        device_id=device_id,
        nonce=nonce,
        checkout_session_id=checkout_session_id,
        activation_id=activation_id,
    )
    return await statuses.answer(services, asked(request), question)


@get(
    wire.DEVICES,
    guards=[bearer_only],
    responses=documented(400, 401),
    summary="The customer's devices",
    sync_to_thread=False,
)
def get_devices(
    request: AnyRequest,
    services: Injected,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.DevicesAnswer:
    token = bearer_of(request)
    return _devices(services, token.sub, token.device_id)


def _devices(services: Injected, customer_id: str, current: str) -> wire.DevicesAnswer:
    with services.store.read() as connection:
        rows = devices.active_devices(connection, customer_id)
    return wire.DevicesAnswer(
        devices=tuple(device_rules.shown(row, current=current) for row in rows),
        device_limit=services.terms.device_limit,
    )


@delete(
    wire.DEVICES + "/{device_id:str}",
    status_code=200,
    responses=documented(400, 401, 404, 409),
    summary="Let a device go",
    sync_to_thread=False,
)
def delete_device(
    *,
    request: AnyRequest,
    services: Injected,
    device_id: PathDeviceId,
    checkout_session_id: SessionId = None,
    activation_id: ActivationId = None,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.DevicesAnswer:
    question = asked(request)
    if question.credential[0]:
        token = credentials.device_bearer(services, question)
        asking, customer_id = token.device_id, token.sub
    else:
        asking, customer_id = statuses.claimant(
            services, question, checkout_session_id, activation_id
        )
    device_rules.let_go(services, customer_id, device_id, own=device_id == asking)
    return _devices(services, customer_id, asking)


@post(
    wire.DEACTIVATE,
    guards=[bearer_only],
    status_code=200,
    responses=documented(400, 401),
    summary="Let this device go",
    sync_to_thread=False,
)
def post_deactivate(
    request: AnyRequest,
    services: Injected,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.DeactivateAnswer:
    token = bearer_of(request)
    device_rules.let_go(services, token.sub, token.device_id, own=True)
    return wire.DeactivateAnswer(deactivated=True)


@get(wire.KEYS, summary="The keys that this backend signs with, signed", sync_to_thread=False)
def get_keys(services: Injected) -> wire.KeysAnswer:
    return wire.KeysAnswer(manifest=manifests.manifest(services))


@get(wire.PLANS, summary="What can be bought", sync_to_thread=False)
def get_plans(services: Injected) -> wire.PlansAnswer:
    return manifests.plans(services)


@get(
    wire.INVOICES,
    guards=[bearer_only],
    responses=documented(400, 401, 502),
    summary="The customer's invoices",
)
async def get_invoices(
    request: AnyRequest,
    services: Injected,
    authorization: Authorization = None,
    dpop: ProofHeader = None,
) -> wire.InvoicesAnswer:
    token = bearer_of(request)
    return await portals.invoices(services, token.sub)


@post(
    wire.RESTORE,
    status_code=202,
    guards=[json_only],
    responses=documented(400, 413, 415, 429),
    summary="Use a subscription on this device, by email",
)
async def post_restore(
    request: AnyRequest, services: Injected, data: Described[wire.RestoreRequest]
) -> wire.RestoreAnswer:
    _limit(services, request, "restore", RESTORES_PER_MINUTE)
    wanted = await body_of(request, wire.RestoreRequest)
    row = restore.request(services, **msgspec.structs.asdict(wanted))
    return wire.RestoreAnswer(activation_id=row.activation_id, expires_at=row.expires_at)


def _limit(services: Injected, request: AnyRequest, purpose: str, per_minute: int) -> None:
    if wait_s := services.limiter.wait_s(purpose, caller_address(request), per_minute=per_minute):
        raise too_many(wait_s)


def routes() -> Sequence[ControllerRouterHandler]:
    """All routes of the native API, to be mounted at the root or under a prefix."""
    return (
        get_health,
        post_checkout,
        post_portal,
        post_webhook,
        get_status,
        get_devices,
        delete_device,
        post_deactivate,
        get_keys,
        get_plans,
        get_invoices,
        post_restore,
    )
