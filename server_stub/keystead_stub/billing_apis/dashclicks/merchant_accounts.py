"""The merchants of `dashclicks` as billing sees them: `keystead_stub.services.Merchants`."""

from __future__ import annotations

import sqlalchemy as sa

from keystead_stub.billing_apis.dashclicks.merchants import API
from keystead_stub.billing_apis.dashclicks.merchants.stripe_client import (
    api_of,
    seller_of,
    stripe_at,
)
from keystead_stub.services import Services
from keystead_stub.store import merchants
from keystead_stub.store.account_ids import Account
from keystead_stub.stripe_port.interface import StripeApi
from keystead_stub.stripe_port.live import refusals
from keystead_stub.stripe_types.api import Document


def account_of(connection: sa.Connection, stripe_account_id: str) -> Account | None:
    """The account that sells on this Stripe account."""
    merchant = merchants.find_by_stripe_account(connection, stripe_account_id)
    return Account(API, merchant.account_id) if merchant else None


def stripe_of(services: Services, account_id: str) -> StripeApi:
    """The account's own Stripe. Raises ProblemError (``stripe_unavailable``)."""
    return stripe_at(services, account_id)


async def invoice(services: Services, account_id: str, invoice_id: str) -> Document:
    """An invoice at the account's Stripe. Raises StripeError, or as `stripe_of`."""
    merchant = seller_of(services, account_id)
    with refusals():
        found = await api_of(services, merchant).invoices.retrieve_async(invoice_id)
    return found.to_dict()
