"""The page on which a customer who has paid enters their email address."""

from __future__ import annotations

import msgspec

from keystead.local_api import RestoreParams
from keystead_client.desktop.models.app_state import AppState, Operation
from keystead_client.desktop.models.catalog import tr


class RestoreModel(msgspec.Struct, frozen=True, kw_only=True):
    enabled: bool
    busy: str


def restore_model(state: AppState) -> RestoreModel:
    """Build the page for a state."""
    sending = Operation.RESTORE in state.in_progress
    return RestoreModel(
        enabled=state.connected and not sending, busy=tr("restore.sending") if sending else ""
    )


def is_address(text: str) -> bool:
    """Return whether the local API accepts the text as an email address."""
    try:
        # The local API's own definition, so that the page and the daemon accept the same addresses.
        msgspec.convert({"email": text}, RestoreParams)
    except msgspec.ValidationError:
        return False
    return True
