"""``keystead signin`` and ``keystead signout``: the account at the billing service."""

from __future__ import annotations

from argparse import Namespace

from keystead.local_api import Account, ActivationView
from keystead_client import browser_sign_in, exit_codes
from keystead_client.accounts import account_sentence
from keystead_client.context import Context
from keystead_client.json_members import members_of
from keystead_client.output import Output
from keystead_client.required_capabilities import require_capabilities
from keystead_client.terminal_messages import tr


def sign_in(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        require_capabilities(client, "sign_in")
        started = browser_sign_in.start_sign_in(client)
        if args.no_browser:
            out.object({"url": started.url, "expiresAt": started.expires_at})
            browser_sign_in.print_sign_in_url(started, out)
            return exit_codes.USABLE
        try:
            account = browser_sign_in.wait_for_sign_in(started, context, out)
        except KeyboardInterrupt:
            out.end_progress()
            out.note(tr("terminal.sign_in_left"))
            return exit_codes.ERROR
    out.object(members_of(account))
    out.say(account_sentence(account, tr))
    return exit_codes.USABLE


def sign_out(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        view: ActivationView = client.call("signin.end")
    out.object(members_of(view.account or Account(signed_in=False)))
    out.say(tr("terminal.signed_out"))
    return exit_codes.USABLE
