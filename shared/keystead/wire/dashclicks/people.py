"""Customers of a ``dashclicks`` merchant: contact data, payment methods, subscriptions, notes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from keystead.wire.dashclicks import BASE
from keystead.wire.fields import Email, Wire

CUSTOMERS = f"{BASE}/customers"
#: Path segments after a customer's id.
NOTES = "notes"
CONTACT = "contact"
INVOICES = "invoices"
PAYMENT_METHODS = "payment-methods"
SUBSCRIPTIONS = "subscriptions"
ACCOUNT = f"{BASE}/account"

#: Stripe allows 256 characters. U+0000 can't be stored in the database.
Name = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00]+$")]
NoteText = Annotated[str, Meta(min_length=1, max_length=5000, pattern=r"^[^\x00]+$")]
#: A CRM's contact id. It is stored in Stripe's metadata, whose values have at most 500 characters.
ContactId = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f]+$")]


class NewCustomer(Wire, frozen=True, kw_only=True):
    email: Email
    name: Name | None = None


class CustomerChange(Wire, frozen=True, kw_only=True):
    """The fields to change."""

    email: Email | UnsetType = UNSET
    name: Name | UnsetType | None = UNSET


class Customer(Wire, frozen=True, kw_only=True):
    """``contact_id`` is from the merchant's CRM; ``delinquent`` means an invoice is overdue."""

    id: str
    email: str | None
    name: str | None
    contact_id: str | None
    delinquent: bool
    created_at: int


class ContactLink(Wire, frozen=True, kw_only=True):
    contact_id: ContactId


class PaymentMethod(Wire, frozen=True, kw_only=True):
    """``type`` is Stripe's. Only cards have a ``brand``. Invoices charge the default one."""

    id: str
    type: str
    brand: str | None
    last4: str | None
    exp_month: int | None
    exp_year: int | None
    is_default: bool
    created_at: int


class Subscription(Wire, frozen=True, kw_only=True):
    """``status`` is Stripe's."""

    id: str
    status: str
    price_id: str
    quantity: int
    current_period_start: int
    current_period_end: int
    cancel_at_period_end: bool
    created_at: int


class NewNote(Wire, frozen=True, kw_only=True):
    note: NoteText


class Note(Wire, frozen=True, kw_only=True):
    """``author`` is the subject of the session that wrote it."""

    id: str
    note: str
    author: str
    created_at: int


#: The formats in which notes can be requested.
NotesFormat = Literal["json", "csv"]


class AccountAnswer(Wire, frozen=True, kw_only=True):
    """Whether the account is connected to its own Stripe account, without that account's key.

    ``parent_account_id`` is the account that owns it, null for a parent account.
    """

    account_id: str
    connected: bool
    stripe_account_id: str | None
    connected_at: int | None
    parent_account_id: str | None
