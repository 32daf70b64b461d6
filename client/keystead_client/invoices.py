"""Which invoices can be paid, and where. Pure."""

from __future__ import annotations

from keystead.wire.nyra import Invoice

_TO_PAY = ("open", "overdue")


def is_open(invoice: Invoice) -> bool:
    return invoice.status in _TO_PAY


def shown_status(invoice: Invoice) -> str:
    """Return what became of an invoice: its status, or how its payment went back."""
    return invoice.reason if invoice.status == "paid" and invoice.reason else invoice.status


def payment_page(invoice: Invoice) -> str | None:
    """Return the page on which an invoice is paid; None if nothing is due, or it has no page."""
    return invoice.hosted_url if is_open(invoice) else None


def oldest_payment_page(invoices: tuple[Invoice, ...]) -> str | None:
    """Return the page of the open invoice that was created first; None if none can be paid."""
    pages = [(one.created_at, page) for one in invoices if (page := payment_page(one)) is not None]
    return min(pages)[1] if pages else None
