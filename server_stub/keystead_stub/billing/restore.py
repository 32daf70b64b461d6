"""Restore a purchase on another device by a link in a mail (specification §7.14).

The response to a request is the same whether or not the address is known.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.instants import HOUR_MS
from keystead_stub.billing import checkouts, customer_states, device_names, devices
from keystead_stub.billing.billing_state import BillingState
from keystead_stub.billing.license_seller import find_seller
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.product import Product
from keystead_stub.ops import outbox
from keystead_stub.ops.outbox import Mail
from keystead_stub.services import Services
from keystead_stub.store import customers, restores
from keystead_stub.store.restores import RestoreRow

#: How long a link is valid. The mail names the hour, too.
VALID_MS = HOUR_MS


class RestoreResult(msgspec.Struct, frozen=True):
    """The confirmed request. `limit` is the error if the device could not be bound yet."""

    row: RestoreRow
    limit: ProblemError | None = None


def request(
    services: Services,
    *,
    email: str,
    device_id: str,
    device_public_key: str,
    device_name: str | None,
    product: str | None = None,
    offline_request: str | None = None,
) -> RestoreRow:
    """Save the request and, if the address is a customer's, mail a link to it.

    With a `product` only what was bought for the program with this id counts. With an
    `offline_request` the link leads to the page that issues the offline license.

    Raises ProblemError (``invalid_request``) if id and key do not match.
    """
    checkouts.check_device_key(device_id, device_public_key)
    secret = b64u_encode(services.random(32))
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        customer_ids = customers.list_by_email(connection, email)
        row = RestoreRow(
            activation_id=f"act_{b64u_encode(services.random(24))}",
            secret_hash=_hash(secret),
            customer_id=_newest_entitled(services, connection, customer_ids, product),
            device_id=device_id,
            device_public_key=device_public_key,
            name=device_names.one_line(device_name),
            created_at=now_ms,
            expires_at=now_ms + VALID_MS,
            confirmed_at=None,
            offline_request=offline_request,
        )
        # Also for an unknown address: the request must not be recognizable by its later answers.
        restores.insert_request(connection, row)
        if row.customer_id is not None:
            page = "offline" if offline_request else "restore"
            link = f"{services.public_url()}/{page}/{secret}"
            # To the address on file: the one that was typed may differ in case.
            known_email = customers.find_email(connection, row.customer_id) or email
            sold = _seller(services, connection, row.customer_id)
            mail = _mail(known_email, sold, device_name, link, now_ms)
            # Nothing in the answer tells whether a mail was sent, nor whether the limits held it.
            outbox.send(connection, services.settings.signing_secrets, mail)
    return row


def find(services: Services, secret: str) -> RestoreRow | None:
    """The request of this link, until the link expires."""
    with services.store.read() as connection:
        row = restores.find_by_secret(connection, _hash(secret))
    return row if row is not None and row.expires_at > services.stripe_now_ms() else None


def confirm(services: Services, row: RestoreRow) -> RestoreResult:
    """Confirm the request and bind the device, if the limits allow it.

    The confirmation is kept either way: the device is bound once another one is removed.
    """
    now_ms = services.stripe_now_ms()
    if row.customer_id is None:
        return RestoreResult(row)
    claim = devices.DeviceClaim(
        device_id=row.device_id, device_public_key=row.device_public_key, name=row.name
    )
    with services.store.write() as connection:
        restores.mark_confirmed(connection, row.activation_id, now_ms)
        try:
            devices.bind(connection, services.terms, row.customer_id, claim, now_ms)
        # Caught within the transaction, which then commits the confirmation without the device.
        except ProblemError as refused:
            return RestoreResult(row, refused)
    return RestoreResult(row)


def _hash(secret: str) -> str:
    # Only the hash is stored: whoever reads the database can confirm nothing. A secret of 32 random
    # bytes needs no salt and no slow hash.
    return sha256(secret.encode()).hexdigest()


def _newest_entitled(
    services: Services, connection: sa.Connection, customer_ids: list[str], product: str | None
) -> str | None:
    """The newest of these customers who is entitled, else the newest.

    Only those of the product's seller. Without a product the platform's come first: any merchant
    can create a customer with anybody's address.
    """
    states = {one: customer_states.state_of(connection, one) for one in customer_ids}
    if product is not None:
        states = {
            one: state
            for one, state in states.items()
            if _audience(services, connection, state) == product
        }

    def rank(customer_id: str) -> tuple[bool, bool]:
        state = states[customer_id]
        of_merchant = state is not None and state.account is not None
        return (state is None or not state.entitled, of_merchant)

    return min(states, key=rank, default=None)


def _audience(services: Services, connection: sa.Connection, state: BillingState | None) -> str:
    """The audience of a customer's documents."""
    seller = find_seller(services, connection, state) if state is not None else None
    return seller.audience if seller is not None else services.terms.audience


def _seller(services: Services, connection: sa.Connection, customer_id: str) -> Product | None:
    """The product that a mail is about; null for a merchant's, which has a name of its own."""
    state = customer_states.state_of(connection, customer_id)
    is_ours = _audience(services, connection, state) == services.terms.audience
    return services.product if is_ours else None


def _mail(
    email: str, product: Product | None, device_name: str | None, link: str, now_ms: int
) -> Mail:
    # A stranger may have chosen the name.
    named = device_names.quoted(device_name)
    device = f"a device named {named}" if named else "a new device"
    subject = "Use your subscription on another device"
    return Mail(
        recipient=email,
        subject=f"{product.name}: {subject.lower()}" if product else subject,
        body=(
            f"Somebody, we hope you, wants to use your subscription on {device}.\n\n"
            f"If it was you, confirm it within an hour:\n{link}\n\n"
            "If it was not, do nothing: nothing changes.\n"
            f"{_signature(product)}"
        ),
        link=link,
        created_at=now_ms,
    )


def _signature(product: Product | None) -> str:
    if product is None:
        return ""
    asks = f"Questions? {product.support_email}\n" if product.support_email else ""
    return f"\n{product.name}\n{asks}"
