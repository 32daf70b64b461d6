"""Sign in from the terminal: the browser does it, and the daemon waits for its return."""

from __future__ import annotations

from keystead.browser import open_link
from keystead.errors import DaemonRefused
from keystead.local_api import Account, ActivationView, SignIn
from keystead.local_client import LocalClient
from keystead_client.accounts import sign_in_params
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S, wait_for_view
from keystead_client.output import Output
from keystead_client.terminal_messages import tr


def start_sign_in(client: LocalClient) -> SignIn:
    """Start a sign-in at the daemon."""
    started: SignIn = client.call("signin.start", sign_in_params(tr), timeout_s=NETWORK_S)
    return started


def wait_for_sign_in(started: SignIn, context: Context, out: Output) -> Account:
    """Open the sign-in page and wait for the outcome. Raises DaemonRefused."""
    with context.connect() as events:
        # Subscribed before the browser opens: every later event is about this attempt.
        view: ActivationView = events.call("events.subscribe")
        opened = open_link(started.url, context.environ)
        out.note(tr("terminal.sign_in_opened" if opened else "terminal.sign_in_open"))
        out.note(f"  {started.url}")
        if not _ended(view):
            view = wait_for_view(events, out, waiting_for="sign_in", holds=_ended)
    out.end_progress()
    account = view.account or Account(signed_in=False)
    if account.problem is not None or not account.signed_in:
        raise DaemonRefused("Nobody signed in.", code=account.problem or "sign_in_failed")
    return account


def print_sign_in_url(started: SignIn, out: Output) -> None:
    """Print where to sign in, for a person who opens a browser on this machine."""
    out.say(tr("terminal.sign_in_here"))
    out.say(f"  {started.url}")


def _ended(view: ActivationView) -> bool:
    return view.account is None or not view.account.waiting
