"""``keystead status``: may this device work, and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from keystead_client.context import Context
from keystead_client.fast_client import ask
from keystead_client.output import Output
from keystead_client.status_output import is_readable, print_status

if TYPE_CHECKING:
    from argparse import Namespace


def status(args: Namespace, context: Context, out: Output) -> int:
    return print_status(_activation(context), out, strict=args.strict)


def _activation(context: Context) -> dict[str, Any]:
    socket = context.fast_socket()
    members = socket and ask(socket, "activation.get")
    if members and is_readable(members):
        return members
    return _activation_in_full(context)


def _activation_in_full(context: Context) -> dict[str, Any]:
    from keystead_client.json_members import members_of

    with context.connect() as client:
        return members_of(client.call("activation.get"))
