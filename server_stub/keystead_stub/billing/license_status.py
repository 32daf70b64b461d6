"""Answer `GET /api/license/status`, which says what a device may do (specification §7.8).

The caller's credential is verified in `auth`. Here the device's customer is found, the standing is
decided once, at one instant, and the documents are signed.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import msgspec
import sqlalchemy as sa

from keystead.documents import issue
from keystead.instants import iso
from keystead.wire import nyra as wire
from keystead_stub.auth import device_credentials
from keystead_stub.auth.device_credentials import Bearer
from keystead_stub.auth.request_credentials import RequestCredentials
from keystead_stub.billing import (
    checkout_progress,
    checkouts,
    customer_states,
    licensing,
)
from keystead_stub.billing import devices as device_rules
from keystead_stub.billing.license_seller import find_seller, standing_of
from keystead_stub.services import Services
from keystead_stub.store import devices, restores
from keystead_stub.store.devices import CheckoutRow, DeviceRow

CHECKOUT_EXPIRED = "checkout_expired"
RESTORE_OPEN = "restore_open"

_sequence = count()


class DeviceRecord(msgspec.Struct, frozen=True):
    """A device, what it may do, and the number of its customer's active devices.

    `audience` is that of the seller of its license.
    """

    row: DeviceRow
    standing: licensing.Standing
    in_use: int
    audience: str


class StatusRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a status call. A checkout or activation replaces a missing token."""

    device_id: str
    nonce: str | None = None
    checkout_session_id: str | None = None
    activation_id: str | None = None


async def license_status(
    services: Services, credentials: RequestCredentials, request: StatusRequest
) -> wire.LicenseStatus:
    """Verify the credential and answer. Raises ProblemError with a code of specification §7.2."""
    scheme, _ = credentials.credential
    if scheme:
        if not device_credentials.is_operator(services, credentials):
            return _status_by_token(
                services, request, device_credentials.verify_bearer(services, credentials)
            )
        # The operator looks from outside: this is no check by the device itself.
        return _status_of_device(services, request, seen=False)
    # Without a token only the proof of the device's key keeps others from taking its purchase.
    device_credentials.verify_proof(services, credentials, device_id=request.device_id)
    if request.checkout_session_id is not None:
        return await _status_by_checkout(services, request, request.checkout_session_id)
    if request.activation_id is not None:
        return _status_by_restore(services, request, request.activation_id)
    raise device_credentials.unauthorized(
        services, "The request has no credential.", "invalid_token"
    )


def _status_by_token(
    services: Services, request: StatusRequest, bearer: Bearer
) -> wire.LicenseStatus:
    """The status of the device that the token names. The token may have expired.

    One transaction, because every device makes this call every few hours.
    """
    now_ms = services.now_ms()
    found = None
    with services.store.write() as connection:
        fresh = services.proofs.use(connection, bearer.proof)
        if fresh and bearer.token.device_id == request.device_id:
            found = load_device(services, connection, request.device_id, now_ms)
    if not fresh:
        raise device_credentials.replayed_proof(services)
    # A token outlives its device's move to another customer, whose license it must not read.
    if found is None or found.row.customer_id != bearer.token.sub:
        raise device_rules.unknown_device_error()
    return _status(services, request, found, now_ms)


def _status_of_device(
    services: Services, request: StatusRequest, *, seen: bool
) -> wire.LicenseStatus:
    """The status of a bound or removed device; `seen` if the device itself made the call."""
    now_ms = services.now_ms()
    with services.store.write() as connection:
        found = load_device(services, connection, request.device_id, now_ms, seen=seen)
    if found is None:
        raise device_rules.unknown_device_error()
    return _status(services, request, found, now_ms)


