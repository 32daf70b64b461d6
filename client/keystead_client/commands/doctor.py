"""``keystead doctor``: run the diagnostics and say what to do."""

from __future__ import annotations

from argparse import Namespace

from keystead.local_api import Check
from keystead_client import check_text, exit_codes, presentation
from keystead_client.context import Context
from keystead_client.doctor import Findings, examine
from keystead_client.output import Output, filled
from keystead_client.terminal_messages import tr

#: Columns for the name of a check.
_WIDTH = 20


def doctor(args: Namespace, context: Context, out: Output) -> int:
    # Printed one by one: the last check may wait long for a server that does not answer.
    found = examine(
        context,
        begun=lambda spec: out.progress(f"{check_text.title(spec.name, tr)} …"),
        found=lambda check: _print(check, out),
    )
    out.end_progress()
    checks = [check_text.json_members(check) for check in found.checks]
    out.object({"ok": found.ok, "checks": checks})
    out.say()
    out.say(tr("checks.well" if found.ok else "checks.not_well"))
    return exit_code(found)


def exit_code(found: Findings) -> int:
    """Return 0 if all is well, else the code for the failed check that the others depend on."""
    failed = {check.name for check in found.checks if not check.ok}
    if "daemon" in failed and found.daemon is None:
        return exit_codes.DAEMON_UNREACHABLE
    if "server" in failed:
        return exit_codes.BACKEND_UNREACHABLE
    return exit_codes.ERROR if failed else exit_codes.USABLE


def _print(check: Check, out: Output) -> None:
    text, tone = check_text.describe(check, tr), check_text.tone(check)
    sign = out.styled(presentation.SYMBOLS[tone], tone)
    out.say(f"{sign} {filled(text.title, _WIDTH)} {text.detail}", at_once=True)
    if text.fix:
        out.say(f"  {''.ljust(_WIDTH)} {text.fix}", at_once=True)
