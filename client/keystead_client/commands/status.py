"""``keystead status``: whether this device may be used, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keystead_client import fast_status
from keystead_client.context import Context
from keystead_client.output import Output
from keystead_client.status_output import print_status, print_view

if TYPE_CHECKING:
    from argparse import Namespace


def status(args: Namespace, context: Context, out: Output) -> int:
    members = fast_status.request_activation(context.socket, context.profile_digest)
    if members is not None:
        return print_view(fast_status.as_view(members), members, out, strict=args.strict)
    # Starts the daemon if none is running, checks the answer in full, and explains what is wrong.
    with context.connect() as client:
        return print_status(client.call("activation.get"), out, strict=args.strict)
