"""The page with the checks of diagnostics, and the result of each as it arrives."""

from __future__ import annotations

import msgspec

from keystead.checks import CHECK_SPECS, CheckSpec
from keystead.local_api import Check
from keystead_client import check_text, presentation
from keystead_client.desktop.models.app_state import AppState, CheckRun, Operation
from keystead_client.desktop.models.catalog import tr

#: The checks of the connection to the billing service.
_CONNECTION = ("server", "tls")
_STATES = {
    presentation.OK: "checks.ok",
    presentation.ATTENTION: "checks.not_ok",
    presentation.SKIPPED: "checks.untried",
}


class CheckRow(msgspec.Struct, frozen=True):
    """One check; ``state`` says in words what ``tone`` shows as a symbol."""

    name: str
    tone: str
    state: str
    detail: str = ""
    fix: str = ""
    running: bool = False


class ChecksModel(msgspec.Struct, frozen=True, kw_only=True):
    """``running`` offers to stop the checks; ``busy`` is what else is in progress.

    ``unreached``: the checks found that the billing service cannot be reached.
    """

    lead: str
    rows: tuple[CheckRow, ...]
    busy: str
    running: bool
    unreached: bool
    enabled: bool


def checks_model(state: AppState) -> ChecksModel:
    """Build the page for a state."""
    running = Operation.CHECKS in state.in_progress
    busy = _busy(state)
    return ChecksModel(
        lead=_lead(state.check_run, running=running),
        rows=tuple(
            row for spec in CHECK_SPECS for row in _rows(spec, state.check_run, running=running)
        ),
        busy=busy,
        running=running,
        unreached=any(one.name in _CONNECTION and not one.ok for one in state.check_run.found),
        enabled=not busy,
    )


def _lead(so_far: CheckRun, *, running: bool) -> str:
    if running:
        return tr("checks.loading")
    if not all(check.ok for check in so_far.found):
        return tr("checks.not_well")
    finished = {check.name for check in so_far.found}
    whole = all(name in finished for spec in CHECK_SPECS for name in spec.checks)
    return tr("checks.well" if whole else "checks.stopped")


def _rows(spec: CheckSpec, so_far: CheckRun, *, running: bool) -> tuple[CheckRow, ...]:
    found = {check.name: check for check in so_far.found}
    current = running and so_far.running == spec.name
    return tuple(
        _found(found[name]) if name in found else _open(name, running=running, current=current)
        for name in spec.checks
    )


def _found(check: Check) -> CheckRow:
    text, tone = check_text.describe(check, tr), check_text.tone(check)
    return CheckRow(text.title, tone, tr(_STATES[tone]), text.detail, text.fix or "")


def _open(name: str, *, running: bool, current: bool) -> CheckRow:
    title = check_text.title(name, tr)
    if current:
        return CheckRow(title, presentation.WAIT, tr("checks.running"), running=True)
    state = tr("checks.waiting" if running else "checks.untried")
    return CheckRow(title, presentation.SKIPPED, state)


def _busy(state: AppState) -> str:
    for operation, message in (
        (Operation.BUNDLE, "bundle.saving"),
        (Operation.DIAGNOSTICS, "copying"),
    ):
        if operation in state.in_progress:
            return tr(message)
    return ""