def load_device(
    services: Services,
    connection: sa.Connection,
    device_id: str,
    now_ms: int,
    *,
    seen: bool = True,
) -> DeviceRecord | None:
    """Load a device and decide what it may do; null if it is unknown.

    If the device itself was `seen`, this is recorded as a check by it, with the result.
    """
    found = devices.find_device_with_state(connection, device_id)
    if found is None:
        return None
    row, payload, in_use = found
    state = customer_states.decode(payload)
    seller = find_seller(services, connection, state)
    standing = standing_of(services, state, seller, now_ms, removed=row.removed_at is not None)
    if seen:
        devices.record_check(connection, row.customer_id, device_id, now_ms, active=standing.active)
        row = msgspec.structs.replace(row, last_checked_at=now_ms)
    return DeviceRecord(row, standing, in_use, seller.audience)


def _status(
    services: Services, request: StatusRequest, found: DeviceRecord, now_ms: int
) -> wire.LicenseStatus:
    row, standing = found.row, found.standing
    document = licensing.license_for(
        standing,
        customer_id=row.customer_id,
        device_id=row.device_id,
        terms=services.terms,
        audience=found.audience,
        now_ms=now_ms,
        jti=ordered_jti(now_ms, services.random),
        nonce=request.nonce,
    )
    token = licensing.token_for(document)
    ends_at = token.expires_at if token else None
    return wire.LicenseStatus(
        active=standing.active,
        status=standing.status,
        server_time=now_ms,
        reason=standing.reason,
        entitlement=standing.entitlement,
        offline_grace=document.offline_grace,
        device=_wire_device(services, row, found.in_use),
        license=issue(document, services.key),
        device_access_token=issue(token, services.key) if token else None,
        device_access_token_expires_at=ends_at,
        device_access_token_expires_at_iso=iso(ends_at) if ends_at is not None else None,
        refresh_after_seconds=services.terms.refresh_after_s,
    )


def ordered_jti(now_ms: int, random: Callable[[int], bytes]) -> str:
    """An identifier that sorts by time: clients order the licenses of one second by it."""
    return f"{now_ms:012x}{next(_sequence) % 16**8:08x}{random(6).hex()}"


def _wire_device(services: Services, row: DeviceRow, in_use: int) -> wire.DeviceStanding:
    return wire.DeviceStanding(
        device_id=row.device_id,
        name=row.name,
        activated_at=row.activated_at,
        last_checked_at=row.last_checked_at,
        active_devices=in_use,
        device_limit=services.terms.device_limit,
    )


def _undecided(services: Services, status: str) -> wire.LicenseStatus:
    """A status without a decision: it carries no license, so it neither activates nor ends one."""
    return wire.LicenseStatus(
        active=False,
        status=status,
        server_time=services.now_ms(),
        reason=None,
        entitlement=None,
        offline_grace=None,
        device=None,
        license=None,
        device_access_token=None,
        device_access_token_expires_at=None,
        device_access_token_expires_at_iso=None,
        refresh_after_seconds=services.terms.refresh_after_s,
    )


async def _status_by_checkout(
    services: Services, request: StatusRequest, session_id: str
) -> wire.LicenseStatus:
    with services.store.read() as connection:
        row = devices.find_checkout(connection, session_id)
    if row is None or row.device_id != request.device_id:
        raise device_rules.unknown_device_error()
    if row.completed_at is None:
        if _entitled(services, request.device_id):
            # Another checkout of this device was paid, so there is nothing left to wait for.
            return _status_of_device(services, request, seen=True)
        progress = await checkout_progress.progress(services, row)
        if progress.status == "open":
            return _undecided(services, wire.CHECKOUT_OPEN)
        if progress.status == "expired":
            return _undecided(services, CHECKOUT_EXPIRED)
        row = checkout_progress.take_in(services, session_id, progress) or row
    _bind_completed_checkout(services, row)
    return _status_of_device(services, request, seen=True)


def _entitled(services: Services, device_id: str) -> bool:
    """Whether the device is active now, whichever checkout or restore made it so."""
    now_ms = services.now_ms()
    with services.store.read() as connection:
        found = devices.find_device_with_state(connection, device_id)
        if found is None or found[0].removed_at is not None:
            return False
        state = customer_states.decode(found[1])
        return checkouts.is_entitled(services, connection, state, now_ms)


