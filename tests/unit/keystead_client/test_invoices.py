"""Which invoice is paid first."""

import msgspec

from keystead_client.invoices import oldest_payment_page
from support import activations

INVOICES = activations.INVOICES.invoices


def test_the_oldest_open_invoice_is_paid_first() -> None:
    newer, paid, unknown = INVOICES
    older = msgspec.structs.replace(newer, created_at=1, hosted_url="https://pay.example/older")
    assert oldest_payment_page((newer, paid, older, unknown)) == older.hosted_url
    assert oldest_payment_page((newer, paid)) == newer.hosted_url


def test_without_an_open_invoice_there_is_no_page() -> None:
    assert oldest_payment_page(()) is None
    assert oldest_payment_page(INVOICES[1:]) is None
