"""The checks on the screen, from the first look to the last, and where they were stopped."""

from __future__ import annotations

from keystead.checks import CHECK_SPECS
from keystead.local_api import Check
from keystead_client.desktop.models.app_state import AppState, CheckRun, Operation
from keystead_client.desktop.models.checks import CheckRow, checks_model
from support import activations

CHECKING = frozenset({Operation.CHECKS})
WHOLE = (*activations.NEAR, *activations.DIAGNOSTICS.checks)
WELL = tuple(Check(name=name, ok=True, code="ok") for spec in CHECK_SPECS for name in spec.checks)


def rows(state: AppState) -> dict[str, CheckRow]:
    return {row.name: row for row in checks_model(state).rows}


def test_one_check_runs_and_the_others_wait() -> None:
    model = checks_model(AppState(check_run=CheckRun(running="profile"), in_progress=CHECKING))
    assert [row.state for row in model.rows] == ["Looking"] + ["Waiting"] * (len(model.rows) - 1)
    assert [row.running for row in model.rows].index(True) == 0
    assert model.running
    assert model.lead == "Looking at one thing after another…"


def test_results_are_shown_while_other_checks_run() -> None:
    shown = rows(AppState(check_run=CheckRun(WHOLE[:8], "server"), in_progress=CHECKING))
    assert shown["Keyring"].state == "In order"
    assert shown["Clock"].fix == "Set the date and time of this computer."
    assert [name for name, row in shown.items() if row.running] == [
        "Billing service",
        "Secure connection",
        "Time of the service",
    ]


def test_rows_are_in_the_order_of_the_specs() -> None:
    forth, back = (
        checks_model(AppState(check_run=CheckRun(found))) for found in (WHOLE, WHOLE[::-1])
    )
    assert forth.rows == back.rows
    assert forth.rows[0].name == "Profile"


def test_the_lead_summarizes_a_finished_run() -> None:
    assert checks_model(AppState(check_run=CheckRun(WELL))).lead == "All is well."
    assert checks_model(AppState(check_run=CheckRun(WHOLE))).lead == "Something needs attention."


def test_a_stopped_run_is_neither_good_nor_bad() -> None:
    model = checks_model(AppState(check_run=CheckRun(activations.NEAR)))
    assert model.lead == "This was stopped before everything was looked at."
    assert model.rows[-1].state == "Not looked at"
    assert not model.running


def test_actions_are_disabled_while_the_bundle_is_made() -> None:
    assert not checks_model(AppState(in_progress=frozenset({Operation.BUNDLE}))).enabled
    assert checks_model(AppState(check_run=CheckRun(), in_progress=CHECKING)).enabled
