"""Devices and their customers, checkouts that a device started, and used proofs."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead.instants import from_iso, iso
from keystead_stub.store import rows
from keystead_stub.store.documented_tables import device_activations
from keystead_stub.store.prepared_statements import PreparedStatement
from keystead_stub.store.tables import (
    billing_states,
    checkout_devices,
    device_exchanges,
    devices,
    used_proofs,
)


class DeviceRow(msgspec.Struct, frozen=True):
    """A row of `devices` with the times of its activation; times in ms.

    A device is first checked when it is activated.
    """

    device_id: str
    customer_id: str
    device_public_key: str
    name: str | None
    checkout_session_id: str | None
    removed_at: int | None
    activated_at: int
    last_checked_at: int


class CheckoutRow(msgspec.Struct, frozen=True):
    """A row of `checkout_devices`; times in ms.

    `return_url` is the address at which the device's program waits for the browser. `merchant` is
    the account whose Stripe account has the session; null for the platform's.
    """

    session_id: str
    device_id: str
    device_public_key: str
    name: str | None
    customer_id: str | None
    created_at: int
    expires_at: int
    completed_at: int | None
    return_url: str | None
    merchant: str | None = None


_OWN = (
    "device_id",
    "customer_id",
    "device_public_key",
    "name",
    "checkout_session_id",
    "removed_at",
)
_TIMES = ("activated_at", "last_checked_at")
_COLUMNS = (*(devices.c[name] for name in _OWN), *(device_activations.c[name] for name in _TIMES))
_ACTIVATED = devices.join(device_activations)
_ACTIVE = devices.c.removed_at.is_(None)
_SELECT_DEVICE = sa.select(*_COLUMNS).select_from(_ACTIVATED)
_ACTIVE_COUNT = (
    sa.select(sa.func.count())
    .select_from(others := devices.alias("others"))
    .where(others.c.customer_id == devices.c.customer_id, others.c.removed_at.is_(None))
    .scalar_subquery()
)
# One statement for all that the most frequent request needs.
_DEVICE_WITH_STATE = PreparedStatement(
    sa.select(*_COLUMNS, billing_states.c.state, _ACTIVE_COUNT)
    .select_from(
        _ACTIVATED.join(billing_states, billing_states.c.customer_id == devices.c.customer_id)
    )
    .where(devices.c.device_id == sa.bindparam("wanted"))
)


def find_device_with_state(
    connection: sa.Connection, device_id: str
) -> tuple[DeviceRow, str, int] | None:
    """The device, its customer's state as JSON, and the number of the customer's active devices."""
    row = _DEVICE_WITH_STATE.execute(connection, wanted=device_id).fetchone()
    if row is None:
        return None
    own, times, (state, in_use) = row[:-4], row[-4:-2], row[-2:]
    return DeviceRow(*own, *map(from_iso, times)), state, in_use


def find_device(connection: sa.Connection, device_id: str) -> DeviceRow | None:
    return rows.first(connection, _SELECT_DEVICE.where(devices.c.device_id == device_id), DeviceRow)


def list_active_devices(connection: sa.Connection, customer_id: str) -> list[DeviceRow]:
    """The customer's active devices, the oldest first."""
    return _list(connection, devices.c.customer_id == customer_id, _ACTIVE)


def list_devices(connection: sa.Connection, customer_id: str) -> list[DeviceRow]:
    """The customer's active and removed devices, the oldest first."""
    return _list(connection, devices.c.customer_id == customer_id)


def _list(connection: sa.Connection, *conditions: sa.ColumnElement[bool]) -> list[DeviceRow]:
    order = (device_activations.c.activated_at, devices.c.device_id)
    return rows.all_of(connection, _SELECT_DEVICE.where(*conditions).order_by(*order), DeviceRow)


def save_device(connection: sa.Connection, row: DeviceRow) -> None:
    """Insert the device's rows, or replace them when the device is activated again."""
    # For whoever it belonged to before, its activation has ended.
    _end_activation(connection, row.device_id)
    values = rows.values(row)
    _upsert(
        connection,
        device_activations,
        ("customer_id", "device_id"),
        {name: values[name] for name in ("customer_id", "device_id", *_TIMES)},
    )
    _upsert(connection, devices, ("device_id",), {name: values[name] for name in _OWN})


def _upsert(
    connection: sa.Connection, table: sa.Table, key: tuple[str, ...], values: dict[str, Any]
) -> None:
    same = sa.and_(*(table.c[name] == values[name] for name in key))
    if not connection.execute(sa.update(table).where(same).values(values)).rowcount:
        connection.execute(sa.insert(table).values(values))


def _end_activation(connection: sa.Connection, device_id: str) -> None:
    owner = sa.select(devices.c.customer_id).where(devices.c.device_id == device_id)
    of_device = sa.and_(
        device_activations.c.customer_id == owner.scalar_subquery(),
        device_activations.c.device_id == device_id,
    )
    connection.execute(sa.update(device_activations).where(of_device).values(last_active=False))


_UPDATE_CHECK = PreparedStatement(
    sa.update(device_activations)
    .where(
        device_activations.c.customer_id == sa.bindparam("customer"),
        device_activations.c.device_id == sa.bindparam("device"),
    )
    .values(last_checked_at=sa.bindparam("now"), last_active=sa.bindparam("active"))
)


def record_check(
    connection: sa.Connection, customer_id: str, device_id: str, now_ms: int, *, active: bool
) -> None:
    """Record that the device asked for its license, and whether it got an active one."""
    _UPDATE_CHECK.execute(
        connection, customer=customer_id, device=device_id, now=iso(now_ms), active=int(active)
    )


def mark_removed(connection: sa.Connection, row: DeviceRow, now_ms: int) -> None:
    """Deactivate the device, and record the removal for the exchange limit."""
    same = devices.c.device_id == row.device_id
    connection.execute(sa.update(devices).where(same).values(removed_at=now_ms))
    _end_activation(connection, row.device_id)
    connection.execute(
        sa.insert(device_exchanges).values(
            customer_id=row.customer_id, device_id=row.device_id, removed_at=now_ms
        )
    )


def list_removals_since(connection: sa.Connection, customer_id: str, since_ms: int) -> list[int]:
    """Times (ms) after `since_ms` at which the customer's devices were removed, in order."""
    query = (
        sa.select(device_exchanges.c.removed_at)
        .where(
            device_exchanges.c.customer_id == customer_id, device_exchanges.c.removed_at > since_ms
        )
        .order_by(device_exchanges.c.removed_at)
    )
    return list(connection.scalars(query))


def insert_checkout(connection: sa.Connection, row: CheckoutRow) -> None:
    rows.insert(connection, checkout_devices, row)


def find_checkout(connection: sa.Connection, session_id: str) -> CheckoutRow | None:
    query = rows.select(checkout_devices, CheckoutRow)
    return rows.first(
        connection, query.where(checkout_devices.c.session_id == session_id), CheckoutRow
    )


def complete_checkout(
    connection: sa.Connection, session_id: str, customer_id: str, now_ms: int
) -> None:
    """Complete the checkout for this customer; the first call wins."""
    open_one = (checkout_devices.c.session_id == session_id) & (
        checkout_devices.c.completed_at.is_(None)
    )
    connection.execute(
        sa.update(checkout_devices)
        .where(open_one)
        .values(customer_id=customer_id, completed_at=now_ms)
    )


def delete_expired_proofs(connection: sa.Connection, now_ms: int) -> None:
    """Delete the proofs that have expired, which can't be accepted again."""
    connection.execute(sa.delete(used_proofs).where(used_proofs.c.expires_at < now_ms))
