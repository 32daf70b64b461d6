"""The hosted invoice page: what was charged, and a way to pay what is open."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from keystead_stub.controls.guarding import rehearsal_of
from keystead_stub.injected import Injected
from keystead_stub.pages import forms
from keystead_stub.pages.checkout import OPTIONS, TEST_CARDS
from keystead_stub.pages.rendering import AnyRequest, page
from keystead_stub.rehearsal import Rehearsal, stripe_answers
from keystead_stub.stripe_.interface import Invoice


@get("/_stub/invoices/{invoice_id:str}", **OPTIONS)
async def get_invoice(request: AnyRequest, invoice_id: FromPath[str]) -> Response[str]:
    rehearsal = rehearsal_of(request)
    with stripe_answers():
        return _page(rehearsal, rehearsal.controls.get_invoice(invoice_id))


@post("/_stub/invoices/{invoice_id:str}", **OPTIONS)
async def post_invoice(
    request: AnyRequest, services: Injected, invoice_id: FromPath[str]
) -> Response[str] | Redirect:
    rehearsal = rehearsal_of(request)
    found = await forms.fields(request, services, invoice_id)
    with stripe_answers():
        invoice = rehearsal.controls.get_invoice(invoice_id)
    typed = forms.card_fields(found, services.stripe_now_ms(), with_email=False)
    if typed.errors:
        return _page(rehearsal, invoice, " ".join(typed.errors.values()))
    with stripe_answers():
        result = rehearsal.controls.pay_invoice(invoice_id, card=typed.number, authenticate=True)
    if result.status == "declined":
        return _page(rehearsal, invoice, result.sentence or "Your card was declined.")
    await rehearsal.deliver()
    return forms.see(f"/_stub/invoices/{invoice_id}")


def _page(rehearsal: Rehearsal, invoice: Invoice, problem: str | None = None) -> Response[str]:
    return page(
        "invoice",
        status=422 if problem else 200,
        invoice=invoice,
        problem=problem,
        token=forms.token(rehearsal.services, invoice.id),
        cards=TEST_CARDS,
    )


ROUTES = (get_invoice, post_invoice)
