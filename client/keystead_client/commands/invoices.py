"""``keystead invoices``: list the invoices, and pay an open one."""

from __future__ import annotations

from argparse import Namespace
from time import monotonic

from keystead.browser import open_link
from keystead.errors import InvalidInput
from keystead.hints import PAYMENT_FAILED
from keystead.local_client import LocalClient
from keystead.wire.nyra import Invoice, InvoicesAnswer
from keystead_client import exit_codes, formats
from keystead_client.accounts import card_label
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S, wait_for_event
from keystead_client.invoices import is_open, payment_page, shown_status
from keystead_client.json_members import members_of
from keystead_client.output import Output
from keystead_client.required_capabilities import require_capabilities
from keystead_client.terminal_messages import message_or, tr

_COLUMNS = ("invoice", "date", "amount", "state", "pay_at")
#: Seconds between two requests, at most, while the person pays in the browser.
_LOOK_EVERY_S = 3.0
_REFRESHES = 10


def list_invoices(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        require_capabilities(client, "invoices")
        answer = _listed(client)
    out.object({"invoices": members_of(answer)["invoices"]})
    rows = [
        (
            _name(invoice),
            formats.day(invoice.created_at, None, tr),
            formats.money(invoice.amount_due, invoice.currency, tr),
            message_or(f"terminal.invoice.{shown_status(invoice)}", invoice.status),
            payment_page(invoice) or "",
        )
        for invoice in answer.invoices
    ]
    if rows or out.as_json:
        out.table([tr(f"terminal.{column}") for column in _COLUMNS], rows)
    else:
        out.say(tr("terminal.nothing_billed"))
    if answer.payment_method is not None:
        out.facts([(tr("account.card"), card_label(answer.payment_method, tr))])
    return exit_codes.USABLE


def pay_invoice(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        require_capabilities(client, "invoices")
        invoice, page = find_open(_listed(client).invoices, args.invoice)
        if args.no_browser:
            out.object({"id": invoice.id, "url": page})
            out.say(tr("terminal.pay_here"))
            out.say(f"  {page}")
            return exit_codes.USABLE
        opened = open_link(page, context.environ)
        out.note(tr("terminal.pay_opened" if opened else "terminal.pay_open"))
        out.note(f"  {page}")
        try:
            client.call("events.subscribe")
            settled = _wait_until_paid(client, invoice, out)
            _refresh(client)
        except KeyboardInterrupt:
            out.end_progress()
            out.note(tr("terminal.invoice_left"))
            return exit_codes.ERROR
    out.object(members_of(settled))
    state = message_or(f"terminal.invoice.{settled.status}", settled.status)
    out.say(tr("terminal.invoice_now", name=_name(settled), state=state))
    return exit_codes.USABLE


def find_open(invoices: tuple[Invoice, ...], wanted: str | None) -> tuple[Invoice, str]:
    """Return the open invoice of a number or id, or else the oldest one, and its payment page.

    Raises InvalidInput if there is none.
    """
    named = [one for one in invoices if wanted in (None, one.number, one.id)]
    found = [(one, page) for one in named if (page := payment_page(one)) is not None]
    if not found:
        code = "unknown_invoice" if wanted is not None and not named else "nothing_to_pay"
        raise InvalidInput(tr(f"terminal.{code}"), code=code, remedy=tr("terminal.which_invoice"))
    return min(found, key=lambda one: one[0].created_at)


def _listed(client: LocalClient) -> InvoicesAnswer:
    answer: InvoicesAnswer = client.call("invoices.list", timeout_s=NETWORK_S)
    return answer


def _wait_until_paid(client: LocalClient, owed: Invoice, out: Output) -> Invoice:
    """Wait until nothing is due on an invoice, with progress, and return it."""
    began = monotonic()
    while True:
        found = {one.id: one for one in _listed(client).invoices}.get(owed.id, owed)
        if not is_open(found):
            out.end_progress()
            return found
        waited = formats.elapsed(monotonic() - began, tr)
        out.progress(tr("terminal.waiting.payment", elapsed=waited))
        wait_for_event(client, _LOOK_EVERY_S)


def _refresh(client: LocalClient) -> None:
    """Refresh until the license no longer reports a failed payment, for half a minute at most."""
    # The invoice is paid at Stripe at once; what the license says follows by a webhook.
    for _ in range(_REFRESHES):
        view = client.call("activation.refresh", timeout_s=NETWORK_S)
        if PAYMENT_FAILED not in view.hints:
            return
        wait_for_event(client, _LOOK_EVERY_S)


def _name(invoice: Invoice) -> str:
    return formats.printable(invoice.number or invoice.id)
