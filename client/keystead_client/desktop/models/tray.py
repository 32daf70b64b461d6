"""The icon beside the clock: which shape, what it says, and what can be chosen there."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead_client import presentation
from keystead_client.desktop.models.app_state import AppState, Notice, Operation, Screen, screen_of
from keystead_client.desktop.models.catalog import tr
from keystead_client.desktop.models.overview import as_offered
from keystead_client.presentation import Action

#: The shape for when nobody answers; the others are the tones of an activation.
UNAVAILABLE = "silent"
SHAPES = (*presentation.TONES, UNAVAILABLE)
TRY_AGAIN = "try_again"

#: A bare "Cancel" would not say what it ends; and the menu is for what is done often.
_ELSEWHERE = {presentation.CANCEL_CHECKOUT, presentation.OFFLINE}
#: What goes on in the window, which has to be seen for it.
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
        Operation.CHECKOUT,
        Operation.IMPORT,
        Operation.DIAGNOSTICS,
    }
)


class TrayModel(msgspec.Struct, frozen=True, kw_only=True):
    """``sentence`` is the one large one; what is there whatever the state is, is not listed."""

    shape: str
    sentence: str
    tooltip: str
    actions: tuple[Action, ...]
    enabled: bool


def tray_model(state: AppState, *, product: str, zone: tzinfo | None) -> TrayModel:
    """The icon for what is known; where somebody is in the window makes no difference."""
    shape, sentence, actions = _told(state, zone)
    return TrayModel(
        shape=shape,
        sentence=sentence,
        tooltip=tr("tray.tooltip", product=product, sentence=sentence),
        actions=actions,
        enabled=_enabled(state, shape),
    )


def no_tray_notice() -> Notice:
    """What is said once where there is no place for the icon."""
    return Notice(presentation.WAIT, tr("tray.none"), tr("tray.none.next"))


def needs_window(action: str) -> bool:
    """Whether an action goes on in the window."""
    return action in _IN_WINDOW


def _told(state: AppState, zone: tzinfo | None) -> tuple[str, str, tuple[Action, ...]]:
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
