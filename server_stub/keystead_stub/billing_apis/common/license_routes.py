"""Licenses and devices: the routes that every billing API serves alike (contract §3, §3b)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
from litestar import Response, delete, get, post
from litestar.params import PathParameter, QueryParameter
from litestar.types import ControllerRouterHandler

from keystead.wire import nyra as wire
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.auth import device_credentials
from keystead_stub.auth.callers import account_of, signed_in
from keystead_stub.billing import device_activations, license_status, restore, well_known
from keystead_stub.billing import devices as device_rules
from keystead_stub.billing.checkouts import Device, check_device_key
from keystead_stub.dependencies import Injected
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.problem_responses import documented
from keystead_stub.http.requests import (
    AnyRequest,
    Authorization,
    Described,
    ProofHeader,
    asked,
    bearer_of,
    bearer_only,
    body_of,
    json_only,
    limit,
)
from keystead_stub.ops.health import health
from keystead_stub.store import devices

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
    question = license_status.StatusRequest(
        device_id=device_id,
        nonce=nonce,
        checkout_session_id=checkout_session_id,
        activation_id=activation_id,
    )
    return await license_status.license_status(services, asked(request), question)


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
        devices=tuple(device_rules.wire_device(row, current=current) for row in rows),
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
        token = device_credentials.device_bearer(services, question)
        asking, customer_id = token.device_id, token.sub
    else:
        asking, customer_id = license_status.claimant(
            services, question, checkout_session_id, activation_id
        )
    device_rules.remove_device(services, customer_id, device_id, own=device_id == asking)
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
    device_rules.remove_device(services, token.sub, token.device_id, own=True)
    return wire.DeactivateAnswer(deactivated=True)


@get(wire.KEYS, summary="The keys that this backend signs with, signed", sync_to_thread=False)
def get_keys(services: Injected) -> wire.KeysAnswer:
    return wire.KeysAnswer(manifest=well_known.manifest(services))


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
    limit(services, request, "restore", RESTORES_PER_MINUTE)
    wanted = await body_of(request, wire.RestoreRequest)
    row = restore.request(services, **msgspec.structs.asdict(wanted))
    return wire.RestoreAnswer(activation_id=row.activation_id, expires_at=row.expires_at)


def activate_route(api: str) -> ControllerRouterHandler:
    """`POST /api/license/activate` with the credentials of this billing API."""

    @post(
        wire.ACTIVATE,
        status_code=200,
        guards=[signed_in(api), json_only],
        responses=documented(400, 401, 409, 413, 415),
        summary="Use the account's subscription on this device",
    )
    async def post_activate(
        request: AnyRequest,
        services: Injected,
        data: Described[wire.ActivateRequest],
        authorization: Authorization = None,
    ) -> wire.ActivateAnswer:
        wanted = await body_of(request, wire.ActivateRequest)
        check_device_key(wanted.device_id, wanted.device_public_key)
        device = Device(wanted.device_id, wanted.device_public_key, wanted.device_name)
        given = device_activations.activate(services, account_of(request), device)
        if given.limit is not None:
            extra = {**given.limit.extra, "activationId": given.activation_id}
            raise ProblemError(given.limit.sentence, code=given.limit.code, extra=extra)
        return wire.ActivateAnswer(activation_id=given.activation_id, expires_at=given.expires_at)

    return post_activate


def routes(api: str) -> Sequence[ControllerRouterHandler]:
    """All of these, to be mounted beside this billing API's own."""
    own = (activate_route(api),) if api in ACCOUNT_CLAIMS else ()
    return (
        get_health,
        get_status,
        get_devices,
        delete_device,
        post_deactivate,
        get_keys,
        post_restore,
        *own,
    )
