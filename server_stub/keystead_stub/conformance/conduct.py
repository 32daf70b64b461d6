"""Check all rules of a run in their order."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

from keystead_stub.conformance import (
    checkout_checks,
    device_checks,
    document_checks,
    expiry_checks,
    http_checks,
    proof_checks,
    service_checks,
    status_checks,
    webhook_checks,
)
from keystead_stub.conformance.exchanges import NotChecked, RuleFailed
from keystead_stub.conformance.rule_table import RULES, RULES_BY_ID, Outcome, Result, Rule
from keystead_stub.conformance.run_state import Run

Check = Callable[[Run], None]

#: In the order in which they run. What turns the clock comes late, and what looks at all answers
#: and documents of the run comes last.
CHECKS: dict[str, Check] = {
    **service_checks.CHECKS,
    **checkout_checks.CHECKS,
    **status_checks.CHECKS,
    **checkout_checks.PAID_CHECKS,
    **service_checks.ACCOUNT_CHECKS,
    **proof_checks.CHECKS,
    **http_checks.CHECKS,
    **device_checks.CHECKS,
    **webhook_checks.CHECKS,
    **expiry_checks.CHECKS,
    **expiry_checks.LAST_CHECKS,
    **proof_checks.LAST_CHECKS,
    **document_checks.CHECKS,
    **status_checks.LAST_CHECKS,
    **http_checks.LAST_CHECKS,
}


def check_all(run: Run, *, progress: Callable[[Outcome], None]) -> tuple[Outcome, ...]:
    """Check every rule, and return the outcomes in the order of the table."""
    with suppress(RuleFailed):
        # The rule about health reports it.
        run.read_clock()
    found = {}
    for identifier, check in CHECKS.items():
        found[identifier] = _outcome(run, RULES_BY_ID[identifier], check)
        progress(found[identifier])
    return tuple(found[rule.id] for rule in RULES)


def _outcome(run: Run, rule: Rule, check: Check) -> Outcome:
    run.cited = None
    before = len(run.backend.answers)
    result: Result = "passed"
    detail = ""
    try:
        check(run)
    except RuleFailed as failed:
        result, detail = "failed", str(failed)
    except NotChecked as reason:
        result, detail = "not checked", str(reason)
    newest = run.backend.answers[-1] if len(run.backend.answers) > before else None
    decisive = run.cited or newest
    return Outcome(
        id=rule.id,
        section=rule.section,
        text=rule.text,
        result=result,
        sent=decisive.sent if decisive else "",
        received=decisive.received if decisive else "",
        detail=detail,
    )
