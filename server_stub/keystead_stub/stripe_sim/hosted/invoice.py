"""The hosted invoice page: the invoice's lines, and a form to pay it."""

from __future__ import annotations

from collections.abc import Mapping

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead.instants import to_ms
from keystead_stub.http.errors import ProblemError
from keystead_stub.http.pages import forms
from keystead_stub.http.pages.rendering import AnyRequest, page
from keystead_stub.stripe_sim.hosted.checkout import ONCE_CARDS, OPTIONS, TEST_CARDS
from keystead_stub.stripe_sim.hosted.hosted_pages import HostedPages, hosted_pages
from keystead_stub.stripe_sim.resources.customers import queries as customer_queries
from keystead_stub.stripe_sim.resources.discounts import queries as discount_queries
from keystead_stub.stripe_sim.resources.invoices import payment as invoice_payment
from keystead_stub.stripe_sim.resources.invoices import queries as invoices
from keystead_stub.stripe_sim.resources.payment_methods.attempts import PaymentResult
from keystead_stub.stripe_sim.sandbox import stripe_errors_as_problems
from keystead_stub.stripe_types.api import Document
from keystead_stub.stripe_types.errors import StripeError
from keystead_stub.stripe_types.values import Invoice

Found = Mapping[str, str]
_NOTHING: Found = {}


@get("/_stub/invoices/{invoice_id:str}", **OPTIONS)
async def get_invoice(request: AnyRequest, invoice_id: FromPath[str]) -> Response[str]:
    pages = hosted_pages(request).about("invoice", invoice_id)
    return _page(pages, _invoice(pages, invoice_id))


@post("/_stub/invoices/{invoice_id:str}", **OPTIONS)
async def post_invoice(request: AnyRequest, invoice_id: FromPath[str]) -> Response[str] | Redirect:
    pages = hosted_pages(request).about("invoice", invoice_id)
    found = await forms.fields(request, pages.form_tokens, invoice_id)
    invoice = _invoice(pages, invoice_id)
    if found.get("action") == "authenticate":
        card, answer = found.get("card", ""), found.get("answer") == "yes"
        return await _paid(pages, invoice, found, _pay(pages, invoice, card, answer))
    typed = forms.card_fields(found, pages.sandbox.now_ms(), with_email=False)
    if typed.errors:
        return _page(pages, invoice, found, typed.errors)
    result = _pay(pages, invoice, typed.number, None)
    return await _paid(pages, invoice, {**found, "card": typed.number}, result)


def _invoice(pages: HostedPages, invoice_id: str) -> Invoice:
    try:
        return pages.sandbox.stripe.read(invoices.get, invoice_id)
    except StripeError:
        raise ProblemError(
            "This invoice is not here, or its address is incomplete. Open it again from the "
            "program.",
            code="not_found",
        ) from None


def _pay(
    pages: HostedPages, invoice: Invoice, card: str, authenticate: bool | None
) -> PaymentResult:
    with stripe_errors_as_problems():
        return pages.sandbox.stripe.run(
            invoice_payment.pay, invoice.id, card=card, authenticate=authenticate
        )


async def _paid(
    pages: HostedPages, invoice: Invoice, found: Found, result: PaymentResult
) -> Response[str] | Redirect:
    card = found.get("card", "")
    here = f"/_stub/invoices/{invoice.id}"
    if result.status == "requires_action":
        return page(
            "authenticate",
            product=pages.sandbox.seller,
            action=here,
            token=pages.form_tokens.token(invoice.id),
            amount=invoice.amount_remaining,
            currency=invoice.currency,
            last4=card[-4:],
            kept={"card": card},
        )
    if result.status == "declined":
        errors = {"card": result.sentence or "Your card was declined."}
        return _page(pages, invoice, found, errors)
    await pages.sandbox.deliver()
    return forms.redirect(here)


def _several(line: Document) -> int | None:
    """Return the quantity of an ad-hoc line; a subscription's line has it in its description."""
    own = (line.get("parent") or {}).get("type") == "invoice_item_details"
    quantity = line.get("quantity") or 1
    # Only where the amount divides evenly: a unit price of fractions of a cent would be misread.
    return quantity if own and quantity > 1 and line["amount"] % quantity == 0 else None


def _page(
    pages: HostedPages, invoice: Invoice, found: Found = _NOTHING, errors: Found = _NOTHING
) -> Response[str]:
    with stripe_errors_as_problems():
        customer = pages.sandbox.stripe.read(customer_queries.get, invoice.customer_id)
        discounts = pages.sandbox.stripe.read(discount_queries.of_invoice, invoice.id)
    document = invoice.document
    due_ms = None if document["due_date"] is None else to_ms(document["due_date"])
    credited = document["pre_payment_credit_notes_amount"]
    late = due_ms is not None and due_ms <= pages.sandbox.now_ms()
    return page(
        "invoice",
        status=422 if errors else 200,
        product=pages.sandbox.seller,
        invoice=invoice,
        standing="overdue" if invoice.status == "open" and late else invoice.status,
        customer=customer,
        lines=[
            (line.get("description") or "Subscription", _several(line), line["amount"])
            for line in document["lines"]["data"]
        ],
        discounts=discounts,
        due_ms=due_ms,
        credited=credited,
        # The part of the total that the customer's balance paid, or added.
        credit=invoice.amount_due + credited - invoice.total,
        found=found,
        errors=errors,
        token=pages.form_tokens.token(invoice.id),
        card=forms.format_card_number(found.get("card", "")),
        cards=TEST_CARDS if invoice.subscription_id else ONCE_CARDS,
    )


ROUTES = (get_invoice, post_invoice)
