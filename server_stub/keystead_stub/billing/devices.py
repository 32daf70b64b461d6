"""Bind devices to customers and remove them, within the limits of devices and exchanges.

Unless it says otherwise, a function works within the caller's transaction and raises before it
writes anything.
"""

from __future__ import annotations

import msgspec
import sqlalchemy as sa

from keystead.instants import SECOND_MS, to_ms
from keystead.wire import nyra as wire
from keystead_stub.billing.licensing import Terms
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import devices, locks
from keystead_stub.store.devices import DeviceRow


class DeviceClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A device to be bound to a customer, and the checkout that gives it the right."""

    device_id: str
    device_public_key: str
    name: str | None
    checkout_session_id: str | None = None


def bind(
    connection: sa.Connection,
    terms: Terms,
    customer_id: str,
    claim: DeviceClaim,
    now_ms: int,
    *,
    proven: bool = False,
) -> None:
    """Bind the device to the customer; a device that is bound to them already stays as it is.

    So does a device that is bound to another customer, unless the caller has `proven` to hold its
    key: anyone can buy or restore for an id. Its next status call carries the proof and binds it.

    Raises ProblemError: ``device_limit`` with the customer's devices, or ``exchange_limit``.
    """
    locks.take_customer(connection, customer_id)
    # One device must not be bound to two customers at once either. The customer comes first
    # everywhere, so that two callers can't wait for each other.
    locks.take(connection, f"device:{claim.device_id}")
    known = devices.find_device(connection, claim.device_id)
    if known and known.removed_at is None and (known.customer_id == customer_id or not proven):
        return
    others = devices.list_active_devices(connection, customer_id)
    if len(others) >= terms.device_limit:
        raise device_limit_error(terms, others)
    # One more than for a removal: whoever has just removed the last device that the limit allows
    # must still be able to bind the one that replaces it.
    if exchange_wait_s(connection, terms, customer_id, now_ms, allowed=terms.exchange_limit + 1):
        raise _exchange_limit_error()
    devices.save_device(
        connection,
        DeviceRow(
            device_id=claim.device_id,
            customer_id=customer_id,
            device_public_key=claim.device_public_key,
            name=claim.name,
            checkout_session_id=claim.checkout_session_id,
            activated_at=now_ms,
            last_checked_at=now_ms,
            removed_at=None,
        ),
    )


def remove_device(
    services: Services, customer_id: str, device_id: str, *, own: bool = False
) -> None:
    """Remove a device as `remove_within` does, in a transaction of its own."""
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        remove_within(connection, services.terms, customer_id, device_id, now_ms, own=own)


def remove_within(
    connection: sa.Connection,
    terms: Terms,
    customer_id: str,
    device_id: str,
    now_ms: int,
    *,
    own: bool = False,
) -> None:
    """Remove one of the customer's devices, and count that as an exchange.

    A device may always remove itself (`own`), whatever the limit of exchanges.
    Raises ProblemError: ``unknown_device`` if it is not the customer's, or ``exchange_limit``.
    """
    locks.take_customer(connection, customer_id)
    row = devices.find_device(connection, device_id)
    if row is None or row.customer_id != customer_id or row.removed_at is not None:
        raise unknown_device_error()
    if not own and exchange_wait_s(
        connection, terms, customer_id, now_ms, allowed=terms.exchange_limit
    ):
        raise _exchange_limit_error()
    devices.mark_removed(connection, row, now_ms)


def exchange_wait_s(
    connection: sa.Connection, terms: Terms, customer_id: str, now_ms: int, *, allowed: int
) -> int:
    """Seconds until another exchange is allowed; 0 if it is allowed now."""
    window_ms = to_ms(terms.exchange_window_s)
    recent = devices.list_removals_since(connection, customer_id, now_ms - window_ms)
    if len(recent) < allowed:
        return 0
    # 0 means "now", so the last fraction of a second counts as a whole one.
    return max(1, (recent[-allowed] + window_ms - now_ms) // SECOND_MS)


def device_limit_error(terms: Terms, rows: list[DeviceRow]) -> ProblemError:
    """The error at the device limit. It lists the devices, so that one can be removed."""
    return ProblemError(
        f"{len(rows)} of {terms.device_limit} devices are in use.",
        code="device_limit",
        extra={
            "devices": [wire_device(row) for row in rows],
            "deviceLimit": terms.device_limit,
        },
    )


def unknown_device_error() -> ProblemError:
    return ProblemError("Unknown device.", code="unknown_device")


def _exchange_limit_error() -> ProblemError:
    return ProblemError(
        "Too many devices were exchanged in the last 30 days.", code="exchange_limit"
    )


def wire_device(row: DeviceRow, *, current: str | None = None) -> wire.Device:
    return wire.Device(
        device_id=row.device_id,
        name=row.name,
        activated_at=row.activated_at,
        last_checked_at=row.last_checked_at,
        current=row.device_id == current,
    )
