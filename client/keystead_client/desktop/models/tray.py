"""The icon beside the clock: which shape, what it says, and what can be chosen there."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead_client import presentation
from keystead_client.desktop.models.app_state import Doing, Known, Notice, Screen, screen_of
from keystead_client.desktop.models.catalog import WORDS
from keystead_client.desktop.models.overview import as_offered
from keystead_client.presentation import Action

#: The shape for when nobody answers; the others are the tones of an activation.
SILENT = "silent"
SHAPES = (*presentation.TONES, SILENT)
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
_BUSY = frozenset({Doing.REFRESH, Doing.PORTAL, Doing.CHECKOUT, Doing.IMPORT, Doing.DIAGNOSTICS})


class TrayModel(msgspec.Struct, frozen=True, kw_only=True):
    """``sentence`` is the one large one; what is there whatever the state is, is not listed."""

    shape: str
    sentence: str
    tooltip: str
    actions: tuple[Action, ...]
    enabled: bool


def tray_model(known: Known, *, product: str, zone: tzinfo | None) -> TrayModel:
    """The icon for what is known; where somebody is in the window makes no difference."""
    shape, sentence, actions = _told(known, zone)
    return TrayModel(
        shape=shape,
        sentence=sentence,
        tooltip=WORDS("tray.tooltip", product=product, sentence=sentence),
        actions=actions,
        enabled=_enabled(known, shape),
    )


def no_tray_notice() -> Notice:
    """What is said once where there is no place for the icon."""
    return Notice(presentation.WAIT, WORDS("tray.none"), WORDS("tray.none.next"))


def needs_window(action: str) -> bool:
    """Whether an action goes on in the window."""
    return action in _IN_WINDOW


def _told(known: Known, zone: tzinfo | None) -> tuple[str, str, tuple[Action, ...]]:
    if screen_of(known) is Screen.NOBODY:
        again = Action(TRY_AGAIN, WORDS("nobody.try"))
        return SILENT, WORDS("nobody.title"), (again,)
    if known.view is None:
        return presentation.WAIT, WORDS("connecting"), ()
    shown = presentation.show(known.view, zone=zone, texts=WORDS)
    offered = tuple(as_offered(one) for one in shown.actions if one.name not in _ELSEWHERE)
    return shown.tone, shown.headline, offered


def _enabled(known: Known, shape: str) -> bool:
    if shape == SILENT:
        return Doing.START not in known.doing
    return known.up and not known.doing & _BUSY
