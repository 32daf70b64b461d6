"""``keystead doctor``: find out why it does not work, and what to do about it."""

from __future__ import annotations

from argparse import Namespace

from keystead.local_api import Check
from keystead_client import exit_codes
from keystead_client.context import Context
from keystead_client.doctor import Findings, examine
from keystead_client.formatting import printable
from keystead_client.output import Output


def doctor(args: Namespace, context: Context, out: Output) -> int:
    findings = examine(context, lambda name: out.progress(f"Looking at: {name} …"))
    out.end_progress()
    out.object({"ok": findings.ok, "checks": [_members(check) for check in findings.checks]})
    for check in findings.checks:
        _print(check, out)
    out.say()
    out.say("All is well." if findings.ok else "Something needs attention, see above.")
    return exit_code(findings)


def exit_code(findings: Findings) -> int:
    """0 where all is well; else after the first thing that the rest depends on."""
    failed = {check.name for check in findings.checks if not check.ok}
    if "daemon" in failed and findings.daemon is None:
        return exit_codes.DAEMON_UNREACHABLE
    if "server" in failed:
        return exit_codes.BACKEND_UNREACHABLE
    return exit_codes.ERROR if failed else exit_codes.USABLE


def _members(check: Check) -> dict[str, object]:
    return {"name": check.name, "ok": check.ok, "detail": check.detail, "fix": check.fix}


def _print(check: Check, out: Output) -> None:
    sign = out.styled("✓", "ok") if check.ok else out.styled("✗", "blocked")
    out.say(f"{sign} {check.name.ljust(12)} {printable(check.detail)}")
    if check.fix and not check.ok:
        out.say(f"               {printable(check.fix)}")
