"""Activate another device of an account signed in at a billing API (specification §7.15)."""

from __future__ import annotations

import msgspec

from keystead.encoding import b64u_encode
from keystead_stub.billing import devices
from keystead_stub.billing.account_standing import paying_customer
from keystead_stub.billing.checkouts import Device
from keystead_stub.billing.restore import VALID_MS
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import restores
from keystead_stub.store.account_ids import Account
from keystead_stub.store.restores import RestoreRow


class Activation(msgspec.Struct, frozen=True):
    """The right to activate a device. `limit` is the error if it could not be bound yet."""

    activation_id: str
    expires_at: int
    limit: ProblemError | None = None


def activate(
    services: Services, account: Account, device: Device, product: str | None = None
) -> Activation:
    """Give the device the right to be activated, and bind it if the limits allow it.

    The right is kept either way: the device is bound once another one is removed.
    With a `product` it is for what the account has bought for the program with this id.
    Raises ProblemError: ``nothing_bought`` if the account has no customer, ``other_product``.
    """
    now_ms = services.stripe_now_ms()
    customer_id = paying_customer(services, account, product)
    with services.store.write() as connection:
        row = RestoreRow(
            activation_id=f"act_{b64u_encode(services.random(24))}",
            # No link is mailed, so nothing ever presents this secret.
            secret_hash=services.random(32).hex(),
            customer_id=customer_id,
            device_id=device.id,
            device_public_key=device.public_key,
            name=device.name,
            created_at=now_ms,
            expires_at=now_ms + VALID_MS,
            confirmed_at=now_ms,
        )
        restores.insert_request(connection, row)
        claim = devices.DeviceClaim(
            device_id=device.id, device_public_key=device.public_key, name=device.name
        )
        try:
            devices.bind(connection, services.terms, customer_id, claim, now_ms)
        # Caught within the transaction, which then commits the right without the device.
        except ProblemError as refused:
            return Activation(row.activation_id, row.expires_at, refused)
    return Activation(row.activation_id, row.expires_at)
