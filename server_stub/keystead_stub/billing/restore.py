"""Binding a further device by email: asked for, mailed, confirmed by a person (contract §3).

The answer to the request never tells whether the address is known.
"""

from __future__ import annotations

from hashlib import sha256

import msgspec
import sqlalchemy as sa

from keystead.encoding import b64u_encode
from keystead.instants import HOUR_MS
from keystead_stub.billing import checkouts, customer_states, devices
from keystead_stub.http.errors import ProblemError
from keystead_stub.services import Services
from keystead_stub.store import customers, restores
from keystead_stub.store.restores import Mail, RestoreRow

VALID_MS = HOUR_MS


class RestoreResult(msgspec.Struct, frozen=True):
    """What following the link came to; `limit` is set where there was no room for the device."""

    row: RestoreRow
    limit: ProblemError | None = None


def request(
    services: Services,
    *,
    email: str,
    device_id: str,
    device_public_key: str,
    device_name: str | None,
    offline_request: str | None = None,
) -> RestoreRow:
    """Note the request and, if the address is a customer's, mail a link to it.

    With an `offline_request` the link leads to the page that answers it.

    Raises ProblemError (``invalid_request``) for a key that is not the device's.
    """
    checkouts.check_device_key(device_id, device_public_key)
    secret = b64u_encode(services.random(32))
    now_ms = services.stripe_now_ms()
    with services.store.write() as connection:
        known = customers.list_by_email(connection, email)
        row = RestoreRow(
            activation_id=f"act_{b64u_encode(services.random(24))}",
            secret_hash=_hash(secret),
            customer_id=_newest_entitled(connection, known),
            device_id=device_id,
            device_public_key=device_public_key,
            name=device_name,
            created_at=now_ms,
            expires_at=now_ms + VALID_MS,
            confirmed_at=None,
            offline_request=offline_request,
        )
        restores.insert_request(connection, row)
        if row.customer_id is not None:
            page = "offline" if offline_request else "restore"
            link = f"{services.public_url()}/{page}/{secret}"
            # To the address that we know: the one that was typed may differ in case.
            known_email = customers.find_email(connection, row.customer_id) or email
            restores.insert_mail(connection, _mail(known_email, device_name, link, now_ms))
    return row


def find(services: Services, secret: str) -> RestoreRow | None:
    """The request behind a link, while the link is good."""
    with services.store.read() as connection:
        row = restores.find_by_secret(connection, _hash(secret))
    return row if row is not None and row.expires_at > services.stripe_now_ms() else None


def confirm(services: Services, row: RestoreRow) -> RestoreResult:
    """The person said yes: bind the device, or say why there is no room for it.

    The confirmation stands either way, so that the device can be bound once another one is let go.
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
        except ProblemError as refused:
            return RestoreResult(row, refused)
    return RestoreResult(row)


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _newest_entitled(connection: sa.Connection, known: list[str]) -> str | None:
    """Of several customers with one address, the newest that has something to restore."""
    states = ((one, customer_states.state_of(connection, one)) for one in known)
    entitled = [one for one, state in states if state is not None and state.entitled]
    return next(iter(entitled or known), None)


def _mail(email: str, device_name: str | None, link: str, now_ms: int) -> Mail:
    device = device_name or "a new device"
    return Mail(
        recipient=email,
        subject="Use your subscription on another device",
        body=(
            f"Somebody, we hope you, wants to use your subscription on {device}.\n\n"
            f"If it was you, confirm it within an hour:\n{link}\n\n"
            "If it was not, do nothing: nothing changes.\n"
        ),
        link=link,
        created_at=now_ms,
    )
