"""Routes of licenses and devices, the same in every billing API (specification §7.8, §8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from litestar import Response
from litestar.params import PathParameter, QueryParameter

from keystead.wire import nyra as wire
from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.auth.callers import DeviceToken, SignedInAccount, device_only, device_token_of
from keystead_stub.auth.device_credentials import authenticate_device
from keystead_stub.auth.request_credentials import DEVICE_HEADERS, credentials_of
from keystead_stub.billing import device_activations, license_status, restore
from keystead_stub.billing import devices as device_rules
from keystead_stub.billing.checkouts import Device, check_device_key
from keystead_stub.billing.device_names import one_line
from keystead_stub.billing_apis.common import key_manifest_route
from keystead_stub.billing_apis.common.account_billing import signed_in_routes
from keystead_stub.billing_apis.common.dependencies import Injected, Product
from keystead_stub.billing_apis.common.key_problems import key_problems
from keystead_stub.http.api_routes import ApiRoutes, Body
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.rate_limit import limited
from keystead_stub.http.requests import AnyRequest
from keystead_stub.ops.health import health
from keystead_stub.services import Services
from keystead_stub.store import devices
from keystead_stub.store.webhooks import webhook_versions

#: For each address of a caller, since each request may send a mail.
RESTORES_PER_MINUTE = 120

#: A SHA-256 thumbprint in base64url (RFC 7638).
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

public = ApiRoutes()
#: Routes whose handlers judge the device's credentials themselves: a device may have no token yet.
by_credentials = ApiRoutes(refuses=(400, 401, 404, 409), headers=DEVICE_HEADERS)
of_device = ApiRoutes(
    guards=[device_only],
    refuses=(400, 401),
    headers=DEVICE_HEADERS,
    dependencies={"token": device_token_of},
)


@public.get("/health")
def get_health(services: Injected) -> Response[wire.Health]:
    """Report whether the backend is well, and what is missing."""
    now_ms, database_ok = services.now_ms(), services.store.ok()
    report = health(
        services.settings,
        database_ok=database_ok,
        draining=services.readiness.draining,
        now_ms=now_ms,
        other_versions=_other_versions(services, now_ms) if database_ok else (),
        key_problems=key_problems(services, now_ms),
    )
    # 503 takes the process out of a load balancer, which reads the status only.
    return Response(report, status_code=200 if report.ok else 503)


def _other_versions(services: Services, now_ms: int) -> tuple[str, ...]:
    with services.store.read() as connection:
        return webhook_versions.others(connection, now_ms)


@public.post(
    wire.RESTORE,
    status=202,
    guards=[limited("restore", RESTORES_PER_MINUTE)],
    refuses=(429,),
)
async def post_restore(
    services: Injected, data: Body[wire.RestoreRequest], product: Product = None
) -> wire.RestoreAnswer:
    """Ask by email to use a subscription on this device."""
    row = restore.request(
        services,
        email=data.email,
        device_id=data.device_id,
        device_public_key=data.device_public_key,
        device_name=data.device_name,
        product=product,
    )
    return wire.RestoreAnswer(activation_id=row.activation_id, expires_at=row.expires_at)


@by_credentials.get(wire.LICENSE_STATUS, refuses=(429, 502))
async def get_status(
    *,
    request: AnyRequest,
    services: Injected,
    device_id: DeviceId,
    nonce: QueryNonce = None,
    checkout_session_id: SessionId = None,
    activation_id: ActivationId = None,
) -> wire.LicenseStatus:
    """Get what this device may do, signed."""
    question = license_status.StatusRequest(
        device_id=device_id,
        nonce=nonce,
        checkout_session_id=checkout_session_id,
        activation_id=activation_id,
    )
    return await license_status.license_status(services, credentials_of(request), question)


@by_credentials.delete(wire.DEVICES + "/{device_id:str}")
def delete_device(
    *,
    request: AnyRequest,
    services: Injected,
    device_id: PathDeviceId,
    checkout_session_id: SessionId = None,
    activation_id: ActivationId = None,
) -> wire.DevicesAnswer:
    """Deactivate a device."""
    credentials = credentials_of(request)
    if credentials.credential[0]:
        token = authenticate_device(services, credentials)
        caller, customer_id = token.device_id, token.sub
    else:
        # A device over the limit has no token yet, and must be able to make room for itself.
        caller, customer_id = license_status.claimant(
            services, credentials, checkout_session_id, activation_id
        )
    device_rules.remove_device(services, customer_id, device_id, own=device_id == caller)
    return _devices(services, customer_id, caller)


@of_device.get(wire.DEVICES)
def get_devices(services: Injected, token: DeviceToken) -> wire.DevicesAnswer:
    """List the customer's devices."""
    return _devices(services, token.sub, token.device_id)


@of_device.post(wire.DEACTIVATE)
def post_deactivate(services: Injected, token: DeviceToken) -> wire.DeactivateAnswer:
    """Deactivate this device."""
    device_rules.remove_device(services, token.sub, token.device_id, own=True)
    return wire.DeactivateAnswer(deactivated=True)


def _devices(services: Services, customer_id: str, current: str) -> wire.DevicesAnswer:
    with services.store.read() as connection:
        rows = devices.list_active_devices(connection, customer_id)
    return wire.DevicesAnswer(
        devices=tuple(device_rules.wire_device(row, current=current) for row in rows),
        device_limit=services.terms.device_limit,
    )


def _activate_routes(api: str) -> ApiRoutes:
    """Return `POST /api/license/activate` with the credentials of this billing API."""
    routes = signed_in_routes(api)

    @routes.post(wire.ACTIVATE, refuses=(409,))
    async def post_activate(
        services: Injected,
        account: SignedInAccount,
        data: Body[wire.ActivateRequest],
        product: Product = None,
    ) -> wire.ActivateAnswer:
        """Use the account's subscription on this device."""
        check_device_key(data.device_id, data.device_public_key)
        device = Device(data.device_id, data.device_public_key, one_line(data.device_name))
        given = device_activations.activate(services, account, device, product)
        if given.limit is not None:
            # The right is kept, so the device activates by this id once another one is removed.
            extra = {**given.limit.extra, "activationId": given.activation_id}
            raise ProblemError(given.limit.sentence, code=given.limit.code, extra=extra)
        return wire.ActivateAnswer(activation_id=given.activation_id, expires_at=given.expires_at)

    return routes


def routes(api: str) -> Sequence[ApiRoutes]:
    """Return all of these, to be mounted beside this billing API's own."""
    # The native API has no accounts, whose sessions this route needs.
    own = (_activate_routes(api),) if api in ACCOUNT_CLAIMS else ()
    return (public, key_manifest_route.routes, by_credentials, of_device, *own)
