"""``keystead activate``: start a checkout, open it in the browser, wait until it is paid.

If the billing service requires it, the person signs in first. If their account has paid already,
this device joins it. With ``--session`` the vendor has opened the checkout and sent its link to
somebody; the command only waits for the payment.
"""

from __future__ import annotations

from argparse import Namespace

import msgspec

from keystead import local_api
from keystead.browser import open_link
from keystead.errors import DaemonRefused, InvalidInput
from keystead.local_api import ActivationView, Checkout, CheckoutParams, FollowParams, SignIn
from keystead.local_client import LocalClient
from keystead_client import browser_sign_in, exit_codes
from keystead_client.accounts import account_sentence
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S, wait_for_checkout
from keystead_client.email_prompt import read_email
from keystead_client.output import Output
from keystead_client.required_capabilities import require_capabilities
from keystead_client.status_output import print_status
from keystead_client.terminal_messages import tr


def activate(args: Namespace, context: Context, out: Output) -> int:
    params = _params(args, out)
    with context.connect() as client:
        require_capabilities(client, *_required_by_flags(args))
        if not args.no_browser:
            client.call("events.subscribe")
        try:
            first = _follow(client, args.session) or _start(client, params)
            if isinstance(first, SignIn):
                if args.no_browser:
                    return _sign_in_first(first, out)
                out.note(
                    account_sentence(browser_sign_in.wait_for_sign_in(first, context, out), tr)
                )
                first = _start(client, params)
            if isinstance(first, ActivationView):
                return print_status(first, out)
            if isinstance(first, SignIn):
                raise DaemonRefused("The session has ended.", code="session_ended")
        except KeyboardInterrupt:
            return _sign_in_interrupted(out)
        if args.no_browser:
            return _print_checkout(first, out)
        try:
            _open_checkout(first, context, out)
            view = wait_for_checkout(client, first, out, waiting_for="payment")
        except KeyboardInterrupt:
            return _interrupted(out)
    out.end_progress()
    return print_status(view, out)


def _start(client: LocalClient, params: CheckoutParams) -> Checkout | SignIn | ActivationView:
    """Start a checkout, or the sign-in that it needs, or join if all is paid already.

    Raises DaemonRefused.
    """
    try:
        checkout: Checkout = client.call("checkout.start", params, timeout_s=NETWORK_S)
    except DaemonRefused as refused:
        if refused.code in local_api.SIGN_IN_ERRORS:
            return browser_sign_in.start_sign_in(client)
        if refused.code != "already_entitled" or not require_capabilities(client).sign_in:
            raise
        joined: ActivationView = client.call("activation.join", timeout_s=NETWORK_S)
        return joined
    return checkout


def _follow(client: LocalClient, session_id: str | None) -> Checkout | None:
    """Follow the checkout of an id, which the vendor has opened; None without an id."""
    if session_id is None:
        return None
    params = FollowParams(session_id=session_id)
    followed: Checkout = client.call("checkout.follow", params, timeout_s=NETWORK_S)
    return followed


def _required_by_flags(args: Namespace) -> tuple[str, ...]:
    """Return the capabilities that the flags need."""
    flags = {"seats": args.seats, "modules": args.modules, "periods": args.period}
    return tuple(name for name, value in flags.items() if value)


def _params(args: Namespace, out: Output) -> CheckoutParams:
    given = {
        "plan": args.plan,
        "billingPeriod": args.period,
        "seats": args.seats,
        "modules": args.modules,
        "email": read_email(out) if args.email == "-" else args.email,
        "locale": tr.language.tag,
    }
    try:
        return msgspec.convert(given, CheckoutParams)
    except msgspec.ValidationError:
        raise InvalidInput(
            tr("terminal.no_plan"), code="usage", remedy=tr("terminal.no_plan.next")
        ) from None


def _print_checkout(checkout: Checkout, out: Output) -> int:
    out.object(
        {
            "sessionId": checkout.session_id,
            "url": checkout.url,
            "expiresAt": checkout.expires_at,
        }
    )
    if checkout.url is None:
        out.say(tr("terminal.pay_there"))
    else:
        out.say(tr("terminal.pay_here"))
        out.say(f"  {checkout.url}")
    out.say()
    out.say(tr("terminal.notices"))
    return exit_codes.USABLE


def _sign_in_first(started: SignIn, out: Output) -> int:
    out.object(
        {"sessionId": None, "url": started.url, "expiresAt": started.expires_at, "signIn": True}
    )
    browser_sign_in.print_sign_in_url(started, out)
    out.say()
    out.say(tr("terminal.then_activate"))
    return exit_codes.NOT_ACTIVATED


def _sign_in_interrupted(out: Output) -> int:
    out.end_progress()
    out.note(tr("terminal.sign_in_left"))
    return exit_codes.NOT_ACTIVATED


def _open_checkout(checkout: Checkout, context: Context, out: Output) -> None:
    if checkout.url is None:
        out.note(tr("terminal.pay_there"))
        return
    opened = open_link(checkout.url, context.environ)
    out.note(tr("terminal.pay_opened" if opened else "terminal.pay_open"))
    out.note(f"  {checkout.url}")


def _interrupted(out: Output) -> int:
    out.end_progress()
    out.note(tr("terminal.left_open"))
    out.note(tr("terminal.status"))
    return exit_codes.NOT_ACTIVATED
