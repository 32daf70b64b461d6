"""Print an activation as text or as the JSON of ``keystead status`` (specification §11.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from keystead.contract import STATUS_FIELDS
from keystead_client import exit_codes, presentation
from keystead_client.output import Output
from keystead_client.terminal_messages import COMMAND_NAME, tr

if TYPE_CHECKING:
    from keystead.local_api import ActivationView
    from keystead_client.view import ActivationLike

#: The command for each action of `presentation`.
_COMMANDS = {
    presentation.ACTIVATE: "activate",
    presentation.RESTORE: "restore",
    presentation.JOIN: "activate",
    presentation.IMPORT: "import FILE",
    presentation.OFFLINE: "request FILE",
    presentation.REFRESH: "refresh",
    presentation.PORTAL: "portal",
    presentation.PAY: "invoices pay",
    presentation.DEVICES: "devices",
    presentation.DIAGNOSTICS: "diagnostics FILE.zip",
}


def print_status(view: ActivationView, out: Output, *, strict: bool = False) -> int:
    """Print an activation and return its exit code."""
    from keystead_client.json_members import members_of

    return print_view(view, members_of(view), out, strict=strict)


def print_view(
    view: ActivationLike, members: Mapping[str, Any], out: Output, *, strict: bool = False
) -> int:
    """Print an activation whose JSON members are known already, and return its exit code."""
    out.object({field: members.get(field) for field in STATUS_FIELDS})
    if not out.as_json:
        _print_text(presentation.show(view, zone=None, tr=tr), out)
    return exit_codes.of_activation(view.state, view.usable, strict=strict)


def _print_text(shown: presentation.ActivationText, out: Output) -> None:
    symbol = presentation.SYMBOLS[shown.tone]
    out.say(out.styled(f"{symbol} {shown.headline}", shown.tone))
    for line in filter(None, (shown.left, shown.next_step)):
        out.say(f"  {line}")
    if shown.facts:
        out.say()
        out.facts((fact.label, fact.value) for fact in shown.facts)
    if shown.hints:
        out.say()
    for hint in shown.hints:
        out.say(f"  {out.styled(tr('terminal.note'), 'attention')} {hint}")
    if shown.tone == presentation.OK and not shown.next_step:
        return
    out.say()
    out.facts(
        (action.label, f"{COMMAND_NAME} {_COMMANDS[action.name]}")
        for action in shown.actions
        if action.name in _COMMANDS
    )
