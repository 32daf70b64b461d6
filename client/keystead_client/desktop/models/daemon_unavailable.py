"""The page for when no daemon answers."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Operation, Problem
from keystead_client.desktop.models.catalog import tr


class DaemonUnavailableModel(msgspec.Struct, frozen=True, kw_only=True):
    """``last`` is the last known headline of the activation, or empty."""

    problem: Problem | None
    last: str
    trying: bool


def daemon_unavailable_model(state: AppState, *, zone: tzinfo | None) -> DaemonUnavailableModel:
    """Build the page for a state."""
    last = ""
    if state.view is not None:
        shown = presentation.show(state.view, zone=zone, tr=tr)
        last = tr("nobody.last", headline=shown.headline)
    return DaemonUnavailableModel(
        problem=state.start_problem, last=last, trying=Operation.START in state.in_progress
    )