def _bind_completed_checkout(services: Services, row: CheckoutRow) -> None:
    """Bind a device that was over the limit when its checkout completed.

    Raises ProblemError (``device_limit``).
    """
    if row.customer_id is None:
        raise device_rules.unknown_device_error()
    claim = device_rules.DeviceClaim(
        device_id=row.device_id,
        device_public_key=row.device_public_key,
        name=row.name,
        checkout_session_id=row.session_id,
    )
    _bind_unless_decided(services, row.customer_id, claim, row.completed_at or 0)


def _bind_unless_decided(
    services: Services, customer_id: str, claim: device_rules.DeviceClaim, since_ms: int
) -> None:
    """Bind the device, unless it was bound (and perhaps removed) since it got this right."""
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        known = devices.find_device(connection, claim.device_id)
        if known is None or not _decided(known, customer_id, since_ms):
            device_rules.bind(connection, services.terms, customer_id, claim, now_ms, proven=True)


def _decided(known: DeviceRow, customer_id: str, since_ms: int) -> bool:
    in_force = known.removed_at is None or known.removed_at >= since_ms
    # A removal before the right was given is past; one after it is a decision and stands.
    return in_force and (known.customer_id == customer_id or known.activated_at >= since_ms)


def _status_by_restore(
    services: Services, request: StatusRequest, activation_id: str
) -> wire.LicenseStatus:
    with services.store.read() as connection:
        row = restores.find_by_activation(connection, activation_id)
    if row is None or row.device_id != request.device_id:
        raise device_rules.unknown_device_error()
    if row.confirmed_at is None or row.customer_id is None:
        if row.expires_at <= services.stripe_now_ms():
            raise device_rules.unknown_device_error()
        return _undecided(services, RESTORE_OPEN)
    claim = device_rules.DeviceClaim(
        device_id=row.device_id, device_public_key=row.device_public_key, name=row.name
    )
    _bind_unless_decided(services, row.customer_id, claim, row.confirmed_at)
    return _status_of_device(services, request, seen=True)


def claimant(
    services: Services,
    credentials: RequestCredentials,
    checkout_session_id: str | None,
    activation_id: str | None,
) -> tuple[str, str]:
    """The id and customer of a device that is over the limit and has no token yet.

    Such a device may remove another one by the right that is to activate it: a completed checkout
    or a confirmed restore of its own, with a proof of its key. Raises ProblemError.
    """
    device_id = device_credentials.verify_proof(services, credentials, device_id=None).thumbprint
    with services.store.read() as connection:
        right = _checkout_right(connection, checkout_session_id) or _restore_right(
            connection, activation_id
        )
        known = devices.find_device(connection, device_id)
    if right is None or right.device_id != device_id:
        raise device_credentials.unauthorized(
            services, "The request has no credential.", "invalid_token"
        )
    # Otherwise a removed device could use its old checkout to remove the others.
    if known is not None and known.removed_at is not None and known.removed_at >= right.since_ms:
        raise device_credentials.unauthorized(services, "The device was removed.", "invalid_token")
    return device_id, right.customer_id


class _ActivationRight(msgspec.Struct, frozen=True):
    device_id: str
    customer_id: str
    since_ms: int


def _checkout_right(connection: sa.Connection, session_id: str | None) -> _ActivationRight | None:
    row = devices.find_checkout(connection, session_id) if session_id else None
    if row is None or row.customer_id is None:
        return None
    return _ActivationRight(row.device_id, row.customer_id, row.completed_at or 0)


def _restore_right(connection: sa.Connection, activation_id: str | None) -> _ActivationRight | None:
    row = restores.find_by_activation(connection, activation_id) if activation_id else None
    if row is None or row.customer_id is None or row.confirmed_at is None:
        return None
    return _ActivationRight(row.device_id, row.customer_id, row.confirmed_at)
