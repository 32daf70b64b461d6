"""``keystead refresh`` and ``keystead deactivate``: the two things one does to an activation."""

from __future__ import annotations

import sys
from argparse import Namespace

from keystead import hints
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.output import Output
from keystead_client.status_output import print_status
from keystead_client.views import members_of
from keystead_client.waiting import NETWORK_S


def refresh(args: Namespace, context: Context, out: Output) -> int:
    with context.connect() as client:
        out.progress("Asking the billing service …")
        view = client.call("activation.refresh", timeout_s=NETWORK_S)
    code = print_status(members_of(view), out)
    # What was not heard changed nothing, and yet the question was not answered.
    return exit_codes.BACKEND_UNREACHABLE if hints.BACKEND_UNREACHABLE in view.hints else code


def deactivate(args: Namespace, context: Context, out: Output) -> int:
    if not args.yes and not _confirmed(out):
        out.note("Nothing was changed.")
        return exit_codes.ERROR
    with context.connect() as client:
        view = client.call("activation.deactivate", timeout_s=NETWORK_S)
    print_status(members_of(view), out)
    return exit_codes.USABLE


def _confirmed(out: Output) -> bool:
    """Ask a person; a script that runs this has meant it."""
    if not (out.interactive and sys.stdin.isatty()) or out.as_json:
        return True
    print("Give this device's place free? It stops working here. [y/N] ", end="", flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
