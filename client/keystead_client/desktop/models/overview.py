"""The page that says whether this device may be used, until when, and what to do."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead.activation import State
from keystead.local_api import ActivationView
from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.timeline import Timeline, timeline
from keystead_client.presentation import Action, Fact

# These belong to the checkout page; here they would have nothing to act on.
_ELSEWHERE = {presentation.REOPEN, presentation.COPY_LINK}

_BUSY = (
    (Operation.REFRESH, "refreshing"),
    (Operation.PORTAL, "opening"),
    (Operation.INVOICES, "opening"),
    (Operation.IMPORT, "importing"),
    (Operation.DIAGNOSTICS, "copying"),
)


class OverviewModel(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows; ``busy`` is a sentence while something is in progress."""

    headline: str
    tone: str
    mark: str
    advice: tuple[str, ...]
    hints: tuple[str, ...]
    facts: tuple[Fact, ...]
    line: Timeline | None
    actions: tuple[Action, ...]
    enabled: bool
    busy: str | None


def overview_model(
    state: AppState, view: ActivationView, now_ms: int, *, zone: tzinfo | None, support: str | None
) -> OverviewModel:
    """Build the page for an activation at the trusted time ``now_ms``."""
    shown = presentation.show(
        msgspec.structs.replace(view, now=now_ms), zone=zone, support=support, tr=tr
    )
    busy = _busy(state)
    return OverviewModel(
        headline=shown.headline,
        tone=shown.tone,
        mark=tr(f"mark.{shown.tone}"),
        advice=tuple(filter(None, (shown.left, shown.next_step))),
        hints=shown.hints,
        facts=shown.facts,
        line=timeline(view, now_ms, zone=zone),
        actions=tuple(as_offered(one) for one in shown.actions if one.name not in _ELSEWHERE),
        enabled=state.connected and busy is None,
        busy=busy or _checking(view),
    )


def _busy(state: AppState) -> str | None:
    return next(
        (tr(message) for operation, message in _BUSY if operation in state.in_progress), None
    )


def _checking(view: ActivationView) -> str | None:
    """Return the message for a refresh that the daemon began; it disables no button.

    During a pending payment the daemon refreshes every few seconds: the message would flicker.
    """
    return tr("refreshing") if view.refreshing and view.state is not State.PENDING else None


def as_offered(action: Action) -> Action:
    """Return the action as it is offered outside its own page."""
    # Outside the plans page, activating first leads to the plans.
    if action.name == presentation.ACTIVATE:
        return Action(action.name, tr("plans.title"))
    return action
