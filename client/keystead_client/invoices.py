"""Which invoices a person can still pay, and where. Pure."""

from __future__ import annotations

from keystead.wire.nyra import Invoice

_TO_PAY = ("open", "overdue")


def is_owed(invoice: Invoice) -> bool:
    return invoice.status in _TO_PAY


def payment_page(invoice: Invoice) -> str | None:
    """The page on which an invoice is paid; None where there is nothing to pay, or no page."""
    return invoice.hosted_url if is_owed(invoice) else None
