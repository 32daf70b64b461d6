"""The page for when no daemon answers."""

from __future__ import annotations

from datetime import UTC

from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.daemon_unavailable import daemon_unavailable_model
from support import activations


def test_it_says_why_and_what_was_known_before() -> None:
    problem, view = Problem("The daemon is not installed."), activations.active()
    model = daemon_unavailable_model(AppState(view=view, start_problem=problem), zone=UTC)
    headline = presentation.show(view, zone=UTC, tr=tr).headline
    assert (model.problem, model.last) == (problem, tr("nobody.last", headline=headline))


def test_it_shows_that_a_daemon_is_being_started() -> None:
    starting = AppState(in_progress=frozenset({Operation.START}))
    model = daemon_unavailable_model(starting, zone=UTC)
    assert (model.trying, model.last, model.problem) == (True, "", None)
    assert not daemon_unavailable_model(AppState(), zone=UTC).trying
