"""The screen for when no daemon answers."""

from __future__ import annotations

from datetime import tzinfo

import msgspec

from keystead_client import presentation
from keystead_client.desktop.models.app_state import Doing, Known, Trouble
from keystead_client.desktop.models.catalog import WORDS


class NobodyModel(msgspec.Struct, frozen=True, kw_only=True):
    """``last`` is what was known of the activation before, or empty."""

    trouble: Trouble | None
    last: str
    trying: bool


def nobody_model(known: Known, *, zone: tzinfo | None) -> NobodyModel:
    """The screen for what is known."""
    last = ""
    if known.view is not None:
        shown = presentation.show(known.view, zone=zone, texts=WORDS)
        last = WORDS("nobody.last", headline=shown.headline)
    return NobodyModel(trouble=known.start_trouble, last=last, trying=Doing.START in known.doing)
