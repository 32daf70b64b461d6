"""Devices and whose they are; checkouts that a device started; proofs that were used."""

from __future__ import annotations

from typing import Any

import msgspec
import sqlalchemy as sa

from keystead_stub.store.prepared_statements import PreparedStatement
from keystead_stub.store.tables import (
    billing_states,
    checkout_devices,
    device_activations,
    device_exchanges,
    used_proofs,
)


class DeviceRow(msgspec.Struct, frozen=True):
    """A row of `device_activations`; instants in ms."""

    device_id: str
    customer_id: str
    device_public_key: str
    name: str | None
    checkout_session_id: str | None
    activated_at: int
    last_checked_at: int | None
    removed_at: int | None


class CheckoutRow(msgspec.Struct, frozen=True):
    """A row of `checkout_devices`; `completed_at` is when we knew, in ms.

    `return_url` is where the device's program listens while the person pays. `merchant` is the
    account at whose own Stripe the session is, null at the platform's.
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


_ACTIVE = device_activations.c.removed_at.is_(None)
_DEVICE_COLUMNS = [device_activations.c[name] for name in DeviceRow.__struct_fields__]
_CHECKOUT_COLUMNS = [checkout_devices.c[name] for name in CheckoutRow.__struct_fields__]
_ACTIVE_COUNT = (
    sa.select(sa.func.count())
    .select_from(others := device_activations.alias("others"))
    .where(others.c.customer_id == device_activations.c.customer_id, others.c.removed_at.is_(None))
    .scalar_subquery()
)
_STANDING = PreparedStatement(
    sa.select(*_DEVICE_COLUMNS, billing_states.c.state, _ACTIVE_COUNT)
    .join(billing_states, billing_states.c.customer_id == device_activations.c.customer_id)
    .where(device_activations.c.device_id == sa.bindparam("wanted"))
)


def find_device_with_state(
    connection: sa.Connection, device_id: str
) -> tuple[DeviceRow, str, int] | None:
    """The device, its customer's state as stored, and how many devices are in use: one query."""
    row = _STANDING.execute(connection, wanted=device_id).fetchone()
    return (DeviceRow(*row[:-2]), row[-2], row[-1]) if row is not None else None


def find_device(connection: sa.Connection, device_id: str) -> DeviceRow | None:
    query = sa.select(*_DEVICE_COLUMNS).where(device_activations.c.device_id == device_id)
    row = connection.execute(query).first()
    return DeviceRow(*row) if row is not None else None


def list_active_devices(connection: sa.Connection, customer_id: str) -> list[DeviceRow]:
    """The customer's devices in use, the oldest first."""
    query = (
        sa.select(*_DEVICE_COLUMNS)
        .where(device_activations.c.customer_id == customer_id, _ACTIVE)
        .order_by(device_activations.c.activated_at, device_activations.c.device_id)
    )
    return [DeviceRow(*row) for row in connection.execute(query)]


def list_devices(connection: sa.Connection, customer_id: str) -> list[DeviceRow]:
    """Every device that is or was the customer's, the oldest first."""
    query = (
        sa.select(*_DEVICE_COLUMNS)
        .where(device_activations.c.customer_id == customer_id)
        .order_by(device_activations.c.activated_at, device_activations.c.device_id)
    )
    return [DeviceRow(*row) for row in connection.execute(query)]


def save_device(connection: sa.Connection, row: DeviceRow) -> None:
    """Bind the device, newly or again."""
    values: dict[str, Any] = msgspec.structs.asdict(row)
    same = device_activations.c.device_id == row.device_id
    if not connection.execute(sa.update(device_activations).where(same).values(values)).rowcount:
        connection.execute(sa.insert(device_activations).values(values))


_SEEN = PreparedStatement(
    sa.update(device_activations)
    .where(device_activations.c.device_id == sa.bindparam("wanted"))
    .values(last_checked_at=sa.bindparam("now"))
)


def record_check(connection: sa.Connection, device_id: str, now_ms: int) -> None:
    _SEEN.execute(connection, wanted=device_id, now=now_ms)


def mark_removed(connection: sa.Connection, row: DeviceRow, now_ms: int) -> None:
    """Take the device out of use, and remember that a place was freed."""
    same = device_activations.c.device_id == row.device_id
    connection.execute(sa.update(device_activations).where(same).values(removed_at=now_ms))
    connection.execute(
        sa.insert(device_exchanges).values(
            customer_id=row.customer_id, device_id=row.device_id, removed_at=now_ms
        )
    )


def list_removals_since(connection: sa.Connection, customer_id: str, since_ms: int) -> list[int]:
    """When the customer's devices were removed, since that instant, the oldest first."""
    query = (
        sa.select(device_exchanges.c.removed_at)
        .where(
            device_exchanges.c.customer_id == customer_id, device_exchanges.c.removed_at > since_ms
        )
        .order_by(device_exchanges.c.removed_at)
    )
    return list(connection.scalars(query))


def insert_checkout(connection: sa.Connection, row: CheckoutRow) -> None:
    connection.execute(sa.insert(checkout_devices).values(msgspec.structs.asdict(row)))


def find_checkout(connection: sa.Connection, session_id: str) -> CheckoutRow | None:
    query = sa.select(*_CHECKOUT_COLUMNS).where(checkout_devices.c.session_id == session_id)
    row = connection.execute(query).first()
    return CheckoutRow(*row) if row is not None else None


def complete_checkout(
    connection: sa.Connection, session_id: str, customer_id: str, now_ms: int
) -> None:
    """Note whose the session has become; the first word stands."""
    open_one = (checkout_devices.c.session_id == session_id) & (
        checkout_devices.c.completed_at.is_(None)
    )
    connection.execute(
        sa.update(checkout_devices)
        .where(open_one)
        .values(customer_id=customer_id, completed_at=now_ms)
    )


def delete_expired_proofs(connection: sa.Connection, now_ms: int) -> None:
    """Drop the proofs that no clock would take again."""
    connection.execute(sa.delete(used_proofs).where(used_proofs.c.expires_at < now_ms))
