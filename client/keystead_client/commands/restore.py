"""``keystead restore [ADDRESS]``: mail a link to a customer who has paid, and wait for it."""

from __future__ import annotations

from argparse import Namespace

import msgspec

from keystead.errors import InvalidInput
from keystead.local_api import Checkout, RestoreParams
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S, wait_for_checkout
from keystead_client.email_prompt import read_email
from keystead_client.output import Output
from keystead_client.required_capabilities import require_capabilities
from keystead_client.status_output import print_status
from keystead_client.terminal_messages import tr


def restore(args: Namespace, context: Context, out: Output) -> int:
    params = _params(read_email(out) if args.email == "-" else args.email)
    with context.connect() as client:
        require_capabilities(client, "restore")
        if not args.no_wait:
            client.call("events.subscribe")
        started: Checkout = client.call("activation.restore", params, timeout_s=NETWORK_S)
        if args.no_wait:
            return _on_its_way(started, out)
        out.note(tr("terminal.mail_sent"))
        try:
            view = wait_for_checkout(client, started, out, waiting_for="mail")
        except KeyboardInterrupt:
            out.end_progress()
            out.note(tr("terminal.mail_left"))
            return exit_codes.NOT_ACTIVATED
    out.end_progress()
    return print_status(view, out)


def _params(email: str) -> RestoreParams:
    try:
        return msgspec.convert({"email": email}, RestoreParams)
    except msgspec.ValidationError:
        raise InvalidInput(tr("terminal.no_address"), code="usage") from None


def _on_its_way(started: Checkout, out: Output) -> int:
    out.object({"activationId": started.session_id, "expiresAt": started.expires_at})
    out.say(tr("terminal.mail_sent"))
    out.say(tr("terminal.notices"))
    return exit_codes.USABLE
