"""``keystead refresh`` and ``keystead deactivate``."""

from __future__ import annotations

import sys
from argparse import Namespace

from keystead.errors import DaemonRefused
from keystead_client import exit_codes, presentation
from keystead_client.context import Context
from keystead_client.daemon_events import NETWORK_S
from keystead_client.output import Output
from keystead_client.status_output import print_status
from keystead_client.terminal_messages import tr


def refresh(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        out.progress(tr("terminal.asking"))
        try:
            view = client.call("activation.refresh", timeout_s=NETWORK_S)
        except DaemonRefused as refused:
            # A failed refresh changes nothing, so the status is still worth printing.
            message = presentation.error_text(refused, tr=tr)
            out.error(message.sentence, message.remedy)
            print_status(client.call("activation.get"), out)
            return exit_codes.of_error(refused.code)
    return print_status(view, out)


def deactivate(args: Namespace, context: Context, out: Output) -> int:
    if not args.yes and not _confirmed(out):
        out.note(tr("terminal.unchanged"))
        return exit_codes.ERROR
    with context.connect() as client:
        view = client.call("activation.deactivate", timeout_s=NETWORK_S)
    print_status(view, out)
    return exit_codes.USABLE


def _confirmed(out: Output) -> bool:
    """Ask a person for confirmation. A script is not asked."""
    if not (out.interactive and sys.stdin.isatty()) or out.as_json:
        return True
    print(tr("terminal.confirm"), end=" ", flush=True)
    meant = ("y", "yes", *tr("terminal.confirm.yes").split())
    return sys.stdin.readline().strip().lower() in meant
