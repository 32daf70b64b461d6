"""The account of a billing API in a Stripe object's metadata. Pure."""

from __future__ import annotations

from keystead.wire.sign_in import ACCOUNT_CLAIMS
from keystead_stub.store.account_ids import Account, is_name
from keystead_stub.stripe_types.events import StripeEvent, text, within

_API = "billingApi"


def metadata_of(account: Account) -> dict[str, str]:
    """The metadata of a checkout session, subscription or customer of this account."""
    return {_API: account.api, ACCOUNT_CLAIMS[account.api]: account.account_id}


def account_of(event: StripeEvent, api: str) -> Account | None:
    """The account that the event's object names; `api` is the billing API whose webhook it came to.

    Objects of other programs may name the account without the billing API.
    """
    metadata = event.object.get("metadata")
    named = text(within(metadata, _API)) or api
    claim = ACCOUNT_CLAIMS.get(named)
    account_id = text(within(metadata, claim)) if claim else None
    return Account(named, account_id) if is_name(account_id) else None
