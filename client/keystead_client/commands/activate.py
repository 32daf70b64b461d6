"""``keystead activate``: start a checkout, open it in the browser, wait until it is paid."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from keystead.errors import InvalidInput
from keystead.local_api import Checkout, CheckoutParams
from keystead_client import exit_codes
from keystead_client.browser import open_link
from keystead_client.context import Context
from keystead_client.members import members_of
from keystead_client.output import Output
from keystead_client.status_output import print_status
from keystead_client.terminal_words import WORDS
from keystead_client.waiting import NETWORK_S, settled


def activate(args: Namespace, context: Context, out: Output) -> int:
    params = _params(args)
    with context.connect() as client:
        if not args.no_browser:
            client.call("events.subscribe")
        checkout: Checkout = client.call("checkout.start", params, timeout_s=NETWORK_S)
        if args.no_browser:
            return _hand_over(checkout, out)
        try:
            _present(checkout, context, out)
            view = settled(client, checkout, out, waiting_for="payment")
        except KeyboardInterrupt:
            return _left_open(out)
    out.end_progress()
    return print_status(members_of(view), out)


def _params(args: Namespace) -> CheckoutParams:
    given = {
        "plan": args.plan,
        "billingPeriod": args.period,
        "seats": args.seats,
        "email": args.email,
        "locale": WORDS.language.tag,
    }
    try:
        return msgspec.convert(given, CheckoutParams)
    except msgspec.ValidationError:
        raise InvalidInput(
            WORDS("terminal.no_plan"), code="usage", remedy=WORDS("terminal.no_plan.next")
        ) from None


def _hand_over(checkout: Checkout, out: Output) -> int:
    out.object(
        {
            "sessionId": checkout.session_id,
            "url": checkout.url,
            "expiresAt": checkout.expires_at,
        }
    )
    out.say(WORDS("terminal.pay_here"))
    out.say(f"  {checkout.url}")
    out.say()
    out.say(WORDS("terminal.notices"))
    return exit_codes.USABLE


def _present(checkout: Checkout, context: Context, out: Output) -> None:
    opened = checkout.url is not None and open_link(checkout.url, context.environ)
    out.note(WORDS("terminal.pay_opened" if opened else "terminal.pay_open"))
    out.note(f"  {checkout.url}")


def _left_open(out: Output) -> int:
    out.end_progress()
    out.note(WORDS("terminal.left_open"))
    out.note(WORDS("terminal.status"))
    return exit_codes.NOT_ACTIVATED
