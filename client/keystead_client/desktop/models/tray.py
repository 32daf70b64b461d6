"""The tray icon: its shape, its text and its menu."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Notice, Operation, Screen, screen_of
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.overview import as_offered
from keystead_client.presentation import Action

#: The shape for when no daemon answers; the others are the tones of an activation.
UNAVAILABLE = "silent"
SHAPES = (*presentation.TONES, UNAVAILABLE)
TRY_AGAIN = "try_again"

#: A bare "Cancel" would not say what it ends, and offline activation is rare.
_ELSEWHERE = {presentation.CANCEL_CHECKOUT, presentation.OFFLINE}
#: The actions that continue in the window, which is shown for them.
_IN_WINDOW = {
    presentation.ACTIVATE,
    presentation.RESTORE,
    presentation.JOIN,
    presentation.IMPORT,
    presentation.DEVICES,
}
_BUSY = frozenset(
    {
        Operation.REFRESH,
        Operation.PORTAL,
        Operation.INVOICES,
        Operation.CHECKOUT,
        Operation.IMPORT,
        Operation.DIAGNOSTICS,
    }
)


class TrayModel(msgspec.Struct, frozen=True, kw_only=True):
    """``sentence`` is the menu's first line; entries that are always there are not listed."""

    shape: str
    sentence: str
    tooltip: str
    actions: tuple[Action, ...]
    enabled: bool


def tray_model(state: AppState, *, product: str, zone: tzinfo | None) -> TrayModel:
    """Build the tray icon for a state; the window's destination makes no difference."""
    shape, sentence, actions = _summarize(state, zone)
    return TrayModel(
        shape=shape,
        sentence=sentence,
        tooltip=tr("tray.tooltip", product=product, sentence=sentence),
        actions=actions,
        enabled=_enabled(state, shape),
    )


def no_tray_notice() -> Notice:
    """Return the notice for a desktop without a tray."""
    return Notice(presentation.WAIT, tr("tray.none"), tr("tray.none.next"))


def needs_window(action: str) -> bool:
    """Return whether an action continues in the window."""
    return action in _IN_WINDOW


def _summarize(state: AppState, zone: tzinfo | None) -> tuple[str, str, tuple[Action, ...]]:
    if screen_of(state) is Screen.DAEMON_UNAVAILABLE:
        again = Action(TRY_AGAIN, tr("nobody.try"))
        return UNAVAILABLE, tr("nobody.title"), (again,)
    if state.view is None:
        return presentation.WAIT, tr("connecting"), ()
    shown = presentation.show(state.view, zone=zone, tr=tr)
    offered = tuple(as_offered(one) for one in shown.actions if one.name not in _ELSEWHERE)
    return shown.tone, shown.headline, offered


def _enabled(state: AppState, shape: str) -> bool:
    if shape == UNAVAILABLE:
        return Operation.START not in state.in_progress
    return state.connected and not state.in_progress & _BUSY
